use super::batch::Part;
use super::rows::each_rows;
use super::{Pairs, Rope};
use crate::engine::kernel::Pool;

/// A rotary embedding's sines and cosines for the rows of one pass.
pub(super) struct Turns<'a> {
    rope: &'a Rope,
    /// For each row, those of each pair.
    sines: Vec<f32>,
    cosines: Vec<f32>,
}

impl<'a> Turns<'a> {
    pub fn new(rope: &'a Rope, parts: &[Part]) -> Self {
        let turn = |position: usize, speed: f32| {
            let (sine, cosine) = (position as f64 * f64::from(speed)).sin_cos();
            (sine as f32 * rope.magnitude, cosine as f32 * rope.magnitude)
        };
        let of_token = |position: usize| rope.speeds.iter().map(move |speed| turn(position, *speed));
        let (sines, cosines) = parts.iter().flat_map(Part::positions).flat_map(of_token).unzip();
        Self { rope, sines, cosines }
    }

    /// Turns each head of rows of `heads` heads by its token's position.
    pub fn rotate(&self, x: &mut [f32], heads: usize, head_dim: usize, pool: &Pool) {
        let half = self.rope.speeds.len();
        let turn = match self.rope.pairs {
            Pairs::Neighbours => turn_neighbours,
            Pairs::Halves => turn_halves,
        };
        each_rows(x, heads * head_dim, pool, |x, rows| {
            for (row, x) in rows.zip(x.chunks_exact_mut(heads * head_dim)) {
                let place = row * half..(row + 1) * half;
                let (sines, cosines) = (&self.sines[place.clone()], &self.cosines[place]);
                x.chunks_exact_mut(head_dim).for_each(|head| turn(head, sines, cosines));
            }
        });
    }
}

fn turn_neighbours(head: &mut [f32], sines: &[f32], cosines: &[f32]) {
    for (pair, (sine, cosine)) in head.chunks_exact_mut(2).zip(sines.iter().zip(cosines)) {
        let (a, b) = (pair[0], pair[1]);
        pair[0] = a * cosine - b * sine;
        pair[1] = a * sine + b * cosine;
    }
}

fn turn_halves(head: &mut [f32], sines: &[f32], cosines: &[f32]) {
    let (first, second) = head.split_at_mut(sines.len());
    for ((a, b), (sine, cosine)) in first.iter_mut().zip(second).zip(sines.iter().zip(cosines)) {
        (*a, *b) = (*a * cosine - *b * sine, *a * sine + *b * cosine);
    }
}
