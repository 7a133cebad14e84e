use candle_core::quantized::{QMatMul, QTensor};
use candle_core::{Device, Module, Result, Tensor};
use std::sync::Arc;

/// A weight that inputs are multiplied by, or whose rows are looked up; plain or quantised.
#[derive(Clone, Debug)]
pub struct Matrix(Form);

/// Both are stored `[output, input]`.
#[derive(Clone, Debug)]
enum Form {
    Dense(Tensor),
    Quantised { weight: Arc<QTensor>, product: QMatMul },
}

impl Matrix {
    /// A matrix of 32-bit floats, stored `[output, input]`.
    #[must_use]
    pub fn dense(weight: Tensor) -> Self {
        Self(Form::Dense(weight))
    }

    /// A matrix that stays quantised, stored `[output, input]`.
    ///
    /// # Errors
    /// If the weight cannot be multiplied by.
    pub fn quantised(weight: QTensor) -> Result<Self> {
        let weight = Arc::new(weight);
        Ok(Self(Form::Quantised { product: QMatMul::from_arc(weight.clone())?, weight }))
    }

    /// `x W^T`: from `[tokens, input]` to `[tokens, output]`.
    ///
    /// # Errors
    /// If shapes do not fit.
    pub fn times(&self, x: &Tensor) -> Result<Tensor> {
        match &self.0 {
            // A view: multiplying by it costs no copy.
            Form::Dense(weight) => x.matmul(&weight.t()?),
            Form::Quantised { product, .. } => product.forward(x),
        }
    }

    /// Some of its rows: `[rows, input]`.
    ///
    /// # Errors
    /// If there is no such row.
    pub fn rows(&self, rows: &[u32]) -> Result<Tensor> {
        let rows = Tensor::new(rows, &Device::Cpu)?;
        match &self.0 {
            Form::Dense(weight) => weight.index_select(&rows, 0),
            Form::Quantised { weight, .. } => weight.embedding(&rows),
        }
    }
}
