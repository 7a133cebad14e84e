//! From the asset to the character that wears it.

use super::groups::LoreShelf;
use super::{Lore, MemberOf, Persona, PersonaApplied, PersonaError, PersonaRejected};
use crate::knowledge::Knowledge;
use crate::memory::Feelings;
use crate::npc::Npc;
use bevy::asset::{AssetLoadError, AssetLoadFailedEvent, AssetPath, LoadState};
use bevy::platform::collections::HashSet;
use bevy::prelude::*;

/// Personas of which the arrival has been dealt with. Of others it will be, so that nothing is told twice.
#[derive(Resource, Default)]
pub(super) struct Arrived(HashSet<AssetId<Persona>>);

/// What a persona is applied to.
type Character = (&'static Npc, Option<&'static MemberOf>, &'static mut Knowledge, &'static mut Feelings);

/// A character has come: it takes on its persona, if that is loaded already.
pub(super) fn on_npc(
    added: On<Insert, Npc>,
    personas: Res<Assets<Persona>>,
    shelf: LoreShelf,
    assets: Res<AssetServer>,
    arrived: Res<Arrived>,
    mut npcs: Query<Character>,
    mut commands: Commands,
) {
    if let Ok((npc, groups, knowledge, feelings)) = npcs.get_mut(added.entity)
        && let Some(persona) = personas.get(&npc.persona)
    {
        apply(&mut commands, added.entity, persona, &shelf, groups, knowledge, feelings);
        if arrived.0.contains(&npc.persona.id()) {
            tell(&mut commands, added.entity, persona, shelf.assets(), &assets, |_| true);
        }
    }
}

/// A character's knowledge was put in place, as from a save, which holds no lore: it gets that back.
pub(super) fn on_knowledge(
    added: On<Insert, Knowledge>,
    personas: Res<Assets<Persona>>,
    shelf: LoreShelf,
    mut npcs: Query<(&Npc, Option<&MemberOf>, &mut Knowledge)>,
) {
    if let Ok((npc, groups, mut knowledge)) = npcs.get_mut(added.entity)
        && let Some(persona) = personas.get(&npc.persona)
        && knowledge.lore().is_empty()
    {
        knowledge.set_lore(shelf.layers(persona, groups));
    }
}

/// A persona or lore has been loaded or edited: all who wear it take it on.
pub(super) fn on_change(
    mut persona_events: MessageReader<AssetEvent<Persona>>,
    mut lore_events: MessageReader<AssetEvent<Lore>>,
    mut lore_failures: MessageReader<AssetLoadFailedEvent<Lore>>,
    personas: Res<Assets<Persona>>,
    shelf: LoreShelf,
    assets: Res<AssetServer>,
    mut arrived: ResMut<Arrived>,
    mut npcs: Query<(Entity, Character)>,
    mut commands: Commands,
) {
    let mut changed: Vec<AssetId<Persona>> = Vec::new();
    for event in persona_events.read() {
        changed.extend(now_new(event));
        if let AssetEvent::Removed { id } = event {
            arrived.bypass_change_detection().0.remove(id);
        }
    }
    arrived.bypass_change_detection().0.extend(&changed);
    let changed_lore: Vec<AssetId<Lore>> = lore_events.read().filter_map(now_new).collect();
    let failed_lore: Vec<AssetId<Lore>> = lore_failures.read().map(|failure| failure.id).collect();
    if changed.is_empty() && changed_lore.is_empty() && failed_lore.is_empty() {
        return;
    }
    for (entity, (npc, groups, knowledge, feelings)) in &mut npcs {
        let Some(persona) = personas.get(&npc.persona) else { continue };
        let knows = |lore: &[AssetId<Lore>]| persona.knows.iter().any(|handle| lore.contains(&handle.id()));
        let is_changed = changed.contains(&npc.persona.id());
        if is_changed || knows(&changed_lore) || shelf.concerns(&changed_lore, groups) {
            apply(&mut commands, entity, persona, &shelf, groups, knowledge, feelings);
        } else if !knows(&failed_lore) || !arrived.0.contains(&npc.persona.id()) {
            continue;
        }
        tell(&mut commands, entity, persona, shelf.assets(), &assets, |lore| is_changed || failed_lore.contains(&lore));
    }
}

/// A persona cannot be loaded: all who wear it are told.
pub(super) fn on_failure(
    mut failures: MessageReader<AssetLoadFailedEvent<Persona>>,
    npcs: Query<(Entity, &Npc)>,
    mut commands: Commands,
) {
    for failure in failures.read() {
        let error = words(&failure.path, &failure.error);
        for (entity, _) in npcs.iter().filter(|(_, npc)| npc.persona.id() == failure.id) {
            commands.trigger(PersonaRejected { entity, error: error.clone() });
        }
    }
}

fn now_new<A: Asset>(event: &AssetEvent<A>) -> Option<AssetId<A>> {
    match event {
        AssetEvent::Added { id } | AssetEvent::Modified { id } => Some(*id),
        _ => None,
    }
}

/// What the author wrote replaces what the author wrote before; what was lived through stays.
fn apply(
    commands: &mut Commands,
    entity: Entity,
    persona: &Persona,
    shelf: &LoreShelf,
    groups: Option<&MemberOf>,
    mut knowledge: Mut<Knowledge>,
    mut feelings: Mut<Feelings>,
) {
    knowledge.set_authored(persona.facts.clone());
    knowledge.set_lore(shelf.layers(persona, groups));
    for (name, relation) in &persona.feelings {
        if !feelings.knows(name) {
            feelings.set(name, *relation);
        }
    }
    // The game's word counts where it has given one.
    if groups.is_none() && !persona.groups.is_empty() {
        commands.entity(entity).try_insert(MemberOf(persona.groups.clone()));
    }
}

/// Tells that a persona is complete, or which of its lore cannot be had. While lore is on its way there is nothing to tell.
fn tell(
    commands: &mut Commands,
    entity: Entity,
    persona: &Persona,
    lore: &Assets<Lore>,
    assets: &AssetServer,
    is_news: impl Fn(AssetId<Lore>) -> bool,
) {
    let mut is_complete = true;
    for handle in &persona.knows {
        if let Some(LoadState::Failed(error)) = assets.get_load_state(handle) {
            is_complete = false;
            if is_news(handle.id()) {
                let path = handle.path().cloned().unwrap_or_default();
                commands.trigger(PersonaRejected { entity, error: words(&path, &error) });
            }
        }
        is_complete &= lore.contains(handle);
    }
    if is_complete {
        commands.trigger(PersonaApplied { entity });
    }
}

/// Our own errors name file and line; to others the path is added.
fn words(path: &AssetPath, error: &AssetLoadError) -> String {
    let own = match error {
        AssetLoadError::AssetLoaderError(error) => error.error().downcast_ref::<PersonaError>(),
        _ => None,
    };
    own.map_or_else(|| format!("{path}: {error}"), ToString::to_string)
}
