use crate::engine::kernel::Pool;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Numbers below which waking another thread takes longer than the work.
const WORTH_SHARING: usize = 1 << 14;

/// Rows of `width` numbers, worked on by all threads; the work gets the numbers of some rows and which rows they are.
pub(super) fn each_rows(x: &mut [f32], width: usize, pool: &Pool, work: impl Fn(&mut [f32], Range<usize>) + Sync) {
    let rows = x.len() / width;
    let parts = if x.len() < WORTH_SHARING { 1 } else { pool.threads().min(rows) };
    if parts < 2 {
        return work(x, 0..rows);
    }
    let of_part = rows.div_ceil(parts);
    let parts: Vec<Mutex<&mut [f32]>> = x.chunks_mut(of_part * width).map(Mutex::new).collect();
    pool.run(parts.len(), &|part| {
        let mut x = parts[part].lock().unwrap_or_else(PoisonError::into_inner);
        let first = part * of_part;
        let rows = first..first + x.len() / width;
        work(&mut x, rows);
    });
}
