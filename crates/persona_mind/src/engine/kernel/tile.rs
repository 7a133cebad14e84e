//! How the weights of a quantised matrix lie: in tiles of 16 rows by 32 columns, as the processor takes them.
//!
//! A weight is `scale * code - offset`, with one scale and one offset for 32 or 16 columns of a row. Four columns of sixteen rows
//! fill a register of 64 bytes, so that each of its 16 lanes sums one row. Codes of up to 6 bits are kept as two columns to a
//! byte, and what is above the fourth bit in planes of single bits behind them.
//!
//! Tiles stand in blocks: the scales and offsets of all tiles, and behind them their codes. One after the other in memory, so that
//! a matrix is read as one stream; with codes and scales apart it came from memory at half the speed.

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
/// Tiles of a block whose scales are fine.
const FINE_TILES: usize = 8;
/// Bytes of a cache line.
const LINE: usize = 64;

/// What the weights of a tile are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Of a code: 4, 5, 6 or 8.
    pub bits: usize,
    /// Scales for a row's 32 columns: 1 or 2.
    pub halves: usize,
    /// In units of the scale, where it is the same everywhere; `None` where each scale has an offset of its own beside it.
    pub offset: Option<u8>,
    /// Whether scales and offsets are whole numbers of 8 bits, in units that are given for 256 columns of a row.
    pub fine: bool,
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
    /// One of these sizes, for what does not depend on a fixed offset.
    pub const fn of(bits: usize, halves: usize, has_offsets: bool, fine: bool) -> Self {
        Self { bits, halves, offset: if has_offsets { None } else { Some(0) }, fine }
    }

    /// Tiles of a block.
    pub const fn tiles(self) -> usize {
        if self.fine { FINE_TILES } else { 1 }
    }

    /// Bytes of a tile's codes.
    pub const fn code_bytes(self) -> usize {
        if self.bits == 8 { ROWS * COLUMNS } else { NIBBLES + (self.bits - 4) * PLANE }
    }

    /// Lists of scales and of offsets of a tile.
    const fn lists(self) -> usize {
        self.halves * self.units()
    }

    /// Whether there are units of offsets beside those of scales.
    const fn units(self) -> usize {
        if self.offset.is_none() { 2 } else { 1 }
    }

    /// Where a tile's scales begin in its block: for each half a list of sixteen rows, and behind those the offsets.
    pub const fn scales_at(self, tile: usize) -> usize {
        if self.fine { ROWS * (2 * self.units() + tile * self.lists()) } else { 0 }
    }

    /// Bytes of a block before its codes.
    pub const fn head_bytes(self) -> usize {
        if self.fine { self.scales_at(FINE_TILES).next_multiple_of(LINE) } else { self.lists() * ROWS * 2 }
    }

    /// Bytes of a block.
    pub const fn block_bytes(self) -> usize {
        self.head_bytes() + self.tiles() * self.code_bytes()
    }

    /// Puts the units of a row's scales and offsets into a block.
    pub fn write_units(self, block: &mut [u8], row: usize, units: [f32; 2]) {
        (0..self.units()).for_each(|list| put(block, list, row, units[list]));
    }

    /// Puts a row into a tile of a block of zeros: its codes, and its scales and offsets, in units where they are fine.
    pub fn write(self, block: &mut [u8], tile: usize, row: usize, stretch: &Stretch) {
        let (head, codes) = block.split_at_mut(self.head_bytes());
        let codes = &mut codes[tile * self.code_bytes()..];
        if self.bits == 8 {
            for (quad, four) in stretch.codes.chunks_exact(4).enumerate() {
                codes[quad * QUAD + row * 4..][..4].copy_from_slice(four);
            }
        } else {
            self.write_bits(codes, row, &stretch.codes);
        }
        let numbers = stretch.scales[..self.halves].iter().chain(&stretch.offsets[..self.halves]);
        for (list, number) in numbers.take(self.lists()).enumerate() {
            if self.fine {
                head[self.scales_at(tile) + list * ROWS + row] = (*number as i8).cast_unsigned();
            } else {
                put(head, list, row, *number);
            }
        }
    }

    /// Codes of less than 8 bits: two columns to a byte, and the bits above the fourth by themselves.
    fn write_bits(self, codes: &mut [u8], row: usize, row_codes: &[u8; COLUMNS]) {
        for (pair, eight) in row_codes.chunks_exact(8).enumerate() {
            let to = &mut codes[pair * QUAD + row * 4..][..4];
            for (column, to) in to.iter_mut().enumerate() {
                *to = eight[column] & 15 | eight[column + 4] << 4;
            }
        }
        for plane in 0..self.bits - 4 {
            for (quad, four) in row_codes.chunks_exact(4).enumerate() {
                let bit = |column: usize| (four[column] >> (4 + plane) & 1) << column;
                codes[NIBBLES + plane * PLANE + quad * 8 + row / 2] |= (bit(0) | bit(1) | bit(2) | bit(3)) << (row % 2 * 4);
            }
        }
    }

    /// A row of a tile of a block.
    pub fn read(self, block: &[u8], tile: usize, row: usize) -> Stretch {
        let (head, codes) = block.split_at(self.head_bytes());
        let codes = &codes[tile * self.code_bytes()..];
        let mut stretch = Stretch::default();
        for (column, code) in stretch.codes.iter_mut().enumerate() {
            let (quad, lane) = (column / 4, row * 4 + column % 4);
            if self.bits == 8 {
                *code = codes[quad * QUAD + lane];
                continue;
            }
            *code = codes[quad / 2 * QUAD + lane] >> (4 * (quad % 2)) & 15;
            for plane in 0..self.bits - 4 {
                *code |= (codes[NIBBLES + plane * PLANE + quad * 8 + lane / 8] >> (lane % 8) & 1) << (4 + plane);
            }
        }
        let number = |list: usize, unit: usize| match self.fine {
            true => get(head, unit, row) * f32::from(head[self.scales_at(tile) + list * ROWS + row].cast_signed()),
            false => get(head, list, row),
        };
        for half in 0..self.halves {
            stretch.scales[half] = number(half, 0);
            stretch.offsets[half] = match self.offset {
                Some(units) => f32::from(units) * stretch.scales[half],
                None => number(self.halves + half, 1),
            };
        }
        stretch
    }
}

fn place(list: usize, row: usize) -> std::ops::Range<usize> {
    let at = 2 * (list * ROWS + row);
    at..at + 2
}

fn put(head: &mut [u8], list: usize, row: usize, number: f32) {
    head[place(list, row)].copy_from_slice(&f16::from_f32(number).to_le_bytes());
}

fn get(head: &[u8], list: usize, row: usize) -> f32 {
    let bytes = &head[place(list, row)];
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let layouts = [(4, 1, None), (4, 2, Some(4)), (4, 2, None), (5, 1, Some(16)), (6, 2, Some(32)), (8, 1, Some(128))];
        for ((bits, halves, offset), fine) in layouts.into_iter().flat_map(|layout| [(layout, false), (layout, true)]) {
            let layout = Layout { bits, halves, offset, fine };
            let mut block = vec![0; layout.block_bytes()];
            let units = |row: usize| if fine { [0.25 + row as f32, 0.5] } else { [1.0; 2] };
            let stretch = |tile: usize, row: usize| {
                let codes = std::array::from_fn(|column| ((row * 37 + column * 11 + tile) % (1 << bits)) as u8);
                let number = |from: f32| std::array::from_fn(|half| if half < halves { from + half as f32 } else { 0.0 });
                Stretch { codes, scales: number(row as f32 - tile as f32), offsets: number(2.0 * row as f32) }
            };
            for row in 0..ROWS {
                if fine {
                    layout.write_units(&mut block, row, units(row));
                }
                (0..layout.tiles()).for_each(|tile| layout.write(&mut block, tile, row, &stretch(tile, row)));
            }
            for (row, tile) in (0..ROWS).flat_map(|row| (0..layout.tiles()).map(move |tile| (row, tile))) {
                let (mut expected, [scale, of_offset]) = (stretch(tile, row), units(row));
                expected.scales = expected.scales.map(|number| number * scale);
                let own = expected.offsets.map(|number| number * of_offset);
                expected.offsets = offset.map_or(own, |units| expected.scales.map(|scale| scale * f32::from(units)));
                assert_eq!(layout.read(&block, tile, row), expected, "row {row} of tile {tile} of {layout:?}");
            }
        }
    }
}
