//! What matrices are multiplied by, prepared once for all matrices that take the same.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::tile::COLUMNS;
use super::vectors::Vectors;
use candle_core::{Device, Result, Tensor};
use std::sync::OnceLock;

/// Numbers of rows that are worked on together.
pub const WIDTHS: [usize; 8] = [1, 2, 3, 4, 6, 8, 12, 16];

/// Sums that are kept of each 32 numbers.
pub const SUMS: usize = 3;

/// Rows of numbers, `[tokens, width]`.
#[derive(Debug, Default)]
pub struct Inputs {
    numbers: Vec<f32>,
    width: usize,
    quantised: OnceLock<Vec<Quantised>>,
    turned: OnceLock<Vec<Turned>>,
    /// As a tensor on the device of the first matrix that takes it.
    tensor: OnceLock<Tensor>,
}

/// Some rows as whole numbers, rows of zeros behind them.
///
/// For each 32 columns and each row, a number is `scale * code`.
#[derive(Debug, Default)]
pub struct Quantised {
    pub rows: Rows,
    /// `[groups, width, 32]`.
    pub codes: Vec<i8>,
    /// `[groups, width]`.
    pub scales: Vec<f32>,
    /// The sums of the numbers of each half and of both: `[groups, width, SUMS]`.
    pub totals: Vec<f32>,
}

/// Some rows column by column, `[columns, width]`, zeros behind them.
#[derive(Debug, Default)]
pub struct Turned {
    pub rows: Rows,
    pub numbers: Vec<f32>,
}

/// Which rows are worked on together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows {
    pub first: usize,
    pub count: usize,
    /// One of [`WIDTHS`], at least `count`.
    pub width: usize,
}

impl Inputs {
    /// No rows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Rows of `width` numbers.
    pub fn set(&mut self, x: &[f32], width: usize) {
        self.numbers.clear();
        self.numbers.extend_from_slice(x);
        self.width = width;
        (self.quantised, self.turned, self.tensor) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
    }

    /// On a device; all matrices that take it lie on the same.
    pub(super) fn on(&self, device: &Device) -> Result<&Tensor> {
        if let Some(tensor) = self.tensor.get() {
            return Ok(tensor);
        }
        let tensor = Tensor::from_slice(&self.numbers, (self.tokens(), self.width), device)?;
        Ok(self.tensor.get_or_init(|| tensor))
    }

    /// The number of rows.
    pub(super) fn tokens(&self) -> usize {
        self.numbers.len().checked_div(self.width).unwrap_or(0)
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// As whole numbers of 8 bits.
    pub(super) fn quantised(&self) -> &[Quantised] {
        self.quantised.get_or_init(|| blocks(self.tokens()).map(|rows| self.quantise(rows)).collect())
    }

    /// Column by column.
    pub(super) fn turned(&self) -> &[Turned] {
        self.turned.get_or_init(|| blocks(self.tokens()).map(|rows| self.turn(rows)).collect())
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.width..(row + 1) * self.width]
    }

    fn quantise(&self, rows: Rows) -> Quantised {
        let (groups, width) = (self.width / COLUMNS, rows.width);
        let mut block = Quantised {
            rows,
            codes: vec![0; groups * width * COLUMNS],
            scales: vec![0.0; groups * width],
            totals: vec![0.0; groups * width * SUMS],
        };
        for row in 0..rows.count {
            for (group, numbers) in self.row(rows.first + row).chunks_exact(COLUMNS).enumerate() {
                let at = group * width + row;
                let codes = &mut block.codes[at * COLUMNS..(at + 1) * COLUMNS];
                let (scale, halves) = quantise(numbers, codes);
                let halves = halves.map(|sum| scale * sum);
                block.scales[at] = scale;
                block.totals[at * SUMS..(at + 1) * SUMS].copy_from_slice(&[halves[0], halves[1], halves[0] + halves[1]]);
            }
        }
        block
    }

    fn turn(&self, rows: Rows) -> Turned {
        let mut numbers = vec![0.0; self.width * rows.width];
        for row in 0..rows.count {
            for (number, to) in self.row(rows.first + row).iter().zip(numbers[row..].iter_mut().step_by(rows.width)) {
                *to = *number;
            }
        }
        Turned { rows, numbers }
    }
}

/// Whole numbers from -127 to 127, what they are times, and the sum of each half of them. What is no number is 0.
fn quantise(numbers: &[f32], codes: &mut [i8]) -> (f32, [f32; 2]) {
    quantise_with(numbers, codes, Vectors::here())
}

fn quantise_with(numbers: &[f32], codes: &mut [i8], vectors: Vectors) -> (f32, [f32; 2]) {
    match vectors {
        #[cfg(target_arch = "x86_64")]
        Vectors::Avx512 => avx512::quantise(numbers, codes),
        #[cfg(target_arch = "x86_64")]
        Vectors::AvxVnni | Vectors::Avx2 => avx2::quantise(numbers, codes),
        _ => plainly(numbers, codes),
    }
}

fn plainly(numbers: &[f32], codes: &mut [i8]) -> (f32, [f32; 2]) {
    let largest = numbers.iter().fold(0.0f32, |largest, number| largest.max(number.abs()));
    let (scale, times) = scale_of(largest);
    for (code, number) in codes.iter_mut().zip(numbers) {
        *code = (number * times).round_ties_even() as i8;
    }
    let sum = |codes: &[i8]| f32::from(codes.iter().fold(0i16, |sum, code| sum + i16::from(*code)));
    (scale, [sum(&codes[..COLUMNS / 2]), sum(&codes[COLUMNS / 2..])])
}

/// What codes are times, and what numbers are multiplied by; of what is too small or too large to be divided by, nothing is left.
fn scale_of(largest: f32) -> (f32, f32) {
    let scale = largest / 127.0;
    (scale, if scale.is_normal() { scale.recip() } else { 0.0 })
}

/// Cuts rows into blocks that are worked on together.
fn blocks(rows: usize) -> impl Iterator<Item = Rows> {
    let most = WIDTHS[WIDTHS.len() - 1];
    (0..rows).step_by(most).map(move |first| {
        let count = (rows - first).min(most);
        let width = WIDTHS.into_iter().find(|width| *width >= count).unwrap_or(most);
        Rows { first, count, width }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_agree_with_the_plain_one() {
        let wave = |step: f32| std::array::from_fn(|i| (i as f32 * step).sin() * (1 + i) as f32);
        let odd = [f32::NAN, f32::INFINITY, -0.0, 1e-42];
        for numbers in
            [wave(0.7), wave(1e-20), [0.0; 32], std::array::from_fn(|i| odd[i % 4]), std::array::from_fn(|i| odd[i % 2 * 3])]
        {
            for vectors in [Vectors::Avx512, Vectors::Avx2].into_iter().filter(|vectors| vectors.are_here()) {
                let (mut codes, mut expected) = ([0; 32], [0; 32]);
                let found = quantise_with(&numbers, &mut codes, vectors);
                assert_eq!(format!("{found:?}"), format!("{:?}", plainly(&numbers, &mut expected)), "of {numbers:?}");
                assert_eq!(codes, expected, "codes of {numbers:?}");
            }
        }
    }

    #[test]
    fn numbers_are_near_their_codes() {
        let mut inputs = Inputs::new();
        let numbers: Vec<f32> = (0..3 * 64).map(|i| (i as f32 * 0.7).sin() * (1 + i / 32) as f32).collect();
        inputs.set(&numbers, 64);
        let block = &inputs.quantised()[0];
        assert_eq!((block.rows.count, block.rows.width), (3, 3), "three rows go together");
        for (i, number) in numbers.iter().enumerate() {
            let (row, group, column) = (i / 64, i % 64 / 32, i % 32);
            let at = group * 3 + row;
            let again = block.scales[at] * f32::from(block.codes[at * 32 + column]);
            assert!((again - number).abs() <= 0.51 * block.scales[at], "{number} is {again}");
        }
        inputs.set(&[f32::NAN, f32::INFINITY, 1.0], 1);
        assert_eq!(inputs.tokens(), 3, "what is no number does no harm");
    }
}
