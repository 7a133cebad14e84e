//! Memory as kernels need it.

use super::inputs::Rows;
use super::tile::ROWS;
use std::marker::PhantomData;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Bytes that begin on a cache line.
pub struct Lines {
    lines: Vec<Line>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} lines", self.lines.len())
    }
}

impl Lines {
    /// At least so many zeros.
    pub fn zeros(bytes: usize) -> Self {
        Self { lines: vec![Line([0; 64]); bytes.div_ceil(64)] }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a line is 64 bytes without padding, and any bytes are valid.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), 64 * self.lines.len()) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), 64 * self.lines.len()) }
    }
}

/// The most rows of an input that are worked on together.
pub const MOST: usize = 16;

/// Sums of sixteen rows of a matrix with each row of an input.
pub type Sums = [[f32; ROWS]; MOST];

/// The product `[tokens, output]`, of which each thread writes columns of its own.
pub struct Columns<'a> {
    start: *mut f32,
    tokens: usize,
    output: usize,
    product: PhantomData<&'a mut [f32]>,
}

// SAFETY: it is written through `put` alone, whose callers write different places.
unsafe impl Sync for Columns<'_> {}

impl<'a> Columns<'a> {
    pub fn new(product: &'a mut [f32], output: usize) -> Self {
        Self { start: product.as_mut_ptr(), tokens: product.len() / output.max(1), output, product: PhantomData }
    }

    /// Writes sums from column `first` on.
    ///
    /// # Safety
    /// No other thread writes these columns at the same time.
    pub unsafe fn put(&self, rows: Rows, first: usize, sums: &Sums) {
        let count = ROWS.min(self.output - first);
        assert!(rows.first + rows.count <= self.tokens && rows.count <= MOST, "rows of the product");
        for (row, sums) in sums.iter().enumerate().take(rows.count) {
            // SAFETY: the place is inside the product, by the assertion and the count; and it is the caller's alone.
            unsafe {
                let to = self.start.add((rows.first + row) * self.output + first);
                std::ptr::copy_nonoverlapping(sums.as_ptr(), to, count);
            }
        }
    }
}

/// Sixteen rows of a matrix in each of so many parts: enough of them that no thread waits long for another.
pub fn blocks_a_part(output: usize, threads: usize) -> usize {
    const PARTS_A_THREAD: usize = 8;
    output.div_ceil(ROWS).div_ceil(PARTS_A_THREAD * threads).max(1)
}
