//! Matrices of 32-bit and 16-bit floats.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::Pool;
use super::inputs::Turned;
use super::memory::{Columns, Lines, MOST, Sums, blocks_a_part};
use super::tile::ROWS;
use super::vectors::Vectors;
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
        self.multiply_with(x, sums, Vectors::here());
    }

    fn multiply_with(self, x: &Turned, sums: &mut Sums, vectors: Vectors) {
        match vectors {
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => avx512::multiply(self, x, sums),
            #[cfg(target_arch = "x86_64")]
            Vectors::AvxVnni | Vectors::Avx2 => avx2::multiply(self, x, sums),
            _ => self.multiply_plainly(x, sums),
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kernel::{Inputs, PoolSettings};

    #[test]
    fn all_forms_agree_with_the_plain_one() {
        let pool = Pool::new(PoolSettings::default());
        let numbers: Vec<f32> = (0..20 * 37).map(|i| (i as f32 * 0.73).sin()).collect();
        for dtype in [GgmlDType::F32, GgmlDType::F16, GgmlDType::BF16] {
            let bytes: Vec<u8> = match dtype {
                GgmlDType::F16 => numbers.iter().flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
                GgmlDType::BF16 => numbers.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
                _ => numbers.iter().flat_map(|x| x.to_le_bytes()).collect(),
            };
            let floats = Floats::new(dtype, &bytes, [20, 37], &pool);
            for rows in [1, 3, 6, 16] {
                let mut inputs = Inputs::new();
                inputs.set(&numbers[..rows * 37], 37);
                let (x, mut plain) = (&inputs.turned()[0], [[0.0; ROWS]; MOST]);
                floats.strip(1).multiply_plainly(x, &mut plain);
                for vectors in [Vectors::Avx512, Vectors::Avx2].into_iter().filter(|vectors| vectors.are_here()) {
                    let mut quick = [[0.0; ROWS]; MOST];
                    floats.strip(1).multiply_with(x, &mut quick, vectors);
                    for (quick, plain) in quick[..rows].iter().flatten().zip(plain[..rows].iter().flatten()) {
                        assert!((quick - plain).abs() < 1e-4, "{dtype:?}, {vectors:?}: {quick} and {plain}");
                    }
                }
            }
        }
    }
}
