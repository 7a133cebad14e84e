use super::linear::Linear;
use super::norm::Norm;
use super::rope::Turns;
use super::{Cache, Shape, TensorSource, rows_of};
use candle_core::{Device, Result, Tensor};

/// Causal attention with grouped queries.
#[derive(Clone, Debug)]
pub(super) struct Attention {
    maps: Maps,
    out: Linear,
    /// For queries and keys.
    norms: Option<[Norm; 2]>,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    scale: f32,
    window: usize,
    rope: Option<usize>,
}

#[derive(Clone, Debug)]
enum Maps {
    Apart([Linear; 3]),
    Fused(Linear),
}

impl Attention {
    pub fn new(
        source: &dyn TensorSource,
        block: &str,
        shape: &Shape,
        (kv_heads, window, rope): (usize, Option<usize>, Option<usize>),
    ) -> Result<Self> {
        let Shape { dim, heads, head_dim, biases, .. } = *shape;
        let name = |part: &str| format!("{block}.{part}");
        let linear = |part: &str, output| Linear::new(source, &name(part), [output, dim], biases.attention);
        let (width, kv_width) = (heads * head_dim, kv_heads * head_dim);
        let maps = if shape.fused_attention {
            Maps::Fused(linear("attn_qkv", width + 2 * kv_width)?)
        } else {
            Maps::Apart([linear("attn_q", width)?, linear("attn_k", kv_width)?, linear("attn_v", kv_width)?])
        };
        let norm = |part: &str| Norm::new(source, &name(part), head_dim, shape);
        Ok(Self {
            maps,
            out: Linear::new(source, &name("attn_output"), [dim, width], biases.output)?,
            norms: if shape.query_key_norm { Some([norm("attn_q_norm")?, norm("attn_k_norm")?]) } else { None },
            heads,
            kv_heads,
            head_dim,
            scale: shape.attention_scale(),
            window: window.unwrap_or(usize::MAX),
            rope,
        })
    }

    pub fn forward(&self, x: &Tensor, turns: &[Turns], cache: &mut Cache, layer: usize) -> Result<Tensor> {
        let (mut q, mut k, v) = self.mapped(x)?;
        if let Some([q_norm, k_norm]) = &self.norms {
            q_norm.apply(&mut q);
            k_norm.apply(&mut k);
        }
        if let Some(rope) = self.rope {
            turns[rope].rotate(&mut q, self.heads, self.head_dim);
            turns[rope].rotate(&mut k, self.kv_heads, self.head_dim);
        }
        let start = cache.len();
        let (keys, values) = cache.append(layer, &k, &v);
        let mixed = self.attend(&q, start, keys, values);
        self.out.times(&Tensor::from_vec(mixed, (x.dim(0)?, self.heads * self.head_dim), &Device::Cpu)?)
    }

    /// Queries, keys and values.
    fn mapped(&self, x: &Tensor) -> Result<(Vec<f32>, Vec<f32>, Vec<f32>)> {
        match &self.maps {
            Maps::Apart([q, k, v]) => Ok((rows_of(&q.times(x)?)?, rows_of(&k.times(x)?)?, rows_of(&v.times(x)?)?)),
            Maps::Fused(all) => {
                let all = all.times(x)?;
                let (width, kv_width) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
                let part = |start, width| rows_of(&all.narrow(1, start, width)?);
                Ok((part(0, width)?, part(width, kv_width)?, part(width + kv_width, kv_width)?))
            }
        }
    }

    /// Each query over the keys up to its own, as far back as the window reaches.
    fn attend(&self, q: &[f32], start: usize, keys: &[f32], values: &[f32]) -> Vec<f32> {
        let Self { heads, kv_heads, head_dim, .. } = *self;
        let width = kv_heads * head_dim;
        let mut out = vec![0.0; q.len()];
        let mut weights = Vec::new();
        for (i, (query, mixed)) in q.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)).enumerate() {
            let (end, head) = (start + i / heads + 1, i % heads);
            let first = end.saturating_sub(self.window);
            let column = head / (heads / kv_heads) * head_dim;
            weights.clear();
            for key in keys[first * width..end * width].chunks_exact(width) {
                weights.push(self.scale * query.iter().zip(&key[column..]).map(|(a, b)| a * b).sum::<f32>());
            }
            let top = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for weight in &mut weights {
                *weight = (*weight - top).exp();
                sum += *weight;
            }
            for (weight, value) in weights.iter().zip(values[first * width..].chunks_exact(width)) {
                let share = weight / sum;
                mixed.iter_mut().zip(&value[column..]).for_each(|(m, v)| *m += share * v);
            }
        }
        out
    }
}
