use super::{EmotionMirror, FinishMirror, Look, TurnError, TurnIdMirror};
use crate::knowledge::RecallReason;
use bevy::prelude::*;
use persona_mind::brief::{Emotion, Finish, TurnId};

/// Request: someone says a line to a character.
///
/// By itself it is the player who speaks. Lines to a character that is busy wait their turn, at most
/// [`DialogueSettings::max_waiting`](super::DialogueSettings::max_waiting) of them.
///
/// ```
/// # use bevy::prelude::*;
/// # use bevy_persona::prelude::*;
/// # fn talk(mut commands: Commands, marta: Entity, tobin: Entity) {
/// commands.trigger(Say::new(marta, "Have you a room?"));
/// commands.trigger(Say::new(marta, "The ale is out.").by(tobin));
/// commands.trigger(Say::new(marta, "Open, in the king's name!").named("a voice at the door"));
/// # }
/// ```
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Say {
    /// The character who is spoken to.
    pub entity: Entity,
    /// Who speaks; `None` for the player. The turn of a speaker who is a character too is less urgent
    /// than one that a player waits for.
    #[reflect(default)]
    pub speaker: Option<Entity>,
    /// The name under which the character knows the speaker; `None` for the speaker's `Name`, or
    /// "player" where there is none.
    #[reflect(default)]
    pub speaker_name: Option<String>,
    /// What is said. Control characters are removed; at most
    /// [`DialogueSettings::max_line_chars`](super::DialogueSettings::max_line_chars) characters.
    pub text: String,
}

/// Request: a character shall stop the reply under way.
///
/// It stops within one token; what has been said is remembered. Before the first word there is just no
/// reply. Lines that wait are answered next. Does nothing to a character that is not busy.
#[derive(EntityEvent, Clone, Copy, Debug, PartialEq, Eq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Interrupt {
    /// The character.
    pub entity: Entity,
}

/// Request: a conversation is over.
///
/// The reply under way is interrupted, waiting lines end without a reply, and the history of the
/// conversation is dropped.
#[derive(EntityEvent, Clone, Debug, PartialEq, Eq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct EndConversation {
    /// The character.
    pub entity: Entity,
    /// With whom, by the name the character knows them under; `None` for all.
    #[reflect(default)]
    pub partner: Option<String>,
}

/// Notification: a character has perceived and recalled, and begins to think. Time to show that it does.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct TurnStarted {
    /// The character.
    pub entity: Entity,
    /// The turn.
    #[reflect(remote = TurnIdMirror)]
    pub turn: TurnId,
    /// Who spoke; `None` for the player.
    pub speaker: Option<Entity>,
    /// The name under which the character knows the speaker.
    pub speaker_name: String,
    /// What was said, as the character heard it.
    pub line: String,
    /// Whether and how the character has looked.
    pub look: Look,
}

/// Notification: the first words of a reply are there; a [`ReplyChunk`] follows at once.
#[derive(EntityEvent, Clone, Copy, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct ReplyStarted {
    /// The character.
    pub entity: Entity,
    /// The turn.
    #[reflect(remote = TurnIdMirror)]
    pub turn: TurnId,
}

/// Notification: more of a reply is there. Append it to what is shown.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct ReplyChunk {
    /// The character.
    pub entity: Entity,
    /// The turn.
    #[reflect(remote = TurnIdMirror)]
    pub turn: TurnId,
    /// The text, spaces included; never empty.
    pub text: String,
}

/// Notification: a reply is complete, or was interrupted.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Replied {
    /// The character.
    pub entity: Entity,
    /// The turn.
    #[reflect(remote = TurnIdMirror)]
    pub turn: TurnId,
    /// Who was answered; `None` for the player.
    pub speaker: Option<Entity>,
    /// The name under which the character knows the speaker.
    pub speaker_name: String,
    /// What was said to the character, as it heard it.
    pub line: String,
    /// What the character replied; empty if it was interrupted before the first word.
    pub text: String,
    /// The character's mood now.
    #[reflect(remote = EmotionMirror)]
    pub emotion: Emotion,
    /// Why the reply ended.
    #[reflect(remote = FinishMirror)]
    pub finish: Finish,
    /// The facts that came to the character's mind, best first.
    pub recalled: Vec<RecalledFact>,
    /// Whether and how the character has looked.
    pub look: Look,
    /// The named things it saw, nearest first.
    pub seen: Vec<SeenThing>,
    /// Counts and times.
    pub figures: TurnFigures,
}

/// Notification: a reply has changed a character's mood.
#[derive(EntityEvent, Clone, Copy, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct EmotionChanged {
    /// The character.
    pub entity: Entity,
    /// The mood before.
    #[reflect(remote = EmotionMirror)]
    pub from: Emotion,
    /// The mood now.
    #[reflect(remote = EmotionMirror)]
    pub to: Emotion,
}

/// Notification: a character would like to do something that its persona allows. Nothing happens unless the
/// game makes it happen.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct ActionProposed {
    /// The character.
    pub entity: Entity,
    /// The turn.
    #[reflect(remote = TurnIdMirror)]
    pub turn: TurnId,
    /// To whom the character spoke; `None` for the player.
    pub speaker: Option<Entity>,
    /// The action's name, as in the persona.
    pub action: String,
    /// What it is to be done with, as a JSON object; of models that reply as JSON
    /// ([`ReplyForm`](persona_mind::prompt::ReplyForm)).
    pub arguments: Option<String>,
}

/// Notification: there is no reply.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct TurnFailed {
    /// The character.
    pub entity: Entity,
    /// The turn.
    #[reflect(remote = TurnIdMirror)]
    pub turn: TurnId,
    /// Who spoke; `None` for the player.
    pub speaker: Option<Entity>,
    /// What went wrong, for the developer.
    pub error: TurnError,
    /// What the character says instead, for the player: one of its persona's fallback lines. It is not
    /// remembered as part of the conversation.
    pub fallback: String,
}

/// A fact that came to a character's mind.
#[derive(Clone, Debug, Default, PartialEq, Reflect)]
#[reflect(Default, Debug, PartialEq)]
pub struct RecalledFact {
    /// What the fact is about.
    pub subject: String,
    /// The relation in words.
    pub predicate: String,
    /// The other concept; `None` while the character keeps it secret from the speaker.
    pub object: Option<String>,
    /// How much it matters, higher is more.
    pub score: f32,
    /// What found it.
    pub reason: RecallReason,
    /// Whether the character keeps it secret from the speaker.
    pub withheld: bool,
    /// Whether the reply rests on it; false until the reply is there.
    pub used: bool,
}

/// A named thing that a character saw.
#[derive(Clone, Debug, Default, PartialEq, Reflect)]
#[reflect(Default, Debug, PartialEq)]
pub struct SeenThing {
    /// What the character calls it.
    pub name: String,
    /// Distance in metres.
    pub distance: f32,
    /// Whether the reply speaks of it.
    pub used: bool,
}

/// Counts and times of one turn; times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Reflect)]
#[reflect(Default, Debug, PartialEq)]
pub struct TurnFigures {
    /// Waited for the view.
    pub perceive_ms: f32,
    /// Spent on recall, on the main thread.
    pub recall_ms: f32,
    /// Waited in the mind's queue.
    pub queue_ms: f32,
    /// From the start of the model's work to the first text.
    pub first_token_ms: f32,
    /// From the start of the model's work to the end of the reply.
    pub total_ms: f32,
    /// Tokens of the whole prompt, cached or not.
    pub prompt_tokens: usize,
    /// Prompt tokens that had to be computed; the rest came from the cache.
    pub computed_tokens: usize,
    /// Tokens of the reply.
    pub reply_tokens: usize,
}

impl Say {
    /// A line that the player says.
    #[must_use]
    pub fn new(entity: Entity, text: impl Into<String>) -> Self {
        Self { entity, speaker: None, speaker_name: None, text: text.into() }
    }

    /// Lets someone else speak.
    #[must_use]
    pub fn by(mut self, speaker: Entity) -> Self {
        self.speaker = Some(speaker);
        self
    }

    /// Sets the name under which the character knows the speaker.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.speaker_name = Some(name.into());
        self
    }
}

impl TurnFigures {
    /// Reply tokens a second after the first one; `None` where there are not enough to tell.
    #[must_use]
    pub fn tokens_per_second(&self) -> Option<f32> {
        let seconds = (self.total_ms - self.first_token_ms) / 1000.0;
        (self.reply_tokens > 1 && seconds > 0.0).then(|| (self.reply_tokens - 1) as f32 / seconds)
    }
}
