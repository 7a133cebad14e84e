use crate::engine::kernel::{Packed, Pool};
use candle_core::{Error, Result, Tensor};

/// Where a decoder's weights come from, by their GGUF names (`blk.0.attn_q.weight`).
pub trait TensorSource {
    /// The tensor `name` of exactly this shape, as 32-bit floats.
    ///
    /// # Errors
    /// If it is absent or has another shape.
    fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor>;

    /// The matrix `name` of shape `[output, input]`, packed for the processor by the threads of `pool`.
    ///
    /// # Errors
    /// As [`TensorSource::tensor`].
    fn matrix(&self, name: &str, shape: [usize; 2], pool: &Pool) -> Result<Packed> {
        let weight: Vec<f32> = self.tensor(name, &shape)?.flatten_all()?.to_vec1()?;
        Packed::dense(&weight, shape, pool).map_err(|error| Error::Msg(format!("tensor `{name}`: {error}")))
    }

    /// Whether there is a tensor of this name.
    fn has(&self, name: &str) -> bool;
}
