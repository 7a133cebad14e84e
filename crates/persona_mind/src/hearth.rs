//! Hearth: the small multimodal persona model that ships inside the crate.

pub mod eye;
pub mod file;
pub mod names;
pub mod net;
pub mod ops;
pub mod plan;
pub mod reader;
pub mod script;
pub mod speech;
pub mod vocab;

use eye::EyeConfig;
use net::BlockConfig;
use reader::ReaderConfig;

/// Sizes of the speaker's blocks.
pub const SPEAKER_BLOCK: BlockConfig = BlockConfig { dim: 192, heads: 6, kv_heads: 2, head_dim: 32, ffn: 512 };
/// Blocks of the speaker.
pub const SPEAKER_LAYERS: usize = 4;
/// Sizes of the eye.
pub const EYE: EyeConfig =
    EyeConfig { block: BlockConfig { dim: 128, heads: 4, kv_heads: 4, head_dim: 32, ffn: 256 }, layers: 3 };

/// Sizes of the reader for a vocabulary and a number of intents.
#[must_use]
pub fn reader_config(vocab: usize, intents: usize) -> ReaderConfig {
    ReaderConfig { block: BlockConfig { kv_heads: 6, ..SPEAKER_BLOCK }, layers: 2, vocab, intents }
}
