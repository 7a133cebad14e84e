use super::{NormKind, Shape, TensorSource, rows_of};
use candle_core::{Device, Result, Tensor};

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

    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut rows = rows_of(x)?;
        self.apply(&mut rows);
        Tensor::from_vec(rows, x.shape(), &Device::Cpu)
    }

    /// Each row of its width for itself.
    pub fn apply(&self, rows: &mut [f32]) {
        let width = self.weight.len() as f32;
        for row in rows.chunks_exact_mut(self.weight.len()) {
            if let Some(bias) = &self.bias {
                let mean = row.iter().sum::<f32>() / width;
                row.iter_mut().for_each(|x| *x -= mean);
                let scale = (row.iter().map(|x| x * x).sum::<f32>() / width + self.eps).sqrt().recip();
                row.iter_mut().zip(&self.weight).zip(bias).for_each(|((x, weight), bias)| *x = *x * scale * weight + bias);
            } else {
                let scale = (row.iter().map(|x| x * x).sum::<f32>() / width + self.eps).sqrt().recip();
                row.iter_mut().zip(&self.weight).for_each(|(x, weight)| *x *= scale * weight);
            }
        }
    }
}
