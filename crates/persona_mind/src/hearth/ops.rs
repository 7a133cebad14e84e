//! Fused operations with gradients of their own.
//!
//! Composed from candle's elementary operations each of these makes up to ten temporaries forward and more
//! backward, which is most of a training step at Hearth's sizes.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// Below this many elements threads cost more than they bring.
const PARALLEL: usize = 1 << 15;

/// Root mean square norm of the last dimension, times `weight`.
///
/// # Errors
/// If shapes differ.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f32) -> Result<Tensor> {
    x.contiguous()?.apply_op2(weight, RmsNormOp { eps })
}

/// `silu(gate) * up`.
///
/// # Errors
/// If shapes differ.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.contiguous()?.apply_op2(&up.contiguous()?, SwigluOp)
}

/// Which keys a query may look at.
#[derive(Clone, Debug)]
pub enum AttnMask {
    /// Those not later than itself.
    Causal,
    /// The first so many of its row of the batch.
    Lengths(Vec<usize>),
}

impl AttnMask {
    fn keys(&self, batch: usize, query: usize) -> usize {
        match self {
            Self::Causal => query + 1,
            Self::Lengths(lengths) => lengths[batch].max(1),
        }
    }
}

/// `softmax(scale * scores)` over the keys that the mask allows; scores are `[batch, heads, queries, keys]`.
///
/// # Errors
/// If shapes differ.
pub fn attention_softmax(scores: &Tensor, scale: f32, mask: &AttnMask) -> Result<Tensor> {
    scores.contiguous()?.apply_op1(SoftmaxOp { scale, mask: mask.clone() })
}

/// Rotary embedding of neighbouring pairs of `[.., time, dim]` (Su et al. 2021, arXiv 2104.09864).
///
/// # Errors
/// If the last dimension is odd.
pub fn rope(x: &Tensor, base: f32) -> Result<Tensor> {
    x.contiguous()?.apply_op1(RopeOp { base, direction: 1.0 })
}

/// The mean over rows of `-log softmax(logits)[target]`, a scalar; logits are `[rows, classes]`.
///
/// # Errors
/// If there are not as many targets as rows, or a target is out of range.
pub fn cross_entropy(logits: &Tensor, targets: &[u32]) -> Result<Tensor> {
    logits.contiguous()?.apply_op1(CrossEntropyOp { targets: targets.to_vec() })
}

fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let (start, end) =
        layout.contiguous_offsets().ok_or_else(|| candle_core::Error::Msg("fused operations need contiguous input".into()))?;
    Ok(&storage.as_slice::<f32>()?[start..end])
}

fn vector(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.contiguous()?.flatten_all()?.to_vec1()
}

/// Calls `f` with each row's index and mutable row, in parallel where that pays.
fn rows(data: &mut [f32], width: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    if data.len() < PARALLEL {
        data.chunks_mut(width).enumerate().for_each(|(i, row)| f(i, row));
    } else {
        data.par_chunks_mut(width).with_min_len(64).enumerate().for_each(|(i, row)| f(i, row));
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let tail: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    sums.iter().sum::<f32>() + tail
}

struct RmsNormOp {
    eps: f32,
}

impl RmsNormOp {
    fn scale(&self, row: &[f32]) -> f32 {
        (dot(row, row) / row.len() as f32 + self.eps).sqrt().recip()
    }
}

impl CustomOp2 for RmsNormOp {
    fn name(&self) -> &'static str {
        "rms_norm"
    }

    fn cpu_fwd(&self, x: &CpuStorage, lx: &Layout, w: &CpuStorage, lw: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, w) = (values(x, lx)?, values(w, lw)?);
        let mut y = x.to_vec();
        rows(&mut y, w.len(), |_, row| {
            let scale = self.scale(row);
            row.iter_mut().zip(w).for_each(|(v, w)| *v *= scale * w);
        });
        Ok((CpuStorage::F32(y), lx.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (xs, ws, mut gs) = (vector(x)?, vector(w)?, vector(grad)?);
        let width = ws.len();
        let mut gw = vec![0.0f32; width];
        for (row, g) in xs.chunks_exact(width).zip(gs.chunks_exact(width)) {
            let scale = self.scale(row);
            gw.iter_mut().zip(row.iter().zip(g)).for_each(|(gw, (x, g))| *gw += scale * x * g);
        }
        rows(&mut gs, width, |i, g| {
            let row = &xs[i * width..][..width];
            let scale = self.scale(row);
            g.iter_mut().zip(&ws).for_each(|(g, w)| *g *= w);
            let along = dot(g, row) * scale * scale / width as f32;
            g.iter_mut().zip(row).for_each(|(g, x)| *g = scale * (*g - x * along));
        });
        Ok((Some(Tensor::from_vec(gs, x.shape(), x.device())?), Some(Tensor::from_vec(gw, w.shape(), w.device())?)))
    }
}

struct SwigluOp;

impl CustomOp2 for SwigluOp {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(&self, gate: &CpuStorage, lg: &Layout, up: &CpuStorage, lu: &Layout) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (values(gate, lg)?, values(up, lu)?);
        let mut y = gate.to_vec();
        rows(&mut y, 256, |i, chunk| {
            for (v, up) in chunk.iter_mut().zip(&up[i * 256..]) {
                *v = *v / (1.0 + (-*v).exp()) * up;
            }
        });
        Ok((CpuStorage::F32(y), lg.shape().clone()))
    }

    fn bwd(&self, gate: &Tensor, up: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (gs, us, mut du) = (vector(gate)?, vector(up)?, vector(grad)?);
        let mut dg = du.clone();
        rows(&mut dg, 256, |i, chunk| {
            let at = i * 256;
            for ((d, g), u) in chunk.iter_mut().zip(&gs[at..]).zip(&us[at..]) {
                let s = 1.0 / (1.0 + (-g).exp());
                *d *= u * s * (1.0 + g * (1.0 - s));
            }
        });
        rows(&mut du, 256, |i, chunk| {
            for (d, g) in chunk.iter_mut().zip(&gs[i * 256..]) {
                *d *= g / (1.0 + (-g).exp());
            }
        });
        let tensor = |v| Tensor::from_vec(v, gate.shape(), gate.device());
        Ok((Some(tensor(dg)?), Some(tensor(du)?)))
    }
}

struct SoftmaxOp {
    scale: f32,
    mask: AttnMask,
}

impl CustomOp1 for SoftmaxOp {
    fn name(&self) -> &'static str {
        "attention_softmax"
    }

    fn cpu_fwd(&self, scores: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, heads, queries, keys) = layout.shape().dims4()?;
        let mut p = values(scores, layout)?.to_vec();
        rows(&mut p, keys, |i, row| {
            let allowed = self.mask.keys(i / (heads * queries), i % queries).min(keys);
            let (row, hidden) = row.split_at_mut(allowed);
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for v in row.iter_mut() {
                *v = (self.scale * (*v - top)).exp();
                sum += *v;
            }
            row.iter_mut().for_each(|v| *v /= sum);
            hidden.fill(0.0);
        });
        Ok((CpuStorage::F32(p), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, p: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let keys = p.dim(3)?;
        let (ps, mut gs) = (vector(p)?, vector(grad)?);
        rows(&mut gs, keys, |i, g| {
            let p = &ps[i * keys..][..keys];
            let along = dot(g, p);
            g.iter_mut().zip(p).for_each(|(g, p)| *g = self.scale * p * (*g - along));
        });
        Ok(Some(Tensor::from_vec(gs, p.shape(), p.device())?))
    }
}

struct RopeOp {
    base: f32,
    direction: f32,
}

impl CustomOp1 for RopeOp {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let dims = layout.shape().dims();
        let (time, dim) = match dims {
            [.., time, dim] if dim % 2 == 0 => (*time, *dim),
            _ => return Err(candle_core::Error::Msg(format!("rope needs [.., time, even], found {dims:?}"))),
        };
        let half = dim / 2;
        let turns: Vec<(f32, f32)> = (0..time * half)
            .map(|i| ((i / half) as f32 * self.base.powf(-2.0 * (i % half) as f32 / dim as f32)).sin_cos())
            .collect();
        let mut y = values(x, layout)?.to_vec();
        rows(&mut y, dim, |i, row| {
            for (pair, (sin, cos)) in row.chunks_exact_mut(2).zip(&turns[i % time * half..]) {
                let (a, b, sin) = (pair[0], pair[1], sin * self.direction);
                pair[0] = a * cos - b * sin;
                pair[1] = a * sin + b * cos;
            }
        });
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let back = RopeOp { base: self.base, direction: -self.direction };
        Ok(Some(grad.contiguous()?.apply_op1_no_bwd(&back)?))
    }
}

struct CrossEntropyOp {
    targets: Vec<u32>,
}

impl CustomOp1 for CrossEntropyOp {
    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (count, classes) = layout.shape().dims2()?;
        let in_range = self.targets.iter().all(|t| (*t as usize) < classes);
        if self.targets.len() != count || !in_range {
            let message = format!("cross entropy of {count} rows of {classes} classes needs as many targets in range");
            return Err(candle_core::Error::Msg(message));
        }
        let logits = values(logits, layout)?;
        let total: f64 = logits
            .par_chunks(classes)
            .zip(&self.targets)
            .map(|(row, target)| {
                let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = row.iter().map(|v| (v - top).exp()).sum();
                f64::from(sum.ln() + top - row[*target as usize])
            })
            .sum();
        Ok((CpuStorage::F32(vec![(total / count.max(1) as f64) as f32]), Shape::from(())))
    }

    fn bwd(&self, logits: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (count, classes) = logits.dims2()?;
        let scale = grad.to_scalar::<f32>()? / count.max(1) as f32;
        let mut g = vector(logits)?;
        rows(&mut g, classes, |i, row| {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for v in row.iter_mut() {
                *v = (*v - top).exp();
                sum += *v;
            }
            row.iter_mut().for_each(|v| *v *= scale / sum);
            row[self.targets[i] as usize] -= scale;
        });
        Ok(Some(Tensor::from_vec(g, logits.shape(), logits.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    /// Compares the gradient of `sum(f(x) * c)` with central differences.
    fn check(name: &str, shape: &[usize], f: impl Fn(&Tensor) -> Result<Tensor>) {
        let n: usize = shape.iter().product();
        let start: Vec<f32> = (0..n).map(|i| ((i * 37 % 19) as f32 - 9.0) / 7.0).collect();
        let c: Vec<f32> = (0..n).map(|i| ((i * 23 % 11) as f32 - 5.0) / 5.0).collect();
        let c = Tensor::from_vec(c, shape, &Device::Cpu).unwrap();
        let loss = |x: &Tensor| (f(x).unwrap() * &c).unwrap().sum_all().unwrap();
        let x = Var::from_vec(start.clone(), shape, &Device::Cpu).unwrap();
        let grads = loss(x.as_tensor()).backward().unwrap();
        let grad: Vec<f32> = vector(grads.get(x.as_tensor()).expect("the gradient reaches the input")).unwrap();
        for i in 0..n {
            let at = |d: f32| {
                let mut v = start.clone();
                v[i] += d;
                loss(&Tensor::from_vec(v, shape, &Device::Cpu).unwrap()).to_scalar::<f32>().unwrap()
            };
            let numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((numeric - grad[i]).abs() < 2e-2, "{name}: gradient {i} is {}, by differences {numeric}", grad[i]);
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let w = Tensor::new(&[0.5f32, 1.5, -1.0, 2.0], &Device::Cpu).unwrap();
        check("rms_norm", &[3, 4], |x| rms_norm(x, &w, 1e-5));
        let x0 = Tensor::new(&[[1.0f32, -2.0, 0.5, 3.0]], &Device::Cpu).unwrap();
        check("rms_norm weight", &[4], |w| rms_norm(&x0, w, 1e-5)?.squeeze(0));
        let up = Tensor::new(&[[0.5f32, 1.5, -1.0, 2.0]], &Device::Cpu).unwrap();
        check("swiglu gate", &[1, 4], |x| swiglu(x, &up));
        check("swiglu up", &[1, 4], |x| swiglu(&up, x));
        check("causal softmax", &[1, 2, 3, 3], |x| attention_softmax(x, 0.7, &AttnMask::Causal));
        check("length softmax", &[2, 1, 2, 3], |x| attention_softmax(x, 0.7, &AttnMask::Lengths(vec![3, 2])));
        check("cross_entropy", &[2, 3], |x| cross_entropy(x, &[2, 0])?.broadcast_as((2, 3)));
        check("rope", &[1, 2, 3, 4], |x| rope(x, 10_000.0));
    }

    #[test]
    fn a_query_sees_only_what_the_mask_allows() {
        let scores = Tensor::zeros((1, 1, 3, 3), candle_core::DType::F32, &Device::Cpu).unwrap();
        let p = vector(&attention_softmax(&scores, 1.0, &AttnMask::Causal).unwrap()).unwrap();
        assert_eq!(p[..3], [1.0, 0.0, 0.0], "the first query sees itself alone");
        assert_eq!(p[3..6], [0.5, 0.5, 0.0], "the second sees two keys");
    }
}
