use super::{Lore, Persona};
use crate::knowledge::{Knowledge, LoreLayer};
use crate::npc::Npc;
use bevy::ecs::system::SystemParam;
use bevy::prelude::*;
use std::sync::Arc;

/// The groups a character belongs to: a town, a trade, a faction. It knows the lore of all of them, as long as it is one of
/// them.
///
/// A persona that names `groups` brings it along; a game changes it when a character joins or leaves.
///
/// ```
/// # use bevy::prelude::*;
/// # use bevy_persona::persona::{LoreLibrary, MemberOf};
/// fn setup(assets: Res<AssetServer>, mut library: ResMut<LoreLibrary>) {
///     // Says in its file: groups: ["smiths"]
///     library.add(assets.load("lore/smiths.lore.ron"));
/// }
///
/// fn apprentice(mut commands: Commands, tobin: Single<Entity, With<Name>>) {
///     commands.entity(*tobin).insert(MemberOf::new(["riverbend", "smiths"]));
/// }
/// # App::new().add_systems(Startup, setup).add_systems(Update, apprentice);
/// ```
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Debug, PartialEq)]
pub struct MemberOf(pub Vec<String>);

/// Lore that goes by groups: each layer is known to the members of the groups that its file names.
#[derive(Resource, Clone, Debug, Default)]
pub struct LoreLibrary {
    lore: Vec<Handle<Lore>>,
}

impl MemberOf {
    /// A member of these groups.
    #[must_use]
    pub fn new<S: Into<String>>(groups: impl IntoIterator<Item = S>) -> Self {
        Self(groups.into_iter().map(Into::into).collect())
    }
}

impl LoreLibrary {
    /// Adds lore; members know it as soon as it is loaded.
    pub fn add(&mut self, lore: Handle<Lore>) {
        if !self.lore.contains(&lore) {
            self.lore.push(lore);
        }
    }
}

/// All lore there is, and who knows which.
#[derive(SystemParam)]
pub(super) struct LoreShelf<'w> {
    lore: Res<'w, Assets<Lore>>,
    library: Res<'w, LoreLibrary>,
}

impl LoreShelf<'_> {
    pub fn assets(&self) -> &Assets<Lore> {
        &self.lore
    }

    /// The layers that a character knows: those of its persona first, which count before those of its groups.
    pub fn layers(&self, persona: &Persona, groups: Option<&MemberOf>) -> Vec<Arc<LoreLayer>> {
        let of_groups = self.library.lore.iter().filter(|handle| !persona.knows.contains(handle));
        let of_groups = of_groups.filter_map(|handle| self.lore.get(handle)).filter(|lore| lore.is_for(groups));
        let own = persona.knows.iter().filter_map(|handle| self.lore.get(handle));
        own.chain(of_groups).map(|lore| lore.layer.clone()).collect()
    }

    /// Whether one of these assets is known, or may be, to members of these groups.
    pub fn concerns(&self, changed: &[AssetId<Lore>], groups: Option<&MemberOf>) -> bool {
        let listed = self.library.lore.iter().filter(|handle| changed.contains(&handle.id()));
        listed.filter_map(|handle| self.lore.get(handle)).any(|lore| lore.is_for(groups))
    }
}

impl Lore {
    fn is_for(&self, groups: Option<&MemberOf>) -> bool {
        groups.is_some_and(|groups| self.groups.iter().any(|group| groups.0.contains(group)))
    }
}

/// Who joins or leaves a group knows its lore, or does so no longer.
pub(super) fn on_membership(
    mut members: Query<(&Npc, &mut Knowledge, Option<&MemberOf>), Changed<MemberOf>>,
    mut left: RemovedComponents<MemberOf>,
    mut others: Query<(&Npc, &mut Knowledge), Without<MemberOf>>,
    personas: Res<Assets<Persona>>,
    shelf: LoreShelf,
) {
    for (npc, mut knowledge, groups) in &mut members {
        if let Some(persona) = personas.get(&npc.persona) {
            knowledge.set_lore(shelf.layers(persona, groups));
        }
    }
    for entity in left.read() {
        if let Ok((npc, mut knowledge)) = others.get_mut(entity)
            && let Some(persona) = personas.get(&npc.persona)
        {
            knowledge.set_lore(shelf.layers(persona, None));
        }
    }
}
