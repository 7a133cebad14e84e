//! Caches as bytes.
//!
//! All numbers are little-endian: `PCACHE`, the version (`u16`), the decoder's fingerprint (`u32`), the number of tokens
//! (`u32`), then each layer in turn, all of a size that follows from the decoder's shape and the number of tokens, and the
//! CRC-32 of all that comes before it.

use super::{Cache, CacheType, Mixer, Pages, Recent, Shape, State};

const MAGIC: &[u8; 6] = b"PCACHE";
const VERSION: u16 = 2;
const HEADER: usize = 16;
const CHECKSUM: usize = 4;

/// Why bytes are not a cache of this decoder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// No cache, or cut short, or too long.
    #[error("stored cache: expected {expected}, found {found}")]
    Broken {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// Of another version of the format.
    #[error("stored cache: expected version {expected}, found {found}")]
    Version {
        /// This one.
        expected: u16,
        /// That of the bytes.
        found: u16,
    },
    /// Of another model, or with another [`CacheType`].
    #[error("stored cache: expected one of model {expected:08x}, found {found:08x}")]
    Model {
        /// This decoder's fingerprint.
        expected: u32,
        /// That of the bytes.
        found: u32,
    },
    /// The bytes have changed.
    #[error("stored cache: expected checksum {expected:08x}, found {found:08x}")]
    Checksum {
        /// As stored.
        expected: u32,
        /// Of the bytes.
        found: u32,
    },
}

impl Cache {
    /// The cache as bytes, for [`Decoder::restore`](super::super::Decoder::restore) of the same model.
    #[must_use]
    pub fn serialise(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.bytes() + CHECKSUM);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.fingerprint.to_le_bytes());
        bytes.extend_from_slice(&(self.len as u32).to_le_bytes());
        for layer in &self.layers {
            match layer {
                State::Attention(pages) => pages.store(&mut bytes),
                State::Convolution(recent) => bytes.extend(recent.numbers().flat_map(f32::to_le_bytes)),
            }
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    pub(in super::super) fn restored(bytes: &[u8], shape: &Shape, kind: CacheType, fingerprint: u32) -> Result<Self, CacheError> {
        let broken = |expected: String, found: String| CacheError::Broken { expected, found };
        if bytes.len() < HEADER + CHECKSUM || !bytes.starts_with(MAGIC) {
            let found =
                format!("{} bytes that begin with {:?}", bytes.len(), bytes[..bytes.len().min(6)].escape_ascii().to_string());
            return Err(broken(format!("`PCACHE` and {} bytes or more", HEADER - 6 + CHECKSUM), found));
        }
        let (body, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        let version = u16::from_le_bytes([body[6], body[7]]);
        if version != VERSION {
            return Err(CacheError::Version { expected: VERSION, found: version });
        }
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
        let model = number(&body[8..12]);
        if model != fingerprint {
            return Err(CacheError::Model { expected: fingerprint, found: model });
        }
        let len = number(&body[12..16]) as usize;
        let sizes: Vec<usize> = shape.layers.iter().map(|layer| size(layer, shape, kind, len)).collect();
        let size = sizes.iter().fold(HEADER + CHECKSUM, |sum, size| sum.saturating_add(*size));
        if size != bytes.len() {
            return Err(broken(format!("{size} bytes for {len} tokens"), bytes.len().to_string()));
        }
        let (expected, found) = (number(checksum), crc32fast::hash(body));
        if expected != found {
            return Err(CacheError::Checksum { expected, found });
        }
        let mut rest = &body[HEADER..];
        let mut layers = Vec::with_capacity(sizes.len());
        for (layer, size) in shape.layers.iter().zip(sizes) {
            let (stored, after) = rest.split_at(size);
            rest = after;
            layers.push(match *layer {
                Mixer::Attention { kv_heads, .. } => State::Attention(Pages::restored(kind, [kv_heads, shape.head_dim], stored)),
                Mixer::Convolution { kernel } => {
                    let numbers: Vec<f32> = stored.chunks_exact(4).map(|bytes| f32::from_bits(number(bytes))).collect();
                    State::Convolution(Recent::restored(shape.dim, kernel, len, &numbers))
                }
            });
        }
        Ok(Self { fingerprint, layers, len })
    }
}

/// Bytes of a stored layer.
fn size(layer: &Mixer, shape: &Shape, kind: CacheType, len: usize) -> usize {
    match *layer {
        Mixer::Attention { kv_heads, .. } => Pages::size(kind, [kv_heads, shape.head_dim], len),
        Mixer::Convolution { kernel } => size_of::<f32>().saturating_mul(Recent::size(shape.dim, kernel, len)),
    }
}
