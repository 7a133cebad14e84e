//! Hearth: the small multimodal persona model that ships inside the crate.
//!
//! It understands before it speaks. The [`reader`] finds what a line means and which recalled fact answers it, the
//! [`eye`] finds what is where in a picture, the [`gaze`] says what a thing looks like, a [`plan`] is made of both, and the speaker, a
//! LLaMA-shaped decoder, words it in the character's register and tone. Names are never spelled: the speaker emits
//! slots, and [`speech`] writes out what they stand for, so each name it utters is one the character knows.
//!
//! ```
//! # #[cfg(feature = "builtin")] {
//! use persona_mind::{Backend, Brief, brief::PersonaCard, hearth::Hearth};
//!
//! let mut hearth = Hearth::builtin()?;
//! let persona = PersonaCard { name: "Marta".into(), role: "innkeeper".into(), ..PersonaCard::default() };
//! let brief = Brief { persona: persona.into(), line: "Good evening!".into(), max_tokens: 48, ..Brief::default() };
//! let reply = hearth.reply(&brief, &mut ())?;
//! assert!(!reply.text.is_empty());
//! # }
//! # Ok::<(), persona_mind::MindError>(())
//! ```

mod asides;
mod backend;
pub mod eye;
pub mod file;
pub mod gaze;
pub(crate) mod grammar;
pub mod names;
pub mod net;
mod older;
pub mod ops;
pub mod phrasebook;
pub mod plan;
pub mod reader;
pub mod said;
pub mod script;
pub mod speech;
mod talk;
pub mod vocab;
pub mod words;

use crate::engine::decoder::{CacheType, Decoder, Mixer, Pairs, Rope, Shape};
use crate::engine::kernel::{Pool, PoolSettings};
use eye::{Eye, SightConfig};
use file::ModelFile;
use gaze::Gaze;
use net::{BlockConfig, Params};
use reader::{Reader, ReaderConfig};

/// The built-in model, ready to speak.
pub struct Hearth {
    file: ModelFile,
    reader: Reader,
    eye: Eye,
    gaze: Gaze,
    speaker: talk::Speaker,
}

/// The model file that is in this library.
#[cfg(feature = "builtin")]
pub const BUILTIN: &[u8] = include_bytes!("../models/hearth.gguf");

impl Hearth {
    /// The model whose weights are in this library.
    ///
    /// # Errors
    /// [`MindError::Start`](crate::MindError::Start) if the weights do not fit this version, which a test rules out.
    #[cfg(feature = "builtin")]
    pub fn builtin() -> Result<Self, crate::MindError> {
        Self::from_bytes(BUILTIN)
    }

    fn new(file: ModelFile) -> candle_core::Result<Self> {
        let vocab = file.vocab.len();
        let reader = Reader::new(Params::new(&file, "reader"), reader_config(file.vocab.intents().len(), file.bank()))?;
        let eye = Eye::new(Params::new(&file, "eye"), EYE)?;
        let gaze = Gaze::new(Params::new(&file, "gaze"), GAZE)?;
        // It is too small for several threads.
        let pool = Pool::new(PoolSettings { threads: 1, ..PoolSettings::default() });
        let decoder = Decoder::new(&file, speaker_shape(vocab), CacheType::F32, pool.into())?;
        let phrasebook = phrasebook::Phrasebook::new(&file.lines, &file.vocab);
        let speaker = talk::Speaker::new(decoder, Params::new(&file, "dec"), SPEAKER_BLOCK.dim, phrasebook)?;
        Ok(Self { file, reader, eye, gaze, speaker })
    }
}

/// Sizes of the speaker's blocks.
pub const SPEAKER_BLOCK: BlockConfig = BlockConfig { dim: 192, heads: 6, kv_heads: 2, head_dim: 32, ffn: 512 };
/// Blocks of the speaker.
pub const SPEAKER_LAYERS: usize = 4;
/// Sizes of the eye.
pub const EYE: SightConfig =
    SightConfig { block: BlockConfig { dim: 128, heads: 4, kv_heads: 4, head_dim: 32, ffn: 256 }, layers: 3 };

/// Sizes of the gaze.
pub const GAZE: SightConfig =
    SightConfig { block: BlockConfig { dim: 96, heads: 3, kv_heads: 3, head_dim: 32, ffn: 256 }, layers: 3 };

/// Sizes of the reader for a number of intents and of relations in its bank.
#[must_use]
pub fn reader_config(intents: usize, bank: usize) -> ReaderConfig {
    ReaderConfig { block: BlockConfig { kv_heads: 6, ..SPEAKER_BLOCK }, layers: 1, part_dim: 64, intents, bank }
}

fn speaker_shape(vocab: usize) -> Shape {
    let BlockConfig { dim, heads, kv_heads, head_dim, ffn } = SPEAKER_BLOCK;
    Shape {
        dim,
        vocab,
        heads,
        head_dim,
        ffn,
        layers: vec![Mixer::Attention { kv_heads, window: None, rope: Some(0) }; SPEAKER_LAYERS],
        ropes: vec![Rope::new(net::ROPE_BASE, head_dim, Pairs::Neighbours)],
        eps: net::EPS as f32,
        ..Shape::default()
    }
}
