//! The ways of producing text for a turn.

mod local;
mod scripted;

pub use local::Local;
pub use scripted::{Gate, Scripted, ScriptedReply, SeenBriefs};

use crate::brief::{Brief, Reply, TurnId};
use crate::engine::gguf::Gguf;
use crate::hearth::{Hearth, file::ARCHITECTURE};
use std::ops::ControlFlow;
use std::path::Path;

/// One way of producing text for a turn. Runs on the mind's own thread.
pub trait Backend: Send {
    /// A short name for logs and events, such as `builtin`.
    fn name(&self) -> &str;

    /// Produces the reply to `brief`, handing text to `sink` as it comes.
    ///
    /// The sink is asked after every token; when it breaks, the backend returns at once what it has, with
    /// [`Finish::Interrupted`](crate::brief::Finish::Interrupted). The backend fills every field of the reply but
    /// the times, which the worker measures.
    ///
    /// # Errors
    /// [`MindError`] where no reply can be had; the character then falls back to an authored line.
    fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError>;

    /// The whole of what the model is given for `brief`, as text: for the inspector, and for tests that
    /// look for what must not be in it.
    fn prompt(&self, brief: &Brief) -> String;

    /// Takes several turns on at once, where it can; `None` where it works on one turn at a time.
    fn together(&mut self) -> Option<&mut dyn Together> {
        None
    }
}

/// Several turns at once, each known by its [`Brief::turn`].
pub trait Together {
    /// Takes a turn in; those that someone waits for are read first. Nothing is computed yet.
    ///
    /// # Errors
    /// [`MindError`] where no reply can be had; the other turns go on.
    fn begin(&mut self, brief: &Brief, urgent: bool) -> Result<(), MindError>;

    /// Takes all turns on by a step, such as a token of each, handing text to `sink` as it comes, and gives those that have
    /// ended. `sink` is asked for each turn; when it breaks, the turn ends with what it has, interrupted.
    fn step(&mut self, sink: &mut dyn FnMut(TurnId, &str) -> ControlFlow<()>) -> Vec<(TurnId, Result<Reply, MindError>)>;
}

/// Takes a reply as it is spoken.
pub trait ReplySink {
    /// Takes the next piece of text, which may be empty (a token without text of its own), and says whether
    /// to go on.
    fn chunk(&mut self, text: &str) -> ControlFlow<()>;
}

/// A sink that keeps going and keeps nothing: the reply itself holds the text.
impl ReplySink for () {
    fn chunk(&mut self, _: &str) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Why a turn has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MindError {
    /// The queue of the mind was full; the turn was not taken.
    #[error("the mind's queue is full ({capacity} turns wait)")]
    QueueFull {
        /// Turns that fit.
        capacity: usize,
    },
    /// The deadline passed before the turn was begun.
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
    /// The backend could not be built, for example since its weights are missing or damaged.
    #[error("the backend could not be started: {message}")]
    Start {
        /// What went wrong, with file and place.
        message: String,
    },
    /// What goes in does not fit the model.
    #[error("the turn does not fit the model: {message}")]
    TooLong {
        /// Expected and found.
        message: String,
    },
    /// The model's arithmetic failed.
    #[error("the model failed: {message}")]
    Model {
        /// The error in words.
        message: String,
    },
    /// The mind has been shut down.
    #[error("the mind has shut down")]
    ShutDown,
}

/// The backend for a GGUF file, by what the file says it is: [`Hearth`] with weights of the game's own, or [`Local`].
///
/// # Errors
/// [`MindError::Start`] with file, place, expected and found.
pub fn open(path: &Path) -> Result<Box<dyn Backend>, MindError> {
    let failed = |error: &dyn std::fmt::Display| MindError::Start { message: format!("{}: {error}", path.display()) };
    let file = std::fs::File::open(path).map_err(|error| failed(&error))?;
    let gguf = Gguf::read(std::io::BufReader::new(file)).map_err(|error| failed(&error))?;
    if gguf.text("general.architecture").is_ok_and(|name| name == ARCHITECTURE) {
        let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
        return Ok(Box::new(Hearth::from_bytes(&bytes)?));
    }
    Ok(Box::new(Local::open(path)?))
}
