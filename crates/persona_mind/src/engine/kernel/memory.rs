//! Memory as kernels need it.

use super::inputs::Rows;
use super::tile::ROWS;
use std::alloc::{Layout, handle_alloc_error};
#[cfg(not(all(target_os = "linux", not(miri))))]
use std::alloc::{alloc_zeroed, dealloc};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that begin on a cache line.
///
/// They lie in chunks that several share, in large pages where the system has them: a matrix is read from end to end, and each small
/// page would have to be found first.
pub struct Lines {
    chunk: Arc<Chunk>,
    start: usize,
    size: usize,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.size)
    }
}

/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes of a large page.
#[cfg(all(target_os = "linux", not(miri)))]
const LARGE: usize = 2 << 20;
/// Bytes of a chunk; what is larger than a quarter of that has one of its own.
const CHUNK: usize = 64 << 20;

/// The chunk that has room, and where that begins.
static OPEN: Mutex<Option<(Arc<Chunk>, usize)>> = Mutex::new(None);

impl Lines {
    /// At least so many zeros.
    ///
    /// # Panics
    /// If that is more than can be counted; where memory is short the process ends, as with any `Vec`.
    pub fn zeros(bytes: usize) -> Self {
        let size = bytes.checked_next_multiple_of(LINE).expect("as many bytes as can be counted").max(LINE);
        if size > CHUNK / 4 {
            return Self { chunk: Arc::new(Chunk::new(size)), start: 0, size };
        }
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let (chunk, start) = match open.take() {
            Some((chunk, start)) if chunk.size - start >= size => (chunk, start),
            _ => (Arc::new(Chunk::new(CHUNK)), 0),
        };
        // A chunk that nobody else holds any more goes with the last of its lines.
        *open = Some((chunk.clone(), start + size));
        Self { chunk, start, size }
    }

    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the chunk has so many bytes there, as zeros or as they were written, and lives as long as this.
        unsafe { std::slice::from_raw_parts(self.chunk.start.as_ptr().add(self.start), self.size) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`; no other lines have these bytes, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.chunk.start.as_ptr().add(self.start), self.size) }
    }
}

/// Zeros from the system.
struct Chunk {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: it owns its bytes; lines give out parts of them that do not overlap, by the usual rules of borrowing.
unsafe impl Send for Chunk {}
// SAFETY: as above.
unsafe impl Sync for Chunk {}

#[cfg(all(target_os = "linux", not(miri)))]
impl Chunk {
    fn new(size: usize) -> Self {
        let layout = layout(size);
        // With room to begin at a large page.
        let length = size.checked_add(LARGE).expect("as many bytes as can be counted");
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: new memory is asked for, at no place in particular.
        let mapped = unsafe { libc::mmap(std::ptr::null_mut(), length, access, kind, -1, 0) };
        if mapped == libc::MAP_FAILED {
            handle_alloc_error(layout);
        }
        let skipped = mapped.addr().next_multiple_of(LARGE) - mapped.addr();
        // SAFETY: what is not needed before and behind is given back; the rest is this chunk's. Large pages may be refused, and then
        // nothing is lost.
        unsafe {
            let start = mapped.byte_add(skipped);
            let used = size.next_multiple_of(SMALL);
            if skipped > 0 {
                libc::munmap(mapped, skipped);
            }
            if length - skipped > used {
                libc::munmap(start.byte_add(used), length - skipped - used);
            }
            // Before they are touched: then they are given out as large ones.
            libc::madvise(start, used, libc::MADV_HUGEPAGE);
            Self { start: NonNull::new_unchecked(start.cast()), size }
        }
    }
}

#[cfg(all(target_os = "linux", not(miri)))]
impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this size, and no lines are left.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.size.next_multiple_of(SMALL)) };
    }
}

/// No system has small pages that are larger.
#[cfg(all(target_os = "linux", not(miri)))]
const SMALL: usize = 64 << 10;

#[cfg(not(all(target_os = "linux", not(miri))))]
impl Chunk {
    fn new(size: usize) -> Self {
        let layout = layout(size);
        // SAFETY: the size is not 0.
        let start = unsafe { alloc_zeroed(layout) };
        let Some(start) = NonNull::new(start) else { handle_alloc_error(layout) };
        Self { start, size }
    }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { dealloc(self.start.as_ptr(), layout(self.size)) };
    }
}

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, LINE).expect("as many bytes as can be counted")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_overlap_and_begin_as_zeros() {
        let sizes = [1, 64, 1000, 3 << 20, 17 << 20, 5, 70 << 20];
        for _ in 0..2 {
            let mut all: Vec<Lines> = sizes.iter().map(|size| Lines::zeros(*size)).collect();
            for (mark, lines) in all.iter_mut().enumerate() {
                assert!(lines.bytes().iter().all(|byte| *byte == 0), "{} bytes begin as zeros", sizes[mark]);
                assert!(lines.bytes().len() >= sizes[mark] && lines.bytes().as_ptr().addr().is_multiple_of(LINE), "on a line");
                lines.bytes_mut().fill(mark as u8 + 1);
            }
            for (mark, lines) in all.iter().enumerate() {
                assert!(lines.bytes().iter().all(|byte| *byte == mark as u8 + 1), "{} bytes are their own", sizes[mark]);
            }
        }
    }
}
