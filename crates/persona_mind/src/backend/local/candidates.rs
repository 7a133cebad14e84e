//! Several replies to one line, of which the likeliest is spoken.

use super::turn::Turn;
use crate::engine::scheduler::Ended;

/// A reply that has ended, and what came of its text.
#[derive(Debug)]
pub(super) struct Candidate {
    pub turn: Turn,
    pub text: Ended,
}

impl Candidate {
    /// What ended by itself is better than what was cut off, and that better than what failed; then the likelier is better, by
    /// the mean of its tokens, so that short replies are not preferred.
    fn rank(&self) -> (bool, bool, f32) {
        (self.text.failure.is_none(), self.turn.is_whole(), self.text.likelihood / self.turn.tokens().max(1) as f32)
    }
}

/// The best, with the tokens that all of them computed; of those alike the first.
pub(super) fn best(candidates: Vec<Candidate>) -> Option<Candidate> {
    let computed = candidates.iter().map(|candidate| candidate.text.computed).sum();
    let better = |a: &Candidate, b: &Candidate| {
        let (a, b) = (a.rank(), b.rank());
        a.0.cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2))
    };
    let mut best = candidates.into_iter().rev().max_by(better)?;
    best.text.computed = computed;
    Some(best)
}
