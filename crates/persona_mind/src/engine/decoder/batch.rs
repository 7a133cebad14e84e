use super::Cache;
use crate::engine::kernel::Pool;
use std::ops::Range;

/// Rows of several texts that go through the layers together.
pub(super) struct Batch<'a, 'c> {
    pub parts: &'a mut [Part<'c>],
    /// In all.
    pub rows: usize,
    pub pool: &'a Pool,
}

/// One text's rows in a batch.
pub(super) struct Part<'c> {
    /// Number of its piece.
    pub piece: usize,
    /// Which rows of the batch.
    pub rows: Range<usize>,
    /// The last so many of them give logits.
    pub wanted: usize,
    pub cache: &'c mut Cache,
}

impl Part<'_> {
    /// Where its tokens stand in the text.
    pub fn positions(&self) -> Range<usize> {
        self.cache.len()..self.cache.len() + self.rows.len()
    }

    /// Its rows of `width` numbers among those of the batch.
    pub fn of<'x>(&self, x: &'x [f32], width: usize) -> &'x [f32] {
        &x[self.rows.start * width..self.rows.end * width]
    }
}
