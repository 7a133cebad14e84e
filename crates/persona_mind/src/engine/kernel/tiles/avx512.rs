//! Products by AVX-512 with VNNI: 64 products of bytes an instruction.

use super::Strip;
use crate::engine::kernel::inputs::{Quantised, SUMS};
use crate::engine::kernel::memory::Sums;
use crate::engine::kernel::tile::{COLUMNS, Layout, ROWS};
use crate::engine::kernel::vectors::Vectors;
use std::arch::x86_64::*;

/// Repeats a block with a constant of each number below a count of at most 2, 4, 8 or 16: all is unrolled, so that arrays stay
/// in registers.
macro_rules! repeat {
    (2: $($rest:tt)*) => { repeat!(@ 0 1; $($rest)*) };
    (4: $($rest:tt)*) => { repeat!(@ 0 1 2 3; $($rest)*) };
    (8: $($rest:tt)*) => { repeat!(@ 0 1 2 3 4 5 6 7; $($rest)*) };
    (16: $($rest:tt)*) => { repeat!(@ 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; $($rest)*) };
    (@ $($n:literal)*; $count:expr, $i:ident, $body:block) => {
        $(if $n < $count {
            const $i: usize = $n;
            $body
        })*
    };
}

/// Sums of sixteen rows with each row of `x`.
///
/// # Panics
/// If the strip and `x` are not of the same columns, or the processor has no AVX-512.
pub fn multiply(strip: Strip, x: &Quantised, sums: &mut Sums) {
    let (layout, width) = (strip.layout, x.rows.width);
    let groups = x.scales.len() / width;
    assert!(Vectors::Avx512.are_here(), "a processor that has it");
    assert!(groups.is_multiple_of(layout.tiles()) && strip.blocks.len() >= groups / layout.tiles() * layout.block_bytes());
    assert!(x.codes.len() == groups * width * COLUMNS && x.totals.len() == groups * width * SUMS);
    macro_rules! by_width {
        ($bits:literal, $halves:literal, $own:literal, $fine:literal) => {
            match width {
                1 => strip_times::<$bits, $halves, $own, $fine, 1>,
                2 => strip_times::<$bits, $halves, $own, $fine, 2>,
                3 => strip_times::<$bits, $halves, $own, $fine, 3>,
                4 => strip_times::<$bits, $halves, $own, $fine, 4>,
                6 => strip_times::<$bits, $halves, $own, $fine, 6>,
                8 => strip_times::<$bits, $halves, $own, $fine, 8>,
                12 => strip_times::<$bits, $halves, $own, $fine, 12>,
                16 => strip_times::<$bits, $halves, $own, $fine, 16>,
                other => panic!("a width that inputs are cut to expected, found {other}"),
            }
        };
    }
    let product = match (layout.bits, layout.halves, layout.offset.is_none(), layout.fine) {
        (4, 1, false, false) => by_width!(4, 1, false, false),
        (4, 1, true, false) => by_width!(4, 1, true, false),
        (4, 1, true, true) => by_width!(4, 1, true, true),
        (4, 2, false, true) => by_width!(4, 2, false, true),
        (4, 2, true, true) => by_width!(4, 2, true, true),
        (5, 1, false, false) => by_width!(5, 1, false, false),
        (5, 1, true, false) => by_width!(5, 1, true, false),
        (5, 1, true, true) => by_width!(5, 1, true, true),
        (6, 2, false, true) => by_width!(6, 2, false, true),
        (8, 1, false, false) => by_width!(8, 1, false, false),
        _ => panic!("a layout that files have expected, found {layout:?}"),
    };
    // SAFETY: the processor has the instructions, and all that is read lies inside of what was measured above.
    unsafe { product(strip, x, groups, sums) };
}

/// How many bytes ahead memory is asked for.
const AHEAD: usize = 4096;

/// A product for one layout and number of rows.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn strip_times<const BITS: usize, const HALVES: usize, const OWN: bool, const FINE: bool, const WIDTH: usize>(
    strip: Strip,
    x: &Quantised,
    groups: usize,
    sums: &mut Sums,
) {
    const QUADS: usize = COLUMNS / 4;
    let tiles = const { Layout::of(BITS, HALVES, OWN, FINE).tiles() };
    let head_bytes = const { Layout::of(BITS, HALVES, OWN, FINE).head_bytes() };
    let code_bytes = const { Layout::of(BITS, HALVES, OWN, FINE).code_bytes() };
    let block_bytes = const { Layout::of(BITS, HALVES, OWN, FINE).block_bytes() };
    let scales_at =
        const { [Layout::of(BITS, HALVES, OWN, FINE).scales_at(0), Layout::of(BITS, HALVES, OWN, FINE).scales_at(1)] };
    let (fixed, low) = (_mm512_set1_ps(f32::from(strip.layout.offset.unwrap_or(0))), _mm512_set1_epi8(15));
    let mut total = [_mm512_setzero_ps(); WIDTH];
    // SAFETY: the caller has measured the slices for so many groups and rows.
    unsafe {
        let mut block = strip.blocks.as_ptr();
        let (mut inputs, mut input_scales) = (x.codes.as_ptr(), x.scales.as_ptr());
        let mut input_totals = x.totals.as_ptr();
        for _ in 0..groups / tiles {
            let (mut unit, mut unit_of_offsets) = (_mm512_setzero_ps(), _mm512_setzero_ps());
            if FINE {
                unit = halves(block);
                if OWN {
                    unit_of_offsets = halves(block.add(2 * ROWS));
                }
            }
            let mut codes = block.add(head_bytes);
            for tile in 0..tiles {
                let scales = block.add(scales_at[0] + tile * (scales_at[1] - scales_at[0]));
                // Where much is computed with each tile, the processor by itself asks for the next too late.
                if WIDTH > 4 {
                    for line in 0..code_bytes.div_ceil(64) {
                        _mm_prefetch::<_MM_HINT_T0>(codes.wrapping_add(AHEAD + 64 * line).cast());
                    }
                }
                // Four columns of all rows to a register.
                let mut quads = [_mm512_setzero_si512(); QUADS];
                if BITS == 8 {
                    repeat!(8: QUADS, QUAD, {
                        quads[QUAD] = _mm512_loadu_si512(codes.add(64 * QUAD).cast());
                    });
                } else {
                    repeat!(4: 4, PAIR, {
                        let both = _mm512_loadu_si512(codes.add(64 * PAIR).cast());
                        quads[2 * PAIR] = _mm512_and_si512(both, low);
                        quads[2 * PAIR + 1] = _mm512_and_si512(_mm512_srli_epi16::<4>(both), low);
                    });
                    repeat!(2: BITS.saturating_sub(4), PLANE, {
                        let bit = _mm512_set1_epi8(if PLANE == 0 { 16 } else { 32 });
                        repeat!(8: QUADS, QUAD, {
                            let mask = codes.add(256 + 64 * PLANE + 8 * QUAD).cast::<u64>().read_unaligned();
                            quads[QUAD] = _mm512_mask_add_epi8(quads[QUAD], mask, quads[QUAD], bit);
                        });
                    });
                }
                repeat!(2: HALVES, HALF, {
                    let scale = match FINE {
                        true => _mm512_mul_ps(bytes(scales.add(ROWS * HALF)), unit),
                        false => halves(scales.add(2 * ROWS * HALF)),
                    };
                    let offset = match (OWN, FINE) {
                        (false, _) => _mm512_mul_ps(scale, fixed),
                        (true, true) => _mm512_mul_ps(bytes(scales.add(ROWS * (HALVES + HALF))), unit_of_offsets),
                        (true, false) => halves(scales.add(2 * ROWS * (HALVES + HALF))),
                    };
                    repeat!(16: WIDTH, ROW, {
                        let mut dot = _mm512_setzero_si512();
                        let row = inputs.add(ROW * COLUMNS).cast::<i32>();
                        repeat!(8: QUADS / HALVES, QUAD, {
                            let at = HALF * (QUADS / HALVES) + QUAD;
                            dot = _mm512_dpbusd_epi32(dot, quads[at], _mm512_set1_epi32(row.add(at).read_unaligned()));
                        });
                        let both = _mm512_mul_ps(scale, _mm512_set1_ps(*input_scales.add(ROW)));
                        total[ROW] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), both, total[ROW]);
                        let sum = *input_totals.add(ROW * SUMS + if HALVES == 1 { 2 } else { HALF });
                        total[ROW] = _mm512_fnmadd_ps(offset, _mm512_set1_ps(sum), total[ROW]);
                    });
                });
                codes = codes.add(code_bytes);
                (inputs, input_scales) = (inputs.add(WIDTH * COLUMNS), input_scales.add(WIDTH));
                input_totals = input_totals.add(WIDTH * SUMS);
            }
            block = block.add(block_bytes);
        }
        repeat!(16: WIDTH, ROW, {
            _mm512_storeu_ps(sums[ROW].as_mut_ptr(), total[ROW]);
        });
    }
}

/// Sixteen numbers of 16-bit floats.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn halves(from: *const u8) -> __m512 {
    // SAFETY: the caller's 32 bytes.
    unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())) }
}

/// Sixteen numbers of whole ones of 8 bits.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn bytes(from: *const u8) -> __m512 {
    // SAFETY: the caller's 16 bytes.
    unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()))) }
}
