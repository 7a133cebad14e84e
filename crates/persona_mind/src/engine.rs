//! Running language models: reading their files, and decoding.

pub mod decoder;
pub mod gguf;
