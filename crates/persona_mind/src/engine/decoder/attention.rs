use super::batch::{Batch, Part};
use super::cache::Pages;
use super::linear::Linear;
use super::norm::Norm;
use super::rope::Turns;
use super::rows::each_rows;
use super::scratch::{Buffer, Scratch};
use super::{Shape, TensorSource};
use crate::engine::kernel::{Attend, Inputs, Pool, attend_all};
use candle_core::Result;

/// Causal attention with grouped queries.
#[derive(Debug)]
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

#[derive(Debug)]
enum Maps {
    Apart(Box<[Linear; 3]>),
    Fused(Linear),
}

impl Attention {
    pub fn new(
        source: &dyn TensorSource,
        block: &str,
        shape: &Shape,
        (kv_heads, window, rope): (usize, Option<usize>, Option<usize>),
        pool: &Pool,
    ) -> Result<Self> {
        let Shape { dim, heads, head_dim, biases, .. } = *shape;
        let name = |part: &str| format!("{block}.{part}");
        let linear = |part: &str, output| Linear::new(source, &name(part), [output, dim], biases.attention, pool);
        let (width, kv_width) = (heads * head_dim, kv_heads * head_dim);
        let maps = if shape.fused_attention {
            Maps::Fused(linear("attn_qkv", width + 2 * kv_width)?)
        } else {
            Maps::Apart(Box::new([linear("attn_q", width)?, linear("attn_k", kv_width)?, linear("attn_v", kv_width)?]))
        };
        let norm = |part: &str| Norm::new(source, &name(part), head_dim, shape);
        Ok(Self {
            maps,
            out: Linear::new(source, &name("attn_output"), [dim, width], biases.output, pool)?,
            norms: if shape.query_key_norm { Some([norm("attn_q_norm")?, norm("attn_k_norm")?]) } else { None },
            heads,
            kv_heads,
            head_dim,
            scale: shape.attention_scale(),
            window: window.unwrap_or(usize::MAX),
            rope,
        })
    }

    pub fn linears(&self) -> Vec<&Linear> {
        let maps = match &self.maps {
            Maps::Apart(maps) => maps.as_slice(),
            Maps::Fused(map) => std::slice::from_ref(map),
        };
        maps.iter().chain([&self.out]).collect()
    }

    /// From `inputs` to `change`.
    pub fn forward(&self, batch: &mut Batch, turns: &[Turns], scratch: &mut Scratch, layer: usize) {
        let Scratch { inputs, inner, fused, mixed, change, .. } = scratch;
        let (pool, width) = (batch.pool, self.heads * self.head_dim);
        let [q, k, v] = self.mapped(batch.rows, inputs, inner, fused, pool);
        if let Some([q_norm, k_norm]) = &self.norms {
            q_norm.apply(q, pool);
            k_norm.apply(k, pool);
        }
        if let Some(rope) = self.rope {
            turns[rope].rotate(q, self.heads, self.head_dim, pool);
            turns[rope].rotate(k, self.kv_heads, self.head_dim, pool);
        }
        let kv_width = self.kv_heads * self.head_dim;
        for part in batch.parts.iter_mut() {
            let (start, keys, values) = (part.cache.len(), part.of(k, kv_width), part.of(v, kv_width));
            part.cache.pages_mut(layer).write(start, keys, values);
        }
        let mixed = mixed.sized(batch.rows * width);
        self.attend(batch.parts, layer, q, mixed, pool);
        inputs.set(mixed, width);
        self.out.times(inputs, change.sized(batch.rows * self.out.output()), pool);
    }

    /// Queries, keys and values.
    fn mapped<'s>(
        &self,
        rows: usize,
        inputs: &Inputs,
        inner: &'s mut [Buffer; 3],
        fused: &mut Buffer,
        pool: &Pool,
    ) -> [&'s mut [f32]; 3] {
        let (width, kv_width) = (self.heads * self.head_dim, self.kv_heads * self.head_dim);
        let [q, k, v] = inner;
        let mut all = [q.sized(rows * width), k.sized(rows * kv_width), v.sized(rows * kv_width)];
        match &self.maps {
            Maps::Apart(maps) => {
                let ([q, k, v], [to_q, to_k, to_v]) = (&mut all, &**maps);
                Linear::times_all([(to_q, q), (to_k, k), (to_v, v)], inputs, pool);
            }
            Maps::Fused(map) => {
                let fused = fused.sized(rows * map.output());
                map.times(inputs, fused, pool);
                for (row, mut mapped) in fused.chunks_exact(map.output()).enumerate() {
                    for out in &mut all {
                        let (part, rest) = mapped.split_at(out.len() / rows);
                        out[row * part.len()..][..part.len()].copy_from_slice(part);
                        mapped = rest;
                    }
                }
            }
        }
        all
    }

    /// Each query over the keys up to its own, as far back as the window reaches.
    fn attend(&self, parts: &[Part], layer: usize, queries: &[f32], out: &mut [f32], pool: &Pool) {
        let Self { heads, kv_heads, head_dim, scale, window, .. } = *self;
        let width = heads * head_dim;
        let mut tasks = Vec::with_capacity(parts.len());
        let mut rest = out;
        for part in parts {
            let (out, after) = rest.split_at_mut(part.rows.len() * width);
            rest = after;
            let (queries, start) = (part.of(queries, width), part.cache.len());
            match part.cache.pages(layer) {
                Pages::F16(stack) => {
                    tasks.push(Attend { queries, start, heads, kv_heads, head_dim, pages: stack.pages(), window, scale, out });
                }
                Pages::F32(stack) => each_rows(out, width, pool, |out, rows| {
                    for (out, row) in out.chunks_exact_mut(width).zip(rows) {
                        let end = start + row + 1;
                        stack.attend(&queries[row * width..][..width], end.saturating_sub(window)..end, scale, out);
                    }
                }),
            }
        }
        attend_all(&mut tasks, pool);
    }
}
