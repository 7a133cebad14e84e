use bevy::prelude::*;
use persona_mind::brief;
use serde::{Deserialize, Serialize};

/// The most exchanges that one [`Talk`] keeps.
pub const MAX_EXCHANGES: usize = 32;
/// The most talks that a character keeps: those with the partners it spoke to last.
pub const MAX_TALKS: usize = 8;
/// How many exchanges are dropped at once. Between drops a history only grows at its end, so a model
/// need not read it again.
const DROPPED_AT_ONCE: usize = 8;

/// What a character and its partners have said in their present conversations.
///
/// Each partner has a talk of its own, so that what one told in confidence does not come up in the
/// talk with another.
///
/// ```
/// use bevy_persona::memory::DialogueHistory;
///
/// let mut history = DialogueHistory::default();
/// history.push("player", "Have you a room?", "For honest coin, always.");
/// assert_eq!(history.with("player")[0].reply, "For honest coin, always.");
/// assert!(history.with("Tobin").is_empty());
/// ```
#[derive(Component, Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialogueHistory {
    talks: Vec<Talk>,
    /// Talks that are over and wait to be remembered.
    #[serde(default)]
    ended: Vec<Talk>,
}

/// The present conversation with one partner.
#[derive(Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// The partner, by the name the character knows them under.
    pub partner: String,
    /// What was said, oldest first.
    pub exchanges: Vec<Exchange>,
    /// Bevy's virtual time of the last exchange, in seconds: a conversation ends by how long it was silent.
    pub last_at: f64,
    /// Game time of the last exchange, in seconds: what is remembered is dated by it.
    #[serde(default)]
    pub game_at: f64,
    /// Numbers the conversation within this run of the game; 0 where it has no number yet. Not saved,
    /// since a number of another run means nothing in this one.
    #[reflect(ignore)]
    #[serde(skip)]
    pub(crate) id: u64,
}

/// One line and what the character answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Reflect, Serialize, Deserialize)]
#[reflect(Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Who spoke.
    pub speaker: String,
    /// What they said.
    pub line: String,
    /// What the character replied.
    pub reply: String,
}

impl DialogueHistory {
    /// The talk with one partner, where there is one.
    #[must_use]
    pub fn talk(&self, partner: &str) -> Option<&Talk> {
        self.talks.iter().find(|talk| talk.partner == partner)
    }

    /// The exchanges with one partner, oldest first.
    #[must_use]
    pub fn with(&self, partner: &str) -> &[Exchange] {
        self.talk(partner).map_or(&[], |talk| talk.exchanges.as_slice())
    }

    /// All talks, in the order of their last exchange.
    #[must_use]
    pub fn talks(&self) -> &[Talk] {
        &self.talks
    }

    /// Adds an exchange. Of more than [`MAX_EXCHANGES`] the oldest eight are dropped.
    pub fn push(&mut self, partner: &str, line: impl Into<String>, reply: impl Into<String>) {
        let talk = self.open(partner);
        talk.exchanges.push(Exchange { speaker: partner.into(), line: line.into(), reply: reply.into() });
        if talk.exchanges.len() > MAX_EXCHANGES {
            talk.exchanges.drain(..DROPPED_AT_ONCE);
        }
    }

    /// Ends the conversation with one partner; the next line begins a new one, and the character remembers this one.
    pub fn end(&mut self, partner: &str) {
        let (over, talks) = std::mem::take(&mut self.talks).into_iter().partition(|talk| talk.partner == partner);
        self.talks = talks;
        self.put_away(over);
    }

    /// Ends all conversations.
    pub fn clear(&mut self) {
        let over = std::mem::take(&mut self.talks);
        self.put_away(over);
    }

    /// Talks that are over and not remembered yet.
    pub(super) fn ended(&self) -> &[Talk] {
        &self.ended
    }

    pub(super) fn take_ended(&mut self) -> Vec<Talk> {
        std::mem::take(&mut self.ended)
    }

    fn put_away(&mut self, over: Vec<Talk>) {
        self.ended.extend(over.into_iter().filter(|talk| !talk.exchanges.is_empty()));
        // Without the plugin nothing takes them.
        let surplus = self.ended.len().saturating_sub(MAX_TALKS);
        self.ended.drain(..surplus);
    }

    /// The talk with a partner, made the last one; a new one where there is none.
    pub(crate) fn open(&mut self, partner: &str) -> &mut Talk {
        let known = self.talks.iter().position(|talk| talk.partner == partner);
        let talk = known.map(|at| self.talks.remove(at));
        if self.talks.len() >= MAX_TALKS {
            let oldest = self.talks.remove(0);
            self.put_away(vec![oldest]);
        }
        self.talks.push(talk.unwrap_or_else(|| Talk { partner: partner.into(), ..Talk::default() }));
        let last = self.talks.len() - 1;
        &mut self.talks[last]
    }
}

impl From<&Exchange> for brief::Exchange {
    fn from(exchange: &Exchange) -> Self {
        let Exchange { speaker, line, reply } = exchange.clone();
        Self { speaker, line, reply }
    }
}

impl From<brief::Exchange> for Exchange {
    fn from(exchange: brief::Exchange) -> Self {
        let brief::Exchange { speaker, line, reply } = exchange;
        Self { speaker, line, reply }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_grows_at_its_end_between_drops() {
        let mut history = DialogueHistory::default();
        let mut drops = 0;
        for i in 0..200 {
            let before = history.with("player").to_vec();
            history.push("player", i.to_string(), "Aye.");
            let now = history.with("player");
            assert!(now.len() <= MAX_EXCHANGES, "{} exchanges are kept", now.len());
            assert_eq!(now[now.len() - 1].line, i.to_string(), "the newest stands last");
            drops += usize::from(!now.starts_with(&before));
        }
        assert_eq!(drops, (200 - MAX_EXCHANGES).div_ceil(DROPPED_AT_ONCE), "the front is dropped in blocks");
    }

    #[test]
    fn the_oldest_talk_gives_way() {
        let mut history = DialogueHistory::default();
        for i in 0..MAX_TALKS {
            history.push(&i.to_string(), "Hello.", "Hello.");
        }
        history.push("0", "Me again.", "So I see.");
        history.push("new", "Hello.", "Hello.");
        assert_eq!(history.with("0").len(), 2, "a talk that went on is kept");
        assert!(history.talk("1").is_none(), "the one that was silent longest is not");
        assert_eq!(history.talks().len(), MAX_TALKS, "talks are bounded");
    }
}
