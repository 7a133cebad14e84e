use super::{Pairs, Rope};

/// A rotary embedding's sines and cosines for the tokens of one step.
pub(super) struct Turns<'a> {
    rope: &'a Rope,
    /// For each token, one of each pair.
    table: Vec<(f32, f32)>,
}

impl<'a> Turns<'a> {
    pub fn new(rope: &'a Rope, start: usize, tokens: usize) -> Self {
        let turn = |position: usize, speed: f32| {
            let (sin, cos) = (position as f64 * f64::from(speed)).sin_cos();
            (sin as f32 * rope.magnitude, cos as f32 * rope.magnitude)
        };
        let of_token = |position: usize| rope.speeds.iter().map(move |speed| turn(position, *speed));
        Self { rope, table: (start..start + tokens).flat_map(of_token).collect() }
    }

    /// Turns each head of rows of `heads` heads by its token's position.
    pub fn rotate(&self, x: &mut [f32], heads: usize, head_dim: usize) {
        let half = self.rope.speeds.len();
        for (row, turns) in x.chunks_exact_mut(heads * head_dim).zip(self.table.chunks_exact(half)) {
            for head in row.chunks_exact_mut(head_dim) {
                for (i, (sin, cos)) in turns.iter().enumerate() {
                    let (first, second) = match self.rope.pairs {
                        Pairs::Neighbours => (2 * i, 2 * i + 1),
                        Pairs::Halves => (i, i + half),
                    };
                    let (a, b) = (head[first], head[second]);
                    head[first] = a * cos - b * sin;
                    head[second] = a * sin + b * cos;
                }
            }
        }
    }
}
