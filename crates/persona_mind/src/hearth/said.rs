//! Which words of a fact a line says: plain evidence beside meaning, for relations that no training has seen.

use std::collections::{BTreeMap, BTreeSet};

/// Words that say nothing of what is asked for.
const COMMON: &str = " a about am an and any anybody anyone anything are aren't as at be been being but by can can't could did didn't do \
    does doesn't doing don't down ever every for from get gets got had has have having he her here hers him his how i i'd i'll i'm if \
    in into is isn't it it's its just know let me might mine much must my no nor not now of off on one or our out over she should so some \
    somebody someone something than thank that that's the thee their them then there these they thine this those thou through thy till to \
    too u under until up upon ur us very was we were what what's whats when where where's which while who who's whom whose why will \
    with would yet you your you're yours ";

/// Words that say little of it, without their endings.
const WEAK: &str = " ask bad becom big bring call child com day do feel find friend giv go good gon great hat hav hear her hom hous keep \
    kind know last lat lik littl liv long look lov mak man mean mind miss nam need new nic night old pay people plac play put real \
    right said say see seem sell show sir start stop stor story sur tak talk tell ther thing think tim today told town tri us want \
    way well went wom wond word work world wrong year young ";

/// The words of a line, and how many facts hold each of them.
#[derive(Clone, Debug)]
pub struct Said {
    line: BTreeSet<String>,
    facts: BTreeMap<String, usize>,
}

impl Said {
    /// What a line says of facts, which are given as their texts; slots are no words.
    #[must_use]
    pub fn new<'a>(line: &str, facts: impl Iterator<Item = [&'a str; 3]>) -> Self {
        let mut said = Self { line: stems(line).collect(), facts: BTreeMap::new() };
        for fact in facts {
            let of_fact: BTreeSet<String> = fact.into_iter().flat_map(stems).filter(|stem| said.holds(stem)).collect();
            of_fact.into_iter().for_each(|stem| *said.facts.entry(stem).or_insert(0) += 1);
        }
        said
    }

    /// How much of a text the line says, from 0 to 1: a single word of weight that no other fact holds is enough.
    #[must_use]
    pub fn strength(&self, text: &str) -> f32 {
        let weight = |stem: String| {
            let weight = if stands_in(&stem, WEAK) { 0.25 } else { 1.0 };
            weight / self.facts.get(&stem).copied().unwrap_or(1).max(1) as f32
        };
        1.0 - stems(text).filter(|stem| self.holds(stem)).map(|stem| 1.0 - weight(stem)).product::<f32>()
    }

    /// Whether the line has a word, or a long one that begins like it: "windowcleaner".
    fn holds(&self, stem: &str) -> bool {
        const LONG: usize = 5;
        let begins = |word: &String| {
            (stem.len() >= LONG && word.starts_with(stem)) || (word.len() >= LONG && stem.starts_with(word.as_str()))
        };
        self.line.contains(stem) || self.line.iter().any(begins)
    }
}

/// The words of a text that say something, without their endings.
fn stems(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '{' || c == '}'));
    let words = words.map(str::to_lowercase).filter(|word| word.len() > 2 && !word.contains(['{', '}']));
    words.filter(|word| !stands_in(word, COMMON)).map(|word| stem(&word))
}

/// Whether a word is one of a list with spaces around each.
fn stands_in(word: &str, list: &str) -> bool {
    list.match_indices(word).any(|(at, _)| list[..at].ends_with(' ') && list[at + word.len()..].starts_with(' '))
}

/// A word without the commonest endings of English.
fn stem(word: &str) -> String {
    const ENDINGS: [&str; 9] = ["'s", "ings", "ing", "ers", "ies", "ed", "es", "s", "e"];
    let word = word.trim_matches('\'');
    let end = ENDINGS.iter().find(|end| word.len() >= end.len() + 3 && word.ends_with(**end) && !word.ends_with("ss"));
    let root = end.map_or(word, |end| &word[..word.len() - end.len()]);
    // "eating" and "eaten", "stopped" and "stop".
    let root = root.strip_suffix("en").filter(|rest| rest.len() >= 3).unwrap_or(root);
    let mut letters = root.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(a), Some(b)) if a == b && root.len() > 3 && !"aeiouls".contains(a) => root[..root.len() - a.len_utf8()].to_owned(),
        _ => root.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_the_same() {
        for (a, b) in [("eat", "eating"), ("lives", "live"), ("stopped", "stop"), ("horses", "horse"), ("waiting", "waits")] {
            assert_eq!(stem(a), stem(b), "{a} and {b}");
        }
        assert_eq!(stem("glass"), "glass");
    }

    #[test]
    fn a_word_that_many_facts_hold_counts_little() {
        let facts = [["Kaz", "gave up eating", "meat"], ["Joss", "plays in", "a band"], ["Kaz", "plays for", "the band of Hull"]];
        let said = Said::new("is there something you don't eat? {1} and the bands, name them", facts.into_iter());
        assert!((said.strength("gave up eating") - 1.0).abs() < 1e-6, "one word is enough");
        assert!((said.strength("a band") - 0.5).abs() < 1e-6, "two facts hold it");
        assert!((said.strength("is named") - 0.25).abs() < 1e-6, "a weak word");
        assert!(said.strength("meat") == 0.0 && said.strength("of the") == 0.0 && said.strength("") == 0.0);
        let said = Said::new("how often does the windowcleaner come", std::iter::empty());
        assert!((said.strength("the window cleaner") - 1.0).abs() < 1e-6, "words that are written as one");
    }
}
