//! The blocks that quantised weights of GGUF files lie in: 32 or 256 columns of a row each.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h> and `dequantize_row_*` in `ggml-quants.c`.

use super::tile::{Layout, Stretch};
use candle_core::quantized::GgmlDType;
use half::f16;

/// How weights of a type are tiled; `None` for floats.
pub fn layout(dtype: GgmlDType) -> Option<Layout> {
    let layout = |bits, halves, offset, fine| Some(Layout { bits, halves, offset, fine });
    match dtype {
        GgmlDType::Q2K => layout(4, 2, None, true),
        GgmlDType::Q3K => layout(4, 2, Some(4), true),
        GgmlDType::Q4_0 => layout(4, 1, Some(8), false),
        GgmlDType::Q4_1 => layout(4, 1, None, false),
        GgmlDType::Q4K => layout(4, 1, None, true),
        GgmlDType::Q5_0 => layout(5, 1, Some(16), false),
        GgmlDType::Q5_1 => layout(5, 1, None, false),
        GgmlDType::Q5K => layout(5, 1, None, true),
        GgmlDType::Q6K => layout(6, 2, Some(32), true),
        GgmlDType::Q8_0 | GgmlDType::Q8K => layout(8, 1, Some(128), false),
        _ => None,
    }
}

/// What the scales and offsets of a block's columns are given in, where they are fine.
pub fn units(dtype: GgmlDType, block: &[u8]) -> Option<[f32; 2]> {
    match dtype {
        GgmlDType::Q2K => Some([half(block, 80), half(block, 82)]),
        GgmlDType::Q3K => Some([half(block, 108), 0.0]),
        GgmlDType::Q4K | GgmlDType::Q5K => Some([half(block, 0), half(block, 2)]),
        GgmlDType::Q6K => Some([half(block, 208), 0.0]),
        _ => None,
    }
}

/// 32 columns of a block: of its `group`th stretch. Scales and offsets are in [`units`], where there are any.
pub fn stretch(dtype: GgmlDType, block: &[u8], group: usize) -> Stretch {
    match dtype {
        GgmlDType::Q2K => q2k(block, group),
        GgmlDType::Q3K => q3k(block, group),
        GgmlDType::Q4_0 => simple(half(block, 0), 0.0, nibbles(&block[2..])),
        GgmlDType::Q4_1 => simple(half(block, 0), -half(block, 2), nibbles(&block[4..])),
        GgmlDType::Q5_0 => simple(half(block, 0), 0.0, with_fifth(nibbles(&block[6..]), word(block, 2))),
        GgmlDType::Q5_1 => simple(half(block, 0), -half(block, 2), with_fifth(nibbles(&block[8..]), word(block, 4))),
        GgmlDType::Q4K => q45k(block, group, &block[16..], None),
        GgmlDType::Q5K => q45k(block, group, &block[48..], Some(&block[16..48])),
        GgmlDType::Q6K => q6k(block, group),
        GgmlDType::Q8_0 => simple(half(block, 0), 0.0, unsigned(&block[2..])),
        GgmlDType::Q8K => simple(f32::from_bits(word(block, 0)), 0.0, unsigned(&block[4 + 32 * group..])),
        _ => Stretch::default(),
    }
}

fn half(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

fn word(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
}

fn simple(scale: f32, offset: f32, codes: [u8; 32]) -> Stretch {
    Stretch { codes, scales: [scale, 0.0], offsets: [offset, 0.0] }
}

/// The first sixteen in the lower halves of the bytes, the others in the upper ones.
fn nibbles(bytes: &[u8]) -> [u8; 32] {
    std::array::from_fn(|i| bytes[i % 16] >> (4 * (i / 16)) & 15)
}

fn with_fifth(codes: [u8; 32], bits: u32) -> [u8; 32] {
    std::array::from_fn(|i| codes[i] | ((bits >> i & 1) as u8) << 4)
}

fn unsigned(codes: &[u8]) -> [u8; 32] {
    std::array::from_fn(|i| codes[i] ^ 0x80)
}

fn q2k(block: &[u8], group: usize) -> Stretch {
    let codes = &block[16 + 32 * (group / 4)..];
    let both = [block[2 * group], block[2 * group + 1]];
    Stretch {
        codes: std::array::from_fn(|i| codes[i] >> (2 * (group % 4)) & 3),
        scales: both.map(|both| f32::from(both & 15)),
        offsets: both.map(|both| f32::from(both >> 4)),
    }
}

fn q3k(block: &[u8], group: usize) -> Stretch {
    let (high, codes, packed) = (&block[..32], &block[32 + 32 * (group / 4)..], &block[96..108]);
    let scale = |i: usize| {
        let low = if i < 8 { packed[i] & 15 } else { packed[i - 8] >> 4 };
        let upper = packed[8 + i % 4] >> (2 * (i / 4)) & 3;
        f32::from(low | upper << 4) - 32.0
    };
    Stretch {
        codes: std::array::from_fn(|i| codes[i] >> (2 * (group % 4)) & 3 | (high[i] >> group & 1) << 2),
        scales: [scale(2 * group), scale(2 * group + 1)],
        offsets: [0.0; 2],
    }
}

/// With the fifth bits, if there are any.
fn q45k(block: &[u8], group: usize, codes: &[u8], fifth: Option<&[u8]>) -> Stretch {
    let packed = &block[4..16];
    let (scale, offset) = if group < 4 {
        (packed[group] & 63, packed[group + 4] & 63)
    } else {
        let both = packed[group + 4];
        (both & 15 | packed[group - 4] >> 6 << 4, both >> 4 | packed[group] >> 6 << 4)
    };
    let codes = &codes[32 * (group / 2)..];
    let bit = |i: usize| fifth.map_or(0, |bits| (bits[i] >> group & 1) << 4);
    let codes = std::array::from_fn(|i| codes[i] >> (4 * (group % 2)) & 15 | bit(i));
    simple(f32::from(scale), f32::from(offset), codes)
}

fn q6k(block: &[u8], group: usize) -> Stretch {
    let (n, k) = (group / 4, group % 4);
    let (low, high) = (&block[64 * n + 32 * (k % 2)..], &block[128 + 32 * n..]);
    let scale = |half: usize| f32::from(block[192 + 2 * group + half] as i8);
    Stretch {
        codes: std::array::from_fn(|i| low[i] >> (4 * (k / 2)) & 15 | (high[i] >> (2 * k) & 3) << 4),
        scales: [scale(0), scale(1)],
        offsets: [0.0; 2],
    }
}
