use bevy::prelude::*;
use persona_mind::MindError;

/// Why a turn has no reply.
#[derive(Clone, Debug, PartialEq, Eq, Reflect, thiserror::Error)]
#[reflect(Debug, PartialEq)]
#[non_exhaustive]
pub enum TurnError {
    /// The entity is no character.
    #[error("the entity is no character: it has no `Npc`")]
    NotACharacter,
    /// The character's persona is not there and is not being loaded.
    #[error("the character has no persona: {message}")]
    NoPersona {
        /// The path, or what went wrong with it.
        message: String,
    },
    /// There was nothing in the line that could be said.
    #[error("the line is empty")]
    EmptyLine,
    /// The line was longer than a line may be.
    #[error("the line may have {limit} characters, found {found}")]
    LineTooLong {
        /// The most characters.
        limit: usize,
        /// Characters found; bytes where there are too many to count.
        found: usize,
    },
    /// As many lines wait for the character as may.
    #[error("{limit} lines already wait for this character")]
    TooManyLines {
        /// The most lines.
        limit: usize,
    },
    /// As many turns wait for the mind as may.
    #[error("the mind's queue is full ({capacity} turns wait)")]
    QueueFull {
        /// The most turns.
        capacity: usize,
    },
    /// The turn waited for the mind longer than it may.
    #[error("the turn waited {waited_ms} ms, past its deadline of {deadline_ms} ms")]
    DeadlinePassed {
        /// How long it waited.
        waited_ms: u64,
        /// How long it might wait.
        deadline_ms: u64,
    },
    /// The backend panicked; it has been built anew.
    #[error("the backend panicked: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// There is no backend, for example since its weights are missing or damaged.
    #[error("the backend could not be started: {message}")]
    Start {
        /// What went wrong, with file and place.
        message: String,
    },
    /// The model could not make a reply.
    #[error("{message}")]
    Model {
        /// The error in words.
        message: String,
    },
}

impl From<MindError> for TurnError {
    fn from(error: MindError) -> Self {
        match error {
            MindError::QueueFull { capacity } => Self::QueueFull { capacity },
            MindError::DeadlinePassed { waited_ms, deadline_ms } => Self::DeadlinePassed { waited_ms, deadline_ms },
            MindError::Panicked { message } => Self::Panicked { message },
            MindError::Start { message } => Self::Start { message },
            other => Self::Model { message: other.to_string() },
        }
    }
}
