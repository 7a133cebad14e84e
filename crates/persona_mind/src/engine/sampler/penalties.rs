//! What is taken from tokens that were said before.

use std::collections::HashMap;

/// What is taken from the logits of tokens that were said before.
#[derive(Clone, Debug, PartialEq)]
pub struct Penalties {
    /// Logits are divided by this where positive, multiplied where negative; 1 for none (Keskar et al. 2019, arXiv 1909.05858).
    pub repeat: f32,
    /// Taken once from what was said at all.
    pub presence: f32,
    /// Taken for each time that it was said.
    pub frequency: f32,
    /// Taken from what would go on with a repetition.
    pub dry: Dry,
    /// How many of the latest tokens count.
    pub window: usize,
}

/// "Don't repeat yourself": the longer a repetition is already, the dearer it is to go on with it
/// (<https://github.com/oobabooga/text-generation-webui/pull/5677>).
#[derive(Clone, Debug, PartialEq)]
pub struct Dry {
    /// What a repetition of the allowed length costs; 0 for none.
    pub multiplier: f32,
    /// By how much each further token makes it dearer.
    pub base: f32,
    /// Repetitions up to this length cost nothing.
    pub allowed: usize,
    /// Tokens over which no repetition reaches, such as those for names and line ends.
    pub breakers: Vec<u32>,
}

/// A longer repetition costs no more: it is ruled out by then.
const LONGEST: usize = 50;

impl Penalties {
    /// Nothing is taken; 64 tokens count, where something is.
    pub const NONE: Self = Self { repeat: 1.0, presence: 0.0, frequency: 0.0, dry: Dry::NONE, window: 64 };

    /// Takes from candidates what was said in `text`.
    pub(super) fn apply(&self, candidates: &mut [(u32, f32)], text: &[u32]) {
        let recent = &text[text.len().saturating_sub(self.window)..];
        if self.repeat != 1.0 || self.presence != 0.0 || self.frequency != 0.0 {
            let mut counts: HashMap<u32, f32> = HashMap::new();
            recent.iter().for_each(|id| *counts.entry(*id).or_default() += 1.0);
            each(candidates, counts, |logit, count| {
                let repeated = if logit > 0.0 { logit / self.repeat } else { logit * self.repeat };
                repeated - self.presence - self.frequency * count
            });
        }
        if self.dry.multiplier > 0.0 {
            each(candidates, self.dry.costs(recent), |logit, cost| logit - cost);
        }
    }
}

/// Changes the logits of those of the tokens that are candidates; these are sorted by token.
fn each(candidates: &mut [(u32, f32)], tokens: HashMap<u32, f32>, change: impl Fn(f32, f32) -> f32) {
    for (token, number) in tokens {
        if let Ok(at) = candidates.binary_search_by_key(&token, |(id, _)| *id) {
            candidates[at].1 = change(candidates[at].1, number);
        }
    }
}

impl Dry {
    /// No cost.
    pub const NONE: Self = Self { multiplier: 0.0, base: 1.75, allowed: 2, breakers: Vec::new() };

    /// What each token costs that would go on with a repetition.
    fn costs(&self, text: &[u32]) -> HashMap<u32, f32> {
        let mut lengths: HashMap<u32, usize> = HashMap::new();
        for (at, next) in text.iter().enumerate().skip(1) {
            let before = text[..at].iter().rev().zip(text.iter().rev()).take(LONGEST);
            let same = before.take_while(|(a, b)| a == b && !self.breakers.contains(a)).count();
            let longest = lengths.entry(*next).or_default();
            *longest = same.max(*longest);
        }
        let dear = lengths.into_iter().filter(|(_, length)| *length > self.allowed);
        dear.map(|(id, length)| (id, self.multiplier * self.base.powi((length - self.allowed) as i32))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(penalties: &Penalties, text: &[u32]) -> Vec<f32> {
        let mut candidates: Vec<(u32, f32)> = (0..).zip([2.0, 2.0, -1.0, 2.0]).collect();
        penalties.apply(&mut candidates, text);
        candidates.into_iter().map(|(_, logit)| logit).collect()
    }

    #[test]
    fn what_was_said_becomes_less_likely() {
        let repeat = Penalties { repeat: 2.0, window: 2, ..Penalties::NONE };
        assert_eq!(applied(&repeat, &[]), [2.0, 2.0, -1.0, 2.0], "nothing is repeated yet");
        assert_eq!(applied(&repeat, &[3, 0, 2]), [1.0, 2.0, -2.0, 2.0], "3 is out of the window");
        let presence = Penalties { presence: 0.5, ..Penalties::NONE };
        assert_eq!(applied(&presence, &[1, 1, 1]), [2.0, 1.5, -1.0, 2.0], "once, however often it was said");
        let frequency = Penalties { frequency: 0.5, ..Penalties::NONE };
        assert_eq!(applied(&frequency, &[1, 1, 3]), [2.0, 1.0, -1.0, 1.5], "each time");
        assert_eq!(applied(&frequency, &[77]), [2.0, 2.0, -1.0, 2.0], "a token that is no candidate");
    }

    #[test]
    fn a_repetition_becomes_dearer_the_longer_it_is() {
        let dry = |breakers: &[u32]| Penalties {
            dry: Dry { multiplier: 1.0, base: 2.0, allowed: 1, breakers: breakers.to_vec() },
            ..Penalties::NONE
        };
        assert_eq!(applied(&dry(&[]), &[0, 1, 2, 0, 1]), [2.0, 2.0, -3.0, 2.0], "0 1 2, 0 1: 2 would be the third");
        assert_eq!(applied(&dry(&[]), &[1, 2, 3, 1]), [2.0, 2.0, -1.0, 2.0], "one token alone is allowed");
        assert_eq!(applied(&dry(&[]), &[0, 1, 2, 3, 0, 1, 2]), [2.0, 2.0, -1.0, -2.0], "longer, dearer");
        assert_eq!(applied(&dry(&[1]), &[0, 1, 2, 0, 1]), [2.0, 2.0, -1.0, 2.0], "it does not reach over a breaker");
        let long: Vec<u32> = (0..500).map(|i| i % 3).collect();
        assert!(applied(&Penalties { window: 500, ..dry(&[]) }, &long).iter().all(|logit| !logit.is_nan()), "no number is lost");
    }
}
