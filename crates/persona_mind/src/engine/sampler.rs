//! Choosing the next token from logits.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// 0: always the likeliest; 1: as the model has it; above: wilder.
    pub temperature: f32,
    /// Only the so many likeliest; 0 for all.
    pub top_k: usize,
    /// Only the likeliest that make up this share of the probability, 0..=1 (Holtzman et al. 2020, arXiv 1904.09751).
    pub top_p: f32,
    /// Only those at least this share as likely as the likeliest, 0..=1 (Nguyen et al. 2024, arXiv 2407.01082).
    pub min_p: f32,
    /// Logits of recent tokens are divided by this where positive, multiplied where negative; 1 for none
    /// (Keskar et al. 2019, arXiv 1909.05858).
    pub repeat_penalty: f32,
    /// How many tokens count as recent.
    pub repeat_window: usize,
    /// Seed of the chance.
    pub seed: u64,
}

impl Sampling {
    /// Always the likeliest token, with no penalty.
    pub const GREEDY: Self =
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, repeat_penalty: 1.0, repeat_window: 0, seed: 0 };
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05, repeat_penalty: 1.1, repeat_window: 64, seed: 0 }
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
        Self { sampling, rng: ChaCha8Rng::seed_from_u64(sampling.seed), candidates: Vec::new() }
    }

    /// The next token after `text`. A logit that is not a number is never chosen; of no logits, 0.
    pub fn choose(&mut self, logits: &[f32], text: &[u32]) -> u32 {
        self.candidates.clear();
        self.candidates.extend((0..).zip(logits.iter().copied()).filter(|(_, logit)| !logit.is_nan()));
        self.penalise(&text[text.len().saturating_sub(self.sampling.repeat_window)..]);
        if self.sampling.temperature <= 0.0 {
            // The first of the best, as elsewhere.
            return self.candidates.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a }).map_or(0, |(id, _)| id);
        }
        self.keep_likeliest();
        self.draw()
    }

    fn penalise(&mut self, recent: &[u32]) {
        let penalty = self.sampling.repeat_penalty;
        if penalty == 1.0 {
            return;
        }
        for (_, logit) in self.candidates.iter_mut().filter(|(id, _)| recent.contains(id)) {
            *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(sampling: Sampling, logits: &[f32], text: &[u32]) -> Vec<u32> {
        let mut ids: Vec<u32> = (0..200).map(|seed| Sampler::new(Sampling { seed, ..sampling }).choose(logits, text)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    const FREE: Sampling = Sampling { temperature: 1.0, ..Sampling::GREEDY };

    #[test]
    fn each_cut_leaves_the_likeliest() {
        let logits = [2.0, 1.0, 1.5, -9.0];
        assert_eq!(drawn(FREE, &logits, &[]), [0, 1, 2], "the last is one in 100,000");
        assert_eq!(drawn(Sampling { top_k: 2, ..FREE }, &logits, &[]), [0, 2], "the two best");
        assert_eq!(drawn(Sampling { top_p: 0.4, ..FREE }, &logits, &[]), [0], "the best has half");
        assert_eq!(drawn(Sampling { min_p: 0.5, ..FREE }, &logits, &[]), [0, 2], "the third is 0.37 as likely as the best");
    }

    #[test]
    fn a_repeated_token_becomes_less_likely() {
        let greedy = Sampling { repeat_penalty: 1.5, repeat_window: 2, ..Sampling::GREEDY };
        let choose = |text: &[u32]| Sampler::new(greedy).choose(&[2.0, 1.9, -1.0], text);
        assert_eq!(choose(&[]), 0, "nothing is repeated yet");
        assert_eq!(choose(&[0]), 1, "0 has just been said");
        assert_eq!(choose(&[0, 2, 2]), 0, "0 is out of the window");
    }

    #[test]
    fn logits_that_are_no_numbers_do_no_harm() {
        assert_eq!(drawn(FREE, &[f32::NAN, 1.0, f32::NEG_INFINITY], &[]), [1], "only one is a choice");
        assert_eq!(Sampler::new(FREE).choose(&[], &[]), 0, "no logits at all");
        assert_eq!(drawn(FREE, &[f32::NAN], &[]), [0], "nothing to choose");
    }
}
