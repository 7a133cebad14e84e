use super::linear::Linear;
use super::{Cache, Shape, TensorSource, rows_of};
use candle_core::{Device, Result, Tensor};

/// A gated causal convolution over the latest tokens, for each channel alone (LFM2, arXiv 2511.23404).
#[derive(Clone, Debug)]
pub(super) struct Convolution {
    into: Linear,
    out: Linear,
    /// For each tap, oldest first, a weight of each channel.
    taps: Vec<Vec<f32>>,
    bias: Option<Vec<f32>>,
}

impl Convolution {
    pub fn new(source: &dyn TensorSource, block: &str, shape: &Shape, kernel: usize) -> Result<Self> {
        let (dim, biased) = (shape.dim, shape.biases.convolution);
        let name = |part: &str| format!("{block}.shortconv.{part}");
        let bias = if biased { Some(source.tensor(&name("conv.bias"), &[dim])?.to_vec1()?) } else { None };
        Ok(Self {
            into: Linear::new(source, &name("in_proj"), [3 * dim, dim], biased)?,
            out: Linear::new(source, &name("out_proj"), [dim, dim], biased)?,
            taps: source.tensor(&name("conv.weight"), &[dim, kernel])?.t()?.to_vec2()?,
            bias,
        })
    }

    pub fn forward(&self, x: &Tensor, cache: &mut Cache, layer: usize) -> Result<Tensor> {
        let (tokens, dim) = x.dims2()?;
        let mapped = rows_of(&self.into.times(x)?)?;
        let gated = |row: &[f32]| -> Vec<f32> { row[..dim].iter().zip(&row[2 * dim..]).map(|(gate, x)| gate * x).collect() };
        let new: Vec<f32> = mapped.chunks_exact(3 * dim).flat_map(gated).collect();
        let mut seen = cache.recent(layer).to_vec();
        seen.extend_from_slice(&new);
        cache.append_recent(layer, &new);
        let mut out = vec![0.0; tokens * dim];
        for (token, row) in out.chunks_exact_mut(dim).enumerate() {
            if let Some(bias) = &self.bias {
                row.copy_from_slice(bias);
            }
            for (tap, old) in self.taps.iter().zip(seen[token * dim..].chunks_exact(dim)) {
                row.iter_mut().zip(tap).zip(old).for_each(|((sum, weight), x)| *sum += weight * x);
            }
            let gate = &mapped[token * 3 * dim + dim..][..dim];
            row.iter_mut().zip(gate).for_each(|(x, gate)| *x *= gate);
        }
        self.out.times(&Tensor::from_vec(out, (tokens, dim), &Device::Cpu)?)
    }
}
