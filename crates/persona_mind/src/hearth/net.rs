//! The layers that Hearth's parts share, in operations that can be differentiated.
//!
//! `candle_nn`'s fused norms, softmax and rope cut the gradient without a word; these do not.

use super::ops::{self, AttnMask};
use candle_core::{D, Result, Tensor};

/// Where parameters come from: a file when speaking, variables when training.
pub trait ParamSource {
    /// The parameter `name` of this shape.
    ///
    /// # Errors
    /// If it is absent or has another shape.
    fn param(&self, name: &str, shape: &[usize], init: Init) -> Result<Tensor>;
}

/// How a parameter starts out in training.
#[derive(Clone, Copy, Debug)]
pub enum Init {
    /// Normally distributed around 0 with this deviation.
    Normal(f32),
    /// This value everywhere.
    Const(f32),
}

/// A place in the tree of parameters.
#[derive(Clone, Copy)]
pub struct Params<'a> {
    source: &'a dyn ParamSource,
    prefix: &'a str,
}

impl<'a> Params<'a> {
    /// The place `prefix`, such as `reader`.
    #[must_use]
    pub fn new(source: &'a dyn ParamSource, prefix: &'a str) -> Self {
        Self { source, prefix }
    }

    /// The parameter `name` at this place.
    ///
    /// # Errors
    /// If it is absent or has another shape.
    pub fn get(&self, name: &str, shape: &[usize], init: Init) -> Result<Tensor> {
        self.source.param(&format!("{}.{name}", self.prefix), shape, init)
    }
}

/// `y = x W^T (+ b)`, for `x` of shape `[.., input]`.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Option<Tensor>,
}

impl Linear {
    /// A layer without bias.
    ///
    /// # Errors
    /// As [`Params::get`].
    pub fn new(params: Params, name: &str, input: usize, output: usize) -> Result<Self> {
        let deviation = (input as f32).powf(-0.5);
        Ok(Self { weight: params.get(&format!("{name}.weight"), &[output, input], Init::Normal(deviation))?, bias: None })
    }

    /// A layer with bias.
    ///
    /// # Errors
    /// As [`Params::get`].
    pub fn with_bias(params: Params, name: &str, input: usize, output: usize) -> Result<Self> {
        let bias = params.get(&format!("{name}.bias"), &[output], Init::Const(0.0))?;
        Ok(Self { bias: Some(bias), ..Self::new(params, name, input, output)? })
    }

    /// Applies the layer to `[.., input]`.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.dims().to_vec();
        let input = shape.pop().unwrap_or(0);
        let rows = x.elem_count() / input.max(1);
        let y = x.reshape((rows, input))?.matmul(&self.weight.t()?)?;
        let y = match &self.bias {
            Some(bias) => y.broadcast_add(bias)?,
            None => y,
        };
        shape.push(self.weight.dim(0)?);
        y.reshape(shape)
    }
}

/// Root mean square normalisation (Zhang and Sennrich 2019, arXiv 1910.07467).
#[derive(Clone, Debug)]
pub struct RmsNorm {
    weight: Tensor,
}

/// Base of the rotary embedding's wavelengths, everywhere in Hearth.
pub const ROPE_BASE: f32 = 10_000.0;

/// The norms' epsilon, everywhere in Hearth.
pub const EPS: f64 = 1e-5;

impl RmsNorm {
    /// A norm over the last dimension.
    ///
    /// # Errors
    /// As [`Params::get`].
    pub fn new(params: Params, name: &str, dim: usize) -> Result<Self> {
        Ok(Self { weight: params.get(&format!("{name}.weight"), &[dim], Init::Const(1.0))? })
    }

    /// Normalises the last dimension.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        ops::rms_norm(x, &self.weight, EPS as f32)
    }
}

/// Sizes of a stack of transformer blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockConfig {
    /// Width.
    pub dim: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Inner width of the feed-forward part.
    pub ffn: usize,
}

/// One pre-norm transformer block: attention with grouped queries, then SwiGLU.
///
/// Parameter names and the interleaved rotary embedding are those of a LLaMA GGUF, so that a causal stack
/// of these can be run by [`engine::decoder`](crate::engine::decoder).
#[derive(Clone, Debug)]
pub struct Block {
    config: BlockConfig,
    attn_norm: RmsNorm,
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
    ffn_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl Block {
    /// Block number `index` under `params`.
    ///
    /// # Errors
    /// As [`Params::get`].
    pub fn new(params: Params, index: usize, config: BlockConfig) -> Result<Self> {
        let prefix = format!("{}.blk.{index}", params.prefix);
        let params = Params { source: params.source, prefix: &prefix };
        let BlockConfig { dim, heads, kv_heads, head_dim, ffn } = config;
        Ok(Self {
            config,
            attn_norm: RmsNorm::new(params, "attn_norm", dim)?,
            q: Linear::new(params, "attn_q", dim, heads * head_dim)?,
            k: Linear::new(params, "attn_k", dim, kv_heads * head_dim)?,
            v: Linear::new(params, "attn_v", dim, kv_heads * head_dim)?,
            out: Linear::new(params, "attn_output", heads * head_dim, dim)?,
            ffn_norm: RmsNorm::new(params, "ffn_norm", dim)?,
            gate: Linear::new(params, "ffn_gate", dim, ffn)?,
            up: Linear::new(params, "ffn_up", dim, ffn)?,
            down: Linear::new(params, "ffn_down", ffn, dim)?,
        })
    }

    /// Applies the block to `[batch, time, dim]`.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn forward(&self, x: &Tensor, mask: &AttnMask) -> Result<Tensor> {
        let x = (x + self.attention(&self.attn_norm.forward(x)?, mask)?)?;
        let h = self.ffn_norm.forward(&x)?;
        let h = ops::swiglu(&self.gate.forward(&h)?, &self.up.forward(&h)?)?;
        x + self.down.forward(&h)?
    }

    fn attention(&self, x: &Tensor, mask: &AttnMask) -> Result<Tensor> {
        let (batch, time, _) = x.dims3()?;
        let BlockConfig { heads, kv_heads, head_dim, .. } = self.config;
        let split = |y: Tensor, heads: usize| y.reshape((batch, time, heads, head_dim))?.transpose(1, 2)?.contiguous();
        let q = ops::rope(&split(self.q.forward(x)?, heads)?, ROPE_BASE)?;
        let k = ops::rope(&split(self.k.forward(x)?, kv_heads)?, ROPE_BASE)?;
        let v = split(self.v.forward(x)?, kv_heads)?;
        let repeat = |y: Tensor| -> Result<Tensor> {
            let groups = heads / kv_heads;
            if groups == 1 {
                return Ok(y);
            }
            y.unsqueeze(2)?.expand((batch, kv_heads, groups, time, head_dim))?.reshape((batch, heads, time, head_dim))
        };
        let (k, v) = (repeat(k)?, repeat(v)?);
        let scores = ops::attention_softmax(&q.matmul(&k.t()?)?, (head_dim as f32).powf(-0.5), mask)?;
        let y = scores.matmul(&v)?;
        self.out.forward(&y.transpose(1, 2)?.reshape((batch, time, heads * head_dim))?)
    }
}

/// The mean over the first `lengths[b]` positions of `[batch, time, dim]`.
///
/// # Errors
/// If shapes differ.
pub fn mean_over(x: &Tensor, lengths: &[usize]) -> Result<Tensor> {
    let (batch, time, _) = x.dims3()?;
    let weights = lengths.iter().flat_map(|len| {
        let len = (*len).max(1);
        (0..time).map(move |t| if t < len { 1.0 / len as f32 } else { 0.0 })
    });
    let weights = Tensor::from_iter(weights, x.device())?.reshape((batch, 1, time))?;
    weights.matmul(x)?.squeeze(1)
}

/// The softmax of the last dimension, in operations that can be differentiated.
///
/// # Errors
/// If memory is short.
pub fn softmax(logits: &Tensor) -> Result<Tensor> {
    let exp = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?.detach())?.exp()?;
    exp.broadcast_div(&exp.sum_keepdim(D::Minus1)?)
}

/// The softmax of the last dimension, as a plain vector; for reading results.
///
/// # Errors
/// If the tensor is not one row.
pub fn probabilities(logits: &Tensor) -> Result<Vec<f32>> {
    softmax(logits)?.flatten_all()?.to_vec1()
}
