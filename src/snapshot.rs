//! Saving, loading, forking and rolling back what characters know, remember and feel.
//!
//! A [`Snapshot`] holds all that characters have lived through and nothing else, so that loading it leaves nothing of what
//! came later. It goes by names, not by entities, and is written as a compact file with a version and a checksum; the file
//! before it is kept, for the day when the power fails.
//!
//! ```
//! use bevy_persona::mind::backend::Scripted;
//! use bevy_persona::prelude::*;
//! use bevy_persona::snapshot::Snapshot;
//! use bevy_persona::test_app::{PersonaTestApp, test_app};
//!
//! let mut app = test_app(Scripted::default());
//! let marta = app.spawn_npc(PersonaCard { name: "Marta".into(), ..PersonaCard::default() });
//! let before = Snapshot::take(app.world_mut());
//! app.world_mut().get_mut::<Knowledge>(marta).unwrap().learn(Fact::new("the duke", "is", "dead"));
//! before.restore(app.world_mut());
//! assert!(!app.world().get::<Knowledge>(marta).unwrap().contains("the duke", "is", "dead"));
//! ```
//!
//! Games that save by Bevy's reflection do without this: all components of a character are `Reflect`.

mod error;
mod file;
mod format;

pub use error::SnapshotError;
pub use file::Loaded;

use crate::clock::GameClock;
use crate::dialogue::{Thinking, Turns};
use crate::knowledge::{Knowledge, OwnFacts, StoryFlags};
use crate::memory::{DialogueHistory, Feelings, Memory};
use crate::npc::{Mood, Npc};
use crate::persona::{MemberOf, Persona};
use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use persona_mind::brief::Emotion;

/// What characters have lived through up to a moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The game's time at that moment.
    pub clock: GameClock,
    /// The flags that were set.
    pub flags: StoryFlags,
    /// The characters, by their names, in the order of these.
    pub characters: Vec<CharacterState>,
}

/// What one character has lived through.
#[derive(Clone, Debug, Default)]
pub struct CharacterState {
    /// By which the character is found again: its [`SaveName`], or else its entity's or its persona's name.
    pub name: String,
    /// What it knows of its own.
    pub knowledge: OwnFacts,
    /// What it remembers.
    pub memory: Memory,
    /// What is being said.
    pub history: DialogueHistory,
    /// How it feels towards others.
    pub feelings: Feelings,
    /// Its mood.
    pub mood: Emotion,
    /// The groups it belongs to; `None` in files of the first version: then it stays in those that it is in.
    pub groups: Option<MemberOf>,
}

/// The name by which a character is found again in saves, where several share one.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Debug, PartialEq)]
pub struct SaveName(pub String);

/// Registers the types of this module.
pub struct SnapshotPlugin;

impl Plugin for SnapshotPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<SaveName>();
    }
}

type Parts =
    (&'static Knowledge, &'static Memory, &'static DialogueHistory, &'static Feelings, &'static Mood, Option<&'static MemberOf>);

impl Snapshot {
    /// All characters as they are now.
    ///
    /// Of several that share a name the first has it, and the others a number behind it, in the order in which they came:
    /// "guard", "guard#2". A [`SaveName`] is surer.
    #[must_use]
    pub fn take(world: &mut World) -> Self {
        let named = names(world);
        let mut parts = world.query::<Parts>();
        let state = |(name, entity): (&String, &Entity)| {
            parts.get(world, *entity).ok().map(|parts| CharacterState::of(name.clone(), parts))
        };
        let mut characters: Vec<CharacterState> = named.iter().filter_map(state).collect();
        characters.sort_by(|one, two| one.name.cmp(&two.name));
        let clock = world.get_resource::<GameClock>().copied().unwrap_or_default();
        Self { clock, flags: world.get_resource::<StoryFlags>().cloned().unwrap_or_default(), characters }
    }

    /// Makes all characters what they were, and the clock and the flags too. Turns under way end without a word. Gives the
    /// names of those who are not there.
    pub fn restore(&self, world: &mut World) -> Vec<String> {
        let named = names(world);
        world.insert_resource(self.clock);
        world.insert_resource(self.flags.clone());
        let mut missing = Vec::new();
        for state in &self.characters {
            match named.get(&state.name) {
                Some(entity) => state.restore(world, *entity),
                None => missing.push(state.name.clone()),
            }
        }
        missing
    }

    /// The state of a character.
    #[must_use]
    pub fn character(&self, name: &str) -> Option<&CharacterState> {
        self.characters.iter().find(|state| state.name == name)
    }
}

impl CharacterState {
    /// One character as it is now; `None` for what is no character.
    #[must_use]
    pub fn take(world: &mut World, entity: Entity) -> Option<Self> {
        let named = names(world);
        let name = named.into_iter().find(|(_, other)| *other == entity).map(|(name, _)| name)?;
        let mut parts = world.query::<Parts>();
        parts.get(world, entity).ok().map(|parts| Self::of(name, parts))
    }

    /// Makes a character what this one was: the same one to roll it back, another to fork it. Its turn under way ends without
    /// a word, so that nothing later is remembered.
    pub fn restore(&self, world: &mut World, entity: Entity) {
        let Ok(mut character) = world.get_entity_mut(entity) else { return };
        let mut knowledge = character.take::<Knowledge>().unwrap_or_default();
        knowledge.set_own(self.knowledge.clone());
        let own = (knowledge, self.memory.clone(), self.history.clone(), self.feelings.clone(), Mood(self.mood));
        character.insert(own).insert(Turns::default()).remove::<Thinking>();
        if let Some(groups) = &self.groups {
            character.insert(groups.clone());
        }
    }

    fn of(name: String, parts: (&Knowledge, &Memory, &DialogueHistory, &Feelings, &Mood, Option<&MemberOf>)) -> Self {
        let (knowledge, memory, history, feelings, mood, groups) = parts;
        Self {
            name,
            knowledge: knowledge.own().clone(),
            memory: memory.clone(),
            history: history.clone(),
            feelings: feelings.clone(),
            mood: mood.0,
            groups: Some(groups.cloned().unwrap_or_default()),
        }
    }
}

/// All characters by the names that stand in saves.
fn names(world: &mut World) -> HashMap<String, Entity> {
    let mut query = world.query::<(Entity, &Npc, Option<&SaveName>, Option<&Name>)>();
    let mut found: Vec<(Entity, String, Handle<Persona>)> = Vec::new();
    for (entity, npc, save_name, name) in query.iter(world) {
        let name = save_name.map(|name| name.0.clone()).or_else(|| name.map(|name| name.as_str().to_owned()));
        found.push((entity, name.unwrap_or_default(), npc.persona.clone()));
    }
    found.sort_by_key(|(entity, ..)| *entity);
    let personas = world.get_resource::<Assets<Persona>>();
    let mut named = HashMap::new();
    for (entity, name, persona) in found {
        let of_persona = || personas.and_then(|all| all.get(&persona)).map(|persona| persona.card.name.clone());
        let name = if name.is_empty() { of_persona().unwrap_or_default() } else { name };
        let free =
            std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}#{n}"))).find(|name| !named.contains_key(name));
        if let Some(name) = free {
            named.insert(name, entity);
        }
    }
    named
}
