//! The shape of a model in a Hugging Face folder, by its `config.json`; of transformers 4 and 5.

mod rope;

use super::{Family, GEMMA_PATTERN, SMOLLM_PATTERN, all_names};
use crate::engine::decoder::{Activation, Biases, MAX_LAYERS, MAX_SIZE, Mixer, Shape};
use crate::engine::model::ModelError;
use serde_json::Value;

/// A model's `config.json`, or an object inside it.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Config<'a>(pub &'a Value);

/// Its family, its shape, and how many tokens it takes, `context` at most.
pub(in crate::engine) fn from_config(config: Config, context: usize) -> Result<(Family, Shape, usize), ModelError> {
    let name = config.0["model_type"].as_str().unwrap_or_default();
    let family = Family::of_model_type(name)
        .ok_or_else(|| unsupported("model_type", all_names(|(_, model_type, _)| model_type), format!("`{name}`")))?;
    let reader = Reader { config, family };
    let learned = reader.size(&["max_position_embeddings", "n_positions"])?;
    let context = context.min(learned);
    Ok((family, reader.shape(learned, context)?, context))
}

struct Reader<'a> {
    config: Config<'a>,
    family: Family,
}

impl Reader<'_> {
    fn shape(&self, learned: usize, context: usize) -> Result<Shape, ModelError> {
        let (config, family) = (self.config, self.family);
        self.refuse_unknown_parts()?;
        let (dim, heads) = (self.size(&["hidden_size", "n_embd"])?, self.size(&["num_attention_heads", "n_head"])?);
        let head_dim = config.size("head_dim")?.unwrap_or(dim / heads);
        let layers = self.size(&["num_hidden_layers", "n_layer"])?;
        if layers > MAX_LAYERS {
            return Err(unsupported("num_hidden_layers", format!("at most {MAX_LAYERS}"), layers));
        }
        let eps = ["rms_norm_eps", "norm_eps", "layer_norm_epsilon"].into_iter().find_map(|key| config.number(key).transpose());
        let scalar = config.number("query_pre_attn_scalar")?.filter(|_| family == Family::Gemma3);
        let parts = family.parts();
        Ok(Shape {
            dim,
            vocab: self.size(&["vocab_size"])?,
            heads,
            head_dim,
            ffn: self.ffn(dim)?,
            layers: self.layers(layers, heads)?,
            ropes: rope::ropes(config, family, head_dim, learned, context)?,
            positions: (family == Family::Gpt2).then_some(learned),
            embedding_scale: if family == Family::Gemma3 { (dim as f32).sqrt() } else { 1.0 },
            attention_scale: scalar.map(|scalar| scalar.powf(-0.5)),
            eps: eps.transpose()?.unwrap_or(if family == Family::Llama { 1e-6 } else { parts.eps }),
            activation: self.activation()?.unwrap_or(parts.activation),
            biases: self.biases(parts.biases),
            ..parts
        })
    }

    /// Settings that change what is computed, and that no model of these families is known to use.
    fn refuse_unknown_parts(&self) -> Result<(), ModelError> {
        for key in ["attn_logit_softcapping", "final_logit_softcapping", "quantization_config"] {
            if !self.config.0[key].is_null() {
                return Err(unsupported(key, "nothing", &self.config.0[key]));
            }
        }
        for key in ["scale_attn_by_inverse_layer_idx", "use_bidirectional_attention"] {
            if self.config.flag(key) == Some(true) {
                return Err(unsupported(key, "false", true));
            }
        }
        Ok(())
    }

    fn ffn(&self, dim: usize) -> Result<usize, ModelError> {
        let config = self.config;
        match self.family {
            Family::Gpt2 => Ok(config.size("n_inner")?.unwrap_or(4 * dim)),
            Family::Lfm2 => {
                let size = self.size(&["intermediate_size", "block_ff_dim"])?;
                if config.flag("block_auto_adjust_ff_dim") == Some(false) {
                    return Ok(size);
                }
                let scaled = (2 * size / 3) as f32 * config.number("block_ffn_dim_multiplier")?.unwrap_or(1.0);
                let multiple = config.size("block_multiple_of")?.unwrap_or(256).max(1);
                Ok((scaled.clamp(1.0, MAX_SIZE as f32) as usize).next_multiple_of(multiple))
            }
            _ => self.size(&["intermediate_size"]),
        }
    }

    fn layers(&self, count: usize, heads: usize) -> Result<Vec<Mixer>, ModelError> {
        let config = self.config;
        let kv_heads = config.size("num_key_value_heads")?.unwrap_or(heads);
        let kernel = config.size("conv_L_cache")?.unwrap_or(3);
        let window = config.size("sliding_window")?;
        let kinds = self.kinds(count)?;
        let no_rope = self.without_rope(count)?;
        let layer = |(kind, no_rope): (Kind, bool)| match kind {
            Kind::Convolution => Mixer::Convolution { kernel },
            Kind::Full | Kind::Sliding => Mixer::Attention {
                kv_heads,
                window: window.filter(|_| kind == Kind::Sliding),
                rope: match self.family {
                    Family::Gpt2 => None,
                    _ if no_rope => None,
                    Family::Gemma3 if kind == Kind::Sliding => Some(1),
                    _ => Some(0),
                },
            },
        };
        Ok(kinds.into_iter().zip(no_rope).map(layer).collect())
    }

    /// What each layer is, by the configuration's own list, or by the family's rule.
    fn kinds(&self, count: usize) -> Result<Vec<Kind>, ModelError> {
        let config = self.config;
        let windows = match self.family {
            Family::Gemma3 => true,
            Family::Phi3 => return Ok(vec![Kind::Sliding; count]),
            Family::Qwen2 | Family::Qwen3 | Family::SmolLm3 => config.flag("use_sliding_window") == Some(true),
            Family::Llama | Family::Lfm2 | Family::Gpt2 => false,
        };
        if self.family != Family::Lfm2 && !windows {
            return Ok(vec![Kind::Full; count]);
        }
        if let Some(list) = config.0["layer_types"].as_array() {
            let kinds: Option<Vec<Kind>> = list.iter().map(|kind| Kind::of(kind.as_str()?)).collect();
            let expected = || format!("`full_attention`, `sliding_attention` or `conv` for each of {count} layers");
            return kinds
                .filter(|kinds| kinds.len() == count)
                .ok_or_else(|| unsupported("layer_types", expected(), format!("{} entries", list.len())));
        }
        let is_full: Box<dyn Fn(usize) -> bool> = match self.family {
            Family::Lfm2 => {
                let full: Vec<u64> =
                    config.0["full_attn_idxs"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
                return Ok((0..count).map(|i| if full.contains(&(i as u64)) { Kind::Full } else { Kind::Convolution }).collect());
            }
            Family::Gemma3 => {
                let pattern = config.size("sliding_window_pattern")?.unwrap_or(GEMMA_PATTERN).max(1);
                Box::new(move |i| (i + 1) % pattern == 0)
            }
            _ => {
                let first = config.size("max_window_layers")?.unwrap_or(count);
                Box::new(move |i| i < first)
            }
        };
        Ok((0..count).map(|i| if is_full(i) { Kind::Full } else { Kind::Sliding }).collect())
    }

    /// Which layers see no positions.
    fn without_rope(&self, count: usize) -> Result<Vec<bool>, ModelError> {
        if self.family != Family::SmolLm3 {
            return Ok(vec![false; count]);
        }
        let Some(list) = self.config.0["no_rope_layers"].as_array() else {
            let interval = self.config.size("no_rope_layer_interval")?.unwrap_or(SMOLLM_PATTERN).max(1);
            return Ok((1..=count).map(|layer| layer.is_multiple_of(interval)).collect());
        };
        if list.len() != count {
            return Err(unsupported("no_rope_layers", format!("{count} entries"), list.len()));
        }
        // The name says the opposite of what it holds: 1 means that positions are seen.
        Ok(list.iter().map(|sees| sees.as_u64() == Some(0)).collect())
    }

    fn activation(&self) -> Result<Option<Activation>, ModelError> {
        let key =
            ["hidden_activation", "hidden_act", "activation_function"].into_iter().find(|key| self.config.0[*key].is_string());
        let Some(key) = key else { return Ok(None) };
        match self.config.0[key].as_str().unwrap_or_default() {
            "silu" | "swish" => Ok(Some(Activation::Silu)),
            "gelu" => Ok(Some(Activation::Gelu)),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(Some(Activation::GeluTanh)),
            other => Err(unsupported(key, "`silu`, `gelu`, `gelu_new` or `gelu_pytorch_tanh`", format!("`{other}`"))),
        }
    }

    fn biases(&self, parts: Biases) -> Biases {
        let is_set = |key: &str| self.config.flag(key) == Some(true);
        let attention = is_set("attention_bias") && self.family != Family::Phi3;
        Biases {
            attention: parts.attention || attention,
            output: parts.output || attention,
            ffn: parts.ffn || is_set("mlp_bias"),
            convolution: is_set("conv_bias"),
        }
    }

    /// The first of some keys that is there.
    fn size(&self, keys: &[&str]) -> Result<usize, ModelError> {
        let size = keys.iter().find_map(|key| self.config.size(key).transpose()).transpose()?;
        size.filter(|size| *size > 0).ok_or_else(|| unsupported(keys[0], format!("1 to {MAX_SIZE}"), &self.config.0[keys[0]]))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Full,
    Sliding,
    Convolution,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        match name {
            "full_attention" => Some(Self::Full),
            "sliding_attention" => Some(Self::Sliding),
            "conv" => Some(Self::Convolution),
            _ => None,
        }
    }
}

impl Config<'_> {
    /// Whether the head is tied to the embedding.
    pub fn is_tied(self, family: Family) -> bool {
        let by_itself = matches!(family, Family::Gemma3 | Family::SmolLm3 | Family::Lfm2 | Family::Gpt2);
        self.flag("tie_word_embeddings").or_else(|| self.flag("tie_embedding")).unwrap_or(by_itself)
    }

    fn flag(self, key: &str) -> Option<bool> {
        self.0[key].as_bool()
    }

    /// A size; `None` if there is nothing or `null`.
    fn size(self, key: &str) -> Result<Option<usize>, ModelError> {
        let value = &self.0[key];
        if value.is_null() {
            return Ok(None);
        }
        let size = value.as_u64().and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_SIZE);
        size.map(Some).ok_or_else(|| unsupported(key, format!("a size up to {MAX_SIZE}"), value))
    }

    /// A finite number; `None` if there is nothing or `null`.
    fn number(self, key: &str) -> Result<Option<f32>, ModelError> {
        let value = &self.0[key];
        if value.is_null() {
            return Ok(None);
        }
        let number = value.as_f64().map(|number| number as f32).filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| unsupported(key, "a finite number", value))
    }

    /// A list of so many numbers above 0.
    fn numbers(self, key: &str, count: usize) -> Result<Vec<f32>, ModelError> {
        let number = |value: &Value| value.as_f64().map(|n| n as f32).filter(|n| n.is_finite() && *n > 0.0);
        let list: Option<Vec<f32>> = self.0[key].as_array().and_then(|list| list.iter().map(number).collect());
        list.filter(|list| list.len() == count)
            .ok_or_else(|| unsupported(key, format!("{count} numbers above 0"), shown(&self.0[key])))
    }
}

fn unsupported(key: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> ModelError {
    ModelError::Unsupported { key: format!("config.json: {key}"), expected: expected.to_string(), found: found.to_string() }
}

/// A list only by its length: it may be long.
fn shown(value: &Value) -> String {
    value.as_array().map_or_else(|| value.to_string(), |list| format!("a list of {}", list.len()))
}
