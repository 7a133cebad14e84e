//! An app for tests of games: characters that answer without a model, and a log of what they did.
//!
//! ```
//! use bevy_persona::mind::backend::Scripted;
//! use bevy_persona::prelude::*;
//! use bevy_persona::test_app::{Notice, PersonaTestApp, test_app};
//!
//! let backend = Scripted::default().on_containing("room", "For honest coin, always.");
//! let mut app = test_app(backend);
//! let marta = app.spawn_npc(PersonaCard { name: "Marta".into(), ..PersonaCard::default() });
//!
//! let replied = app.converse(marta, "Have you a room?").expect("she answers");
//! assert_eq!(replied.text, "For honest coin, always.");
//!
//! app.say(marta, "And a meal?");
//! let notices = app.run_until(|notices| notices.iter().any(Notice::is_end));
//! assert!(matches!(notices[0], Notice::TurnStarted(_)), "first she thinks");
//! ```

use crate::PersonaPlugins;
use crate::dialogue::{ActionProposed, EmotionChanged, Replied, ReplyChunk, ReplyStarted, Say, TurnFailed, TurnStarted};
use crate::mind_link::{BackendChoice, MindPlugin};
use crate::npc::Npc;
use crate::persona::Persona;
use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use persona_mind::brief::{PersonaCard, TurnId};
use std::sync::Arc;
use std::time::Duration;

/// Game time that one frame of the [`test_app`] takes.
pub const FRAME: Duration = Duration::from_millis(16);
/// The most frames that [`PersonaTestApp::run_until`] runs. Each gives the mind's thread a millisecond, so it
/// gives up after about 30 seconds.
pub const MAX_FRAMES: usize = 30_000;

/// An app with [`MinimalPlugins`], [`AssetPlugin`], [`PersonaPlugins`] with this backend, an [`EventLog`], and a
/// clock on which each frame takes [`FRAME`], however long it takes in truth.
pub fn test_app(backend: impl Into<BackendChoice>) -> App {
    test_app_with(MindPlugin::new(backend))
}

/// The same with full control over the mind.
pub fn test_app_with(mind: MindPlugin) -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, AssetPlugin::default(), PersonaPlugins.set(mind), EventLogPlugin))
        .insert_resource(TimeUpdateStrategy::ManualDuration(FRAME));
    app.finish();
    app.cleanup();
    app
}

/// Collects all notifications of talk in an [`EventLog`].
#[derive(Clone, Copy, Debug, Default)]
pub struct EventLogPlugin;

/// All notifications of talk, in the order in which they came.
#[derive(Resource, Clone, Debug, Default)]
pub struct EventLog {
    /// The notifications.
    pub notices: Vec<Notice>,
}

/// One notification of talk.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// See [`TurnStarted`].
    TurnStarted(TurnStarted),
    /// See [`ReplyStarted`].
    ReplyStarted(ReplyStarted),
    /// See [`ReplyChunk`].
    ReplyChunk(ReplyChunk),
    /// See [`Replied`].
    Replied(Box<Replied>),
    /// See [`EmotionChanged`].
    EmotionChanged(EmotionChanged),
    /// See [`ActionProposed`].
    ActionProposed(ActionProposed),
    /// See [`TurnFailed`].
    TurnFailed(TurnFailed),
}

/// Short ways of doing in a test what a game does.
pub trait PersonaTestApp {
    /// Spawns a character with a persona that consists of this card.
    fn spawn_npc(&mut self, card: PersonaCard) -> Entity;

    /// Spawns a character with this persona.
    fn spawn_persona(&mut self, persona: Persona) -> Entity;

    /// Lets the player say a line.
    fn say(&mut self, character: Entity, text: &str);

    /// Runs frames until `done`, which is given the notices since this call, says so; gives those.
    ///
    /// # Panics
    /// If it does not come to that within [`MAX_FRAMES`] frames, with all notices since the call.
    fn run_until(&mut self, done: impl FnMut(&[Notice]) -> bool) -> Vec<Notice>;

    /// Lets the player say a line, and waits for the reply.
    ///
    /// # Errors
    /// The failure of the turn.
    ///
    /// # Panics
    /// As [`run_until`](Self::run_until).
    fn converse(&mut self, character: Entity, text: &str) -> Result<Replied, TurnFailed>;

    /// Runs some frames.
    fn run_frames(&mut self, frames: usize);

    /// All notices so far.
    fn notices(&self) -> &[Notice];
}

impl PersonaTestApp for App {
    fn spawn_npc(&mut self, card: PersonaCard) -> Entity {
        self.spawn_persona(Persona { card: Arc::new(card), ..Persona::default() })
    }

    fn spawn_persona(&mut self, persona: Persona) -> Entity {
        let name = Name::new(persona.card.name.clone());
        let handle = self.world_mut().resource_mut::<Assets<Persona>>().add(persona);
        let character = self.world_mut().spawn((name, Npc::new(handle))).id();
        // Applying what the persona knows and feels takes the plugin a frame or two.
        self.run_frames(2);
        character
    }

    fn say(&mut self, character: Entity, text: &str) {
        self.world_mut().trigger(Say::new(character, text));
    }

    fn run_until(&mut self, mut done: impl FnMut(&[Notice]) -> bool) -> Vec<Notice> {
        let start = self.notices().len();
        for _ in 0..MAX_FRAMES {
            if done(&self.notices()[start..]) {
                return self.notices()[start..].to_vec();
            }
            self.update();
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("it did not come to that in {MAX_FRAMES} frames; notices: {:#?}", &self.notices()[start..]);
    }

    fn converse(&mut self, character: Entity, text: &str) -> Result<Replied, TurnFailed> {
        let start = self.notices().len();
        self.say(character, text);
        let is_end = |notice: &Notice| notice.is_end() && notice.entity() == character;
        // A line that is refused has failed already, before the first frame.
        if !self.notices()[start..].iter().any(is_end) {
            self.run_until(|notices| notices.iter().any(is_end));
        }
        let end = self.notices()[start..].iter().find(|notice| is_end(notice));
        match end {
            Some(Notice::Replied(replied)) => Ok((**replied).clone()),
            Some(Notice::TurnFailed(failed)) => Err(failed.clone()),
            other => unreachable!("{other:?} is no end of a turn"),
        }
    }

    fn run_frames(&mut self, frames: usize) {
        for _ in 0..frames {
            self.update();
        }
    }

    fn notices(&self) -> &[Notice] {
        &self.world().resource::<EventLog>().notices
    }
}

impl Notice {
    /// The character.
    #[must_use]
    pub fn entity(&self) -> Entity {
        match self {
            Self::TurnStarted(event) => event.entity,
            Self::ReplyStarted(event) => event.entity,
            Self::ReplyChunk(event) => event.entity,
            Self::Replied(event) => event.entity,
            Self::EmotionChanged(event) => event.entity,
            Self::ActionProposed(event) => event.entity,
            Self::TurnFailed(event) => event.entity,
        }
    }

    /// The turn; `None` for a change of mood.
    #[must_use]
    pub fn turn(&self) -> Option<TurnId> {
        match self {
            Self::TurnStarted(event) => Some(event.turn),
            Self::ReplyStarted(event) => Some(event.turn),
            Self::ReplyChunk(event) => Some(event.turn),
            Self::Replied(event) => Some(event.turn),
            Self::EmotionChanged(_) => None,
            Self::ActionProposed(event) => Some(event.turn),
            Self::TurnFailed(event) => Some(event.turn),
        }
    }

    /// Whether a turn ends with it: a reply or a failure.
    #[must_use]
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Replied(_) | Self::TurnFailed(_))
    }

    /// The text of a chunk.
    #[must_use]
    pub fn chunk(&self) -> Option<&str> {
        match self {
            Self::ReplyChunk(event) => Some(&event.text),
            _ => None,
        }
    }

    /// The reply, if it is one.
    #[must_use]
    pub fn replied(&self) -> Option<&Replied> {
        match self {
            Self::Replied(event) => Some(event),
            _ => None,
        }
    }

    /// The failure, if it is one.
    #[must_use]
    pub fn failed(&self) -> Option<&TurnFailed> {
        match self {
            Self::TurnFailed(event) => Some(event),
            _ => None,
        }
    }
}

impl Plugin for EventLogPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<EventLog>()
            .add_observer(|on: On<TurnStarted>, mut log: ResMut<EventLog>| log.note(Notice::TurnStarted(on.clone())))
            .add_observer(|on: On<ReplyStarted>, mut log: ResMut<EventLog>| log.note(Notice::ReplyStarted(*on)))
            .add_observer(|on: On<ReplyChunk>, mut log: ResMut<EventLog>| log.note(Notice::ReplyChunk(on.clone())))
            .add_observer(|on: On<Replied>, mut log: ResMut<EventLog>| {
                log.note(Notice::Replied(Box::new(on.clone())));
            })
            .add_observer(|on: On<EmotionChanged>, mut log: ResMut<EventLog>| log.note(Notice::EmotionChanged(*on)))
            .add_observer(|on: On<ActionProposed>, mut log: ResMut<EventLog>| {
                log.note(Notice::ActionProposed(on.clone()));
            })
            .add_observer(|on: On<TurnFailed>, mut log: ResMut<EventLog>| log.note(Notice::TurnFailed(on.clone())));
    }
}

impl EventLog {
    fn note(&mut self, notice: Notice) {
        self.notices.push(notice);
    }
}
