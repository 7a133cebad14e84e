//! The families of models that run here: which parts each is made of, and under which keys and names its files keep them.

mod config;
mod metadata;
mod names;

pub(super) use config::{Config, from_config};
pub(super) use metadata::from_metadata;
pub(super) use names::{Change, hugging_face_name};

use super::decoder::{Activation, Biases, Gate, NormKind, Shape};

/// A family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// LLaMA 1 to 3.2 and all of its shape, such as SmolLM2 and TinyLlama.
    Llama,
    /// Qwen 2 and 2.5: queries, keys and values have a bias.
    Qwen2,
    /// Qwen 3: queries and keys are normalised.
    Qwen3,
    /// Gemma 3, text: windows, norms after each part, two rotary embeddings.
    Gemma3,
    /// Phi-3 and Phi-4-mini: fused matrices; a rotary embedding for long texts.
    Phi3,
    /// SmolLM3: layers that see no positions.
    SmolLm3,
    /// LFM2: convolutions between the layers of attention.
    Lfm2,
    /// GPT-2 and DialoGPT: learned positions, and biases everywhere.
    Gpt2,
}

/// Families by `general.architecture` in GGUF files and `model_type` in Hugging Face's.
const NAMES: [(&str, &str, Family); 8] = [
    ("llama", "llama", Family::Llama),
    ("qwen2", "qwen2", Family::Qwen2),
    ("qwen3", "qwen3", Family::Qwen3),
    ("gemma3", "gemma3_text", Family::Gemma3),
    ("phi3", "phi3", Family::Phi3),
    ("smollm3", "smollm3", Family::SmolLm3),
    ("lfm2", "lfm2", Family::Lfm2),
    ("gpt2", "gpt2", Family::Gpt2),
];

impl Family {
    /// The value of `general.architecture` in its GGUF files.
    #[must_use]
    pub fn architecture(self) -> &'static str {
        NAMES.iter().find(|(_, _, family)| *family == self).map_or("", |(name, ..)| name)
    }

    fn of_architecture(name: &str) -> Option<Self> {
        NAMES.iter().find(|(architecture, ..)| *architecture == name).map(|(_, _, family)| *family)
    }

    fn of_model_type(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, model_type, _)| *model_type == name).map(|(_, _, family)| *family)
    }

    /// The parts that all its models have, without sizes.
    fn parts(self) -> Shape {
        let llama = Shape::default();
        match self {
            Self::Llama | Self::SmolLm3 => llama,
            Self::Qwen2 => Shape { biases: Biases { attention: true, ..Biases::default() }, ..llama },
            Self::Qwen3 | Self::Lfm2 => Shape { query_key_norm: true, ..llama },
            Self::Gemma3 => Shape { query_key_norm: true, post_norms: true, activation: Activation::GeluTanh, ..llama },
            Self::Phi3 => Shape { fused_attention: true, gate: Gate::Fused, ..llama },
            Self::Gpt2 => Shape {
                fused_attention: true,
                gate: Gate::None,
                activation: Activation::GeluTanh,
                norm: NormKind::Layer,
                biases: Biases { attention: true, output: true, ffn: true, convolution: false },
                ..llama
            },
        }
    }
}

/// Gemma 3's windows: every sixth layer sees all.
const GEMMA_PATTERN: usize = 6;
/// SmolLM3's layers without positions: every fourth.
const SMOLLM_PATTERN: usize = 4;
/// Base of the rotary embedding of Gemma 3's layers with windows.
const GEMMA_LOCAL_BASE: f32 = 10_000.0;

/// The families that are read, for errors.
fn all_names(name: impl Fn(&(&'static str, &'static str, Family)) -> &'static str) -> String {
    let names: Vec<String> = NAMES.iter().map(|entry| format!("`{}`", name(entry))).collect();
    format!("one of {}", names.join(", "))
}
