//! Personas and lore: assets that writers author in RON.
//!
//! A `*.persona.ron` holds one character, a `*.lore.ron` a layer of facts that many share. Unknown fields, wrong
//! types and numbers out of range are errors that name file, line and column. When a file changes while the
//! game runs (feature `hot_reload`), the characters that wear the persona change and keep what they have lived through.
//!
//! [`PersonaApplied`] tells that a character has taken on its persona, [`PersonaRejected`] that a file cannot be used.

mod apply;
mod error;
mod events;
mod file;
mod groups;
mod voice;

pub use error::PersonaError;
#[cfg(feature = "authoring")]
pub(crate) use error::nearest;
pub use events::{PersonaApplied, PersonaRejected};
#[cfg(feature = "authoring")]
pub(crate) use file::Check;
pub use file::{ParsedLore, ParsedPersona, parse_lore, parse_persona};
pub use groups::{LoreLibrary, MemberOf};
pub use voice::Voice;

use crate::knowledge::{Fact, LoreLayer};
use bevy::asset::io::Reader;
use bevy::asset::{AssetLoader, LoadContext};
use bevy::prelude::*;
use persona_mind::brief::{OfferedAction, PersonaCard, Relation};
use std::sync::Arc;

/// An authored character: `*.persona.ron`.
#[derive(Asset, Reflect, Clone, Debug, Default)]
#[reflect(opaque)]
#[reflect(Clone, Debug, Default)]
pub struct Persona {
    /// Who the character is, in the form the mind takes.
    pub card: Arc<PersonaCard>,
    /// Layers of shared lore it knows.
    #[dependency]
    pub knows: Vec<Handle<Lore>>,
    /// Groups it belongs to when it comes into the world.
    pub groups: Vec<String>,
    /// Facts of its own.
    pub facts: Vec<Fact>,
    /// First feelings towards others, by name; "player" is whoever plays.
    pub feelings: Vec<(String, Relation)>,
    /// What it may do.
    pub actions: Vec<OfferedAction>,
    /// How it sounds.
    pub voice: Voice,
}

/// A shared layer of facts: `*.lore.ron`.
#[derive(Asset, Reflect, Clone, Debug, Default)]
#[reflect(opaque)]
#[reflect(Clone, Debug, Default)]
pub struct Lore {
    /// The layer, shared by all who know it.
    pub layer: Arc<LoreLayer>,
    /// Groups whose members know it, where it is in the [`LoreLibrary`].
    pub groups: Vec<String>,
}

/// Personas and lore as assets, and their application to characters.
pub struct PersonaPlugin;

impl Plugin for PersonaPlugin {
    fn build(&self, app: &mut App) {
        app.init_asset::<Persona>()
            .init_asset::<Lore>()
            // So that a save can hold which persona a character has.
            .register_asset_reflect::<Persona>()
            .register_asset_reflect::<Lore>()
            .init_resource::<LoreLibrary>()
            .register_type::<MemberOf>()
            .register_type::<PersonaApplied>()
            .register_type::<PersonaRejected>()
            .init_asset_loader::<PersonaLoader>()
            .init_asset_loader::<LoreLoader>()
            .init_resource::<apply::Arrived>()
            .add_observer(apply::on_npc)
            .add_observer(apply::on_knowledge)
            .add_systems(PreUpdate, ((apply::on_change, groups::on_membership).chain(), apply::on_failure));
    }
}

/// Loads `*.persona.ron`.
#[derive(Default, TypePath)]
struct PersonaLoader;

impl AssetLoader for PersonaLoader {
    type Asset = Persona;
    type Settings = ();
    type Error = PersonaError;

    async fn load(&self, reader: &mut dyn Reader, _: &(), context: &mut LoadContext<'_>) -> Result<Persona, PersonaError> {
        let path = context.path().to_string();
        let text = read(reader, &path).await?;
        let parsed = parse_persona(&text, &path)?;
        let mut persona = parsed.persona;
        persona.knows = parsed.knows.into_iter().map(|lore| context.load_builder().load(lore)).collect();
        Ok(persona)
    }

    fn extensions(&self) -> &[&str] {
        &["persona.ron"]
    }
}

/// Loads `*.lore.ron`.
#[derive(Default, TypePath)]
struct LoreLoader;

impl AssetLoader for LoreLoader {
    type Asset = Lore;
    type Settings = ();
    type Error = PersonaError;

    async fn load(&self, reader: &mut dyn Reader, _: &(), context: &mut LoadContext<'_>) -> Result<Lore, PersonaError> {
        let path = context.path().to_string();
        let text = read(reader, &path).await?;
        let ParsedLore { layer, groups } = parse_lore(&text, &path)?;
        Ok(Lore { layer: Arc::new(layer), groups })
    }

    fn extensions(&self) -> &[&str] {
        &["lore.ron"]
    }
}

async fn read(reader: &mut dyn Reader, path: &str) -> Result<String, PersonaError> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.map_err(|error| PersonaError::Read { path: path.into(), reason: error.to_string() })?;
    String::from_utf8(bytes).map_err(|error| PersonaError::Read { path: path.into(), reason: error.to_string() })
}
