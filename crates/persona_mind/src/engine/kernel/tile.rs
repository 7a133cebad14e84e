//! How the weights of a quantised matrix lie: in tiles of 16 rows by 32 columns, as the processor takes them.
//!
//! A weight is `scale * code - offset`, with one scale and one offset for 32 or 16 columns of a row. Four columns of sixteen rows
//! fill a register of 64 bytes, so that each of its 16 lanes sums one row. Codes of up to 6 bits are kept as two columns to a
//! byte, and what is above the fourth bit in planes of single bits behind them.

use half::f16;

/// Rows of a tile.
pub const ROWS: usize = 16;
/// Columns of a tile.
pub const COLUMNS: usize = 32;
/// Codes that are summed at once: four columns of all rows.
const QUAD: usize = 4 * ROWS;
/// Bytes of the lower four bits of a tile.
const NIBBLES: usize = ROWS * COLUMNS / 2;
/// Bytes of one bit of a tile.
const PLANE: usize = ROWS * COLUMNS / 8;

/// What the weights of a tile are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Of a code: 4, 5, 6 or 8.
    pub bits: usize,
    /// Scales for a row's 32 columns: 1 or 2.
    pub halves: usize,
    /// In units of the scale, where it is the same everywhere; `None` where each scale has an offset of its own beside it.
    pub offset: Option<u8>,
}

/// A row of a tile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stretch {
    /// A code for each column.
    pub codes: [u8; COLUMNS],
    /// For each half, or one for both.
    pub scales: [f32; 2],
    /// Likewise; of no meaning where the layout's is fixed.
    pub offsets: [f32; 2],
}

impl Layout {
    /// Bytes of the codes.
    pub const fn code_bytes(self) -> usize {
        if self.bits == 8 { ROWS * COLUMNS } else { NIBBLES + (self.bits - 4) * PLANE }
    }

    /// Bytes of the scales, and of the offsets behind them.
    pub const fn scale_bytes(self) -> usize {
        let lists = if self.offset.is_none() { 2 } else { 1 };
        lists * self.halves * ROWS * 2
    }

    /// Bytes of a tile: codes, and scales behind them. One after the other in memory, so that a matrix is read as one stream;
    /// with codes and scales apart it came from memory at half the speed.
    pub const fn tile_bytes(self) -> usize {
        self.code_bytes() + self.scale_bytes()
    }

    /// Puts a row into a tile of zeros: its codes, and its scales.
    pub fn write(self, tile: &mut [u8], row: usize, stretch: &Stretch) {
        let (tile, scales) = tile.split_at_mut(self.code_bytes());
        for (column, code) in stretch.codes.into_iter().enumerate() {
            let (quad, lane) = (column / 4, row * 4 + column % 4);
            if self.bits == 8 {
                tile[quad * QUAD + lane] = code;
                continue;
            }
            tile[quad / 2 * QUAD + lane] |= (code & 15) << (4 * (quad % 2));
            for plane in 0..self.bits - 4 {
                tile[NIBBLES + plane * PLANE + quad * 8 + lane / 8] |= (code >> (4 + plane) & 1) << (lane % 8);
            }
        }
        for half in 0..self.halves {
            put(scales, half, row, stretch.scales[half]);
            if self.offset.is_none() {
                put(scales, self.halves + half, row, stretch.offsets[half]);
            }
        }
    }

    /// A row of a tile.
    pub fn read(self, tile: &[u8], row: usize) -> Stretch {
        let (tile, scales) = tile.split_at(self.code_bytes());
        let mut stretch = Stretch::default();
        for (column, code) in stretch.codes.iter_mut().enumerate() {
            let (quad, lane) = (column / 4, row * 4 + column % 4);
            if self.bits == 8 {
                *code = tile[quad * QUAD + lane];
                continue;
            }
            *code = tile[quad / 2 * QUAD + lane] >> (4 * (quad % 2)) & 15;
            for plane in 0..self.bits - 4 {
                *code |= (tile[NIBBLES + plane * PLANE + quad * 8 + lane / 8] >> (lane % 8) & 1) << (4 + plane);
            }
        }
        for half in 0..self.halves {
            stretch.scales[half] = get(scales, half, row);
            stretch.offsets[half] = match self.offset {
                Some(units) => f32::from(units) * stretch.scales[half],
                None => get(scales, self.halves + half, row),
            };
        }
        stretch
    }
}

fn place(list: usize, row: usize) -> std::ops::Range<usize> {
    let at = 2 * (list * ROWS + row);
    at..at + 2
}

fn put(scales: &mut [u8], list: usize, row: usize, number: f32) {
    scales[place(list, row)].copy_from_slice(&f16::from_f32(number).to_le_bytes());
}

fn get(scales: &[u8], list: usize, row: usize) -> f32 {
    let bytes = &scales[place(list, row)];
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (bits, halves, offset) in [(4, 1, None), (4, 2, Some(4)), (5, 1, Some(16)), (6, 2, Some(32)), (8, 1, Some(128))] {
            let layout = Layout { bits, halves, offset };
            let mut tile = vec![0; layout.tile_bytes()];
            let stretch = |row: usize| {
                let codes = std::array::from_fn(|column| ((row * 37 + column * 11) % (1 << bits)) as u8);
                let scales = std::array::from_fn(|half| if half < halves { 0.5 + row as f32 + half as f32 } else { 0.0 });
                let own = std::array::from_fn(|half| if half < halves { 0.25 * row as f32 } else { 0.0 });
                Stretch { codes, scales, offsets: offset.map_or(own, |units| scales.map(|scale| scale * f32::from(units))) }
            };
            (0..ROWS).for_each(|row| layout.write(&mut tile, row, &stretch(row)));
            (0..ROWS).for_each(|row| assert_eq!(layout.read(&tile, row), stretch(row), "row {row} of {layout:?}"));
        }
    }
}
