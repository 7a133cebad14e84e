//! What a character has lived through.

use bevy::prelude::*;
use persona_mind::brief::{Exchange, Relation};

/// The exchanges of the present conversation, oldest first.
#[derive(Component, Clone, Debug, Default)]
pub struct DialogueHistory {
    /// What was said.
    pub exchanges: Vec<Exchange>,
}

/// How a character feels towards others, by name.
#[derive(Component, Clone, Debug, Default)]
pub struct Feelings {
    /// Feelings by name.
    pub towards: Vec<(String, Relation)>,
}
