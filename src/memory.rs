//! What a character has lived through: what was said, and how it feels towards others.
//!
//! Both are components, and all of a character's past talk is in them: a saved game that holds them
//! holds the memory, and loading an older one leaves nothing newer behind.

mod feelings;
mod history;

pub use feelings::{Feeling, Feelings};
pub use history::{DialogueHistory, Exchange, MAX_EXCHANGES, MAX_TALKS, Talk};

use bevy::prelude::*;

/// Registers the types of this module for reflection.
pub struct MemoryPlugin;

impl Plugin for MemoryPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<DialogueHistory>()
            .register_type::<Talk>()
            .register_type::<Exchange>()
            .register_type::<Feelings>()
            .register_type::<Feeling>();
    }
}
