use super::rows::each_rows;
use super::{NormKind, Shape, TensorSource};
use crate::engine::kernel::Pool;
use candle_core::Result;

/// Brings rows to one size, and weighs their numbers.
#[derive(Clone, Debug)]
pub(super) struct Norm {
    weight: Vec<f32>,
    /// Only the norm by mean and variance has one.
    bias: Option<Vec<f32>>,
    eps: f32,
}

impl Norm {
    pub fn new(source: &dyn TensorSource, name: &str, width: usize, shape: &Shape) -> Result<Self> {
        let get = |end: &str| source.tensor(&format!("{name}.{end}"), &[width])?.to_vec1();
        let bias = match shape.norm {
            NormKind::Rms => None,
            NormKind::Layer => Some(get("bias")?),
        };
        Ok(Self { weight: get("weight")?, bias, eps: shape.eps })
    }

    pub fn weight(&self) -> &[f32] {
        &self.weight
    }

    /// Each row of its width for itself.
    pub fn apply(&self, rows: &mut [f32], pool: &Pool) {
        each_rows(rows, self.weight.len(), pool, |rows, _| self.normalise(rows));
    }

    /// The same, of a copy in `out`.
    pub fn copy(&self, rows: &[f32], out: &mut [f32], pool: &Pool) {
        let width = self.weight.len();
        each_rows(out, width, pool, |out, which| {
            out.copy_from_slice(&rows[which.start * width..which.end * width]);
            self.normalise(out);
        });
    }

    fn normalise(&self, rows: &mut [f32]) {
        let width = self.weight.len() as f32;
        for row in rows.chunks_exact_mut(self.weight.len()) {
            if let Some(bias) = &self.bias {
                let mean = sum(row, |x| x) / width;
                row.iter_mut().for_each(|x| *x -= mean);
                let scale = (sum(row, |x| x * x) / width + self.eps).sqrt().recip();
                row.iter_mut().zip(&self.weight).zip(bias).for_each(|((x, weight), bias)| *x = *x * scale * weight + bias);
            } else {
                let scale = (sum(row, |x| x * x) / width + self.eps).sqrt().recip();
                row.iter_mut().zip(&self.weight).for_each(|(x, weight)| *x *= scale * weight);
            }
        }
    }
}

/// The sum of a function of each number, in several sums at once, which the compiler keeps in one register.
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| of(*x)).sum();
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += of(*x));
    }
    rest + sums.iter().sum::<f32>()
}
