//! Which episodes matter for a line of talk.

use super::{Episode, Memory};
use crate::clock::GameClock;
use crate::knowledge::words::{Kind, words};
use bevy::prelude::*;
use std::collections::HashMap;

/// What to look for among episodes.
#[derive(Clone, Copy, Debug)]
pub struct EpisodeQuery<'a> {
    /// The line that was said.
    pub line: &'a str,
    /// Who said it.
    pub speaker: &'a str,
    /// The most episodes; 3 by default.
    pub max: usize,
    /// Episodes below this score do not come; 0.3 by default.
    pub least: f32,
}

impl Default for EpisodeQuery<'_> {
    fn default() -> Self {
        Self { line: "", speaker: "", max: 3, least: 0.3 }
    }
}

/// A recalled episode.
#[derive(Clone, Debug, PartialEq, Reflect)]
#[reflect(Debug, PartialEq)]
pub struct RecalledEpisode {
    /// Its place in [`Memory::episodes`].
    pub place: usize,
    /// The episode.
    pub episode: Episode,
    /// How much it matters, higher is more.
    pub score: f32,
    /// How much of that its words gave.
    pub by_words: f32,
    /// How much of it the time gave that the line speaks of.
    pub by_time: f32,
}

/// BM25 (Robertson and Zaragoza 2009), as for facts.
const K1: f32 = 1.2;
const B: f32 = 0.5;
/// What an episode gains that lies in the time the line speaks of, and one in which the speaker was there.
const IN_TIME: f32 = 1.5;
const WITH_SPEAKER: f32 = 0.15;
/// What the least important and oldest keeps of its score.
const FAINT: f32 = 0.5;
/// The most words of an episode and of a line.
const WORDS: usize = 256;

impl Memory {
    /// The episodes that matter for a line, best first: by their words, by the time that the line speaks of ("yesterday",
    /// "two days ago"), by who was there, and by how much they matter.
    #[must_use]
    pub fn recall(&self, query: &EpisodeQuery, clock: &GameClock) -> Vec<RecalledEpisode> {
        let texts: Vec<Vec<u64>> = self.episodes().iter().map(stems).collect();
        let asked: Vec<u64> = contents(query.line);
        let mean = texts.iter().map(Vec::len).sum::<usize>() as f32 / texts.len().max(1) as f32;
        let mut holders: HashMap<u64, usize> = HashMap::new();
        for text in &texts {
            let mut seen = text.clone();
            seen.sort_unstable();
            seen.dedup();
            seen.into_iter().filter(|stem| asked.contains(stem)).for_each(|stem| *holders.entry(stem).or_default() += 1);
        }
        let window = clock.spoken_of(query.line);
        let mut found: Vec<RecalledEpisode> = Vec::new();
        for (place, (episode, text)) in self.episodes().iter().zip(&texts).enumerate() {
            let by_words = asked.iter().map(|stem| {
                let often = text.iter().filter(|other| *other == stem).count() as f32;
                let held = holders.get(stem).copied().unwrap_or(0) as f32;
                let rarity = ((texts.len() as f32 - held + 0.5) / (held + 0.5)).ln_1p();
                rarity * often * (K1 + 1.0) / (often + K1 * (1.0 - B + B * text.len() as f32 / mean.max(1.0)))
            });
            let by_words: f32 = by_words.sum();
            let is_in_time = window.is_some_and(|(from, to)| episode.at < to && episode.last >= from);
            let by_time = if is_in_time { IN_TIME } else { 0.0 };
            let with_speaker = episode.with.iter().any(|who| *who == query.speaker);
            let present = FAINT + (1.0 - FAINT) * episode.strength(clock.seconds, 30.0 * clock.day);
            let score = (by_words + by_time) * present + if with_speaker { WITH_SPEAKER } else { 0.0 };
            if score >= query.least {
                found.push(RecalledEpisode { place, episode: episode.clone(), score, by_words, by_time });
            }
        }
        found.sort_by(|one, two| two.score.total_cmp(&one.score).then(two.place.cmp(&one.place)));
        found.truncate(query.max);
        found
    }
}

/// The stems of an episode: of its sentence, of the names of its place, its company and what it was about.
fn stems(episode: &Episode) -> Vec<u64> {
    let names = episode.with.iter().chain(&episode.about).chain(&episode.place);
    let mut stems = contents(&episode.what);
    stems.extend(names.flat_map(|name| contents(name)));
    stems
}

fn contents(text: &str) -> Vec<u64> {
    words(text, WORDS).into_iter().filter(|word| word.kind == Kind::Content).map(|word| word.stem).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn episodes_come_by_words_and_by_time() {
        let day = 86_400.0;
        let clock = GameClock { seconds: 10.5 * day, ..GameClock::default() };
        let mut memory = Memory::default();
        for (what, at) in [
            ("A stranger with a limp asked for the ferryman.", 1.3),
            ("Kessa sold me a silver spoon.", 8.5),
            ("Tobin broke the blue jug.", 9.4),
            ("The player sang in the tap-room.", 9.6),
        ] {
            memory.add(Episode::new(what, at * day));
        }
        let first =
            |line: &str| memory.recall(&EpisodeQuery { line, ..default() }, &clock).first().map(|r| r.episode.what.clone());
        assert_eq!(first("Did anyone ask for the ferryman?").as_deref(), Some("A stranger with a limp asked for the ferryman."));
        assert_eq!(first("Who broke your jug?").as_deref(), Some("Tobin broke the blue jug."));
        assert_eq!(first("What happened two days ago?").as_deref(), Some("Kessa sold me a silver spoon."), "by its time");
        let yesterday = memory.recall(&EpisodeQuery { line: "what happened yesterday?", ..default() }, &clock);
        assert_eq!(yesterday.len(), 2, "two things happened yesterday: {yesterday:?}");
        assert_eq!(first("xyzzy"), None, "what has nothing to do with the line does not come");
    }
}
