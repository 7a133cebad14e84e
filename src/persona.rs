//! Personas and lore: assets that writers author in RON.

use crate::knowledge::{Fact, LoreLayer};
use bevy::prelude::*;
use persona_mind::brief::{OfferedAction, PersonaCard, Relation};
use std::sync::Arc;

/// An authored character: `*.persona.ron`.
#[derive(Asset, TypePath, Clone, Debug, Default)]
pub struct Persona {
    /// Who the character is, in the form the mind takes.
    pub card: Arc<PersonaCard>,
    /// Layers of shared lore it knows.
    pub knows: Vec<Handle<Lore>>,
    /// Facts of its own.
    pub facts: Vec<Fact>,
    /// First feelings towards others, by name; "player" is whoever plays.
    pub feelings: Vec<(String, Relation)>,
    /// What it may do.
    pub actions: Vec<OfferedAction>,
}

/// A shared layer of facts: `*.lore.ron`.
#[derive(Asset, TypePath, Clone, Debug, Default)]
pub struct Lore {
    /// The layer, shared by all who know it.
    pub layer: Arc<LoreLayer>,
}

/// Personas and lore as assets, hot reload, and their application to NPCs.
pub struct PersonaPlugin;
impl Plugin for PersonaPlugin {
    fn build(&self, app: &mut App) {
        app.init_asset::<Persona>().init_asset::<Lore>();
    }
}
