//! Rounding by AVX-512: sixteen numbers at once.

use super::{COLUMNS, scale_of};
use crate::engine::kernel::vectors::Vectors;
use std::arch::x86_64::*;

/// As the plain form.
pub fn quantise(numbers: &[f32], codes: &mut [i8]) -> (f32, [f32; 2]) {
    assert!(Vectors::Avx512.are_here() && numbers.len() == COLUMNS && codes.len() == COLUMNS, "a group of columns");
    // SAFETY: the processor has the instructions, and both slices have been measured.
    unsafe { quantise_group(numbers, codes) }
}

#[target_feature(enable = "avx512f")]
unsafe fn quantise_group(numbers: &[f32], codes: &mut [i8]) -> (f32, [f32; 2]) {
    // SAFETY: there are two registers of numbers and of codes.
    unsafe {
        let halves = [_mm512_loadu_ps(numbers.as_ptr()), _mm512_loadu_ps(numbers.as_ptr().add(16))];
        // The second is given where the first is no number.
        let largest = halves.iter().fold(_mm512_setzero_ps(), |largest, half| _mm512_max_ps(_mm512_abs_ps(*half), largest));
        let (scale, times) = scale_of(_mm512_reduce_max_ps(largest));
        let mut sums = [0.0; 2];
        for (place, (half, sum)) in halves.into_iter().zip(&mut sums).enumerate() {
            let scaled = _mm512_mul_ps(half, _mm512_set1_ps(times));
            let is_number = _mm512_cmp_ps_mask::<_CMP_ORD_Q>(scaled, scaled);
            let whole = _mm512_maskz_cvtps_epi32(is_number, scaled);
            *sum = _mm512_reduce_add_epi32(whole) as f32;
            _mm_storeu_si128(codes.as_mut_ptr().add(16 * place).cast(), _mm512_cvtsepi32_epi8(whole));
        }
        (scale, sums)
    }
}
