use super::batch::Batch;
use super::linear::Linear;
use super::rows::each_rows;
use super::scratch::Scratch;
use super::{Shape, TensorSource};
use crate::engine::kernel::Pool;
use candle_core::Result;

/// A gated causal convolution over the latest tokens, for each channel alone (LFM2, arXiv 2511.23404).
#[derive(Debug)]
pub(super) struct Convolution {
    into: Linear,
    out: Linear,
    /// For each tap, oldest first, a weight of each channel.
    taps: Vec<Vec<f32>>,
    bias: Option<Vec<f32>>,
    dim: usize,
}

impl Convolution {
    pub fn new(source: &dyn TensorSource, block: &str, shape: &Shape, kernel: usize, pool: &Pool) -> Result<Self> {
        let (dim, biased) = (shape.dim, shape.biases.convolution);
        let name = |part: &str| format!("{block}.shortconv.{part}");
        let bias = if biased { Some(source.tensor(&name("conv.bias"), &[dim])?.to_vec1()?) } else { None };
        Ok(Self {
            into: Linear::new(source, &name("in_proj"), [3 * dim, dim], biased, pool)?,
            out: Linear::new(source, &name("out_proj"), [dim, dim], biased, pool)?,
            taps: source.tensor(&name("conv.weight"), &[dim, kernel])?.t()?.to_vec2()?,
            bias,
            dim,
        })
    }

    pub fn linears(&self) -> Vec<&Linear> {
        vec![&self.into, &self.out]
    }

    /// From `inputs` to `change`.
    pub fn forward(&self, batch: &mut Batch, scratch: &mut Scratch, layer: usize) {
        let Scratch { inputs, inner: [gated, seen, _], fused, mixed, change, .. } = scratch;
        let (dim, pool) = (self.dim, batch.pool);
        let mapped = fused.sized(batch.rows * 3 * dim);
        self.into.times(inputs, mapped, pool);
        // A row holds what is let in, what is let out, and the value.
        let gated = gated.sized(batch.rows * dim);
        for (row, mapped) in gated.chunks_exact_mut(dim).zip(mapped.chunks_exact(3 * dim)) {
            row.iter_mut().zip(mapped.iter().zip(&mapped[2 * dim..])).for_each(|(x, (gate, value))| *x = gate * value);
        }
        let mixed = mixed.sized(batch.rows * dim);
        for part in batch.parts.iter_mut() {
            let new = part.of(gated, dim);
            let recent = part.cache.recent(layer);
            let before = recent.latest().len();
            let seen = seen.sized(before + new.len());
            seen[..before].copy_from_slice(recent.latest());
            seen[before..].copy_from_slice(new);
            recent.append(new);
            let mapped = part.of(mapped, 3 * dim);
            let mixed = &mut mixed[part.rows.start * dim..part.rows.end * dim];
            each_rows(mixed, dim, pool, |mixed, rows| {
                self.mix(mixed, &seen[rows.start * dim..], &mapped[rows.start * 3 * dim..]);
            });
        }
        inputs.set(mixed, dim);
        self.out.times(inputs, change.sized(batch.rows * dim), pool);
    }

    /// Each row of `out`: the taps over as many rows of `seen`, let out by its row of `mapped`.
    fn mix(&self, out: &mut [f32], seen: &[f32], mapped: &[f32]) {
        let dim = self.dim;
        for (token, (row, mapped)) in out.chunks_exact_mut(dim).zip(mapped.chunks_exact(3 * dim)).enumerate() {
            match &self.bias {
                Some(bias) => row.copy_from_slice(bias),
                None => row.fill(0.0),
            }
            for (tap, old) in self.taps.iter().zip(seen[token * dim..].chunks_exact(dim)) {
                row.iter_mut().zip(tap).zip(old).for_each(|((sum, weight), x)| *sum += weight * x);
            }
            row.iter_mut().zip(&mapped[dim..]).for_each(|(x, gate)| *x *= gate);
        }
    }
}
