//! From the asset to the character that wears it.

use super::{Lore, Persona};
use crate::knowledge::Knowledge;
use crate::memory::Feelings;
use crate::npc::Npc;
use bevy::prelude::*;

/// A character has come: it takes on its persona, if that is loaded already.
pub(super) fn on_npc(
    added: On<Insert, Npc>,
    personas: Res<Assets<Persona>>,
    lore: Res<Assets<Lore>>,
    mut npcs: Query<(&Npc, &mut Knowledge, &mut Feelings)>,
) {
    if let Ok((npc, knowledge, feelings)) = npcs.get_mut(added.entity)
        && let Some(persona) = personas.get(&npc.persona)
    {
        apply(persona, &lore, knowledge, feelings);
    }
}

/// A persona or lore has been loaded or edited: all who wear it take it on.
pub(super) fn on_change(
    mut persona_events: MessageReader<AssetEvent<Persona>>,
    mut lore_events: MessageReader<AssetEvent<Lore>>,
    personas: Res<Assets<Persona>>,
    lore: Res<Assets<Lore>>,
    mut npcs: Query<(&Npc, &mut Knowledge, &mut Feelings)>,
) {
    let changed: Vec<AssetId<Persona>> = persona_events
        .read()
        .filter_map(|event| match event {
            AssetEvent::Added { id } | AssetEvent::Modified { id } | AssetEvent::LoadedWithDependencies { id } => Some(*id),
            _ => None,
        })
        .collect();
    let lore_changed = lore_events.read().any(|event| matches!(event, AssetEvent::Added { .. } | AssetEvent::Modified { .. }));
    if changed.is_empty() && !lore_changed {
        return;
    }
    for (npc, knowledge, feelings) in &mut npcs {
        if (lore_changed || changed.contains(&npc.persona.id()))
            && let Some(persona) = personas.get(&npc.persona)
        {
            apply(persona, &lore, knowledge, feelings);
        }
    }
}

/// What the author wrote replaces what the author wrote before; what was lived through stays.
fn apply(persona: &Persona, lore: &Assets<Lore>, mut knowledge: Mut<Knowledge>, mut feelings: Mut<Feelings>) {
    knowledge.set_authored(persona.facts.clone());
    knowledge.set_lore(persona.knows.iter().filter_map(|handle| lore.get(handle)).map(|lore| lore.layer.clone()).collect());
    for (name, relation) in &persona.feelings {
        if !feelings.knows(name) {
            feelings.set(name, *relation);
        }
    }
}
