//! The shape of a model in a GGUF file, by its metadata.

use super::{Family, GEMMA_LOCAL_BASE, GEMMA_PATTERN, SMOLLM_PATTERN, all_names};
use crate::engine::decoder::{Biases, MAX_LAYERS, MAX_SIZE, Mixer, Pairs, Rope, Shape};
use crate::engine::gguf::{Gguf, GgufError, Value};
use crate::engine::model::ModelError;
use std::io::{Read, Seek};

/// The shape of the model in a file, and how many tokens it takes, `context` at most.
pub(in crate::engine) fn from_metadata<R: Read + Seek>(
    gguf: &mut Gguf<R>,
    vocab: usize,
    context: usize,
) -> Result<(Shape, usize), ModelError> {
    let name = gguf.text("general.architecture")?;
    let family = Family::of_architecture(name).ok_or_else(|| {
        let expected = all_names(|(architecture, ..)| architecture);
        ModelError::Unsupported { key: "general.architecture".into(), expected, found: format!("`{name}`") }
    })?;
    Metadata { gguf, family }.shape(vocab, context)
}

struct Metadata<'a, R> {
    gguf: &'a mut Gguf<R>,
    family: Family,
}

impl<R: Read + Seek> Metadata<'_, R> {
    fn shape(mut self, vocab: usize, context: usize) -> Result<(Shape, usize), ModelError> {
        let family = self.family;
        if self.size_or("expert_count", 0)? > 0 {
            return Err(self.unsupported("expert_count", "0", self.size_or("expert_count", 0)?));
        }
        let (dim, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let head_dim = self.size_or("attention.key_length", dim / heads)?;
        if self.size_or("attention.value_length", head_dim)? != head_dim {
            return Err(self.unsupported("attention.value_length", &format!("the keys' {head_dim}"), "another"));
        }
        let learned = self.size("context_length")?;
        let context = context.min(learned);
        let eps = if family == Family::Gpt2 { "attention.layer_norm_epsilon" } else { "attention.layer_norm_rms_epsilon" };
        let shape = Shape {
            dim,
            vocab,
            heads,
            head_dim,
            ffn: self.size("feed_forward_length")?,
            layers: self.layers(heads)?,
            ropes: self.ropes(head_dim, context)?,
            positions: (family == Family::Gpt2).then_some(learned),
            embedding_scale: if family == Family::Gemma3 { (dim as f32).sqrt() } else { 1.0 },
            eps: self.gguf.number(&self.key(eps))?,
            biases: self.biases(),
            ..family.parts()
        };
        // The largest Gemma 3 alone scales by another size.
        let attention_scale =
            (family == Family::Gemma3 && shape.layers.len() == 62).then(|| (dim as f32 / heads as f32).powf(-0.5));
        Ok((Shape { attention_scale, ..shape }, context))
    }

    fn layers(&self, heads: usize) -> Result<Vec<Mixer>, ModelError> {
        let count = self.size("block_count")?;
        if count > MAX_LAYERS {
            return Err(self.unsupported("block_count", &format!("at most {MAX_LAYERS}"), count));
        }
        let kv_heads = self.kv_heads(heads, count)?;
        let kernel = if self.family == Family::Lfm2 { self.size("shortconv.l_cache")? } else { 0 };
        let window = self.size_or("attention.sliding_window", 0)?;
        let pattern = self.size_or("attention.sliding_window_pattern", GEMMA_PATTERN)?.max(1);
        let layer = |(i, kv_heads): (usize, usize)| {
            let every = |pattern: usize| (i + 1).is_multiple_of(pattern);
            let attention = |window, rope| Mixer::Attention { kv_heads, window, rope };
            match self.family {
                Family::Lfm2 if kv_heads == 0 => Mixer::Convolution { kernel },
                Family::Gemma3 if window > 0 && !every(pattern) => attention(Some(window), Some(1)),
                Family::Phi3 if window > 0 => attention(Some(window), Some(0)),
                Family::SmolLm3 if every(SMOLLM_PATTERN) => attention(None, None),
                Family::Gpt2 => attention(None, None),
                _ => attention(None, Some(0)),
            }
        };
        Ok(kv_heads.into_iter().enumerate().map(layer).collect())
    }

    /// For each layer; one number stands for all.
    fn kv_heads(&self, heads: usize, layers: usize) -> Result<Vec<usize>, ModelError> {
        let key = self.key("attention.head_count_kv");
        let Some(Value::Integers(list)) = self.gguf.get(&key) else {
            return Ok(vec![self.size_or("attention.head_count_kv", heads)?; layers]);
        };
        let sizes: Option<Vec<usize>> = list.iter().map(|n| usize::try_from(*n).ok().filter(|n| *n <= MAX_SIZE)).collect();
        sizes.filter(|sizes| sizes.len() == layers).ok_or_else(|| ModelError::Unsupported {
            key,
            expected: format!("a size for each of {layers} layers"),
            found: format!("{} numbers", list.len()),
        })
    }

    fn ropes(&mut self, head_dim: usize, context: usize) -> Result<Vec<Rope>, ModelError> {
        if self.family == Family::Gpt2 {
            return Ok(Vec::new());
        }
        // Only the files of these families have queries and keys reordered so that neighbours turn together.
        let pairs = if matches!(self.family, Family::Llama | Family::SmolLm3) { Pairs::Neighbours } else { Pairs::Halves };
        let turned = self.size_or("rope.dimension_count", head_dim)?;
        let base = self.base("rope.freq_base", 10_000.0)?;
        let factors = self.factors(turned / 2, context)?;
        let magnitude = self.number_or("rope.scaling.attn_factor", 1.0)?;
        let mut ropes = vec![Rope { magnitude, ..Rope::new(base, turned, pairs).slowed(&factors) }];
        if self.family == Family::Gemma3 {
            ropes.push(Rope::new(self.base("rope.freq_base_swa", GEMMA_LOCAL_BASE)?, turned, pairs));
        }
        Ok(ropes)
    }

    /// What each pair of a head is slowed by, for long texts.
    fn factors(&mut self, half: usize, context: usize) -> Result<Vec<f32>, ModelError> {
        let scaling = self.gguf.text(&self.key("rope.scaling.type")).unwrap_or("none").to_owned();
        if scaling == "linear" {
            return Ok(vec![self.number_or("rope.scaling.factor", 1.0)?; half]);
        }
        if !["none", "llama3", "longrope"].contains(&scaling.as_str()) {
            return Err(self.unsupported(
                "rope.scaling.type",
                "`none`, `linear`, `llama3` or `longrope`",
                format!("`{scaling}`"),
            ));
        }
        let original = self.size_or("rope.scaling.original_context_length", MAX_SIZE)?;
        let names =
            ["rope_freqs.weight", if context > original { "rope_factors_long.weight" } else { "rope_factors_short.weight" }];
        let Some(name) = names.into_iter().find(|name| self.gguf.tensors().contains_key(*name)) else {
            return Ok(vec![1.0; half]);
        };
        let found = &self.gguf.tensors()[name].shape;
        if *found != [half] {
            let (expected, found) = (format!("shape [{half}]"), format!("shape {found:?}"));
            return Err(GgufError::Tensor { name: name.into(), expected, found }.into());
        }
        Ok(self.gguf.tensor(name)?.to_vec1()?)
    }

    /// LLaMA's files have biases or not, and do not say so; of the others the family is known to have them.
    fn biases(&self) -> Biases {
        let has = |part: &str| self.gguf.tensors().contains_key(&format!("blk.0.{part}.bias"));
        let family = self.family.parts().biases;
        Biases {
            attention: family.attention || has("attn_q"),
            output: family.output || has("attn_output"),
            ffn: family.ffn || has("ffn_up"),
            convolution: has("shortconv.conv"),
        }
    }

    fn base(&self, key: &str, default: f32) -> Result<f32, ModelError> {
        let base = self.number_or(key, default)?;
        if base >= 1.0 { Ok(base) } else { Err(self.unsupported(key, "1 or more", base)) }
    }

    fn key(&self, end: &str) -> String {
        format!("{}.{end}", self.family.architecture())
    }

    fn has(&self, end: &str) -> bool {
        self.gguf.get(&self.key(end)).is_some()
    }

    fn size(&self, end: &str) -> Result<usize, ModelError> {
        let size = self.gguf.size(&self.key(end))?;
        // A text of any length is taken; only so much of it is used.
        let size = if end == "context_length" { size.min(MAX_SIZE) } else { size };
        if (1..=MAX_SIZE).contains(&size) { Ok(size) } else { Err(self.unsupported(end, &format!("1 to {MAX_SIZE}"), size)) }
    }

    fn size_or(&self, end: &str, default: usize) -> Result<usize, ModelError> {
        if !self.has(end) {
            return Ok(default);
        }
        let size = self.gguf.size(&self.key(end))?;
        if size <= MAX_SIZE { Ok(size) } else { Err(self.unsupported(end, &format!("at most {MAX_SIZE}"), size)) }
    }

    fn number_or(&self, end: &str, default: f32) -> Result<f32, ModelError> {
        if self.has(end) { Ok(self.gguf.number(&self.key(end))?) } else { Ok(default) }
    }

    fn unsupported(&self, end: &str, expected: &str, found: impl ToString) -> ModelError {
        ModelError::Unsupported { key: self.key(end), expected: expected.into(), found: found.to_string() }
    }
}
