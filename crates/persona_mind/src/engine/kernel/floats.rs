//! Matrices of 32-bit and 16-bit floats.

#[cfg(target_arch = "x86_64")]
mod avx512;

use super::Pool;
use super::inputs::Turned;
use super::memory::{Columns, Lines, MOST, Sums, blocks_a_part};
use super::tile::ROWS;
use candle_core::quantized::GgmlDType;
use half::{bf16, f16};
use std::sync::{Mutex, PoisonError};

/// How the numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    F32,
    F16,
    Bf16,
}

/// A matrix of floats: for sixteen rows each column after column.
#[derive(Debug)]
pub struct Floats {
    kind: Kind,
    shape: [usize; 2],
    lines: Lines,
}

/// Sixteen rows.
#[derive(Clone, Copy)]
struct Strip<'a> {
    kind: Kind,
    numbers: &'a [u8],
}

impl Kind {
    const fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    fn number(self, bytes: &[u8]) -> f32 {
        match self {
            Self::F32 => f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
            Self::F16 => f16::from_le_bytes([bytes[0], bytes[1]]).to_f32(),
            Self::Bf16 => bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32(),
        }
    }
}

impl Floats {
    /// Packs the numbers of a file, of any type that is no quantised one.
    pub fn new(dtype: GgmlDType, bytes: &[u8], shape: [usize; 2], pool: &Pool) -> Self {
        let kind = match dtype {
            GgmlDType::F16 => Kind::F16,
            GgmlDType::BF16 => Kind::Bf16,
            _ => Kind::F32,
        };
        let [output, input] = shape;
        let size = kind.size();
        let stride = ROWS * input * size;
        let mut lines = Lines::zeros(output.div_ceil(ROWS) * stride);
        let strips: Vec<Mutex<&mut [u8]>> = lines.bytes_mut().chunks_exact_mut(stride).map(Mutex::new).collect();
        pool.run(strips.len(), &|strip| {
            let mut to = strips[strip].lock().unwrap_or_else(PoisonError::into_inner);
            for (row, numbers) in bytes[strip * stride..].chunks_exact(input * size).take(ROWS).enumerate() {
                for (number, to) in numbers.chunks_exact(size).zip(to[row * size..].chunks_mut(ROWS * size)) {
                    to[..size].copy_from_slice(number);
                }
            }
        });
        drop(strips);
        Self { kind, shape, lines }
    }

    pub fn bytes(&self) -> usize {
        self.lines.bytes().len()
    }

    fn strip(&self, strip: usize) -> Strip<'_> {
        let stride = ROWS * self.shape[1] * self.kind.size();
        Strip { kind: self.kind, numbers: &self.lines.bytes()[strip * stride..][..stride] }
    }

    pub fn times(&self, x: &[Turned], y: &mut [f32], pool: &Pool) {
        let output = self.shape[0];
        let (strips, each) = (output.div_ceil(ROWS), blocks_a_part(output, pool.threads()));
        let y = Columns::new(y, output);
        pool.run(strips.div_ceil(each), &|part| {
            let mut sums = [[0.0; ROWS]; MOST];
            for strip in part * each..((part + 1) * each).min(strips) {
                for x in x {
                    self.strip(strip).multiply(x, &mut sums);
                    // SAFETY: each strip's columns are written by the part that it belongs to.
                    unsafe { y.put(x.rows, strip * ROWS, &sums) };
                }
            }
        });
    }

    pub fn row(&self, index: usize, out: &mut [f32]) {
        let (strip, size) = (self.strip(index / ROWS), self.kind.size());
        for (out, column) in out.iter_mut().zip(strip.numbers.chunks_exact(ROWS * size)) {
            *out = self.kind.number(&column[index % ROWS * size..]);
        }
    }
}

impl Strip<'_> {
    fn multiply(self, x: &Turned, sums: &mut Sums) {
        #[cfg(target_arch = "x86_64")]
        if avx512::is_here() {
            return avx512::multiply(self, x, sums);
        }
        self.multiply_plainly(x, sums);
    }

    fn multiply_plainly(self, x: &Turned, sums: &mut Sums) {
        sums.iter_mut().for_each(|sums| sums.fill(0.0));
        let size = self.kind.size();
        for (column, inputs) in self.numbers.chunks_exact(ROWS * size).zip(x.numbers.chunks_exact(x.rows.width)) {
            let weights: [f32; ROWS] = std::array::from_fn(|row| self.kind.number(&column[row * size..]));
            for (input, sums) in inputs.iter().zip(sums.iter_mut()).take(x.rows.count) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight * input);
            }
        }
    }
}
