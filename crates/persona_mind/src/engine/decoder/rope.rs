use super::batch::Part;
use super::rows::each_rows;
use super::{Pairs, Rope};
use crate::engine::kernel::Pool;

/// A rotary embedding's sines and cosines for the rows of one pass.
pub(super) struct Turns<'a> {
    rope: &'a Rope,
    /// For each row, one of each pair.
    table: Vec<(f32, f32)>,
}

impl<'a> Turns<'a> {
    pub fn new(rope: &'a Rope, parts: &[Part]) -> Self {
        let turn = |position: usize, speed: f32| {
            let (sin, cos) = (position as f64 * f64::from(speed)).sin_cos();
            (sin as f32 * rope.magnitude, cos as f32 * rope.magnitude)
        };
        let of_token = |position: usize| rope.speeds.iter().map(move |speed| turn(position, *speed));
        Self { rope, table: parts.iter().flat_map(Part::positions).flat_map(of_token).collect() }
    }

    /// Turns each head of rows of `heads` heads by its token's position.
    pub fn rotate(&self, x: &mut [f32], heads: usize, head_dim: usize, pool: &Pool) {
        let half = self.rope.speeds.len();
        each_rows(x, heads * head_dim, pool, |x, rows| {
            let turns = self.table[rows.start * half..].chunks_exact(half);
            for (row, turns) in x.chunks_exact_mut(heads * head_dim).zip(turns) {
                row.chunks_exact_mut(head_dim).for_each(|head| self.turn(head, turns));
            }
        });
    }

    fn turn(&self, head: &mut [f32], turns: &[(f32, f32)]) {
        let turned = |a: f32, b: f32, (sin, cos): (f32, f32)| (a * cos - b * sin, a * sin + b * cos);
        match self.rope.pairs {
            Pairs::Neighbours => {
                for (pair, turn) in head.chunks_exact_mut(2).zip(turns) {
                    (pair[0], pair[1]) = turned(pair[0], pair[1], *turn);
                }
            }
            Pairs::Halves => {
                let (first, second) = head.split_at_mut(turns.len());
                for ((a, b), turn) in first.iter_mut().zip(second).zip(turns) {
                    (*a, *b) = turned(*a, *b, *turn);
                }
            }
        }
    }
}
