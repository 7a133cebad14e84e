//! The owned snapshot of one character that travels to the mind.
//!
//! A prompt is a pure function of a [`Brief`]: what the character did not witness, was not told and
//! does not have as lore is not in it, and so cannot reach a model.

mod card;
mod view;

pub use card::{Boundaries, Emotion, Goal, PersonaCard, Register, Trait};
pub use view::{Picture, PictureError, View, VisibleThing};

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Numbers one turn, unique within a run of the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct TurnId(pub u64);

/// Numbers one conversation: turns that share it share a growing history, and so a model's cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct ConversationId(pub u64);

/// Everything a model may know for one turn.
#[derive(Clone, Debug, Default)]
pub struct Brief {
    /// The turn this brief asks for.
    pub turn: TurnId,
    /// The conversation the turn belongs to.
    pub conversation: ConversationId,
    /// Who the character is. Shared, since it is the same from turn to turn.
    pub persona: Arc<PersonaCard>,
    /// Who speaks to the character, by the name the character knows them under.
    pub speaker: String,
    /// What was said, as typed or heard.
    pub line: String,
    /// How the character feels towards the speaker.
    pub relation: Relation,
    /// The character's mood before the turn.
    pub mood: Emotion,
    /// Recalled facts, best first.
    pub facts: Vec<BriefFact>,
    /// Recalled episodes of the character's life, best first.
    pub episodes: Vec<BriefEpisode>,
    /// Earlier exchanges of this conversation, oldest first. Append-only between turns.
    pub history: Vec<Exchange>,
    /// What the character sees, where it looked.
    pub view: Option<View>,
    /// What the character may do this turn.
    pub actions: Vec<OfferedAction>,
    /// Seed of all chance in the turn: the same brief and seed give the same reply.
    pub seed: u64,
    /// The most tokens a reply may have.
    pub max_tokens: usize,
}

/// One fact as the character knows it: `subject - predicate - object`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BriefFact {
    /// Name of the concept the fact is about.
    pub subject: String,
    /// The relation in words, such as "is married to".
    pub predicate: String,
    /// Name of the other concept; `None` while the character keeps it secret from the speaker, so
    /// that no model can let it slip.
    pub object: Option<String>,
    /// How sure the character is, 0..=1.
    pub confidence: f32,
    /// How the character came to know it.
    pub source: BriefSource,
    /// When the character came to know it, in words ("two days ago"); empty for what it has always known.
    pub when: String,
    /// Until when it held, in words; empty for what holds still.
    pub until: String,
    /// Whether the character has heard it and knows better.
    pub is_doubted: bool,
    /// The recall score, higher is better; for the inspector.
    pub score: f32,
}

/// Something that the character remembers having lived through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BriefEpisode {
    /// What happened, as a sentence in the character's own words.
    pub what: String,
    /// When, in words: "two days ago".
    pub when: String,
    /// The recall score, higher is better; for the inspector.
    pub score: f32,
}

/// How a fact was learned, by names.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum BriefSource {
    /// Written by the author, or part of lore.
    #[default]
    Authored,
    /// The character was there.
    Witnessed,
    /// Someone told it.
    Told(String),
    /// Concluded from other facts.
    Inferred,
    /// Seen with its own eyes in a view.
    Seen,
}

/// Feelings towards one other, each -1..=1 (`fear` 0..=1).
#[derive(Clone, Copy, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Relation {
    /// -1 distrust, 1 full trust.
    pub trust: f32,
    /// -1 hatred, 1 love.
    pub liking: f32,
    /// 0 none, 1 terror.
    pub fear: f32,
}

/// One earlier line and what the character answered.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// Who spoke.
    pub speaker: String,
    /// What they said.
    pub line: String,
    /// What the character replied.
    pub reply: String,
}

/// An action the game allows this turn; the model may propose it, the game decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedAction {
    /// The name the game knows it by, such as `give_item`.
    pub name: String,
    /// What it means, in words; empty means that the name says it.
    pub description: String,
}

/// What came out of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The whole of what was said.
    pub text: String,
    /// The character's mood after the turn.
    pub emotion: Emotion,
    /// The name of a proposed action, one of those offered.
    pub action: Option<String>,
    /// What the action is to be done with, as a JSON object; of models that reply as JSON.
    pub arguments: Option<String>,
    /// Indices into [`Brief::facts`] of the facts the reply rests on.
    pub used_facts: Vec<usize>,
    /// Indices into the view's things that the reply speaks of.
    pub used_things: Vec<usize>,
    /// Why the reply ended.
    pub finish: Finish,
    /// Counts and times.
    pub stats: TurnStats,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Finish {
    /// The model said all it meant to say.
    #[default]
    Complete,
    /// The reply reached [`Brief::max_tokens`].
    Length,
    /// The turn was interrupted; the text holds what had been said.
    Interrupted,
}

/// Counts and times of one turn; times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TurnStats {
    /// Tokens of the whole prompt, cached or not.
    pub prompt_tokens: usize,
    /// Prompt tokens that had to be computed this turn; the rest came from the cache.
    pub computed_tokens: usize,
    /// Tokens of the reply.
    pub reply_tokens: usize,
    /// Waited in the queue.
    pub queue_ms: f32,
    /// From the start of the work to the first token.
    pub first_token_ms: f32,
    /// From the start of the work to the end of the reply.
    pub total_ms: f32,
}
