//! Quantised matrices.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod plain;

use super::inputs::Quantised;
use super::memory::{Columns, Lines, MOST, Sums, blocks_a_part};
use super::tile::{COLUMNS, Layout, ROWS, Stretch};
use super::vectors::Vectors;
use super::{Pool, blocks};
use candle_core::quantized::GgmlDType;
use std::sync::{Mutex, PoisonError};

/// A quantised matrix: for sixteen rows each all tiles, one after the other.
#[derive(Debug)]
pub struct Tiles {
    layout: Layout,
    shape: [usize; 2],
    /// Bytes of sixteen rows.
    stride: usize,
    lines: Lines,
}

/// Whether there is a form for this processor that is worth it; the plain one is for comparison.
pub fn are_quick() -> bool {
    Vectors::here() != Vectors::Plain
}

/// Sixteen rows.
#[derive(Clone, Copy)]
struct Strip<'a> {
    layout: Layout,
    blocks: &'a [u8],
}

impl Tiles {
    /// Packs the blocks of a file, which hold whole rows.
    pub fn new(layout: Layout, dtype: GgmlDType, bytes: &[u8], shape: [usize; 2], pool: &Pool) -> Self {
        let [output, input] = shape;
        let blocks = input / COLUMNS / layout.tiles();
        let stride = (blocks * layout.block_bytes()).next_multiple_of(64);
        let mut lines = Lines::zeros(output.div_ceil(ROWS) * stride);
        let strips: Vec<Mutex<&mut [u8]>> = lines.bytes_mut().chunks_exact_mut(stride).map(Mutex::new).collect();
        let row_bytes = bytes.len() / output;
        pool.run(strips.len(), &|strip| {
            let mut to = strips[strip].lock().unwrap_or_else(PoisonError::into_inner);
            let rows = bytes[strip * ROWS * row_bytes..].chunks_exact(row_bytes).take(ROWS);
            for (row, bytes) in rows.enumerate() {
                pack_row(layout, dtype, bytes, row, &mut to);
            }
        });
        drop(strips);
        Self { layout, shape, stride, lines }
    }

    pub fn bytes(&self) -> usize {
        self.lines.bytes().len()
    }

    fn strip(&self, strip: usize) -> Strip<'_> {
        let bytes = &self.lines.bytes()[strip * self.stride..][..self.stride];
        let blocks = self.shape[1] / COLUMNS / self.layout.tiles();
        Strip { layout: self.layout, blocks: &bytes[..blocks * self.layout.block_bytes()] }
    }

    /// The product of one part of the work.
    fn times_part(&self, part: usize, each: usize, x: &[Quantised], y: &Columns) {
        let strips = self.shape[0].div_ceil(ROWS);
        let mut sums = [[0.0; ROWS]; MOST];
        for strip in part * each..((part + 1) * each).min(strips) {
            for x in x {
                self.strip(strip).multiply(x, &mut sums);
                // SAFETY: each strip's columns are written by the part that it belongs to.
                unsafe { y.put(x.rows, strip * ROWS, &sums) };
            }
        }
    }

    pub fn row(&self, index: usize, out: &mut [f32]) {
        let strip = self.strip(index / ROWS);
        for (group, out) in out.chunks_exact_mut(COLUMNS).enumerate() {
            let stretch = strip.read(group, index % ROWS);
            for (column, (out, code)) in out.iter_mut().zip(stretch.codes).enumerate() {
                let half = column * self.layout.halves / COLUMNS;
                *out = f32::from(code) * stretch.scales[half] - stretch.offsets[half];
            }
        }
    }
}

/// Products of several matrices with the same rows, at once: threads wait for each other once.
pub fn times_all(products: &mut [(&Tiles, &mut [f32])], x: &[Quantised], pool: &Pool) {
    let mut parts = Vec::new();
    let mut jobs = Vec::new();
    for (i, (tiles, y)) in products.iter_mut().enumerate() {
        let output = tiles.shape[0];
        let each = blocks_a_part(output, pool.threads());
        parts.extend((0..output.div_ceil(ROWS).div_ceil(each)).map(|part| (i, part)));
        jobs.push((*tiles, each, Columns::new(y, output)));
    }
    pool.run(parts.len(), &|at| {
        let (i, part) = parts[at];
        let (tiles, each, y) = &jobs[i];
        tiles.times_part(part, *each, x, y);
    });
}

/// Packs a row of a file's blocks into the blocks of a strip.
fn pack_row(layout: Layout, dtype: GgmlDType, bytes: &[u8], row: usize, to: &mut [u8]) {
    let groups = dtype.block_size() / COLUMNS;
    // Where scales are fine, a block is a block.
    for (i, block) in bytes.chunks_exact(dtype.type_size()).enumerate() {
        for group in 0..groups {
            let (at, tile) = ((i * groups + group) / layout.tiles(), (i * groups + group) % layout.tiles());
            let to = &mut to[at * layout.block_bytes()..][..layout.block_bytes()];
            if let Some(units) = blocks::units(dtype, block) {
                layout.write_units(to, row, units);
            }
            layout.write(to, tile, row, &blocks::stretch(dtype, block, group));
        }
    }
}

impl Strip<'_> {
    /// A row of its `group`th tile.
    fn read(self, group: usize, row: usize) -> Stretch {
        let (tiles, bytes) = (self.layout.tiles(), self.layout.block_bytes());
        self.layout.read(&self.blocks[group / tiles * bytes..][..bytes], group % tiles, row)
    }

    fn multiply(self, x: &Quantised, sums: &mut Sums) {
        self.multiply_with(x, sums, Vectors::here());
    }

    fn multiply_with(self, x: &Quantised, sums: &mut Sums, vectors: Vectors) {
        match vectors {
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => avx512::multiply(self, x, sums),
            #[cfg(target_arch = "x86_64")]
            Vectors::AvxVnni | Vectors::Avx2 => avx2::multiply(self, x, sums, vectors),
            _ => plain::multiply(self, x, sums),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kernel::{Inputs, PoolSettings};
    use candle_core::quantized::QTensor;
    use candle_core::{Device, Tensor};

    #[test]
    fn all_forms_agree_with_the_plain_one() {
        let pool = Pool::new(PoolSettings::default());
        let numbers: Vec<f32> = (0..20 * 512).map(|i| (i as f32 * 0.73).sin()).collect();
        let tensor = Tensor::from_slice(&numbers, (20, 512), &Device::Cpu).expect("as many numbers");
        let types =
            [GgmlDType::Q2K, GgmlDType::Q3K, GgmlDType::Q4_0, GgmlDType::Q4_1, GgmlDType::Q4K, GgmlDType::Q5_0, GgmlDType::Q5_1];
        for dtype in types.into_iter().chain([GgmlDType::Q5K, GgmlDType::Q6K, GgmlDType::Q8_0]) {
            let stored = QTensor::quantize(&tensor, dtype).expect("whole blocks");
            let layout = blocks::layout(dtype).expect("a quantised type");
            let tiles = Tiles::new(layout, dtype, &stored.data().expect("in memory"), [20, 512], &pool);
            for rows in [1, 2, 5, 16] {
                let mut inputs = Inputs::new();
                inputs.set(&numbers[..rows * 512], 512);
                let x = &inputs.quantised()[0];
                let mut plain = [[0.0; ROWS]; MOST];
                plain::multiply(tiles.strip(1), x, &mut plain);
                for vectors in [Vectors::Avx512, Vectors::AvxVnni, Vectors::Avx2].into_iter().filter(|vectors| vectors.are_here())
                {
                    let mut quick = [[0.0; ROWS]; MOST];
                    tiles.strip(1).multiply_with(x, &mut quick, vectors);
                    for (quick, plain) in quick[..rows].iter().flatten().zip(plain[..rows].iter().flatten()) {
                        assert!(
                            (quick - plain).abs() < 1e-3 * (1.0 + plain.abs()),
                            "{dtype:?}, {vectors:?}: {quick} and {plain}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_codes_and_inputs_overflow_nothing() {
        let pool = Pool::new(PoolSettings::default());
        let mut inputs = Inputs::new();
        inputs.set(&[[1.0f32; 256], [-1.0; 256]].concat(), 256);
        for dtype in [GgmlDType::Q4_0, GgmlDType::Q5_0, GgmlDType::Q6K, GgmlDType::Q8_0] {
            let layout = blocks::layout(dtype).expect("a quantised type");
            for fill in [0x00, 0x7f, 0x80, 0xff] {
                // Scales of 1, and the largest or least of codes.
                let mut bytes = vec![fill; 256 / dtype.block_size() * dtype.type_size()];
                for block in bytes.chunks_exact_mut(dtype.type_size()) {
                    let at = if dtype == GgmlDType::Q6K { 208 } else { 0 };
                    block[at..at + 2].copy_from_slice(&half::f16::ONE.to_le_bytes());
                }
                let tiles = Tiles::new(layout, dtype, &bytes, [1, 256], &pool);
                let mut plain = [[0.0; ROWS]; MOST];
                plain::multiply(tiles.strip(0), &inputs.quantised()[0], &mut plain);
                for vectors in [Vectors::Avx512, Vectors::AvxVnni, Vectors::Avx2].into_iter().filter(|vectors| vectors.are_here())
                {
                    let mut quick = [[0.0; ROWS]; MOST];
                    tiles.strip(0).multiply_with(&inputs.quantised()[0], &mut quick, vectors);
                    for row in 0..2 {
                        let (quick, plain) = (quick[row][0], plain[row][0]);
                        assert!(
                            (quick - plain).abs() <= 1e-4 * plain.abs(),
                            "{dtype:?} of {fill}, {vectors:?}: {quick} and {plain}"
                        );
                    }
                }
            }
        }
    }
}
