//! Products of floats by AVX2: eight an instruction.

use super::{Kind, Strip};
use crate::engine::kernel::inputs::Turned;
use crate::engine::kernel::memory::Sums;
use crate::engine::kernel::tile::ROWS;
use crate::engine::kernel::vectors::Vectors;
use std::arch::x86_64::*;

/// Rows of inputs that are worked on at once: with two registers of sums each.
const TOGETHER: usize = 4;

/// Sums of sixteen rows with each row of `x`.
///
/// # Panics
/// If the strip and `x` are not of the same columns, or the processor has not the instructions.
pub fn multiply(strip: Strip, x: &Turned, sums: &mut Sums) {
    let width = x.rows.width;
    let columns = x.numbers.len() / width;
    assert!(Vectors::Avx2.are_here(), "a processor that has it");
    assert_eq!(strip.numbers.len(), columns * ROWS * strip.kind.size(), "the same columns");
    let [one, several] = match strip.kind {
        Kind::F32 => [strip_times::<0, 1>, strip_times::<0, TOGETHER>],
        Kind::F16 => [strip_times::<1, 1>, strip_times::<1, TOGETHER>],
        Kind::Bf16 => [strip_times::<2, 1>, strip_times::<2, TOGETHER>],
    };
    let mut row = 0;
    while row < width {
        let (product, count) = if width - row >= TOGETHER { (several, TOGETHER) } else { (one, 1) };
        // SAFETY: the processor has the instructions, and all that is read lies inside of what was measured above.
        unsafe { product(strip.numbers.as_ptr(), x.numbers.as_ptr().add(row), columns, width, &mut sums[row..]) };
        row += count;
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn strip_times<const KIND: u8, const COUNT: usize>(
    weights: *const u8,
    x: *const f32,
    columns: usize,
    width: usize,
    sums: &mut [[f32; ROWS]],
) {
    let mut totals = [[_mm256_setzero_ps(); 2]; COUNT];
    // SAFETY: the caller has measured the weights and the inputs.
    unsafe {
        for column in 0..columns {
            let (low, high) = (load::<KIND>(weights, column, 0), load::<KIND>(weights, column, 1));
            for (row, total) in totals.iter_mut().enumerate() {
                let number = _mm256_set1_ps(*x.add(column * width + row));
                total[0] = _mm256_fmadd_ps(low, number, total[0]);
                total[1] = _mm256_fmadd_ps(high, number, total[1]);
            }
        }
        for (row, total) in totals.into_iter().enumerate() {
            _mm256_storeu_ps(sums[row].as_mut_ptr(), total[0]);
            _mm256_storeu_ps(sums[row].as_mut_ptr().add(ROWS / 2), total[1]);
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn load<const KIND: u8>(weights: *const u8, column: usize, half: usize) -> __m256 {
    let at = column * ROWS + half * ROWS / 2;
    // SAFETY: the caller's column is one of the strip's.
    unsafe {
        match KIND {
            0 => _mm256_loadu_ps(weights.add(at * 4).cast()),
            1 => _mm256_cvtph_ps(_mm_loadu_si128(weights.add(at * 2).cast())),
            _ => {
                let halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(weights.add(at * 2).cast()));
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(halves))
            }
        }
    }
}
