//! Products by AVX2, with AVX-VNNI where the processor has it: 32 products of bytes an instruction.
//!
//! A tile is worked on in two halves of eight rows. Sums of all rows of inputs lie in memory: there are not as many registers.

use super::Strip;
use crate::engine::kernel::inputs::{Quantised, SUMS};
use crate::engine::kernel::memory::{MOST, Sums};
use crate::engine::kernel::tile::{COLUMNS, Layout, ROWS};
use crate::engine::kernel::vectors::Vectors;
use std::arch::x86_64::*;

/// Quads of columns in a tile.
const QUADS: usize = COLUMNS / 4;
/// Rows of a half of a tile.
const LANES: usize = ROWS / 2;

/// Sums of sixteen rows with each row of `x`.
///
/// # Panics
/// If the strip and `x` are not of the same columns, or the processor has not the instructions.
pub fn multiply(strip: Strip, x: &Quantised, sums: &mut Sums, with: Vectors) {
    let (layout, width) = (strip.layout, x.rows.width);
    let groups = x.scales.len() / width;
    assert!(with.are_here(), "a processor that has them");
    assert!(groups.is_multiple_of(layout.tiles()) && strip.blocks.len() >= groups / layout.tiles() * layout.block_bytes());
    assert!(x.codes.len() == groups * width * COLUMNS && x.totals.len() == groups * width * SUMS && width <= MOST);
    macro_rules! of {
        ($($sizes:tt)*) => {
            if with == Vectors::AvxVnni { with_vnni::$($sizes)* } else { with_avx2::$($sizes)* }
        };
    }
    let product = match (layout.bits, layout.halves, layout.offset.is_none(), layout.fine) {
        (4, 1, false, false) => of!(<4, 1, false, false>),
        (4, 1, true, false) => of!(<4, 1, true, false>),
        (4, 1, true, true) => of!(<4, 1, true, true>),
        (4, 2, false, true) => of!(<4, 2, false, true>),
        (4, 2, true, true) => of!(<4, 2, true, true>),
        (5, 1, false, false) => of!(<5, 1, false, false>),
        (5, 1, true, false) => of!(<5, 1, true, false>),
        (5, 1, true, true) => of!(<5, 1, true, true>),
        (6, 2, false, true) => of!(<6, 2, false, true>),
        (8, 1, false, false) => of!(<8, 1, false, false>),
        _ => panic!("a layout that files have expected, found {layout:?}"),
    };
    for half in 0..2 {
        // SAFETY: the processor has the instructions, and all that is read lies inside of what was measured above.
        unsafe { product(strip, x, groups, half, sums) };
    }
}

/// The sum of products of so many quads: u8 codes with the same four columns of inputs.
macro_rules! dot {
    (avx_vnni, $bits:expr, $quads:expr, $count:expr, $input:expr) => {{
        let mut sum = _mm256_setzero_si256();
        for at in 0..$count {
            sum = _mm256_dpbusd_avx_epi32(sum, $quads[at], _mm256_set1_epi32($input.add(at).read_unaligned()));
        }
        sum
    }};
    (avx2, $bits:expr, $quads:expr, $count:expr, $input:expr) => {{
        // As many sums of two products as 16 bits hold.
        let together: usize = match $bits {
            4 => 8,
            5 => 4,
            6 => 2,
            _ => 1,
        };
        let mut sum = _mm256_setzero_si256();
        for first in (0..$count).step_by(together) {
            let mut pairs = _mm256_setzero_si256();
            for at in first..(first + together).min($count) {
                let input = _mm256_set1_epi32($input.add(at).read_unaligned());
                // Codes of 8 bits are taken with their sign, and that is given to the inputs: else two products are too large.
                let pair = match $bits {
                    8 => _mm256_maddubs_epi16(_mm256_abs_epi8($quads[at]), _mm256_sign_epi8(input, $quads[at])),
                    _ => _mm256_maddubs_epi16($quads[at], input),
                };
                pairs = _mm256_add_epi16(pairs, pair);
            }
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
        }
        sum
    }};
}

macro_rules! product {
    ($name:ident, $features:literal, $kind:ident, $takes_signs:literal) => {
        /// Sums of half of a tile's rows, for one layout.
        #[target_feature(enable = $features)]
        unsafe fn $name<const BITS: usize, const HALVES: usize, const OWN: bool, const FINE: bool>(
            strip: Strip,
            x: &Quantised,
            groups: usize,
            part: usize,
            sums: &mut Sums,
        ) {
            let tiles = const { Layout::of(BITS, HALVES, OWN, FINE).tiles() };
            let head_bytes = const { Layout::of(BITS, HALVES, OWN, FINE).head_bytes() };
            let code_bytes = const { Layout::of(BITS, HALVES, OWN, FINE).code_bytes() };
            let block_bytes = const { Layout::of(BITS, HALVES, OWN, FINE).block_bytes() };
            let scales_at =
                const { [Layout::of(BITS, HALVES, OWN, FINE).scales_at(0), Layout::of(BITS, HALVES, OWN, FINE).scales_at(1)] };
            let (width, signed) = (x.rows.width, $takes_signs && BITS == 8);
            let fixed = if signed { 0 } else { strip.layout.offset.unwrap_or(0) };
            let fixed = _mm256_set1_ps(f32::from(fixed));
            let mut total = [_mm256_setzero_ps(); MOST];
            // SAFETY: the caller has measured the slices for so many groups and rows.
            unsafe {
                let mut block = strip.blocks.as_ptr();
                let (mut inputs, mut input_scales) = (x.codes.as_ptr(), x.scales.as_ptr());
                let mut input_totals = x.totals.as_ptr();
                for _ in 0..groups / tiles {
                    let (mut unit, mut unit_of_offsets) = (_mm256_setzero_ps(), _mm256_setzero_ps());
                    if FINE {
                        unit = halves(block.add(2 * LANES * part));
                        if OWN {
                            unit_of_offsets = halves(block.add(2 * ROWS + 2 * LANES * part));
                        }
                    }
                    for tile in 0..tiles {
                        let scales = block.add(scales_at[0] + tile * (scales_at[1] - scales_at[0]));
                        let quads = quads::<BITS>(block.add(head_bytes + tile * code_bytes), part, signed);
                        for half in 0..HALVES {
                            let size = if FINE { 1 } else { 2 };
                            let scale_at = scales.wrapping_add((ROWS * half + LANES * part) * size);
                            let offset_at = scale_at.wrapping_add(ROWS * HALVES * size);
                            let scale = if FINE { _mm256_mul_ps(bytes(scale_at), unit) } else { halves(scale_at) };
                            let offset = match (OWN, FINE) {
                                (false, _) => _mm256_mul_ps(scale, fixed),
                                (true, true) => _mm256_mul_ps(bytes(offset_at), unit_of_offsets),
                                (true, false) => halves(offset_at),
                            };
                            let of_half: &[__m256i] = &quads[half * (QUADS / HALVES)..];
                            for row in 0..width {
                                let input = inputs.add(row * COLUMNS).cast::<i32>().add(half * (QUADS / HALVES));
                                let dot = dot!($kind, BITS, of_half, QUADS / HALVES, input);
                                let both = _mm256_mul_ps(scale, _mm256_set1_ps(*input_scales.add(row)));
                                let sum = *input_totals.add(row * SUMS + if HALVES == 1 { 2 } else { half });
                                let so_far = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), both, total[row]);
                                total[row] = _mm256_fnmadd_ps(offset, _mm256_set1_ps(sum), so_far);
                            }
                        }
                        (inputs, input_scales) = (inputs.add(width * COLUMNS), input_scales.add(width));
                        input_totals = input_totals.add(width * SUMS);
                    }
                    block = block.add(block_bytes);
                }
                for row in 0..width {
                    _mm256_storeu_ps(sums[row].as_mut_ptr().add(LANES * part), total[row]);
                }
            }
        }
    };
}

product!(with_avx2, "avx2,fma,f16c", avx2, true);
product!(with_vnni, "avx2,fma,f16c,avxvnni", avx_vnni, false);

/// Codes of eight rows of a tile, four columns to a register.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn quads<const BITS: usize>(codes: *const u8, part: usize, signed: bool) -> [__m256i; QUADS] {
    let mut quads = [_mm256_setzero_si256(); QUADS];
    let low = _mm256_set1_epi8(15);
    // Which byte of a mask, and which bit of that, stands for a code.
    let byte = _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
    // SAFETY: the caller's tile of codes.
    unsafe {
        let codes = codes.add(32 * part);
        if BITS == 8 {
            for (quad, to) in quads.iter_mut().enumerate() {
                *to = _mm256_loadu_si256(codes.add(64 * quad).cast());
                if signed {
                    *to = _mm256_xor_si256(*to, _mm256_set1_epi8(i8::MIN));
                }
            }
            return quads;
        }
        for pair in 0..QUADS / 2 {
            let both = _mm256_loadu_si256(codes.add(64 * pair).cast());
            quads[2 * pair] = _mm256_and_si256(both, low);
            quads[2 * pair + 1] = _mm256_and_si256(_mm256_srli_epi16::<4>(both), low);
        }
        let planes = codes.sub(32 * part).add(256 + 4 * part);
        for plane in 0..BITS - 4 {
            let worth = _mm256_set1_epi8(16 << plane);
            for (quad, to) in quads.iter_mut().enumerate() {
                let mask = _mm256_set1_epi32(planes.add(64 * plane + 8 * quad).cast::<i32>().read_unaligned());
                let is_set = _mm256_cmpeq_epi8(_mm256_and_si256(_mm256_shuffle_epi8(mask, byte), bit), bit);
                *to = _mm256_or_si256(*to, _mm256_and_si256(is_set, worth));
            }
        }
    }
    quads
}

/// Eight numbers of 16-bit floats.
#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn halves(from: *const u8) -> __m256 {
    // SAFETY: the caller's 16 bytes.
    unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.cast())) }
}

/// Eight numbers of whole ones of 8 bits.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn bytes(from: *const u8) -> __m256 {
    // SAFETY: the caller's 8 bytes.
    unsafe { _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.cast()))) }
}
