//! Memory as kernels need it.

use super::inputs::Rows;
use super::tile::ROWS;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// Bytes that begin on a cache line, in large pages where the system has them: a matrix is read from end to end, and each small
/// page would have to be found first.
pub struct Lines {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: it owns its bytes, and gives them out by the usual rules of borrowing.
unsafe impl Send for Lines {}
// SAFETY: as above.
unsafe impl Sync for Lines {}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.layout.size())
    }
}

impl Lines {
    /// At least so many zeros.
    ///
    /// # Panics
    /// If that is more than can be counted; where memory is short the process ends, as with any `Vec`.
    pub fn zeros(bytes: usize) -> Self {
        let size = bytes.next_multiple_of(LINE).max(LINE);
        let align = if size < LARGE { LINE } else { LARGE };
        let layout = Layout::from_size_align(size, align).expect("as many bytes as can be counted");
        // SAFETY: the size is not 0.
        let start = unsafe { alloc(layout) };
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        // Before they are touched: then they are given out as large ones.
        in_large_pages(start, size);
        // SAFETY: so many bytes were allocated.
        unsafe { start.as_ptr().write_bytes(0, size) };
        Self { start, layout }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: so many bytes were allocated, as zeros, and they live as long as this.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.layout.size()) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.layout.size()) }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(self.start.as_ptr(), self.layout) };
    }
}

/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes of a large page.
const LARGE: usize = 2 << 20;

#[cfg(all(target_os = "linux", not(miri)))]
fn in_large_pages(start: NonNull<u8>, size: usize) {
    if size >= LARGE {
        // SAFETY: the range was just allocated; what is asked changes no content. It may be refused, and then nothing is lost.
        unsafe { libc::madvise(start.as_ptr().cast(), size, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn in_large_pages(_: NonNull<u8>, _: usize) {}

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
