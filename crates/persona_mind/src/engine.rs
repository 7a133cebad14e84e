//! Running decoders: the LLaMA-shaped transformer with a cache that can be truncated and forked.

pub mod decoder;
