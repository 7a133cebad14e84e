use super::Matrix;
use candle_core::Result;

/// Where a decoder's weights come from, by their GGUF names (`blk.0.attn_q.weight`).
pub trait TensorSource {
    /// The tensor `name` of exactly this shape, as 32-bit floats.
    ///
    /// # Errors
    /// If it is absent or has another shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<candle_core::Tensor>;

    /// The matrix `name` of shape `[output, input]`, in whatever form it is quickest to multiply by.
    ///
    /// # Errors
    /// As [`TensorSource::tensor`].
    fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Matrix> {
        Ok(Matrix::dense(self.tensor(name, &shape)?))
    }

    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;
}
