//! The character component.

use crate::{knowledge::Knowledge, memory::{DialogueHistory, Feelings}, perception::Senses, persona::Persona};
use bevy::prelude::*;
use persona_mind::brief::Emotion;

/// Makes an entity a character that can be spoken to.
#[derive(Component, Clone, Debug, Default, Reflect)]
#[reflect(Component, Default)]
#[require(Knowledge, DialogueHistory, Feelings, Senses, Mood)]
pub struct Npc {
    /// Who the character is.
    pub persona: Handle<Persona>,
}

/// The character's present mood.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Mood(pub Emotion);
