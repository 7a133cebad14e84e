//! Who wants to look, and in which order.

use super::visible::{Looker, LookerState};
use super::{Glance, GlanceError, GlanceFailed, Senses, Sight, Viewed};
use crate::schedule::RolePlaySystems;
use bevy::prelude::*;
use persona_mind::brief::View;
#[cfg(feature = "sight")]
use persona_mind::brief::VisibleThing;
use std::collections::VecDeque;

/// How many characters look in one frame where nothing is rendered.
const LISTS_A_FRAME: usize = 4;

/// Characters that wait for their turn to look, and those whose picture is on its way.
#[derive(Resource, Default)]
pub(super) struct Glances {
    pub(super) waiting: VecDeque<Pending>,
    /// Those whose picture is on its way.
    pub(super) under_way: Vec<Entity>,
}

/// One who waits.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "sight"), expect(dead_code, reason = "without a renderer no picture is on its way"))]
pub(super) struct Pending {
    pub(super) viewer: Entity,
    pub(super) sight: Sight,
    /// Frames since the character first looked.
    pub(super) age: u32,
}

impl Glances {
    /// Takes the first who waits to look in this way.
    #[cfg(feature = "sight")]
    pub(super) fn next(&mut self, sight: Sight) -> Option<Pending> {
        let at = self.waiting.iter().position(|p| p.sight == sight)?;
        self.waiting.remove(at)
    }

    /// Forgets that a picture is on its way; tells whether one was.
    #[cfg(feature = "sight")]
    pub(super) fn arrived(&mut self, viewer: Entity) -> bool {
        let before = self.under_way.len();
        self.under_way.retain(|v| *v != viewer);
        self.under_way.len() < before
    }

    fn has(&self, viewer: Entity) -> bool {
        self.under_way.contains(&viewer) || self.waiting.iter().any(|p| p.viewer == viewer)
    }
}

pub(super) fn build(app: &mut App) {
    app.init_resource::<Glances>().add_observer(on_glance);
    let look = look.run_if(someone_waits);
    #[cfg(feature = "sight")]
    let look = look.before(bevy::camera::CameraUpdateSystems);
    app.add_systems(PostUpdate, look.in_set(RolePlaySystems::Perceive).before(TransformSystems::Propagate));
}

fn someone_waits(glances: Res<Glances>) -> bool {
    !glances.waiting.is_empty()
}

fn on_glance(glance: On<Glance>, senses: Query<&Senses>, mut glances: ResMut<Glances>, mut commands: Commands) {
    let viewer = glance.entity;
    match senses.get(viewer).map_or(Sight::Blind, |s| s.sight) {
        Sight::Blind => fail(&mut commands, viewer, GlanceError::Blind),
        Sight::Told => {}
        sight if !glances.has(viewer) => glances.waiting.push_back(Pending { viewer, sight, age: 0 }),
        _ => {}
    }
}

/// Lets the next ones look.
pub(crate) fn look(world: &mut World, mut state: Local<LookerState>) {
    #[cfg(feature = "sight")]
    if world.contains_resource::<super::ready::Pipelines>() {
        super::eye::look(world, &mut state);
        super::screen::look(world, &mut state);
        return;
    }
    for _ in 0..LISTS_A_FRAME {
        let mut glances = world.resource_mut::<Glances>();
        let Some(Pending { viewer, .. }) = glances.waiting.pop_front() else { return };
        let Some(senses) = senses_of(world, viewer) else { continue };
        match Looker::new(world, &mut state).eye(viewer, &senses) {
            Some((_, things)) => world.trigger(Viewed { entity: viewer, view: View { picture: None, things } }),
            None => world.trigger(GlanceFailed { entity: viewer, reason: GlanceError::Nowhere }),
        }
    }
}

/// The senses of one who still lives.
pub(super) fn senses_of(world: &World, viewer: Entity) -> Option<Senses> {
    world.get::<Senses>(viewer).cloned()
}

/// Tells what was seen, if the viewer still lives.
#[cfg(feature = "sight")]
pub(super) fn tell(commands: &mut Commands, viewer: Entity, picture: persona_mind::brief::Picture, things: Vec<VisibleThing>) {
    commands.queue(move |world: &mut World| {
        if world.get_entity(viewer).is_ok() {
            world.trigger(Viewed { entity: viewer, view: View { picture: Some(picture), things } });
        }
    });
}

/// Tells that nothing was seen, if the viewer still lives.
pub(super) fn fail(commands: &mut Commands, viewer: Entity, reason: GlanceError) {
    commands.queue(move |world: &mut World| {
        if world.get_entity(viewer).is_ok() {
            world.trigger(GlanceFailed { entity: viewer, reason });
        }
    });
}
