//! Which of a few texts speak of what a line speaks of.

use super::words::{Kind, Word, hash, words};
use std::collections::HashMap;

/// BM25 (Robertson and Zaragoza 2009).
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// The most words of a text and of a line.
const WORDS: usize = 256;
/// The lengths of runs of letters that count as words do.
const RUNS: [usize; 2] = [4, 5];

/// Texts, each as the words it holds and the runs of letters that these are made of, so that "skiing" finds "skis".
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// How often each text holds which term.
    texts: Vec<HashMap<u64, f32>>,
    /// How many texts hold each term.
    holders: HashMap<u64, f32>,
    terms: usize,
}

impl Texts {
    pub(crate) fn new<'a, T: IntoIterator<Item = &'a str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut all = Self::default();
        for parts in texts {
            let mut text: HashMap<u64, f32> = HashMap::new();
            for term in parts.into_iter().flat_map(terms) {
                *text.entry(term).or_default() += 1.0;
                all.terms += 1;
            }
            text.keys().for_each(|term| *all.holders.entry(*term).or_default() += 1.0);
            all.texts.push(text);
        }
        all
    }

    /// How much each text has to do with the line: 0 for nothing, towards 1 where it holds all of its words.
    pub(crate) fn scores(&self, line: &str) -> Vec<f32> {
        let mut asked = terms(line);
        asked.sort_unstable();
        asked.dedup();
        let count = self.texts.len() as f32;
        let mean = (self.terms as f32 / count.max(1.0)).max(1.0);
        let rarity = |term: &u64| {
            let held = self.holders.get(term).copied().unwrap_or(0.0);
            ((count - held + 0.5) / (held + 0.5)).ln_1p()
        };
        let most = asked.iter().map(rarity).sum::<f32>().max(f32::MIN_POSITIVE) * (K1 + 1.0);
        let score = |text: &HashMap<u64, f32>| {
            let length: f32 = text.values().sum();
            let part = |term: &u64| {
                let often = text.get(term).copied().unwrap_or(0.0);
                rarity(term) * often * (K1 + 1.0) / (often + K1 * (1.0 - B + B * length / mean))
            };
            asked.iter().map(part).sum::<f32>() / most
        };
        self.texts.iter().map(score).collect()
    }
}

/// The words of substance, stemmed, and their runs of letters.
fn terms(text: &str) -> Vec<u64> {
    let contents = words(text, WORDS).into_iter().filter(|word| word.kind == Kind::Content);
    contents.flat_map(|word| std::iter::once(word.stem).chain(runs(&word)).collect::<Vec<_>>()).collect()
}

fn runs(word: &Word) -> impl Iterator<Item = u64> {
    let letters: Vec<char> = std::iter::once('<').chain(word.text.chars()).chain(std::iter::once('>')).collect();
    RUNS.into_iter()
        .flat_map(move |size| letters.windows(size).map(|run| hash(&run.iter().collect::<String>())).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_one_origin_find_each_other() {
        let texts = Texts::new([["skis slide on snow"], ["a diary of a potter"], ["the smith's hammer"]]);
        let best = |line: &str| {
            let scores = texts.scores(line);
            (0..scores.len()).filter(|at| scores[*at] > 0.0).max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
        };
        assert_eq!(best("I was very much interested in sliding"), Some(0), "slide");
        assert_eq!(best("pottery?"), Some(1), "a potter makes it");
        assert_eq!(best("Who has a hammmer?"), Some(2), "a letter too many");
        assert_eq!(best("Who is it?"), None, "no word of substance");
    }
}
