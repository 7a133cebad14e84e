//! Rounding by AVX2: eight numbers at once.

use super::{COLUMNS, scale_of};
use crate::engine::kernel::vectors::Vectors;
use std::arch::x86_64::*;

/// As the plain form.
pub fn quantise(numbers: &[f32], codes: &mut [i8]) -> (f32, [f32; 2]) {
    assert!(Vectors::Avx2.are_here() && numbers.len() == COLUMNS && codes.len() == COLUMNS, "a group of columns");
    // SAFETY: the processor has the instructions, and both slices have been measured.
    unsafe { quantise_group(numbers, codes) }
}

#[target_feature(enable = "avx2")]
unsafe fn quantise_group(numbers: &[f32], codes: &mut [i8]) -> (f32, [f32; 2]) {
    const PARTS: usize = COLUMNS / 8;
    let magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(i32::MAX));
    // SAFETY: there are four registers of numbers, and as many bytes of codes as numbers.
    unsafe {
        let mut largest = _mm256_setzero_ps();
        for part in 0..PARTS {
            // The second is given where the first is no number.
            let number = _mm256_and_ps(_mm256_loadu_ps(numbers.as_ptr().add(8 * part)), magnitude);
            largest = _mm256_max_ps(number, largest);
        }
        let mut lanes = [0.0f32; 8];
        _mm256_storeu_ps(lanes.as_mut_ptr(), largest);
        let mut most = 0.0f32;
        for lane in lanes {
            most = most.max(lane);
        }
        let (scale, times) = scale_of(most);
        let mut sums = [0.0; 2];
        for part in 0..PARTS {
            let scaled = _mm256_mul_ps(_mm256_loadu_ps(numbers.as_ptr().add(8 * part)), _mm256_set1_ps(times));
            let is_number = _mm256_cmp_ps::<_CMP_ORD_Q>(scaled, scaled);
            let whole = _mm256_and_si256(_mm256_cvtps_epi32(scaled), _mm256_castps_si256(is_number));
            let mut lanes = [0i32; 8];
            _mm256_storeu_si256(lanes.as_mut_ptr().cast(), whole);
            let mut sum = 0;
            for (place, code) in lanes.into_iter().enumerate() {
                sum += code;
                codes[8 * part + place] = code as i8;
            }
            sums[2 * part / PARTS] += sum as f32;
        }
        (scale, sums)
    }
}
