//! What `config.json` says of an encoder.

use super::EncoderError;
use serde_json::Value;

/// A family of encoders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bert,
    /// And XLM-RoBERTa.
    Roberta,
    Albert,
}

impl Kind {
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert.",
            Self::Roberta => "roberta.",
            Self::Albert => "albert.",
        }
    }
}

/// The curve between the two halves of a feed-forward layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    /// With the error function.
    Gelu,
    /// With the hyperbolic tangent.
    GeluTanh,
    Relu,
}

/// Sizes of an encoder.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub kind: Kind,
    pub dim: usize,
    /// Width of the embeddings; ALBERT's are narrower than the rest.
    pub embedding: usize,
    pub layers: usize,
    /// ALBERT's layers that are told apart, and how many blocks each has.
    pub groups: usize,
    pub heads: usize,
    pub ffn: usize,
    pub vocab: usize,
    pub positions: usize,
    /// The first position that a token may have.
    pub first_position: usize,
    pub types: usize,
    pub eps: f64,
    pub curve: Curve,
}

/// No encoder that a game would run is larger.
const MAX_SIZE: u64 = 1 << 20;
const MAX_LAYERS: u64 = 256;

impl Config {
    pub(super) fn read(json: &Value) -> Result<Self, EncoderError> {
        let kind = match json["model_type"].as_str() {
            Some("bert") => Kind::Bert,
            Some("roberta" | "xlm-roberta") => Kind::Roberta,
            Some("albert") => Kind::Albert,
            _ => return Err(wrong("model_type", "`bert`, `roberta`, `xlm-roberta` or `albert`", &json["model_type"])),
        };
        let number = |key: &'static str, most: u64| match json[key].as_u64() {
            Some(number) if (1..=most).contains(&number) => Ok(number as usize),
            _ => Err(wrong(key, &format!("1 to {most}"), &json[key])),
        };
        let (dim, heads) = (number("hidden_size", MAX_SIZE)?, number("num_attention_heads", MAX_SIZE)?);
        if dim % heads != 0 {
            return Err(wrong("num_attention_heads", &format!("a divisor of {dim}"), &json["num_attention_heads"]));
        }
        let is_albert = kind == Kind::Albert;
        if is_albert && json["inner_group_num"].as_u64().unwrap_or(1) != 1 {
            return Err(wrong("inner_group_num", "1", &json["inner_group_num"]));
        }
        match json["position_embedding_type"].as_str() {
            None | Some("absolute") => {}
            _ => return Err(wrong("position_embedding_type", "`absolute`", &json["position_embedding_type"])),
        }
        let layers = number("num_hidden_layers", MAX_LAYERS)?;
        let config = Self {
            kind,
            dim,
            embedding: if is_albert { number("embedding_size", MAX_SIZE)? } else { dim },
            layers,
            groups: if is_albert { number("num_hidden_groups", layers as u64)? } else { layers },
            heads,
            ffn: number("intermediate_size", MAX_SIZE)?,
            vocab: number("vocab_size", 1 << 22)?,
            positions: number("max_position_embeddings", MAX_SIZE)?,
            // RoBERTa counts from after the number of its padding.
            first_position: match kind {
                Kind::Roberta => json["pad_token_id"].as_u64().unwrap_or(1).min(MAX_SIZE) as usize + 1,
                Kind::Bert | Kind::Albert => 0,
            },
            types: number("type_vocab_size", MAX_SIZE)?,
            eps: json["layer_norm_eps"].as_f64().filter(|eps| (0.0..1.0).contains(eps)).unwrap_or(1e-12),
            curve: curve(json)?,
        };
        if config.first_position >= config.positions {
            return Err(wrong("pad_token_id", &format!("below {}", config.positions - 1), &json["pad_token_id"]));
        }
        Ok(config)
    }

    /// Layers that have weights of their own.
    pub(super) fn stored_layers(&self) -> usize {
        self.groups
    }

    /// The longest text.
    pub(super) fn most_tokens(&self) -> usize {
        self.positions - self.first_position
    }
}

fn curve(json: &Value) -> Result<Curve, EncoderError> {
    match json["hidden_act"].as_str() {
        Some("gelu") => Ok(Curve::Gelu),
        Some("gelu_new" | "gelu_pytorch_tanh" | "gelu_fast") => Ok(Curve::GeluTanh),
        Some("relu") => Ok(Curve::Relu),
        _ => Err(wrong("hidden_act", "`gelu`, `gelu_new` or `relu`", &json["hidden_act"])),
    }
}

fn wrong(key: &'static str, expected: &str, found: &Value) -> EncoderError {
    let found = if found.is_null() { "nothing".to_owned() } else { found.to_string() };
    EncoderError::Unsupported { key, expected: expected.to_owned(), found }
}
