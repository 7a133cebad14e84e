//! Rotary embeddings, as `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before) have them.

use super::{Config, shown, unsupported};
use crate::engine::decoder::{MAX_SIZE, Pairs, Rope};
use crate::engine::family::{Family, GEMMA_LOCAL_BASE};
use crate::engine::model::ModelError;

pub(super) fn ropes(
    config: Config,
    family: Family,
    head_dim: usize,
    learned: usize,
    context: usize,
) -> Result<Vec<Rope>, ModelError> {
    let parameters = Config(&config.0["rope_parameters"]);
    let old = Config(&config.0["rope_scaling"]);
    match family {
        Family::Gpt2 => Ok(Vec::new()),
        Family::Gemma3 => {
            let (full, sliding) = (Config(&parameters.0["full_attention"]), Config(&parameters.0["sliding_attention"]));
            let base = full.number("rope_theta")?.or(config.number("rope_theta")?).unwrap_or(1e6);
            let local = sliding.number("rope_theta")?.or(config.number("rope_local_base_freq")?).unwrap_or(GEMMA_LOCAL_BASE);
            let scaling = if full.0.is_object() { full } else { old };
            let scaled = Scaled { config, scaling, base, turned: head_dim, learned, context }.rope()?;
            Ok(vec![scaled, plain(local, head_dim)?])
        }
        _ => {
            let scaling = if parameters.0.is_object() { parameters } else { old };
            let base = scaling.number("rope_theta")?.or(config.number("rope_theta")?).unwrap_or(10_000.0);
            let partial = scaling.number("partial_rotary_factor")?.or(config.number("partial_rotary_factor")?).unwrap_or(1.0);
            let turned = (head_dim as f32 * partial).clamp(0.0, MAX_SIZE as f32) as usize;
            Ok(vec![Scaled { config, scaling, base, turned, learned, context }.rope()?])
        }
    }
}

fn plain(base: f32, turned: usize) -> Result<Rope, ModelError> {
    if base < 1.0 {
        return Err(unsupported("rope_theta", "1 or more", base));
    }
    Ok(Rope::new(base, turned, Pairs::Halves))
}

struct Scaled<'a> {
    config: Config<'a>,
    scaling: Config<'a>,
    base: f32,
    turned: usize,
    /// The longest text that the model has learned.
    learned: usize,
    /// The longest text that it is going to see.
    context: usize,
}

impl Scaled<'_> {
    fn rope(&self) -> Result<Rope, ModelError> {
        let rope = plain(self.base, self.turned)?;
        let scaling = self.scaling;
        let kind = scaling.0["rope_type"].as_str().or_else(|| scaling.0["type"].as_str()).unwrap_or("default");
        match kind {
            "default" => Ok(rope),
            "linear" => {
                let factors = vec![self.positive("factor", 1.0)?; rope.speeds.len()];
                Ok(rope.slowed(&factors))
            }
            "llama3" => {
                let factors = self.llama_3(&rope)?;
                Ok(rope.slowed(&factors))
            }
            "longrope" | "su" => {
                let original = self.original()?;
                let key = if self.context > original { "long_factor" } else { "short_factor" };
                let factors = scaling.numbers(key, rope.speeds.len())?;
                Ok(Rope { magnitude: self.magnitude(original)?, ..rope.slowed(&factors) })
            }
            other => Err(unsupported("rope_type", "`default`, `linear`, `llama3` or `longrope`", format!("`{other}`"))),
        }
    }

    /// LLaMA 3.1's rule: slow waves are slowed by a factor, quick ones not, those between somewhat.
    fn llama_3(&self, rope: &Rope) -> Result<Vec<f32>, ModelError> {
        let (factor, original) = (self.positive("factor", 8.0)?, self.original()? as f32);
        let (low, high) = (self.positive("low_freq_factor", 1.0)?, self.positive("high_freq_factor", 4.0)?);
        if low >= high {
            return Err(unsupported("low_freq_factor", format!("less than the high one's {high}"), low));
        }
        let slowed = |speed: &f32| {
            let waves = original * speed / std::f32::consts::TAU;
            let quick = ((waves - low) / (high - low)).clamp(0.0, 1.0);
            1.0 / ((1.0 - quick) / factor + quick)
        };
        Ok(rope.speeds.iter().map(slowed).collect())
    }

    /// `LongRoPE`'s scale of turned pairs (Ding et al. 2024, arXiv 2402.13753).
    fn magnitude(&self, original: usize) -> Result<f32, ModelError> {
        if let Some(given) = self.scaling.number("attention_factor")? {
            return Ok(given);
        }
        let factor = match self.scaling.number("factor")? {
            Some(factor) => factor,
            None => self.learned as f32 / original as f32,
        };
        Ok(if factor > 1.0 && original > 1 { (1.0 + factor.ln() / (original as f32).ln()).sqrt() } else { 1.0 })
    }

    /// The longest text before the model was made to take longer ones.
    fn original(&self) -> Result<usize, ModelError> {
        let key = "original_max_position_embeddings";
        let size = self.scaling.size(key)?.or(self.config.size(key)?).filter(|size| *size > 0);
        size.ok_or_else(|| unsupported(key, "1 or more", shown(&self.scaling.0[key])))
    }

    fn positive(&self, key: &str, default: f32) -> Result<f32, ModelError> {
        let number = self.scaling.number(key)?.unwrap_or(default);
        if number > 0.0 { Ok(number) } else { Err(unsupported(key, "a number above 0", number)) }
    }
}
