use super::{TYPES, Value};
use candle_core::quantized::GgmlDType;
use std::io::{Error, ErrorKind, Result, Write};

const ALIGNMENT: usize = 32;

/// A tensor that is going to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorPlan {
    /// Its name.
    pub name: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// How its numbers are stored.
    pub dtype: GgmlDType,
}

impl TensorPlan {
    /// Bytes of the stored form.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() / self.dtype.block_size() * self.dtype.type_size()
    }
}

/// Writes a GGUF file of version 3. `data` gives the stored form of one tensor after the other, so that only one need be
/// in memory. Whole numbers are stored in 32 bits if they fit.
///
/// # Errors
/// If the writer or `data` fails, or a stored form has another length than planned.
pub fn write<W: Write>(
    writer: &mut W,
    metadata: &[(String, Value)],
    plans: &[TensorPlan],
    mut data: impl FnMut(&TensorPlan) -> Result<Vec<u8>>,
) -> Result<()> {
    let mut header = b"GGUF\x03\0\0\0".to_vec();
    header.extend((plans.len() as u64).to_le_bytes());
    header.extend((metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        text(&mut header, key);
        value.write(&mut header);
    }
    let mut offset = 0u64;
    for plan in plans {
        text(&mut header, &plan.name);
        header.extend((plan.shape.len() as u32).to_le_bytes());
        plan.shape.iter().rev().for_each(|size| header.extend((*size as u64).to_le_bytes()));
        let code = TYPES.iter().find(|(_, dtype)| *dtype == plan.dtype).map(|(code, _)| *code);
        header.extend(code.ok_or_else(|| Error::new(ErrorKind::InvalidInput, format!("type {:?}", plan.dtype)))?.to_le_bytes());
        header.extend(offset.to_le_bytes());
        offset += plan.bytes().next_multiple_of(ALIGNMENT) as u64;
    }
    header.resize(header.len().next_multiple_of(ALIGNMENT), 0);
    writer.write_all(&header)?;
    for plan in plans {
        let data = data(plan)?;
        if data.len() != plan.bytes() {
            let message = format!("tensor `{}`: expected {} bytes, found {}", plan.name, plan.bytes(), data.len());
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        writer.write_all(&data)?;
        writer.write_all(&[0; ALIGNMENT][..data.len().next_multiple_of(ALIGNMENT) - data.len()])?;
    }
    Ok(())
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

impl Value {
    /// The type's number and the value.
    fn write(&self, out: &mut Vec<u8>) {
        let kind = |out: &mut Vec<u8>, kind: u32| out.extend(kind.to_le_bytes());
        let list = |out: &mut Vec<u8>, of: u32, count: usize| {
            kind(out, 9);
            kind(out, of);
            out.extend((count as u64).to_le_bytes());
        };
        match self {
            Self::Unsigned(n) => match u32::try_from(*n) {
                Ok(n) => [4, n].into_iter().for_each(|n| kind(out, n)),
                Err(_) => {
                    kind(out, 10);
                    out.extend(n.to_le_bytes());
                }
            },
            Self::Signed(n) => match i32::try_from(*n) {
                Ok(n) => {
                    kind(out, 5);
                    out.extend(n.to_le_bytes());
                }
                Err(_) => {
                    kind(out, 11);
                    out.extend(n.to_le_bytes());
                }
            },
            Self::Float(n) => {
                kind(out, 6);
                out.extend((*n as f32).to_le_bytes());
            }
            Self::Bool(b) => {
                kind(out, 7);
                out.push(u8::from(*b));
            }
            Self::Text(value) => {
                kind(out, 8);
                text(out, value);
            }
            Self::Texts(texts) => {
                list(out, 8, texts.len());
                texts.iter().for_each(|value| text(out, value));
            }
            Self::Integers(numbers) => {
                if let Ok(small) = numbers.iter().map(|n| i32::try_from(*n)).collect::<std::result::Result<Vec<_>, _>>() {
                    list(out, 5, small.len());
                    small.iter().for_each(|n| out.extend(n.to_le_bytes()));
                } else {
                    list(out, 11, numbers.len());
                    numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
                }
            }
            Self::Numbers(numbers) => {
                list(out, 6, numbers.len());
                numbers.iter().for_each(|n| out.extend(n.to_le_bytes()));
            }
        }
    }
}
