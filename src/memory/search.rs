//! Which episodes matter for a line of talk.

use super::{Episode, Memory};
use crate::clock::{Calendar, GameClock};
use crate::knowledge::Concept;
use crate::knowledge::texts::Texts;
use bevy::prelude::*;

/// What to look for among episodes.
#[derive(Clone, Copy, Debug)]
pub struct EpisodeQuery<'a> {
    /// The line that was said.
    pub line: &'a str,
    /// Who said it.
    pub speaker: &'a str,
    /// What days are called, for lines that name one.
    pub calendar: Option<&'a Calendar>,
    /// The most episodes; 3 by default.
    pub max: usize,
    /// Episodes below this score do not come; 0.3 by default.
    pub least: f32,
}

impl Default for EpisodeQuery<'_> {
    fn default() -> Self {
        Self { line: "", speaker: "", calendar: None, max: 3, least: 0.3 }
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

/// What an episode counts that holds all words of the line.
const IN_WORDS: f32 = 6.0;
/// What an episode gains that lies in the time the line speaks of, and one in which the speaker was there.
const IN_TIME: f32 = 2.0;
const WITH_SPEAKER: f32 = 0.15;
/// What the least important and oldest keeps of its score.
const FAINT: f32 = 0.5;

impl Memory {
    /// The episodes that matter for a line, best first: by their words, by the time that the line speaks of ("yesterday",
    /// "two days ago"), by who was there, and by how much they matter.
    #[must_use]
    pub fn recall(&self, query: &EpisodeQuery, clock: &GameClock) -> Vec<RecalledEpisode> {
        let by_words = Texts::new(self.episodes().iter().map(texts)).scores(query.line);
        let window = clock.spoken_of(query.line).or_else(|| clock.named_in(query.line, query.calendar?));
        let mut found: Vec<RecalledEpisode> = Vec::new();
        for (place, (episode, by_words)) in self.episodes().iter().zip(by_words).enumerate() {
            let by_words = by_words * IN_WORDS;
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

/// What an episode tells: its sentence, and the names of its place, its company and what it was about.
fn texts(episode: &Episode) -> impl Iterator<Item = &str> {
    let names = episode.with.iter().chain(&episode.about).chain(&episode.place).map(Concept::name);
    std::iter::once(episode.what.as_str()).chain(names)
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
