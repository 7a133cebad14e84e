//! Reading GGUF model files, versions 2 and 3, of any origin; and writing them.
//!
//! A file is hostile until it has been read: every length is held against the bytes that are left before anything is
//! allocated for it, and every tensor must lie inside the file. Format:
//! <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

mod cursor;
mod value;
mod write;

pub use value::Value;
pub use write::{TensorPlan, write};

use candle_core::quantized::GgmlDType;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::{Device, Tensor};
use cursor::Cursor;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

const MAX_TENSORS: u64 = 65_536;
const MAX_KEYS: u64 = 65_536;
const MAX_NAME: u64 = 256;
const MAX_ALIGNMENT: u64 = 65_536;

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// The source failed.
    #[error("reading failed at byte {at}: {error}")]
    Read {
        /// Where.
        at: u64,
        /// Why.
        error: std::io::Error,
    },
    /// Something in the file is not as the format demands.
    #[error("byte {at}: {what}: expected {expected}, found {found}")]
    Broken {
        /// Where.
        at: u64,
        /// What is read there.
        what: String,
        /// What the format demands.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A metadata key is absent or holds something else.
    #[error("metadata `{key}`: expected {expected}, found {found}")]
    Key {
        /// The key.
        key: String,
        /// What it should hold.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// A tensor is absent or of another shape or type.
    #[error("tensor `{name}`: expected {expected}, found {found}")]
    Tensor {
        /// Its name.
        name: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
}

/// Where a tensor lies and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// Sizes, outermost first, as in [`Tensor::dims`].
    pub shape: Vec<usize>,
    /// How numbers are stored.
    pub dtype: GgmlDType,
    /// Bytes of the stored form.
    pub bytes: usize,
    /// From the start of the file.
    pub offset: u64,
}

/// A model file whose header has been read and found sound; tensors are read when asked for.
///
/// ```
/// use persona_mind::engine::gguf::Gguf;
/// let not_a_model = std::io::Cursor::new(b"GIF89a".to_vec());
/// let error = Gguf::read(not_a_model).err().expect("that is no model");
/// assert!(error.to_string().contains("GGUF"), "{error}");
/// ```
#[derive(Debug)]
pub struct Gguf<R> {
    source: R,
    metadata: BTreeMap<String, Value>,
    tensors: BTreeMap<String, TensorInfo>,
}

impl<R: Read + Seek> Gguf<R> {
    /// Reads the header and checks that all it promises is there.
    ///
    /// # Errors
    /// [`GgufError`], with the byte at fault.
    pub fn read(source: R) -> Result<Self, GgufError> {
        let mut cursor = Cursor::new(source)?;
        let magic = cursor.u32("magic")?;
        if magic != u32::from_le_bytes(*b"GGUF") {
            return Err(cursor.broken("magic", "the letters GGUF", format!("{:?}", magic.to_le_bytes().escape_ascii())));
        }
        let version = cursor.u32("version")?;
        if !(2..=3).contains(&version) {
            return Err(cursor.broken("version", "2 or 3", version));
        }
        let tensor_count = cursor.count("number of tensors", MAX_TENSORS)?;
        let key_count = cursor.count("number of metadata keys", MAX_KEYS)?;
        let mut metadata = BTreeMap::new();
        for _ in 0..key_count {
            let key = cursor.string("metadata key", MAX_NAME)?;
            let value = Value::read(&mut cursor, &key)?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(cursor.broken("metadata key", "each key once", format!("`{key}` twice")));
            }
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let (name, info) = tensor_info(&mut cursor)?;
            if tensors.insert(name.clone(), info).is_some() {
                return Err(cursor.broken("tensor name", "each name once", format!("`{name}` twice")));
            }
        }
        place_tensors(&mut tensors, &cursor, &metadata)?;
        Ok(Self { source: cursor.into_source(), metadata, tensors })
    }

    /// A metadata value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// A text.
    ///
    /// # Errors
    /// [`GgufError::Key`] if it is absent or something else.
    pub fn text(&self, key: &str) -> Result<&str, GgufError> {
        match self.get(key) {
            Some(Value::Text(text)) => Ok(text),
            other => Err(wrong_key(key, "a text", other)),
        }
    }

    /// A list of texts.
    ///
    /// # Errors
    /// [`GgufError::Key`] if it is absent or something else.
    pub fn texts(&self, key: &str) -> Result<&[String], GgufError> {
        match self.get(key) {
            Some(Value::Texts(texts)) => Ok(texts),
            other => Err(wrong_key(key, "a list of texts", other)),
        }
    }

    /// A list of whole numbers.
    ///
    /// # Errors
    /// [`GgufError::Key`] if it is absent or something else.
    pub fn integers(&self, key: &str) -> Result<&[i64], GgufError> {
        match self.get(key) {
            Some(Value::Integers(numbers)) => Ok(numbers),
            other => Err(wrong_key(key, "a list of whole numbers", other)),
        }
    }

    /// A list of numbers.
    ///
    /// # Errors
    /// [`GgufError::Key`] if it is absent or something else.
    pub fn numbers(&self, key: &str) -> Result<&[f32], GgufError> {
        match self.get(key) {
            Some(Value::Numbers(numbers)) => Ok(numbers),
            other => Err(wrong_key(key, "a list of numbers", other)),
        }
    }

    /// A whole number that fits `usize`.
    ///
    /// # Errors
    /// [`GgufError::Key`] if it is absent, negative or something else.
    pub fn size(&self, key: &str) -> Result<usize, GgufError> {
        let value = self.get(key);
        let size = match value {
            Some(Value::Unsigned(number)) => usize::try_from(*number).ok(),
            Some(Value::Signed(number)) => usize::try_from(*number).ok(),
            _ => None,
        };
        size.ok_or_else(|| wrong_key(key, "a size", value))
    }

    /// A number.
    ///
    /// # Errors
    /// [`GgufError::Key`] if it is absent, not finite or something else.
    pub fn number(&self, key: &str) -> Result<f32, GgufError> {
        match self.get(key) {
            Some(Value::Float(number)) if number.is_finite() => Ok(*number as f32),
            other => Err(wrong_key(key, "a finite number", other)),
        }
    }

    /// All tensors by name.
    #[must_use]
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// Reads a tensor's bytes.
    ///
    /// # Errors
    /// [`GgufError`] if it is absent or the source fails.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>, GgufError> {
        let info = self.info(name)?;
        let failed = |error| GgufError::Read { at: info.offset, error };
        let mut bytes = vec![0; info.bytes];
        self.source.seek(SeekFrom::Start(info.offset)).map_err(failed)?;
        self.source.read_exact(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    /// Reads a tensor as 32-bit floats.
    ///
    /// # Errors
    /// [`GgufError`] if it is absent or the source fails.
    pub fn tensor(&mut self, name: &str) -> Result<Tensor, GgufError> {
        let (info, bytes) = (self.info(name)?, self.bytes(name)?);
        let tensor =
            qtensor_from_ggml(info.dtype, &bytes, info.shape, &Device::Cpu).and_then(|stored| stored.dequantize(&Device::Cpu));
        tensor.map_err(|error| wrong_tensor(name, "a readable form", error.to_string()))
    }

    fn info(&self, name: &str) -> Result<TensorInfo, GgufError> {
        self.tensors.get(name).cloned().ok_or_else(|| wrong_tensor(name, "to be there", "nothing".into()))
    }
}

fn wrong_tensor(name: &str, expected: &str, found: String) -> GgufError {
    GgufError::Tensor { name: name.into(), expected: expected.into(), found }
}

fn wrong_key(key: &str, expected: &'static str, found: Option<&Value>) -> GgufError {
    let found = found.map_or_else(|| "nothing".to_owned(), Value::describe);
    GgufError::Key { key: key.into(), expected, found }
}

/// Name, shape and place of a tensor; the place still counts from the start of the data.
fn tensor_info<R: Read + Seek>(cursor: &mut Cursor<R>) -> Result<(String, TensorInfo), GgufError> {
    let name = cursor.string("tensor name", MAX_NAME)?;
    let rank = cursor.u32("number of dimensions")?;
    if !(1..=4).contains(&rank) {
        return Err(cursor.broken(format!("number of dimensions of `{name}`"), "1 to 4", rank));
    }
    let mut shape = Vec::new();
    for _ in 0..rank {
        let size = cursor.u64("dimension")?;
        let size = usize::try_from(size).ok().filter(|s| *s > 0);
        shape.push(size.ok_or_else(|| cursor.broken(format!("dimension of `{name}`"), "1 or more", "an impossible size"))?);
    }
    // The file names the innermost first.
    shape.reverse();
    let code = cursor.u32("tensor type")?;
    let dtype = dtype(code).ok_or_else(|| cursor.broken(format!("type of `{name}`"), "a known one", code))?;
    let offset = cursor.u64("tensor offset")?;
    let row = *shape.last().expect("the rank is at least 1");
    let elements = shape.iter().try_fold(1usize, |product, size| product.checked_mul(*size));
    let bytes =
        elements.filter(|_| row % dtype.block_size() == 0).and_then(|n| (n / dtype.block_size()).checked_mul(dtype.type_size()));
    let bytes = bytes.ok_or_else(|| {
        cursor.broken(
            format!("shape of `{name}`"),
            format!("rows of whole blocks of {}", dtype.block_size()),
            format!("{shape:?}"),
        )
    })?;
    Ok((name, TensorInfo { shape, dtype, bytes, offset }))
}

fn place_tensors<R: Read + Seek>(
    tensors: &mut BTreeMap<String, TensorInfo>,
    cursor: &Cursor<R>,
    metadata: &BTreeMap<String, Value>,
) -> Result<(), GgufError> {
    let alignment = match metadata.get("general.alignment") {
        None => 32,
        Some(Value::Unsigned(n)) if n.is_power_of_two() && *n <= MAX_ALIGNMENT => *n,
        other => return Err(wrong_key("general.alignment", "a power of two up to 65536", other)),
    };
    let start = cursor.at().next_multiple_of(alignment);
    for (name, info) in tensors {
        let offset = start.checked_add(info.offset);
        let end = offset.and_then(|o| o.checked_add(info.bytes as u64));
        match (offset, end) {
            (Some(offset), Some(end)) if end <= cursor.end() && info.offset % alignment == 0 => info.offset = offset,
            _ => {
                return Err(GgufError::Tensor {
                    name: name.clone(),
                    expected: format!("{} aligned bytes inside the file's {}", info.bytes, cursor.end()),
                    found: format!("offset {} after byte {start}", info.offset),
                });
            }
        }
    }
    Ok(())
}

/// Types of weights by the numbers that files have for them.
const TYPES: [(u32, GgmlDType); 14] = [
    (0, GgmlDType::F32),
    (1, GgmlDType::F16),
    (2, GgmlDType::Q4_0),
    (3, GgmlDType::Q4_1),
    (6, GgmlDType::Q5_0),
    (7, GgmlDType::Q5_1),
    (8, GgmlDType::Q8_0),
    (10, GgmlDType::Q2K),
    (11, GgmlDType::Q3K),
    (12, GgmlDType::Q4K),
    (13, GgmlDType::Q5K),
    (14, GgmlDType::Q6K),
    (15, GgmlDType::Q8K),
    (30, GgmlDType::BF16),
];

fn dtype(code: u32) -> Option<GgmlDType> {
    TYPES.iter().find(|(number, _)| *number == code).map(|(_, dtype)| *dtype)
}
