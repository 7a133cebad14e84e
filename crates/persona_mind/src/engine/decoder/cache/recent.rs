use std::sync::Arc;

/// Tokens between two places that a convolution's state can be cut back to.
const CHECKPOINT: usize = 32;

/// The latest rows that went into a convolution. Older ones are kept only before every [`CHECKPOINT`]th token.
#[derive(Clone, Debug)]
pub(in crate::engine::decoder) struct Recent {
    dim: usize,
    /// The rows that the next token's convolution looks back on, at each checkpoint from the beginning of the text on.
    checkpoints: Vec<Arc<[f32]>>,
    /// The last checkpoint and the rows after it.
    tail: Vec<f32>,
}

impl Recent {
    pub fn new(dim: usize, kernel: usize) -> Self {
        let before_the_text = vec![0.0; (kernel - 1) * dim];
        Self { dim, checkpoints: vec![before_the_text.as_slice().into()], tail: before_the_text }
    }

    /// The state after `len` tokens, from as many numbers as [`Recent::size`] says.
    pub fn restored(dim: usize, kernel: usize, len: usize, numbers: &[f32]) -> Self {
        let (checkpoints, tail) = numbers.split_at((len / CHECKPOINT + 1) * (kernel - 1) * dim);
        let checkpoints: Vec<Arc<[f32]>> = checkpoints.chunks_exact((kernel - 1) * dim).map(Arc::from).collect();
        let last = checkpoints.last().map_or(&[][..], |last| last);
        Self { dim, tail: [last, tail].concat(), checkpoints }
    }

    /// Numbers in the state after `len` tokens.
    pub fn size(dim: usize, kernel: usize, len: usize) -> usize {
        (len / CHECKPOINT + 1) * (kernel - 1) * dim + len % CHECKPOINT * dim
    }

    /// All numbers, for [`Recent::restored`].
    pub fn numbers(&self) -> impl Iterator<Item = f32> {
        let tail = &self.tail[self.reach()..];
        self.checkpoints.iter().flat_map(|checkpoint| checkpoint.iter()).chain(tail).copied()
    }

    /// The rows before the next token that its convolution sees.
    pub fn latest(&self) -> &[f32] {
        &self.tail[self.tail.len() - self.reach()..]
    }

    /// Adds rows that went into the convolution.
    pub fn append(&mut self, rows: &[f32]) {
        for row in rows.chunks_exact(self.dim) {
            self.tail.extend_from_slice(row);
            if self.tail.len() == self.reach() + CHECKPOINT * self.dim {
                self.tail.drain(..CHECKPOINT * self.dim);
                self.checkpoints.push(self.tail.as_slice().into());
            }
        }
    }

    /// The greatest length, at most `len`, at which the state is known.
    pub fn reachable(&self, len: usize) -> usize {
        if len >= self.base() { len } else { len / CHECKPOINT * CHECKPOINT }
    }

    /// Forgets the rows from `len`, which is reachable, on.
    pub fn truncate(&mut self, len: usize) {
        if len < self.base() {
            self.checkpoints.truncate(len / CHECKPOINT + 1);
            self.tail = self.checkpoints[len / CHECKPOINT].to_vec();
        } else {
            self.tail.truncate(self.reach() + (len - self.base()) * self.dim);
        }
    }

    pub fn bytes(&self, divisor: fn(usize) -> usize) -> usize {
        let checkpoints =
            self.checkpoints.iter().map(|checkpoint| size_of_val(&**checkpoint) / divisor(Arc::strong_count(checkpoint)));
        size_of_val(self.tail.as_slice()) + checkpoints.sum::<usize>()
    }

    /// Numbers in the rows that a convolution looks back on; above 0.
    fn reach(&self) -> usize {
        self.checkpoints[0].len()
    }

    /// Tokens before the tail.
    fn base(&self) -> usize {
        (self.checkpoints.len() - 1) * CHECKPOINT
    }
}
