//! Running language models: reading their files, their tokenizers, and decoding.

pub mod decoder;
pub mod gguf;
pub mod tokenizer;
