//! Products in plain numbers, on any processor.

use super::Strip;
use crate::engine::kernel::inputs::{Quantised, SUMS};
use crate::engine::kernel::memory::Sums;
use crate::engine::kernel::tile::{COLUMNS, ROWS, Stretch};

/// Sums of sixteen rows with each row of `x`.
pub fn multiply(strip: Strip, x: &Quantised, sums: &mut Sums) {
    sums.iter_mut().for_each(|sums| sums.fill(0.0));
    let (width, halves) = (x.rows.width, strip.layout.halves);
    for group in 0..x.scales.len() / width {
        let stretches: [Stretch; ROWS] = std::array::from_fn(|row| strip.read(group, row));
        for (token, sums) in sums.iter_mut().enumerate().take(x.rows.count) {
            let at = group * width + token;
            for (sum, stretch) in sums.iter_mut().zip(&stretches) {
                for half in 0..halves {
                    let columns = half * COLUMNS / halves..(half + 1) * COLUMNS / halves;
                    let inputs = &x.codes[at * COLUMNS..][columns.clone()];
                    let products = stretch.codes[columns].iter().zip(inputs).map(|(a, b)| i32::from(*a) * i32::from(*b));
                    let total = x.totals[at * SUMS + if halves == 1 { 2 } else { half }];
                    *sum += stretch.scales[half] * x.scales[at] * products.sum::<i32>() as f32;
                    *sum -= stretch.offsets[half] * total;
                }
            }
        }
    }
}
