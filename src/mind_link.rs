//! The only place that talks to the mind's thread.
//!
//! Nothing here waits: lines go into a bounded queue, events come out of one, and a full queue is an
//! error that becomes a [`TurnFailed`](crate::dialogue::TurnFailed).

use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use persona_mind::backend::{self, Scripted};
use persona_mind::brief::TurnId;
use persona_mind::worker::{Mind, MindCounters, MindEvent, MindRequest, MindSettings, Progress};
use persona_mind::{Backend, MindError};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::sync::Arc;

/// Starts the mind's thread with a backend.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_persona::mind::backend::Scripted;
/// use bevy_persona::prelude::*;
///
/// let backend = Scripted::default().on_containing("room", "For honest coin, always.");
/// App::new().add_plugins((MinimalPlugins, AssetPlugin::default(), PersonaPlugins.set(MindPlugin::new(backend))));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MindPlugin {
    /// How replies are made.
    pub backend: BackendChoice,
    /// Sizes of the queues, and the thread.
    pub settings: MindSettings,
}

/// One way of making replies.
#[derive(Clone, Default)]
pub enum BackendChoice {
    /// Hearth, the model that ships inside the crate (feature `builtin`). Without that feature the
    /// plugin answers with what [`Scripted`] makes of recalled facts and things in view.
    #[default]
    Builtin,
    /// Canned replies.
    Scripted(Scripted),
    /// A GGUF file: a LLaMA-shaped language model, or weights of Hearth that a game has trained.
    Local(PathBuf),
    /// A backend of the game's own. The function runs on the mind's thread, at the start and again after
    /// a panic. Such as `Local::open_with`, with other threads, several candidates, or on a graphics card.
    Custom(Arc<Factory>),
}

/// A function that builds a backend.
pub type Factory = dyn Fn() -> Result<Box<dyn Backend>, MindError> + Send + Sync;

/// The game's end of the mind's thread.
#[derive(Resource)]
pub struct MindLink {
    /// The thread, or why there is none.
    mind: Result<Mind, MindError>,
    /// Who waits for which turn.
    turns: HashMap<TurnId, Entity>,
    last_turn: u64,
    last_conversation: u64,
    /// Seed of a game that sets none.
    seed: u64,
}

impl MindPlugin {
    /// A mind with this backend and the default queues.
    #[must_use]
    pub fn new(backend: impl Into<BackendChoice>) -> Self {
        Self { backend: backend.into(), settings: MindSettings::default() }
    }

    /// Sets the sizes of the queues, and the thread.
    #[must_use]
    pub fn with_settings(mut self, settings: MindSettings) -> Self {
        self.settings = settings;
        self
    }
}

impl Plugin for MindPlugin {
    fn build(&self, app: &mut App) {
        app.insert_resource(MindLink::start(self.backend.clone(), self.settings.clone()));
    }
}

impl BackendChoice {
    /// A backend of the game's own.
    pub fn custom(factory: impl Fn() -> Result<Box<dyn Backend>, MindError> + Send + Sync + 'static) -> Self {
        Self::Custom(Arc::new(factory))
    }

    /// Builds the backend. Takes as long as reading its weights does, so it is for other threads than the
    /// game's.
    ///
    /// # Errors
    /// [`MindError::Start`] with file and place if there is no such backend.
    pub fn build(&self) -> Result<Box<dyn Backend>, MindError> {
        match self {
            Self::Builtin => builtin(),
            Self::Scripted(scripted) => Ok(Box::new(scripted.clone())),
            Self::Local(path) => backend::open(path),
            Self::Custom(factory) => factory(),
        }
    }
}

impl From<Scripted> for BackendChoice {
    fn from(scripted: Scripted) -> Self {
        Self::Scripted(scripted)
    }
}

impl std::fmt::Debug for BackendChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Builtin => f.write_str("Builtin"),
            Self::Scripted(_) => f.write_str("Scripted"),
            Self::Local(path) => f.debug_tuple("Local").field(path).finish(),
            Self::Custom(_) => f.write_str("Custom"),
        }
    }
}

#[cfg(feature = "builtin")]
fn builtin() -> Result<Box<dyn Backend>, MindError> {
    Ok(Box::new(persona_mind::hearth::Hearth::builtin()?))
}

#[cfg(not(feature = "builtin"))]
fn builtin() -> Result<Box<dyn Backend>, MindError> {
    Ok(Box::new(Scripted::default()))
}

impl MindLink {
    fn start(backend: BackendChoice, settings: MindSettings) -> Self {
        let mind = Mind::start(move || backend.build(), settings);
        if let Err(error) = &mind {
            error!("{error}");
        }
        let seed = RandomState::new().hash_one(0);
        Self { mind, turns: HashMap::default(), last_turn: 0, last_conversation: 0, seed }
    }

    /// Turns that wait for the mind.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.mind.as_ref().map_or(0, Mind::depth)
    }

    /// Counts over the life of the mind.
    #[must_use]
    pub fn counters(&self) -> MindCounters {
        self.mind.as_ref().map_or_else(|_| MindCounters::default(), Mind::counters)
    }

    pub(crate) fn new_turn(&mut self) -> TurnId {
        self.last_turn += 1;
        TurnId(self.last_turn)
    }

    pub(crate) fn new_conversation(&mut self) -> u64 {
        self.last_conversation += 1;
        self.last_conversation
    }

    /// The seed of one turn, from the game's seed or one drawn at the start.
    pub(crate) fn seed_for(&self, seed: Option<u64>, turn: TurnId) -> u64 {
        mixed(seed.unwrap_or(self.seed) ^ mixed(turn.0))
    }

    pub(crate) fn submit(&mut self, character: Entity, request: MindRequest) -> Result<(), MindError> {
        let turn = request.brief.turn;
        self.mind.as_mut().map_err(|error| error.clone())?.submit(request)?;
        self.turns.insert(turn, character);
        Ok(())
    }

    pub(crate) fn interrupt(&mut self, turn: TurnId) {
        if let Ok(mind) = &mut self.mind {
            mind.interrupt(turn);
        }
    }

    /// Ends a turn that no one waits for any more.
    pub(crate) fn abandon(&mut self, turn: TurnId) {
        self.turns.remove(&turn);
        self.interrupt(turn);
    }

    /// The next event of a turn that someone waits for.
    pub(crate) fn try_recv(&mut self) -> Option<(Entity, MindEvent)> {
        let mind = self.mind.as_mut().ok()?;
        loop {
            let event = mind.try_recv()?;
            let is_end = matches!(event.progress, Progress::Finished(_) | Progress::Failed(_));
            let character = if is_end { self.turns.remove(&event.turn) } else { self.turns.get(&event.turn).copied() };
            if let Some(character) = character {
                return Some((character, event));
            }
        }
    }
}

/// Spreads a number over all 64 bits (the finaliser of `SplitMix64`).
fn mixed(number: u64) -> u64 {
    let z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
