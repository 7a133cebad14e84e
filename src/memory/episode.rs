use crate::dialogue::EmotionMirror;
use crate::knowledge::{Concept, Fact};
use bevy::prelude::*;
use persona_mind::brief::Emotion;
use serde::{Deserialize, Serialize};

/// What a character remembers of its life: one episode for each conversation and for each happening of note.
///
/// Episodes fade with game time, slower those that matter and those that come up; like ones become one; and all of them
/// with the facts that were lived through stay inside a [budget](super::MemorySettings::budget). Authored ones stay.
///
/// ```
/// use bevy_persona::memory::{Episode, Memory};
///
/// let mut memory = Memory::default();
/// memory.add(Episode::new("The bridge was carried off by the flood.", 100.0).about(["the bridge"]).important(0.9));
/// assert_eq!(memory.episodes()[0].about[0].name(), "the bridge");
/// ```
#[derive(Component, Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    episodes: Vec<Episode>,
    /// Game time when what had faded was last dropped, in seconds.
    #[serde(default)]
    pub(super) swept_at: f64,
}

/// Something that a character lived through.
#[derive(Clone, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// What happened, as a sentence in the character's own words.
    pub what: String,
    /// Game time when it began, in seconds.
    pub at: f64,
    /// Game time when the last of it happened: later than `at` where several like episodes have become one.
    pub last: f64,
    /// Where.
    #[serde(default)]
    pub place: Option<Concept>,
    /// Who was there, beside the character.
    #[serde(default)]
    pub with: Vec<Concept>,
    /// What it was about.
    #[serde(default)]
    pub about: Vec<Concept>,
    /// How it left the character.
    #[serde(default)]
    #[reflect(remote = EmotionMirror)]
    pub feeling: Emotion,
    /// How much it matters, 0..=1.
    pub importance: f32,
    /// How many like ones it stands for.
    #[serde(default = "once")]
    pub times: u32,
    /// How often it has come up since.
    #[serde(default)]
    pub uses: u32,
    /// Whether its author wrote it: then it never fades.
    #[serde(default)]
    pub is_authored: bool,
}

fn once() -> u32 {
    1
}

impl Episode {
    /// An episode at a game time in seconds, of middling importance.
    #[must_use]
    pub fn new(what: impl Into<String>, at: f64) -> Self {
        let at = if at.is_finite() { at } else { 0.0 };
        Self {
            what: what.into(),
            at,
            last: at,
            place: None,
            with: Vec::new(),
            about: Vec::new(),
            feeling: Emotion::Neutral,
            importance: 0.5,
            times: 1,
            uses: 0,
            is_authored: false,
        }
    }

    /// The episode of a happening that is told by a fact.
    #[must_use]
    pub fn happening(fact: &Fact, importance: f32) -> Self {
        let Fact { subject, predicate, object, .. } = fact;
        let mut what = format!("{subject} {predicate} {object}.");
        if let Some(first) = what.get(..1).map(str::to_uppercase) {
            what.replace_range(..1, &first);
        }
        Self::new(what, fact.learned_at).about([subject, object]).important(importance)
    }

    /// Sets what it was about.
    #[must_use]
    pub fn about<C: Into<Concept>>(mut self, concepts: impl IntoIterator<Item = C>) -> Self {
        self.about = concepts.into_iter().map(Into::into).collect();
        self
    }

    /// Sets who was there.
    #[must_use]
    pub fn with<C: Into<Concept>>(mut self, company: impl IntoIterator<Item = C>) -> Self {
        self.with = company.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how much it matters, 0..=1.
    #[must_use]
    pub fn important(mut self, importance: f32) -> Self {
        self.importance = if importance.is_nan() { 0.0 } else { importance.clamp(0.0, 1.0) };
        self
    }

    /// How present it is at a game time, 0..=1: it halves with each `half_life` seconds, later the more often it came up.
    #[must_use]
    pub fn strength(&self, now: f64, half_life: f64) -> f32 {
        if self.is_authored {
            return 1.0;
        }
        self.importance * faded(now - self.last, half_life, self.uses)
    }

    /// An estimate of the bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.what.len() + (self.with.len() + self.about.len()) * size_of::<Concept>()
    }

    /// Whether both are of one sort: with the same company, about the same.
    fn is_like(&self, other: &Self) -> bool {
        let same = |one: &[Concept], two: &[Concept]| one.len() == two.len() && one.iter().all(|c| two.contains(c));
        self.is_authored == other.is_authored
            && self.place == other.place
            && !(self.with.is_empty() && self.about.is_empty())
            && same(&self.with, &other.with)
            && same(&self.about, &other.about)
    }
}

/// What is left of 1 after so many seconds.
pub(super) fn faded(seconds: f64, half_life: f64, uses: u32) -> f32 {
    let half_life = half_life.max(1.0) * f64::from(1 + uses.min(15));
    (-(seconds.max(0.0) / half_life)).exp2() as f32
}

impl Memory {
    /// Adds an episode; one that is like an earlier one, with the same company and about the same, becomes one with it.
    pub fn add(&mut self, episode: Episode) {
        let like = self.episodes.iter().position(|known| known.is_like(&episode));
        let episode = match like {
            // The latest stands last, as it is told.
            Some(at) => merged(self.episodes.remove(at), episode),
            None => episode,
        };
        let at = self.episodes.partition_point(|other| other.last <= episode.last);
        self.episodes.insert(at, episode);
    }

    /// The episodes, in the order in which they happened last.
    #[must_use]
    pub fn episodes(&self) -> &[Episode] {
        &self.episodes
    }

    /// Counts that an episode has come up, which keeps it longer.
    pub fn touch(&mut self, place: usize) {
        if let Some(episode) = self.episodes.get_mut(place) {
            episode.uses = episode.uses.saturating_add(1);
        }
    }

    /// Forgets the episodes of which this is false. Authored ones stay.
    pub fn retain(&mut self, mut keep: impl FnMut(&Episode) -> bool) {
        self.episodes.retain(|episode| episode.is_authored || keep(episode));
    }

    /// Replaces the authored episodes.
    pub fn set_authored(&mut self, episodes: Vec<Episode>) {
        self.episodes.retain(|episode| !episode.is_authored);
        for episode in episodes {
            self.add(Episode { is_authored: true, ..episode });
        }
    }
}

/// Two like episodes as one.
fn merged(known: Episode, new: Episode) -> Episode {
    let (earlier, later) = if known.last <= new.last { (known, new) } else { (new, known) };
    Episode {
        at: earlier.at.min(later.at),
        importance: (earlier.importance.max(later.importance) + 0.05).min(1.0),
        times: earlier.times.saturating_add(later.times),
        uses: earlier.uses.max(later.uses),
        ..later
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: f64 = 86_400.0;

    #[test]
    fn like_episodes_become_one() {
        let talk = |at, what: &str| Episode::new(what, at).with(["Ilka"]).about(["the mill"]);
        let mut memory = Memory::default();
        memory.add(talk(1.0, "Ilka asked about the mill."));
        memory.add(Episode::new("A storm.", 2.0).about(["the storm"]));
        memory.add(talk(3.0, "Ilka asked about the mill again."));
        let what: Vec<_> = memory.episodes().iter().map(|e| (e.what.as_str(), e.times, e.at)).collect();
        assert_eq!(what, [("A storm.", 1, 2.0), ("Ilka asked about the mill again.", 2, 1.0)], "two talks are one memory");
    }

    #[test]
    fn what_matters_and_what_is_used_stays_longer() {
        let episode = Episode::new("x", 0.0);
        let after = |episode: &Episode, days: f64| episode.strength(days * DAY, 7.0 * DAY);
        assert!((after(&episode, 7.0) - 0.25).abs() < 1e-6, "half of a half after a week");
        assert!(after(&episode.clone().important(1.0), 7.0) > after(&episode, 7.0), "what matters is more present");
        assert!(after(&Episode { uses: 3, ..episode.clone() }, 7.0) > after(&episode, 7.0), "so is what came up");
        assert_eq!(after(&Episode { is_authored: true, ..episode }, 7e9), 1.0, "what the author wrote never fades");
    }
}
