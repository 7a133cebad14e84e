//! What a character has lived through: what was said, what it remembers, and how it feels towards others.
//!
//! All are components: a saved game that holds them holds the memory, and loading an older one leaves nothing newer behind.
//!
//! A conversation that is over becomes an [`Episode`] by rules; what speakers say of themselves is noted as hearsay
//! ([`Noted`]). Episodes and hearsay fade with game time, slower what comes up, and stay inside a
//! [budget](MemorySettings::budget).

mod consolidate;
mod episode;
mod fade;
mod feelings;
mod history;
mod notes;
mod search;
mod settings;

pub use consolidate::Noted;
pub use episode::{Episode, Memory};
pub use feelings::{Feeling, Feelings};
pub use history::{DialogueHistory, Exchange, MAX_EXCHANGES, MAX_TALKS, Talk};
pub use search::{EpisodeQuery, RecalledEpisode};
pub use settings::MemorySettings;

use bevy::prelude::*;

/// Remembering, forgetting, and the types of memory for reflection.
pub struct MemoryPlugin;

impl Plugin for MemoryPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<MemorySettings>()
            .register_type::<MemorySettings>()
            .register_type::<DialogueHistory>()
            .register_type::<Talk>()
            .register_type::<Exchange>()
            .register_type::<Memory>()
            .register_type::<Episode>()
            .register_type::<Feelings>()
            .register_type::<Feeling>();
        consolidate::build(app);
        fade::build(app);
    }
}
