//! What may follow a text, by what followed the same words before: prompt lookup decoding (Saxena 2023,
//! <https://github.com/apoorvumang/prompt-lookup-decoding>).

/// The most tokens that are guessed.
const MOST: usize = 6;
/// Tokens at the end that must have stood before, first longer, then shorter.
const SAME: [usize; 2] = [3, 2];
/// How far back is looked.
const BACK: usize = 1024;
/// How much of what was learned of its luck a new trial outweighs.
const NEWS: f32 = 0.25;
/// With a share of right guesses below this it rests, for so many tokens.
const LEAST: f32 = 0.3;
const REST: usize = 24;

/// Guesses, and learns whether that pays.
#[derive(Clone, Debug)]
pub(super) struct Guesser {
    /// Share of the guesses that were right, of late.
    luck: f32,
    rest: usize,
}

impl Default for Guesser {
    fn default() -> Self {
        Self { luck: 0.5, rest: 0 }
    }
}

impl Guesser {
    /// What may follow.
    pub fn guess(&mut self, ids: &[u32]) -> Vec<u32> {
        if self.rest > 0 {
            self.rest -= 1;
            return Vec::new();
        }
        let most = ((MOST as f32 * self.luck).ceil() as usize).clamp(1, MOST);
        SAME.into_iter().find_map(|same| follows(ids, same, most)).unwrap_or_default()
    }

    /// Learns how many of so many guesses were right.
    pub fn learn(&mut self, guesses: usize, right: usize) {
        if guesses == 0 {
            return;
        }
        self.luck += NEWS * (right as f32 / guesses as f32 - self.luck);
        if self.luck < LEAST {
            (self.luck, self.rest) = (LEAST, REST);
        }
    }
}

/// What followed the last time that the last `same` tokens stood there.
fn follows(ids: &[u32], same: usize, most: usize) -> Option<Vec<u32>> {
    let end = ids.get(ids.len().checked_sub(same)?..)?;
    let from = ids.len().saturating_sub(BACK);
    let before = &ids[from..ids.len() - 1];
    let at = before.windows(same).rposition(|window| window == end)?;
    let after = &ids[from + at + same..];
    Some(after[..after.len().min(most)].to_vec()).filter(|after| !after.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_before_is_guessed() {
        let mut guesser = Guesser::default();
        assert_eq!(guesser.guess(&[1, 2, 3, 4, 5, 1, 2]), [3, 4, 5], "half of the most, as long as nothing is known");
        assert_eq!(guesser.guess(&[9, 2, 3, 1, 2, 8, 9, 1, 2]), [8, 9, 1], "the latest of two places");
        assert!(guesser.guess(&[1, 2, 3]).is_empty() && guesser.guess(&[1]).is_empty() && guesser.guess(&[]).is_empty());
    }

    #[test]
    fn a_guesser_without_luck_rests() {
        let mut guesser = Guesser::default();
        let text = [1, 2, 3, 4, 1, 2];
        while !guesser.guess(&text).is_empty() {
            guesser.learn(3, 0);
        }
        let rested = (0..REST + 1).take_while(|_| guesser.guess(&text).is_empty()).count();
        assert_eq!(rested, REST - 1, "and tries again after a while");
        (0..20).for_each(|_| guesser.learn(4, 4));
        assert!(guesser.luck > 0.9, "luck is learned too: {guesser:?}");
    }
}
