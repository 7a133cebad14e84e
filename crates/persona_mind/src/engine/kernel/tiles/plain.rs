//! Products in plain numbers, on any processor.

use super::Strip;
use crate::engine::kernel::inputs::Quantised;
use crate::engine::kernel::memory::Sums;
use crate::engine::kernel::tile::{COLUMNS, ROWS};

/// Sums of sixteen rows with each row of `x`.
pub fn multiply(strip: Strip, x: &Quantised, sums: &mut Sums) {
    sums.iter_mut().for_each(|sums| sums.fill(0.0));
    let (width, halves) = (x.rows.width, strip.layout.halves);
    for group in 0..x.scales.len() / width {
        let (codes, scales) = strip.tile(group);
        for row in 0..ROWS {
            let stretch = strip.layout.read(codes, scales, row);
            for token in 0..x.rows.count {
                let at = group * width + token;
                for half in 0..halves {
                    let columns = half * COLUMNS / halves..(half + 1) * COLUMNS / halves;
                    let inputs = &x.codes[at * COLUMNS..][columns.clone()];
                    let products = stretch.codes[columns].iter().zip(inputs).map(|(a, b)| i32::from(*a) * i32::from(*b));
                    let sum = if halves == 1 { x.sums[at][0] + x.sums[at][1] } else { x.sums[at][half] };
                    let dot = stretch.scales[half] * products.sum::<i32>() as f32 - stretch.offsets[half] * sum as f32;
                    sums[token][row] += x.scales[at] * dot;
                }
            }
        }
    }
}
