//! Running language models: reading their files, their tokenizers, decoding, and choosing the next token.

pub mod decoder;
pub mod encoder;
pub mod family;
pub mod gguf;
pub mod grammar;
pub mod kernel;
pub mod model;
pub mod random;
pub mod safetensors;
pub mod sampler;
pub mod scheduler;
pub mod score;
pub mod session;
pub mod stream;
pub mod template;
pub mod tokenizer;
