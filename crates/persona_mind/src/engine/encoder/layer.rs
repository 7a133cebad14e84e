//! The parts of an encoder; each norm comes after what it is added to.

use super::config::{Config, Curve, Kind};
use super::{EncoderError, Weights, range};
use candle_core::{D, Device, Result, Tensor};

/// `y = x W + b`.
pub(super) struct Linear {
    /// `[input, output]`.
    pub weight: Tensor,
    pub bias: Tensor,
}

impl Linear {
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight)?.broadcast_add(&self.bias)
    }
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl Norm {
    fn new(weights: &mut Weights, name: &str, dim: usize, eps: f64) -> std::result::Result<Self, EncoderError> {
        let mut read = |part: &str| weights.tensor(&format!("{name}.{part}"), &[dim]);
        Ok(Self { weight: read("weight")?, bias: read("bias")?, eps })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let deviation = (x.sqr()?.mean_keepdim(D::Minus1)? + self.eps)?.sqrt()?;
        x.broadcast_div(&deviation)?.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)
    }
}

/// Tokens, their places, and of which text they are: always the first.
pub(super) struct Embedder {
    words: Tensor,
    positions: Tensor,
    /// `[dim]`.
    kind: Tensor,
    norm: Norm,
    first_position: usize,
}

impl Embedder {
    pub(super) fn new(weights: &mut Weights, config: &Config) -> std::result::Result<Self, EncoderError> {
        let dim = config.embedding;
        let mut table = |name: &str, rows: usize| weights.tensor(&format!("embeddings.{name}_embeddings.weight"), &[rows, dim]);
        Ok(Self {
            words: table("word", config.vocab)?,
            positions: table("position", config.positions)?,
            kind: table("token_type", config.types)?.get(0)?,
            norm: Norm::new(weights, "embeddings.LayerNorm", dim, config.eps)?,
            first_position: config.first_position,
        })
    }

    /// `[tokens, embedding]`.
    pub(super) fn forward(&self, ids: &[u32]) -> Result<Tensor> {
        let words = self.words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?;
        let places = self.positions.index_select(&range(self.first_position, ids.len())?, 0)?;
        self.norm.forward(&(words + places)?.broadcast_add(&self.kind)?)
    }
}

/// Attention of all to all, and a feed-forward network.
pub(super) struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    attention_norm: Norm,
    up: Linear,
    down: Linear,
    norm: Norm,
    heads: usize,
    curve: Curve,
}

impl Layer {
    pub(super) fn new(weights: &mut Weights, config: &Config, at: usize) -> std::result::Result<Self, EncoderError> {
        let Config { dim, ffn, heads, eps, curve, .. } = *config;
        let albert = format!("encoder.albert_layer_groups.{at}.albert_layers.0");
        let bert = format!("encoder.layer.{at}");
        // What ALBERT's parts are called, and what those of the others are.
        let is_albert = config.kind == Kind::Albert;
        let name = |theirs: &str, others: &str| if is_albert { format!("{albert}.{theirs}") } else { format!("{bert}.{others}") };
        let mut square = |theirs: &str, others: &str| weights.linear(&name(theirs, others), dim, dim);
        Ok(Self {
            query: square("attention.query", "attention.self.query")?,
            key: square("attention.key", "attention.self.key")?,
            value: square("attention.value", "attention.self.value")?,
            output: square("attention.dense", "attention.output.dense")?,
            attention_norm: Norm::new(weights, &name("attention.LayerNorm", "attention.output.LayerNorm"), dim, eps)?,
            up: weights.linear(&name("ffn", "intermediate.dense"), dim, ffn)?,
            down: weights.linear(&name("ffn_output", "output.dense"), ffn, dim)?,
            norm: Norm::new(weights, &name("full_layer_layer_norm", "output.LayerNorm"), dim, eps)?,
            heads,
            curve,
        })
    }

    /// `[tokens, dim]` to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (tokens, dim) = x.dims2()?;
        let split = |part: &Linear| part.forward(x)?.reshape((tokens, self.heads, ()))?.transpose(0, 1)?.contiguous();
        let (query, key, value) = (split(&self.query)?, split(&self.key)?, split(&self.value)?);
        let scale = ((dim / self.heads) as f64).powf(-0.5);
        let scores = (query.matmul(&key.t()?.contiguous()?)? * scale)?;
        let scores = scores.broadcast_sub(&scores.max_keepdim(D::Minus1)?)?.exp()?;
        let shares = scores.broadcast_div(&scores.sum_keepdim(D::Minus1)?)?;
        let mixed = shares.matmul(&value)?.transpose(0, 1)?.reshape((tokens, dim))?;
        let x = self.attention_norm.forward(&(self.output.forward(&mixed)? + x)?)?;
        let inner = self.up.forward(&x)?;
        let inner = match self.curve {
            Curve::Gelu => inner.gelu_erf()?,
            Curve::GeluTanh => inner.gelu()?,
            Curve::Relu => inner.relu()?,
        };
        self.norm.forward(&(self.down.forward(&inner)? + x)?)
    }
}
