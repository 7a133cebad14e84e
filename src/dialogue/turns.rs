use super::{RecalledFact, TurnError};
use bevy::prelude::*;
use persona_mind::Brief;
use persona_mind::brief::{OfferedAction, PersonaCard, Reply, TurnId, View};
use persona_mind::worker::Priority;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The lines that wait for a character, and the turn under way.
///
/// Comes with [`Npc`](crate::npc::Npc). Turns are part of the running game only: they are not saved, and
/// replacing or removing this component ends them without a word.
#[derive(Component, Debug, Default, Reflect)]
#[reflect(Component, Default)]
pub struct Turns {
    #[reflect(ignore)]
    pub(super) waiting: VecDeque<Line>,
    #[reflect(ignore)]
    pub(super) current: Option<Box<Turn>>,
}

/// Marks a character with a turn under way or a line that waits.
#[derive(Component, Clone, Copy, Debug, Default, Reflect)]
#[component(storage = "SparseSet")]
#[reflect(Component, Default)]
pub struct Thinking;

/// Whether and how a character has looked before it answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Default, Debug, PartialEq)]
pub enum Look {
    /// It is blind, or was interrupted before it could look.
    #[default]
    NotAtAll,
    /// It has seen a picture and the named things in view.
    Picture,
    /// It knows the named things in view, without a picture.
    ThingsOnly,
    /// No view came in time, or it could not be had; the turn went on without one.
    InVain,
}

impl Turns {
    /// Whether a turn is under way or a line waits.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.current.is_some() || !self.waiting.is_empty()
    }

    /// The turn under way.
    #[must_use]
    pub fn current(&self) -> Option<TurnId> {
        self.current.as_ref().map(|turn| turn.line.turn)
    }

    /// How many lines wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

/// A line on its way to a character.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub turn: TurnId,
    pub speaker: Option<Entity>,
    pub speaker_name: String,
    pub text: String,
    pub priority: Priority,
    /// Interrupted: the turn shall end without work.
    pub stopped: bool,
    /// The conversation is over: nothing of it shall be remembered.
    pub forgotten: bool,
}

/// A turn under way.
#[derive(Debug)]
pub(super) struct Turn {
    pub line: Line,
    /// The persona as it was when the turn began.
    pub card: Arc<PersonaCard>,
    pub actions: Vec<OfferedAction>,
    pub stage: Stage,
    pub look: Look,
    pub view: Option<View>,
    pub recalled: Vec<RecalledFact>,
    /// Real time when the turn began.
    pub began: Duration,
    pub perceive_ms: f32,
    pub recall_ms: f32,
}

/// How far a turn has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// Waits for a view.
    Looking,
    /// Has perceived what it will.
    Perceived,
    /// Knows what it will say to the mind.
    Briefed(Box<Brief>),
    /// The mind has it.
    Thinking,
    /// The first words have come.
    Speaking,
    /// Over, but for the telling.
    Ended(Result<Box<Reply>, TurnError>),
}

/// What a character says when it has nothing else to say.
const SHRUG: &str = "Hm?";

/// The line that stands in for a reply: the persona's own, a different one from turn to turn.
pub(super) fn fallback(card: Option<&PersonaCard>, turn: TurnId) -> String {
    let lines = card.map_or(&[][..], |card| card.fallbacks.as_slice());
    let at = usize::try_from(turn.0).unwrap_or(0) % lines.len().max(1);
    lines.get(at).map_or(SHRUG, String::as_str).to_owned()
}
