use super::TensorSource;
use crate::engine::kernel::{Inputs, Packed, Pool};
use candle_core::Result;

/// `x W^T + b`.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Packed,
    bias: Option<Vec<f32>>,
    /// `[output, input]`.
    shape: [usize; 2],
}

impl Linear {
    pub fn new(source: &dyn TensorSource, name: &str, [output, input]: [usize; 2], biased: bool, pool: &Pool) -> Result<Self> {
        let bias = if biased { Some(source.tensor(&format!("{name}.bias"), &[output])?.to_vec1()?) } else { None };
        Ok(Self { weight: source.matrix(&format!("{name}.weight"), [output, input], pool)?, bias, shape: [output, input] })
    }

    /// Numbers that it gives for a row.
    pub fn output(&self) -> usize {
        self.shape[0]
    }

    /// `y` holds a row for each of `x`.
    pub fn times(&self, x: &Inputs, y: &mut [f32], pool: &Pool) {
        Self::times_all([(self, y)], x, pool);
    }

    /// [`Linear::times`] of several that take the same.
    pub fn times_all<const N: usize>(mut products: [(&Self, &mut [f32]); N], x: &Inputs, pool: &Pool) {
        let mut matrices = Vec::with_capacity(N);
        matrices.extend(products.iter_mut().map(|(map, y)| (&map.weight, &mut **y)));
        Packed::times_all(&mut matrices, x, pool);
        for (map, y) in products {
            let Some(bias) = &map.bias else { continue };
            for row in y.chunks_exact_mut(map.output()) {
                row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
            }
        }
    }

    /// Bytes of the matrix.
    pub fn bytes(&self) -> usize {
        self.weight.bytes()
    }

    /// The first row of the matrix.
    pub fn first_row(&self) -> Vec<f32> {
        let mut row = vec![0.0; self.shape[1]];
        self.weight.row(0, &mut row);
        row
    }
}
