//! Reading safetensors files of any origin.
//!
//! As with GGUF, every length is held against the bytes that are left before anything is allocated for it. Format:
//! <https://github.com/huggingface/safetensors#format>.

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

/// The format's own limit of the header.
const MAX_HEADER: u64 = 100_000_000;

/// What is wrong with a safetensors file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SafeTensorsError {
    /// The source failed.
    #[error("reading failed at byte {at}: {error}")]
    Read {
        /// Where.
        at: u64,
        /// Why.
        error: std::io::Error,
    },
    /// The header is not as the format demands.
    #[error("header: expected {expected}, found {found}")]
    Header {
        /// What the format demands.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A tensor is absent, of another shape or type, or not inside the file.
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

#[derive(Debug)]
struct Entry {
    dtype: DType,
    shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

#[derive(Deserialize)]
struct Described {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// A file whose header has been read and found sound; tensors are read when asked for.
#[derive(Debug)]
pub struct SafeTensors<R> {
    source: R,
    entries: BTreeMap<String, Entry>,
}

impl<R: Read + Seek> SafeTensors<R> {
    /// Reads the header and checks that all it promises is there.
    ///
    /// # Errors
    /// [`SafeTensorsError`], with the tensor at fault.
    pub fn read(mut source: R) -> Result<Self, SafeTensorsError> {
        let failed = |error| SafeTensorsError::Read { at: 0, error };
        let end = source.seek(SeekFrom::End(0)).map_err(failed)?;
        source.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut length = [0; 8];
        source.read_exact(&mut length).map_err(failed)?;
        let length = u64::from_le_bytes(length);
        let most = MAX_HEADER.min(end.saturating_sub(8));
        if length > most {
            return Err(SafeTensorsError::Header { expected: format!("at most {most} bytes"), found: format!("{length} bytes") });
        }
        let mut header = vec![0; length as usize];
        source.read_exact(&mut header).map_err(|error| SafeTensorsError::Read { at: 8, error })?;
        let broken = |error: serde_json::Error| SafeTensorsError::Header { expected: "JSON".into(), found: error.to_string() };
        let described: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&header).map_err(broken)?;
        let mut entries = BTreeMap::new();
        for (name, value) in described.into_iter().filter(|(name, _)| name != "__metadata__") {
            let described: Described = serde_json::from_value(value).map_err(|error| SafeTensorsError::Tensor {
                name: name.clone(),
                expected: "dtype, shape and data_offsets".into(),
                found: error.to_string(),
            })?;
            if let Some(entry) = entry(&name, described, 8 + length, end)? {
                entries.insert(name, entry);
            }
        }
        Ok(Self { source, entries })
    }

    /// Names of all tensors of floats.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// The shape of a tensor.
    #[must_use]
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.entries.get(name).map(|entry| entry.shape.as_slice())
    }

    /// Reads a tensor as 32-bit floats.
    ///
    /// # Errors
    /// [`SafeTensorsError`] if it is absent or the source fails.
    pub fn tensor(&mut self, name: &str) -> Result<Tensor, SafeTensorsError> {
        let wrong =
            |expected: &str, found: String| SafeTensorsError::Tensor { name: name.into(), expected: expected.into(), found };
        let entry = self.entries.get(name).ok_or_else(|| wrong("to be there", "nothing".into()))?;
        let failed = |error| SafeTensorsError::Read { at: entry.start, error };
        self.source.seek(SeekFrom::Start(entry.start)).map_err(failed)?;
        let mut bytes = vec![0; entry.bytes];
        self.source.read_exact(&mut bytes).map_err(failed)?;
        Tensor::from_raw_buffer(&bytes, entry.dtype, &entry.shape, &Device::Cpu)
            .and_then(|tensor| tensor.to_dtype(DType::F32))
            .map_err(|error| wrong("a readable form", error.to_string()))
    }
}

/// `None` for a tensor of anything but floats: weights are none of them.
fn entry(name: &str, described: Described, data: u64, end: u64) -> Result<Option<Entry>, SafeTensorsError> {
    let Described { dtype, shape, data_offsets: [first, last] } = described;
    let dtype = match dtype.as_str() {
        "F32" => DType::F32,
        "F16" => DType::F16,
        "BF16" => DType::BF16,
        _ => return Ok(None),
    };
    let bytes = shape.iter().try_fold(dtype.size_in_bytes(), |product, size| product.checked_mul(*size));
    match (bytes, data.checked_add(first), data.checked_add(last)) {
        (Some(bytes), Some(start), Some(stop)) if stop <= end && stop.checked_sub(start) == Some(bytes as u64) => {
            Ok(Some(Entry { dtype, shape, start, bytes }))
        }
        _ => Err(SafeTensorsError::Tensor {
            name: name.into(),
            expected: format!("shape {shape:?} to lie within the {} bytes of data", end.saturating_sub(data)),
            found: format!("bytes {first} to {last}"),
        }),
    }
}
