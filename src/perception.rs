//! What a character sees and hears.

use bevy::prelude::*;
use persona_mind::brief::View;

/// What a character can perceive.
#[derive(Component, Clone, Debug, Default)]
pub struct Senses {
    /// How it sees.
    pub sight: Sight,
}

/// Through whose eyes a character sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    /// Not at all.
    #[default]
    Blind,
    /// Through a camera of its own.
    Eye,
    /// The player's screen.
    Screen,
}

/// Asks a character to look now.
#[derive(EntityEvent, Clone, Debug)]
pub struct Glance {
    /// The character.
    pub entity: Entity,
}

/// A character has looked.
#[derive(EntityEvent, Clone, Debug)]
pub struct Viewed {
    /// The character.
    pub entity: Entity,
    /// What it saw.
    pub view: View,
}

/// Sight and hearing.
pub struct PerceptionPlugin;
impl Plugin for PerceptionPlugin {
    fn build(&self, _app: &mut App) {}
}
