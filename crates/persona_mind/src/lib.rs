//! The engine-free mind of `bevy_persona`: everything between an owned [`Brief`] and the words of a
//! reply. It never imports Bevy.
//!
//! * [`brief`]: the snapshot of one character that a turn needs, and nothing else.
//! * [`backend`]: the ways of producing text for a turn.
//! * [`worker`]: the background thread that runs a backend, with bounded queues.
//! * [`engine`]: GGUF files, tokenizers, the LLaMA-shaped decoder, sampling.
//! * [`prompt`]: a brief as the messages that a language model is given.
//! * [`meaning`]: whether a line and a relation's words speak of the same, for recall.
//! * [`hearth`]: the small multimodal persona model that ships inside the crate.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod backend;
pub mod brief;
pub mod engine;
pub mod hearth;
pub mod meaning;
pub mod prompt;
pub mod worker;

#[cfg(feature = "train")]
pub mod train;

pub use backend::{Backend, MindError, ReplySink};
pub use brief::Brief;
