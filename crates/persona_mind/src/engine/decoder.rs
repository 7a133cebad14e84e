//! One LLaMA-shaped decoder: root mean square norms, rotary embedding, grouped queries, SwiGLU.
//!
//! The decoder holds weights only. What has been computed for a text lives in a [`Cache`], which grows as tokens
//! come, can be cut back to any length, and can be cloned: a clone is a fork that shares nothing with its origin.

mod cache;
mod matrix;

pub use cache::Cache;
pub use matrix::Matrix;

use candle_core::{Device, Result, Tensor};

/// Sizes and constants of a decoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecoderConfig {
    /// Width.
    pub dim: usize,
    /// Number of blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    /// Width of a head, even.
    pub head_dim: usize,
    /// Inner width of the feed-forward part.
    pub ffn: usize,
    /// Number of token ids.
    pub vocab: usize,
    /// Base of the rotary embedding's wavelengths.
    pub rope_base: f32,
    /// Epsilon of the norms.
    pub eps: f32,
}

/// Where a decoder's weights come from, by their GGUF names (`blk.0.attn_q.weight`).
pub trait TensorSource {
    /// The tensor `name` of exactly this shape, as 32-bit floats.
    ///
    /// # Errors
    /// If it is absent or has another shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor>;

    /// The matrix `name` of shape `[output, input]`, in whatever form it is quickest to multiply by.
    ///
    /// # Errors
    /// As [`TensorSource::tensor`].
    fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Matrix> {
        Matrix::dense(&self.tensor(name, &shape)?)
    }

    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;
}

/// What goes into a decoder.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Token ids.
    Ids(&'a [u32]),
    /// Embeddings `[tokens, dim]`, such as [`Decoder::embed`] gives, with soft tokens among them.
    Soft(&'a Tensor),
}

/// Which rows of logits are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Only those after the last token: `[vocab]`.
    Last,
    /// Those after every token: `[tokens, vocab]`.
    All,
}

/// A decoder's weights.
#[derive(Clone, Debug)]
pub struct Decoder {
    config: DecoderConfig,
    embed: Tensor,
    blocks: Vec<Block>,
    norm: Tensor,
    head: Matrix,
    /// Radians that each pair of a head turns by from one token to the next.
    turns: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Block {
    attn_norm: Tensor,
    q: Matrix,
    k: Matrix,
    v: Matrix,
    out: Matrix,
    ffn_norm: Tensor,
    gate: Matrix,
    up: Matrix,
    down: Matrix,
}

impl Decoder {
    /// A decoder with weights from `source`. Without an `output.weight` the head is tied to the embedding.
    ///
    /// # Errors
    /// If a size makes no sense, or a tensor is absent or has another shape.
    pub fn new(source: &dyn TensorSource, config: DecoderConfig) -> Result<Self> {
        check(&config)?;
        let DecoderConfig { dim, layers, vocab, .. } = config;
        let head = if source.has("output.weight") { "output.weight" } else { "token_embd.weight" };
        Ok(Self {
            embed: source.tensor("token_embd.weight", &[vocab, dim])?,
            blocks: (0..layers).map(|i| Block::new(source, i, &config)).collect::<Result<_>>()?,
            norm: source.tensor("output_norm.weight", &[dim])?,
            head: source.matrix(head, [vocab, dim])?,
            turns: turns(source, &config)?,
            config,
        })
    }

    /// Sizes and constants.
    #[must_use]
    pub fn config(&self) -> &DecoderConfig {
        &self.config
    }

    /// A cache for a new text.
    #[must_use]
    pub fn new_cache(&self) -> Cache {
        Cache::new(self.config.layers, self.config.kv_heads * self.config.head_dim)
    }

    /// The embeddings of token ids: `[tokens, dim]`.
    ///
    /// # Errors
    /// If an id is out of range.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        self.embed.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)
    }

    /// Computes what follows the tokens in `cache`, adds it there, and gives logits.
    ///
    /// # Errors
    /// If there is no input or an id is out of range; the cache is then as it was.
    pub fn forward(&self, input: Input, rows: Rows, cache: &mut Cache) -> Result<Tensor> {
        let start = cache.len();
        let result = self.compute(input, rows, cache);
        if result.is_err() {
            cache.truncate(start);
        }
        result
    }

    fn compute(&self, input: Input, rows: Rows, cache: &mut Cache) -> Result<Tensor> {
        let mut x = match input {
            Input::Ids(ids) => self.embed(ids)?,
            Input::Soft(x) => x.clone(),
        };
        let (tokens, dim) = x.dims2()?;
        if tokens == 0 || dim != self.config.dim {
            return Err(candle_core::Error::Msg(format!(
                "input of shape [1.., {}] expected, found [{tokens}, {dim}]",
                self.config.dim
            )));
        }
        let start = cache.len();
        for (index, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, start, self, cache, index)?;
        }
        cache.advance(tokens);
        let x = match rows {
            Rows::Last => x.narrow(0, tokens - 1, 1)?,
            Rows::All => x,
        };
        let logits = self.head.times(&rms_norm(&x, &self.norm, self.config.eps)?)?;
        if rows == Rows::Last { logits.squeeze(0) } else { Ok(logits) }
    }
}

fn check(config: &DecoderConfig) -> Result<()> {
    let DecoderConfig { dim, layers, heads, kv_heads, head_dim, ffn, vocab, .. } = *config;
    let positive = [dim, layers, heads, kv_heads, head_dim, ffn, vocab].iter().all(|n| *n > 0);
    if positive && heads % kv_heads == 0 && head_dim % 2 == 0 {
        return Ok(());
    }
    Err(candle_core::Error::Msg(format!("sizes above 0, even heads and whole groups of queries expected, found {config:?}")))
}

impl Block {
    fn new(source: &dyn TensorSource, index: usize, config: &DecoderConfig) -> Result<Self> {
        let DecoderConfig { dim, heads, kv_heads, head_dim, ffn, .. } = *config;
        let get = |name: &str, shape: &[usize]| source.tensor(&format!("blk.{index}.{name}.weight"), shape);
        let matrix = |name: &str, output, input| source.matrix(&format!("blk.{index}.{name}.weight"), [output, input]);
        Ok(Self {
            attn_norm: get("attn_norm", &[dim])?,
            q: matrix("attn_q", heads * head_dim, dim)?,
            k: matrix("attn_k", kv_heads * head_dim, dim)?,
            v: matrix("attn_v", kv_heads * head_dim, dim)?,
            out: matrix("attn_output", dim, heads * head_dim)?,
            ffn_norm: get("ffn_norm", &[dim])?,
            gate: matrix("ffn_gate", ffn, dim)?,
            up: matrix("ffn_up", ffn, dim)?,
            down: matrix("ffn_down", dim, ffn)?,
        })
    }

    fn forward(&self, x: &Tensor, start: usize, decoder: &Decoder, cache: &mut Cache, layer: usize) -> Result<Tensor> {
        let config = &decoder.config;
        let h = rms_norm(x, &self.attn_norm, config.eps)?;
        let (mut q, mut k, v) = (rows_of(&self.q.times(&h)?)?, rows_of(&self.k.times(&h)?)?, rows_of(&self.v.times(&h)?)?);
        rotate(&mut q, config.heads, start, &decoder.turns);
        rotate(&mut k, config.kv_heads, start, &decoder.turns);
        cache.append(layer, &k, &v);
        let mixed = Tensor::from_vec(attend(&q, start, config, cache, layer), (x.dim(0)?, q.len() / x.dim(0)?), &Device::Cpu)?;
        let x = (x + self.out.times(&mixed)?)?;
        let h = rms_norm(&x, &self.ffn_norm, config.eps)?;
        let gate = (self.gate.times(&h)?.silu()? * self.up.times(&h)?)?;
        x + self.down.times(&gate)?
    }
}

fn rows_of(x: &Tensor) -> Result<Vec<f32>> {
    x.flatten_all()?.to_vec1()
}

fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    crate::hearth::ops::rms_norm(x, weight, eps)
}

/// The rotary embedding's speeds (Su et al. 2021, arXiv 2104.09864), slowed by the model's own factors where it has
/// any (`rope_freqs.weight`, as LLaMA 3.1 and later for long texts).
fn turns(source: &dyn TensorSource, config: &DecoderConfig) -> Result<Vec<f32>> {
    const FACTORS: &str = "rope_freqs.weight";
    let half = config.head_dim / 2;
    let factors = if source.has(FACTORS) { source.tensor(FACTORS, &[half])?.to_vec1()? } else { vec![1.0; half] };
    let speed = |i: usize| config.rope_base.powf(-2.0 * i as f32 / config.head_dim as f32);
    Ok(factors.iter().enumerate().map(|(i, factor): (usize, &f32)| speed(i) / factor).collect())
}

/// Turns neighbouring pairs of each head by the token's position.
fn rotate(x: &mut [f32], heads: usize, start: usize, turns: &[f32]) {
    let head_dim = 2 * turns.len();
    for (t, row) in x.chunks_exact_mut(heads * head_dim).enumerate() {
        let turned: Vec<(f32, f32)> = turns.iter().map(|turn| ((start + t) as f32 * turn).sin_cos()).collect();
        for head in row.chunks_exact_mut(head_dim) {
            for (pair, (sin, cos)) in head.chunks_exact_mut(2).zip(&turned) {
                let (a, b) = (pair[0], pair[1]);
                pair[0] = a * cos - b * sin;
                pair[1] = a * sin + b * cos;
            }
        }
    }
}

/// Causal attention of each query over all keys up to its own.
fn attend(q: &[f32], start: usize, config: &DecoderConfig, cache: &Cache, layer: usize) -> Vec<f32> {
    let DecoderConfig { heads, kv_heads, head_dim, .. } = *config;
    let (keys, values) = cache.layer(layer);
    let width = kv_heads * head_dim;
    let scale = (head_dim as f32).powf(-0.5);
    let mut out = vec![0.0; q.len()];
    let mut weights = Vec::new();
    for (i, (query, mixed)) in q.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)).enumerate() {
        let (token, head) = (i / heads, i % heads);
        let column = head / (heads / kv_heads) * head_dim;
        weights.clear();
        for key in keys.chunks_exact(width).take(start + token + 1) {
            weights.push(scale * query.iter().zip(&key[column..]).map(|(a, b)| a * b).sum::<f32>());
        }
        let top = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for weight in &mut weights {
            *weight = (*weight - top).exp();
            sum += *weight;
        }
        for (weight, value) in weights.iter().zip(values.chunks_exact(width)) {
            let share = weight / sum;
            mixed.iter_mut().zip(&value[column..]).for_each(|(m, v)| *m += share * v);
        }
    }
    out
}
