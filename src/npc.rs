//! The character component.

use crate::dialogue::{EmotionMirror, Turns};
use crate::knowledge::Knowledge;
use crate::memory::{DialogueHistory, Feelings, Memory};
use crate::perception::Senses;
use crate::persona::Persona;
use bevy::prelude::*;
use persona_mind::brief::Emotion;

/// Makes an entity a character that can be spoken to.
///
/// Its persona says who it is; what it knows, remembers, feels and perceives are components of their
/// own, which come with this one.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_persona::prelude::*;
///
/// fn spawn(mut commands: Commands, assets: Res<AssetServer>) {
///     commands.spawn((Name::new("Marta"), Npc::new(assets.load("personas/marta.persona.ron"))));
/// }
/// # bevy::ecs::system::assert_is_system(spawn);
/// ```
#[derive(Component, Clone, Debug, Default, Reflect)]
#[reflect(Component, Default)]
#[require(Knowledge, Memory, DialogueHistory, Feelings, Senses, Mood, Turns)]
pub struct Npc {
    /// Who the character is.
    pub persona: Handle<Persona>,
}

impl Npc {
    /// A character with this persona.
    #[must_use]
    pub fn new(persona: Handle<Persona>) -> Self {
        Self { persona }
    }
}

/// The character's present mood. A reply may change it, and the game may set it.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Reflect)]
#[reflect(Component, Default, Debug, PartialEq)]
pub struct Mood(#[reflect(remote = EmotionMirror)] pub Emotion);

/// Registers the character's own types for reflection.
pub struct NpcPlugin;

impl Plugin for NpcPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<Npc>().register_type::<Mood>();
    }
}
