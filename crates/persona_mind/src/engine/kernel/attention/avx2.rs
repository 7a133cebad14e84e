//! Attention by AVX2: eight tokens, or eight numbers of a value, at once.

use crate::engine::kernel::page::PAGE;
use crate::engine::kernel::vectors::Vectors;
use half::f16;
use std::arch::x86_64::*;

/// Numbers in a register.
const LANES: usize = 8;

pub fn scores(keys: &[f16], queries: &[&[f32]], weights: &mut [f32], stride: usize) {
    assert!(Vectors::Avx2.are_here(), "a processor that has it");
    for (row, query) in queries.iter().enumerate() {
        assert!(query.len() == keys.len() / PAGE, "a query of the keys' width");
        let weights = &mut weights[row * stride..][..PAGE];
        // SAFETY: the processor has the instructions, and all has been measured.
        unsafe { scores_of(keys, query, weights) };
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn scores_of(keys: &[f16], query: &[f32], weights: &mut [f32]) {
    let mut sums = [_mm256_setzero_ps(); PAGE / LANES];
    // SAFETY: there are `PAGE` keys for each number of the query, and as many weights.
    unsafe {
        for (place, number) in query.iter().enumerate() {
            let (keys, number) = (keys.as_ptr().add(place * PAGE), _mm256_set1_ps(*number));
            for (part, sum) in sums.iter_mut().enumerate() {
                *sum = _mm256_fmadd_ps(_mm256_cvtph_ps(_mm_loadu_si128(keys.add(part * LANES).cast())), number, *sum);
            }
        }
        for (part, sum) in sums.into_iter().enumerate() {
            _mm256_storeu_ps(weights.as_mut_ptr().add(part * LANES), sum);
        }
    }
}

pub fn add_values(values: &[f16], weights: &[f32], stride: usize, out: &mut [f32], head_dim: usize) {
    assert!(Vectors::Avx2.are_here() && values.len() == PAGE * head_dim, "whole values");
    for (row, out) in out.chunks_exact_mut(head_dim).enumerate() {
        // SAFETY: the processor has the instructions, and all has been measured.
        unsafe { add_values_to(values, &weights[row * stride..][..PAGE], out) };
    }
}

/// Adds 32 numbers of all values at a time, then what is left.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn add_values_to(values: &[f16], weights: &[f32], out: &mut [f32]) {
    const TOGETHER: usize = 4;
    let dim = out.len();
    let mut first = 0;
    // SAFETY: there are `PAGE` values of `out`'s width, and as many weights.
    unsafe {
        while first < dim {
            let count = ((dim - first) / LANES).min(TOGETHER);
            if count == 0 {
                break;
            }
            let mut sums = [_mm256_setzero_ps(); TOGETHER];
            for (slot, weight) in weights.iter().enumerate() {
                let (value, weight) = (values.as_ptr().add(slot * dim + first), _mm256_set1_ps(*weight));
                for (part, sum) in sums.iter_mut().enumerate().take(count) {
                    *sum = _mm256_fmadd_ps(_mm256_cvtph_ps(_mm_loadu_si128(value.add(part * LANES).cast())), weight, *sum);
                }
            }
            for (part, sum) in sums.into_iter().enumerate().take(count) {
                let to = out.as_mut_ptr().add(first + part * LANES);
                _mm256_storeu_ps(to, _mm256_add_ps(_mm256_loadu_ps(to), sum));
            }
            first += count * LANES;
        }
    }
    for place in first..dim {
        for (slot, weight) in weights.iter().enumerate() {
            out[place] += weight * values[slot * dim + place].to_f32();
        }
    }
}
