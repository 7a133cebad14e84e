use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Module, Result, Tensor};

/// A weight that inputs are multiplied by, plain or quantised.
#[derive(Clone, Debug)]
pub struct Matrix(Form);

#[derive(Clone, Debug)]
enum Form {
    /// `[input, output]`, a view of the stored form: multiplying by it costs no copy.
    Dense(Tensor),
    Quantised(QMatMul),
}

impl Matrix {
    /// A matrix of 32-bit floats, stored `[output, input]`.
    ///
    /// # Errors
    /// If the weight has not two dimensions.
    pub fn dense(weight: &Tensor) -> Result<Self> {
        Ok(Self(Form::Dense(weight.t()?)))
    }

    /// A matrix that stays quantised, stored `[output, input]`.
    ///
    /// # Errors
    /// If the weight cannot be multiplied by.
    pub fn quantised(weight: QTensor) -> Result<Self> {
        Ok(Self(Form::Quantised(QMatMul::from_qtensor(weight)?)))
    }

    /// `x W^T`: from `[tokens, input]` to `[tokens, output]`.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub fn times(&self, x: &Tensor) -> Result<Tensor> {
        match &self.0 {
            Form::Dense(weight) => x.matmul(weight),
            Form::Quantised(weight) => weight.forward(x),
        }
    }
}
