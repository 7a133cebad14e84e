use super::{Matrix, TensorSource};
use candle_core::{Result, Tensor};

/// `x W^T + b`.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    matrix: Matrix,
    bias: Option<Tensor>,
}

impl Linear {
    pub fn new(source: &dyn TensorSource, name: &str, [output, input]: [usize; 2], biased: bool) -> Result<Self> {
        let bias = if biased { Some(source.tensor(&format!("{name}.bias"), &[output])?) } else { None };
        Ok(Self { matrix: source.matrix(&format!("{name}.weight"), [output, input])?, bias })
    }

    pub fn times(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.matrix.times(x)?;
        self.bias.as_ref().map_or(Ok(y.clone()), |bias| y.broadcast_add(bias))
    }
}
