//! Products of floats by AVX-512: sixteen an instruction.

use super::{Kind, Strip};
use crate::engine::kernel::inputs::Turned;
use crate::engine::kernel::memory::Sums;
use crate::engine::kernel::tile::ROWS;
use crate::engine::kernel::vectors::Vectors;
use std::arch::x86_64::*;

/// Sums of sixteen rows with each row of `x`.
///
/// # Panics
/// If the strip and `x` are not of the same columns, or the processor has no AVX-512.
pub fn multiply(strip: Strip, x: &Turned, sums: &mut Sums) {
    let width = x.rows.width;
    let columns = x.numbers.len() / width;
    assert!(Vectors::Avx512.are_here(), "a processor that has it");
    assert_eq!(strip.numbers.len(), columns * ROWS * strip.kind.size(), "the same columns");
    macro_rules! by_width {
        ($kind:literal) => {
            match width {
                1 => strip_times::<$kind, 1>,
                2 => strip_times::<$kind, 2>,
                3 => strip_times::<$kind, 3>,
                4 => strip_times::<$kind, 4>,
                6 => strip_times::<$kind, 6>,
                8 => strip_times::<$kind, 8>,
                12 => strip_times::<$kind, 12>,
                16 => strip_times::<$kind, 16>,
                other => panic!("a width that inputs are cut to expected, found {other}"),
            }
        };
    }
    let product = match strip.kind {
        Kind::F32 => by_width!(0),
        Kind::F16 => by_width!(1),
        Kind::Bf16 => by_width!(2),
    };
    // SAFETY: the processor has the instructions, and all that is read lies inside of what was measured above.
    unsafe { product(strip.numbers.as_ptr(), x.numbers.as_ptr(), columns, sums) };
}

/// A product for one kind of floats and number of rows. Even and odd columns are summed apart, so that one need not wait for
/// the other.
#[target_feature(enable = "avx512f")]
unsafe fn strip_times<const KIND: u8, const WIDTH: usize>(weights: *const u8, x: *const f32, columns: usize, sums: &mut Sums) {
    let mut even = [_mm512_setzero_ps(); WIDTH];
    let mut odd = [_mm512_setzero_ps(); WIDTH];
    // SAFETY: the caller has measured the weights and the inputs.
    unsafe {
        let mut column = 0;
        while column + 1 < columns {
            let (first, second) = (load::<KIND>(weights, column), load::<KIND>(weights, column + 1));
            let x = x.add(column * WIDTH);
            for (row, (even, odd)) in even.iter_mut().zip(&mut odd).enumerate() {
                *even = _mm512_fmadd_ps(first, _mm512_set1_ps(*x.add(row)), *even);
                *odd = _mm512_fmadd_ps(second, _mm512_set1_ps(*x.add(WIDTH + row)), *odd);
            }
            column += 2;
        }
        if column < columns {
            let last = load::<KIND>(weights, column);
            for (row, even) in even.iter_mut().enumerate() {
                *even = _mm512_fmadd_ps(last, _mm512_set1_ps(*x.add(column * WIDTH + row)), *even);
            }
        }
        for (sums, (even, odd)) in sums.iter_mut().zip(even.into_iter().zip(odd)) {
            _mm512_storeu_ps(sums.as_mut_ptr(), _mm512_add_ps(even, odd));
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load<const KIND: u8>(weights: *const u8, column: usize) -> __m512 {
    // SAFETY: the caller's column is one of the strip's.
    unsafe {
        match KIND {
            0 => _mm512_loadu_ps(weights.add(column * ROWS * 4).cast()),
            1 => _mm512_cvtph_ps(_mm256_loadu_si256(weights.add(column * ROWS * 2).cast())),
            _ => {
                let halves = _mm512_cvtepu16_epi32(_mm256_loadu_si256(weights.add(column * ROWS * 2).cast()));
                _mm512_castsi512_ps(_mm512_slli_epi32::<16>(halves))
            }
        }
    }
}
