use super::{Mixer, Shape};

/// Tokens between two places that a convolution's state can be cut back to.
const CHECKPOINT: usize = 32;

/// What has been computed for a text: keys and values, and the latest inputs of convolutions.
///
/// Grows in place; [`Cache::truncate`] forgets the end; a clone is an independent fork.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    layers: Vec<State>,
    len: usize,
}

#[derive(Clone, Debug)]
enum State {
    Attention { width: usize, keys: Vec<f32>, values: Vec<f32> },
    Convolution(Recent),
}

/// The latest rows that went into a convolution. Older ones are kept only before every [`CHECKPOINT`]th token.
#[derive(Clone, Debug)]
struct Recent {
    dim: usize,
    /// Numbers in the rows that the next token's convolution looks back on; above 0.
    reach: usize,
    /// As many numbers for each checkpoint, from that at the beginning of the text on.
    checkpoints: Vec<f32>,
    /// The last checkpoint and the rows after it.
    tail: Vec<f32>,
}

impl Cache {
    pub(super) fn new(shape: &Shape) -> Self {
        let state = |layer: &Mixer| match *layer {
            Mixer::Attention { kv_heads, .. } => {
                State::Attention { width: kv_heads * shape.head_dim, keys: Vec::new(), values: Vec::new() }
            }
            Mixer::Convolution { kernel } => State::Convolution(Recent::new(shape.dim, kernel)),
        };
        Self { layers: shape.layers.iter().map(state).collect(), len: 0 }
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been computed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets all but the first `len` tokens, and gives how many are left: as many, if all layers are attention. The
    /// state of convolutions is kept for the latest tokens and for every 32nd one, so that up to 31 more may go.
    pub fn truncate(&mut self, len: usize) -> usize {
        let len = self.len.min(len);
        let reachable = |state: &State| match state {
            State::Attention { .. } => len,
            State::Convolution(recent) => recent.reachable(len),
        };
        self.len = self.layers.iter().map(reachable).min().unwrap_or(len);
        for state in &mut self.layers {
            match state {
                State::Attention { width, keys, values } => {
                    keys.truncate(self.len * *width);
                    values.truncate(self.len * *width);
                }
                State::Convolution(recent) => recent.truncate(self.len),
            }
        }
        self.len
    }

    /// Adds keys and values, and gives all that are there.
    pub(super) fn append(&mut self, layer: usize, new_keys: &[f32], new_values: &[f32]) -> (&[f32], &[f32]) {
        let State::Attention { keys, values, .. } = &mut self.layers[layer] else { return (&[], &[]) };
        keys.extend_from_slice(new_keys);
        values.extend_from_slice(new_values);
        (keys, values)
    }

    /// The rows before the next token that its convolution sees.
    pub(super) fn recent(&self, layer: usize) -> &[f32] {
        let State::Convolution(recent) = &self.layers[layer] else { return &[] };
        &recent.tail[recent.tail.len() - recent.reach..]
    }

    /// Adds rows that went into a convolution.
    pub(super) fn append_recent(&mut self, layer: usize, rows: &[f32]) {
        if let State::Convolution(recent) = &mut self.layers[layer] {
            recent.append(rows);
        }
    }

    pub(super) fn advance(&mut self, tokens: usize) {
        self.len += tokens;
    }
}

impl Recent {
    fn new(dim: usize, kernel: usize) -> Self {
        let before_the_text = vec![0.0; (kernel - 1) * dim];
        Self { dim, reach: before_the_text.len(), checkpoints: before_the_text.clone(), tail: before_the_text }
    }

    fn rows_in_tail(&self) -> usize {
        (self.tail.len() - self.reach) / self.dim
    }

    fn append(&mut self, rows: &[f32]) {
        for row in rows.chunks_exact(self.dim) {
            self.tail.extend_from_slice(row);
            if self.rows_in_tail() == CHECKPOINT {
                self.tail.drain(..CHECKPOINT * self.dim);
                self.checkpoints.extend_from_slice(&self.tail);
            }
        }
    }

    /// Tokens before the tail.
    fn base(&self) -> usize {
        (self.checkpoints.len() / self.reach - 1) * CHECKPOINT
    }

    /// The greatest length, at most `len`, at which the state is known.
    fn reachable(&self, len: usize) -> usize {
        if len >= self.base() { len } else { len / CHECKPOINT * CHECKPOINT }
    }

    /// `len` is reachable.
    fn truncate(&mut self, len: usize) {
        if len >= self.base() {
            self.tail.truncate(self.reach + (len - self.base()) * self.dim);
        } else {
            self.checkpoints.truncate((len / CHECKPOINT + 1) * self.reach);
            self.tail = self.checkpoints[self.checkpoints.len() - self.reach..].to_vec();
        }
    }
}
