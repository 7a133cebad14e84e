//! Attention by AVX-512: sixteen tokens, or sixteen numbers of a value, at once.

use super::TOGETHER;
use crate::engine::kernel::page::PAGE;
use crate::engine::kernel::vectors::Vectors;
use half::f16;
use std::arch::x86_64::*;

/// Numbers in a register.
const LANES: usize = 16;

/// Calls a function for a number of rows.
macro_rules! by_rows {
    ($rows:expr, $function:ident, $arguments:tt) => {
        match $rows {
            1 => $function::<1> $arguments,
            2 => $function::<2> $arguments,
            3 => $function::<3> $arguments,
            4 => $function::<4> $arguments,
            5 => $function::<5> $arguments,
            6 => $function::<6> $arguments,
            7 => $function::<7> $arguments,
            TOGETHER => $function::<TOGETHER> $arguments,
            other => panic!("1 to {TOGETHER} rows expected, found {other}"),
        }
    };
}

pub fn scores(keys: &[f16], ahead: &[f16], queries: &[&[f32]], weights: &mut [f32], stride: usize) {
    let dim = keys.len() / PAGE;
    assert!(Vectors::Avx512.are_here() && queries.iter().all(|query| query.len() == dim), "queries of the keys' width");
    assert!(queries.is_empty() || weights.len() >= (queries.len() - 1) * stride + PAGE, "room for each query's scores");
    // SAFETY: the processor has the instructions, and all that is read and written lies inside of what was measured.
    unsafe { by_rows!(queries.len(), scores_of, (keys, ahead, queries, weights, stride)) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn scores_of<const ROWS: usize>(keys: &[f16], ahead: &[f16], queries: &[&[f32]], weights: &mut [f32], stride: usize) {
    let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
    let queries: [*const f32; ROWS] = std::array::from_fn(|row| queries[row].as_ptr());
    // SAFETY: the caller has measured keys, queries and weights.
    unsafe {
        for place in 0..keys.len() / PAGE {
            let keys = keys.as_ptr().add(place * PAGE);
            _mm_prefetch::<_MM_HINT_T0>(ahead.as_ptr().wrapping_add(place * PAGE).cast());
            let low = _mm512_cvtph_ps(_mm256_loadu_si256(keys.cast()));
            let high = _mm512_cvtph_ps(_mm256_loadu_si256(keys.add(LANES).cast()));
            for (sums, query) in sums.iter_mut().zip(&queries) {
                let number = _mm512_set1_ps(*query.add(place));
                sums[0] = _mm512_fmadd_ps(low, number, sums[0]);
                sums[1] = _mm512_fmadd_ps(high, number, sums[1]);
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            let to = weights.as_mut_ptr().add(row * stride);
            _mm512_storeu_ps(to, sums[0]);
            _mm512_storeu_ps(to.add(LANES), sums[1]);
        }
    }
}

pub fn shares(scores: &mut [f32], scale: f32) {
    assert!(Vectors::Avx512.are_here(), "a processor that has it");
    // SAFETY: the processor has the instructions.
    unsafe { shares_of(scores, scale) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn shares_of(scores: &mut [f32], scale: f32) {
    let scale = _mm512_set1_ps(scale);
    let mut tops = _mm512_set1_ps(f32::NEG_INFINITY);
    // SAFETY: each register is loaded and stored under the mask of what is there.
    unsafe {
        for chunk in scores.chunks_mut(LANES) {
            let mask = mask_of(chunk.len());
            let scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, chunk.as_ptr()), scale);
            tops = _mm512_mask_max_ps(tops, mask, tops, scaled);
            _mm512_mask_storeu_ps(chunk.as_mut_ptr(), mask, scaled);
        }
        let top = _mm512_set1_ps(_mm512_reduce_max_ps(tops));
        let mut sum = _mm512_setzero_ps();
        for chunk in scores.chunks_mut(LANES) {
            let mask = mask_of(chunk.len());
            let weight = exp(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, chunk.as_ptr()), top));
            sum = _mm512_mask_add_ps(sum, mask, sum, weight);
            _mm512_mask_storeu_ps(chunk.as_mut_ptr(), mask, weight);
        }
        let share = _mm512_set1_ps(_mm512_reduce_add_ps(sum).recip());
        for chunk in scores.chunks_mut(LANES) {
            let mask = mask_of(chunk.len());
            let weight = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, chunk.as_ptr()), share);
            _mm512_mask_storeu_ps(chunk.as_mut_ptr(), mask, weight);
        }
    }
}

/// e to the power of numbers that are at most 0: 2 to the whole part, times the series of the rest, which is at most 0.35; it
/// is right to 2 parts in 10^7.
#[inline]
#[target_feature(enable = "avx512f")]
fn exp(x: __m512) -> __m512 {
    const NEAREST: i32 = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    // Less is 0 in any case.
    let x = _mm512_max_ps(x, _mm512_set1_ps(-104.0));
    let whole = _mm512_roundscale_ps::<NEAREST>(_mm512_mul_ps(x, _mm512_set1_ps(std::f32::consts::LOG2_E)));
    // The logarithm of 2 in two parts, so that nothing is lost.
    let rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(0.693_359_4), x);
    let rest = _mm512_fnmadd_ps(whole, _mm512_set1_ps(-2.121_944_4e-4), rest);
    let mut series = _mm512_set1_ps(1.0 / 720.0);
    for term in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        series = _mm512_fmadd_ps(series, rest, _mm512_set1_ps(term));
    }
    _mm512_scalef_ps(series, whole)
}

pub fn add_values(values: &[f16], ahead: &[f16], weights: &[f32], stride: usize, out: &mut [f32], head_dim: usize) {
    let rows = out.len() / head_dim;
    assert!(
        Vectors::Avx512.are_here() && values.len() == PAGE * head_dim && out.len() == rows * head_dim,
        "whole values and rows"
    );
    assert!(rows == 0 || weights.len() >= (rows - 1) * stride + PAGE, "weights for each row");
    // SAFETY: the processor has the instructions, and all that is read and written lies inside of what was measured.
    unsafe { by_rows!(rows, add_values_to, (values, ahead, weights, stride, out, head_dim)) }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn add_values_to<const ROWS: usize>(
    values: &[f16],
    ahead: &[f16],
    weights: &[f32],
    stride: usize,
    out: &mut [f32],
    head_dim: usize,
) {
    // Two registers of numbers at a time, so that each weight is read for both.
    for first in (0..head_dim).step_by(2 * LANES) {
        let masks = [mask_of(head_dim - first), mask_of((head_dim - first).saturating_sub(LANES))];
        // SAFETY: the caller has measured values, weights and rows; what is beyond a value's end is masked.
        unsafe {
            let place = |row: usize, half: usize| row * head_dim + first + half * LANES;
            let from = out.as_ptr();
            let mut sums = [[_mm512_setzero_ps(); 2]; ROWS];
            for (row, sums) in sums.iter_mut().enumerate() {
                sums[0] = _mm512_maskz_loadu_ps(masks[0], from.wrapping_add(place(row, 0)));
                sums[1] = _mm512_maskz_loadu_ps(masks[1], from.wrapping_add(place(row, 1)));
            }
            for slot in 0..PAGE {
                // Written out: within a closure it would be a call.
                let value = values.as_ptr().wrapping_add(slot * head_dim + first);
                _mm_prefetch::<_MM_HINT_T0>(ahead.as_ptr().wrapping_add(slot * head_dim + first).cast());
                let low = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(masks[0], value.cast()));
                let high = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(masks[1], value.wrapping_add(LANES).cast()));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let weight = _mm512_set1_ps(*weights.as_ptr().add(row * stride + slot));
                    sums[0] = _mm512_fmadd_ps(low, weight, sums[0]);
                    sums[1] = _mm512_fmadd_ps(high, weight, sums[1]);
                }
            }
            let to = out.as_mut_ptr();
            for (row, sums) in sums.into_iter().enumerate() {
                for (half, sum) in sums.into_iter().enumerate() {
                    _mm512_mask_storeu_ps(to.wrapping_add(place(row, half)), masks[half], sum);
                }
            }
        }
    }
}

/// The first lanes, as many as there are numbers.
fn mask_of(numbers: usize) -> __mmask16 {
    if numbers >= LANES { u16::MAX } else { (1 << numbers) - 1 }
}
