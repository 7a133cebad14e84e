//! Choosing the next token from logits.

mod penalties;

pub use penalties::{Dry, Penalties};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How tokens are chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// 0: always the likeliest; 1: as the model has it; above: wilder.
    pub temperature: f32,
    /// Only the so many likeliest; 0 for all.
    pub top_k: usize,
    /// Only the likeliest that make up this share of the probability, 0..=1 (Holtzman et al. 2020, arXiv 1904.09751).
    pub top_p: f32,
    /// Only those at least this share as likely as the likeliest, 0..=1 (Nguyen et al. 2024, arXiv 2407.01082).
    pub min_p: f32,
    /// What is taken from what was said before.
    pub penalties: Penalties,
    /// Added to the logits of single tokens; negative infinity forbids one.
    pub bias: Vec<(u32, f32)>,
    /// Seed of the chance.
    pub seed: u64,
}

impl Sampling {
    /// Always the likeliest token, with no penalty.
    pub const GREEDY: Self =
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalties: Penalties::NONE, bias: Vec::new(), seed: 0 };
}

impl Default for Sampling {
    fn default() -> Self {
        let penalties = Penalties { repeat: 1.1, ..Penalties::NONE };
        Self { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05, penalties, bias: Vec::new(), seed: 0 }
    }
}

/// Chooses tokens; the same seed and logits give the same choices.
///
/// ```
/// use persona_mind::engine::sampler::{Sampler, Sampling};
/// let mut sampler = Sampler::new(Sampling::GREEDY);
/// assert_eq!(sampler.choose(&[0.1, 2.5, -1.0], &[]), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Sampler {
    sampling: Sampling,
    rng: ChaCha8Rng,
    /// Candidates with logits, then weights; kept to be allocated once.
    candidates: Vec<(u32, f32)>,
}

impl Sampler {
    /// A sampler at the beginning of its chance.
    #[must_use]
    pub fn new(sampling: Sampling) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(sampling.seed);
        Self { sampling, rng, candidates: Vec::new() }
    }

    /// The next token after `text`. A logit that is not a number is never chosen; of no logits, 0.
    pub fn choose(&mut self, logits: &[f32], text: &[u32]) -> u32 {
        self.choose_among(logits, text, |_| true)
    }

    /// The next token after `text`, of those that are allowed. Where none is, any is.
    pub fn choose_among(&mut self, logits: &[f32], text: &[u32], is_allowed: impl Fn(u32) -> bool) -> u32 {
        self.candidates.clear();
        self.candidates.extend((0..).zip(logits.iter().copied()).filter(|(id, logit)| !logit.is_nan() && is_allowed(*id)));
        if self.candidates.is_empty() {
            self.candidates.extend((0..).zip(logits.iter().copied()).filter(|(_, logit)| !logit.is_nan()));
        }
        self.lean();
        self.sampling.penalties.apply(&mut self.candidates, text);
        if self.sampling.temperature <= 0.0 {
            // The first of the best, as elsewhere.
            return self.candidates.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a }).map_or(0, |(id, _)| id);
        }
        self.keep_likeliest();
        self.draw()
    }

    /// Adds the bias.
    fn lean(&mut self) {
        for (token, bias) in &self.sampling.bias {
            if let Ok(at) = self.candidates.binary_search_by_key(token, |(id, _)| *id) {
                self.candidates[at].1 += bias;
            }
        }
        // A bias without bounds, upwards or of no number, counts as none.
        self.candidates.retain(|(_, logit)| !logit.is_nan());
    }

    /// Cuts the candidates by top-k, min-p and top-p, in this order, and turns logits to weights.
    fn keep_likeliest(&mut self) {
        let Sampling { temperature, top_k, top_p, min_p, .. } = self.sampling;
        let falling = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1);
        if top_k > 0 && top_k < self.candidates.len() {
            self.candidates.select_nth_unstable_by(top_k - 1, falling);
            self.candidates.truncate(top_k);
        }
        self.candidates.sort_unstable_by(falling);
        let Some((_, best)) = self.candidates.first().copied() else { return };
        for (_, logit) in &mut self.candidates {
            *logit = ((*logit - best) / temperature).exp();
        }
        let far = self.candidates.partition_point(|(_, weight)| *weight >= min_p);
        self.candidates.truncate(far.max(1));
        let enough = top_p * self.candidates.iter().map(|(_, weight)| weight).sum::<f32>();
        let mut sum = 0.0;
        let mut before = |(_, weight): &(u32, f32)| {
            sum += weight;
            sum < enough
        };
        let kept = self.candidates.iter().take_while(|c| before(c)).count() + 1;
        self.candidates.truncate(kept);
    }

    fn draw(&mut self) -> u32 {
        let total: f32 = self.candidates.iter().map(|(_, weight)| weight).sum();
        let mut left = self.rng.random::<f32>() * total;
        for (id, weight) in &self.candidates {
            left -= weight;
            if left < 0.0 {
                return *id;
            }
        }
        self.candidates.first().map_or(0, |(id, _)| *id)
    }
}

/// The likeliest tokens, best first, with the natural logarithms of their shares.
///
/// ```
/// use persona_mind::engine::sampler::likeliest;
/// let [(id, likelihood), ..] = likeliest(&[0.0, 0.0, f32::NEG_INFINITY], 2)[..] else { panic!("two") };
/// assert_eq!((id, likelihood), (0, 0.5f32.ln()));
/// ```
#[must_use]
pub fn likeliest(logits: &[f32], count: usize) -> Vec<(u32, f32)> {
    let total = log_total(logits);
    let mut all: Vec<(u32, f32)> = (0..).zip(logits.iter().copied()).filter(|(_, logit)| !logit.is_nan()).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.truncate(count);
    all.iter().map(|(id, logit)| (*id, logit - total)).collect()
}

/// The natural logarithm of the share that a token has; negative infinity for one that is not there.
#[must_use]
pub fn likelihood(logits: &[f32], token: u32) -> f32 {
    logits.get(token as usize).map_or(f32::NEG_INFINITY, |logit| logit - log_total(logits))
}

/// The logarithm of the sum of all shares before they are made to sum up to 1.
fn log_total(logits: &[f32]) -> f32 {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().filter(|logit| !logit.is_nan()).map(|logit| (logit - top).exp()).sum();
    top + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(sampling: &Sampling, logits: &[f32], text: &[u32]) -> Vec<u32> {
        let mut ids: Vec<u32> =
            (0..200).map(|seed| Sampler::new(Sampling { seed, ..sampling.clone() }).choose(logits, text)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    const FREE: Sampling =
        Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalties: Penalties::NONE, bias: Vec::new(), seed: 0 };

    #[test]
    fn each_cut_leaves_the_likeliest() {
        let logits = [2.0, 1.0, 1.5, -9.0];
        assert_eq!(drawn(&FREE, &logits, &[]), [0, 1, 2], "the last is one in 100,000");
        assert_eq!(drawn(&Sampling { top_k: 2, ..FREE }, &logits, &[]), [0, 2], "the two best");
        assert_eq!(drawn(&Sampling { top_p: 0.4, ..FREE }, &logits, &[]), [0], "the best has half");
        assert_eq!(drawn(&Sampling { min_p: 0.5, ..FREE }, &logits, &[]), [0, 2], "the third is 0.37 as likely as the best");
    }

    #[test]
    fn a_bias_is_added_and_can_forbid() {
        let logits = [2.0, 1.9, -1.0];
        let choose =
            |bias: &[(u32, f32)]| Sampler::new(Sampling { bias: bias.to_vec(), ..Sampling::GREEDY }).choose(&logits, &[]);
        assert_eq!(choose(&[(1, 0.2)]), 1, "a little is enough");
        assert_eq!(choose(&[(0, f32::NEG_INFINITY), (1, f32::NEG_INFINITY)]), 2, "what is forbidden is not chosen");
        assert_eq!(choose(&[(7, 9.0), (1, f32::NAN)]), 0, "what makes no sense does no harm");
    }

    #[test]
    fn only_what_is_allowed_is_chosen() {
        let mut sampler = Sampler::new(Sampling::GREEDY);
        assert_eq!(sampler.choose_among(&[2.0, 1.0, 0.5], &[], |id| id != 0), 1, "the best of the rest");
        assert_eq!(sampler.choose_among(&[2.0, 1.0, 0.5], &[], |_| false), 0, "where nothing is allowed all is");
    }

    #[test]
    fn likelihoods_are_logarithms_of_shares() {
        let logits = [1.0, 3.0, 2.0, f32::NAN];
        let best = likeliest(&logits, 9);
        assert_eq!(best.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [1, 2, 0], "best first, and nothing that is no number");
        let sum: f32 = best.iter().map(|(_, likelihood)| likelihood.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "shares sum up to {sum}");
        assert_eq!(likelihood(&logits, 2), best[1].1, "the same for one token");
        assert_eq!(likelihood(&logits, 9), f32::NEG_INFINITY, "one that is not there");
    }

    #[test]
    fn logits_that_are_no_numbers_do_no_harm() {
        assert_eq!(drawn(&FREE, &[f32::NAN, 1.0, f32::NEG_INFINITY], &[]), [1], "only one is a choice");
        assert_eq!(Sampler::new(FREE).choose(&[], &[]), 0, "no logits at all");
        assert_eq!(drawn(&FREE, &[f32::NAN], &[]), [0], "nothing to choose");
    }
}
