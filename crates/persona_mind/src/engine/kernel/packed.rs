//! Weight matrices.

use super::elsewhere::Elsewhere;
use super::floats::Floats;
use super::tiles::Tiles;
use super::{Inputs, Pool, blocks, tiles};
use candle_core::Device;
use candle_core::quantized::GgmlDType;

/// Why bytes are no matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// The bytes are not as many as the shape needs.
    #[error("a matrix of shape {shape:?} and type {dtype:?}: expected {expected} bytes, found {found}")]
    Size {
        /// `[output, input]`.
        shape: [usize; 2],
        /// How numbers are stored.
        dtype: GgmlDType,
        /// Bytes of such a matrix; 0 if there can be none.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// The numbers cannot be read.
    #[error("a matrix of shape {shape:?} and type {dtype:?}: {reason}")]
    Numbers {
        /// `[output, input]`.
        shape: [usize; 2],
        /// How numbers are stored.
        dtype: GgmlDType,
        /// What candle says.
        reason: String,
    },
}

/// A matrix that is multiplied by, laid out for the processor: the only copy of its weights.
#[derive(Debug)]
pub struct Packed {
    shape: [usize; 2],
    form: Form,
}

#[derive(Debug)]
enum Form {
    Tiles(Tiles),
    Floats(Floats),
    Elsewhere(Elsewhere),
}

impl Packed {
    /// A matrix as it is stored in GGUF files, `[output, input]`; packed by all threads of the pool.
    ///
    /// # Errors
    /// [`KernelError`] if the bytes are no such matrix.
    pub fn new(dtype: GgmlDType, bytes: &[u8], shape: [usize; 2], pool: &Pool) -> Result<Self, KernelError> {
        let [output, input] = shape;
        let whole = input.is_multiple_of(dtype.block_size());
        let row = input / dtype.block_size() * dtype.type_size();
        let expected = row.checked_mul(output).filter(|_| whole).unwrap_or(0);
        if expected != bytes.len() || expected == 0 {
            return Err(KernelError::Size { shape, dtype, expected, found: bytes.len() });
        }
        let device = pool.device().or((!tiles::are_quick()).then_some(&Device::Cpu));
        let form = match blocks::layout(dtype) {
            _ if let Some(device) = device => {
                let matrix = Elsewhere::new(dtype, bytes, shape, device);
                Form::Elsewhere(matrix.map_err(|error| KernelError::Numbers { shape, dtype, reason: error.to_string() })?)
            }
            Some(layout) => Form::Tiles(Tiles::new(layout, dtype, bytes, shape, pool)),
            None => Form::Floats(Floats::new(dtype, bytes, shape, pool)),
        };
        Ok(Self { shape, form })
    }

    /// A matrix of 32-bit floats, `[output, input]`.
    ///
    /// # Errors
    /// [`KernelError`] if there are not as many numbers.
    pub fn dense(weight: &[f32], shape: [usize; 2], pool: &Pool) -> Result<Self, KernelError> {
        let bytes: Vec<u8> = weight.iter().flat_map(|number| number.to_le_bytes()).collect();
        Self::new(GgmlDType::F32, &bytes, shape, pool)
    }

    /// `y [tokens, output] = x W^T`.
    ///
    /// # Panics
    /// If sizes do not fit.
    pub fn times(&self, x: &Inputs, y: &mut [f32], pool: &Pool) {
        Self::times_all(&mut [(self, y)], x, pool);
    }

    /// [`Packed::times`] of several matrices that take the same.
    ///
    /// # Panics
    /// If sizes do not fit.
    pub fn times_all(products: &mut [(&Self, &mut [f32])], x: &Inputs, pool: &Pool) {
        let mut tiles = Vec::with_capacity(products.len());
        for (matrix, y) in products {
            let [output, input] = matrix.shape;
            assert_eq!((x.width(), y.len()), (input, x.tokens() * output), "input and output of this matrix");
            match &matrix.form {
                Form::Tiles(matrix) => tiles.push((matrix, &mut **y)),
                Form::Floats(floats) => floats.times(x.turned(), y, pool),
                // A device that is lost in the middle of a step is as bad as memory that is.
                Form::Elsewhere(matrix) => matrix.times(x, y).expect("sizes that fit, and a device that works"),
            }
        }
        if !tiles.is_empty() {
            tiles::times_all(&mut tiles, x.quantised(), pool);
        }
    }

    /// A row as 32-bit floats.
    ///
    /// # Panics
    /// If there is none, or `out` has another size.
    pub fn row(&self, index: usize, out: &mut [f32]) {
        assert!(index < self.shape[0] && out.len() == self.shape[1], "a row of this matrix");
        match &self.form {
            Form::Tiles(tiles) => tiles.row(index, out),
            Form::Floats(floats) => floats.row(index, out),
            Form::Elsewhere(matrix) => matrix.row(index, out).expect("one of the rows"),
        }
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match &self.form {
            Form::Tiles(tiles) => tiles.bytes(),
            Form::Floats(floats) => floats.bytes(),
            Form::Elsewhere(matrix) => matrix.bytes(),
        }
    }
}
