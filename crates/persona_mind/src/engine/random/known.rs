//! Sizes of published models, from their `config.json`.

use super::RandomModel;
use crate::engine::family::Family;

const SMOLLM2: RandomModel = RandomModel {
    name: "smollm2-135m",
    family: Family::Llama,
    dim: 576,
    heads: 9,
    kv_heads: Vec::new(),
    head_dim: 64,
    ffn: 1536,
    vocab: 49_152,
    context: 8192,
    rope_base: 100_000.0,
    rope_factors: Vec::new(),
    eps: 1e-5,
    window: 0,
};
/// Those of LFM2-350M's layers that are attention.
const LFM2_ATTENTION: [usize; 6] = [2, 5, 8, 10, 12, 14];

impl RandomModel {
    /// The names that [`RandomModel::known`] knows.
    pub const KNOWN: [&str; 6] = ["qwen3-0.6b", "smollm2-135m", "smollm2-360m", "llama-3.2-1b", "gemma3-270m", "lfm2-350m"];

    /// The sizes of a known model.
    ///
    /// ```
    /// use persona_mind::engine::random::RandomModel;
    /// assert_eq!(RandomModel::known("smollm2-135m").map(|model| model.dim), Some(576));
    /// ```
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        Some(match name {
            "smollm2-135m" => Self { kv_heads: vec![3; 30], ..SMOLLM2 },
            "smollm2-360m" => Self { name: "smollm2-360m", dim: 960, heads: 15, kv_heads: vec![5; 32], ffn: 2560, ..SMOLLM2 },
            "qwen3-0.6b" => Self {
                name: "qwen3-0.6b",
                family: Family::Qwen3,
                dim: 1024,
                heads: 16,
                kv_heads: vec![8; 28],
                head_dim: 128,
                ffn: 3072,
                vocab: 151_936,
                context: 40_960,
                rope_base: 1e6,
                eps: 1e-6,
                ..SMOLLM2
            },
            "llama-3.2-1b" => Self {
                name: "llama-3.2-1b",
                dim: 2048,
                heads: 32,
                kv_heads: vec![8; 16],
                ffn: 8192,
                vocab: 128_256,
                context: 131_072,
                rope_base: 500_000.0,
                rope_factors: llama_3_factors(),
                ..SMOLLM2
            },
            "gemma3-270m" => Self {
                name: "gemma3-270m",
                family: Family::Gemma3,
                dim: 640,
                heads: 4,
                kv_heads: vec![1; 18],
                head_dim: 256,
                ffn: 2048,
                vocab: 262_144,
                context: 32_768,
                rope_base: 1e6,
                eps: 1e-6,
                window: 512,
                ..SMOLLM2
            },
            "lfm2-350m" => Self {
                name: "lfm2-350m",
                family: Family::Lfm2,
                dim: 1024,
                heads: 16,
                kv_heads: (0..16).map(|layer| if LFM2_ATTENTION.contains(&layer) { 8 } else { 0 }).collect(),
                ffn: 4608,
                vocab: 65_536,
                context: 128_000,
                rope_base: 1e6,
                ..SMOLLM2
            },
            _ => return None,
        })
    }
}

/// LLaMA 3.2's rule for its 64 numbers a head: 32 times slower below a wave in 8192 tokens, as before above four.
fn llama_3_factors() -> Vec<f32> {
    let speed = |i: i32| 500_000f32.powf(-2.0 * i as f32 / 64.0);
    let factor = |waves: f32| {
        let quick = ((waves - 1.0) / 3.0).clamp(0.0, 1.0);
        1.0 / ((1.0 - quick) / 32.0 + quick)
    };
    (0..32).map(|i| factor(8192.0 * speed(i) / std::f32::consts::TAU)).collect()
}
