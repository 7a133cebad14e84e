//! The list of named things in view.

use super::lens::{Lens, corners};
use super::occlusion::{Occluder, Sightline};
use super::{Senses, Thing};
#[cfg(feature = "sight")]
use bevy::camera::primitives::Aabb;
use bevy::ecs::system::SystemState;
use bevy::prelude::*;
use persona_mind::brief::VisibleThing;

/// The most things that a view lists; the nearest come first.
pub const MAX_THINGS: usize = 16;
/// How many of the nearest things are tested for being hidden.
const MAX_TESTED: usize = 64;
/// How many entities below a thing belong to it.
const MAX_PARTS: usize = 128;
/// Half the size of a thing of which nothing but its place is known, in metres.
const NOMINAL: f32 = 0.25;

#[cfg(feature = "sight")]
type Bodies = (Query<'static, 'static, &'static Aabb>, Query<'static, 'static, &'static InheritedVisibility>);
#[cfg(not(feature = "sight"))]
type Bodies = ();
#[cfg(feature = "sight")]
type Rays = MeshRayCast<'static, 'static>;
#[cfg(not(feature = "sight"))]
type Rays = ();

/// What reading the world for a list takes.
pub(crate) struct LookerState {
    scene: SystemState<Scene>,
    #[cfg_attr(not(feature = "sight"), expect(dead_code, reason = "there are no meshes to hit"))]
    rays: SystemState<Rays>,
}

type Scene = (
    TransformHelper<'static, 'static>,
    Query<'static, 'static, (Entity, &'static Thing)>,
    Query<'static, 'static, &'static Children>,
    Bodies,
);

impl FromWorld for LookerState {
    fn from_world(world: &mut World) -> Self {
        Self { scene: SystemState::new(world), rays: SystemState::new(world) }
    }
}

/// Lists what is in view.
pub(crate) struct Looker<'a> {
    world: &'a mut World,
    state: &'a mut LookerState,
}

/// A thing in the picture that may be hidden.
struct Candidate {
    thing: VisibleThing,
    points: Vec<Vec3>,
    family: Vec<Entity>,
}

impl<'a> Looker<'a> {
    pub(crate) fn new(world: &'a mut World, state: &'a mut LookerState) -> Self {
        Self { world, state }
    }

    /// Where a character's eye is, and what it sees; `None` if the character is nowhere.
    pub(super) fn eye(&mut self, viewer: Entity, senses: &Senses) -> Option<(GlobalTransform, Vec<VisibleThing>)> {
        let body = self.place(viewer)?;
        let things = self.through(&Lens::eye(&body, senses), viewer, senses.range);
        Some((body, things))
    }

    /// Where an entity is in this very frame.
    pub(crate) fn place(&mut self, entity: Entity) -> Option<GlobalTransform> {
        let (places, ..) = self.state.scene.get(self.world).ok()?;
        places.compute_global_transform(entity).ok()
    }

    /// What is seen through a lens, nearest first.
    pub(super) fn through(&mut self, lens: &Lens, viewer: Entity, range: f32) -> Vec<VisibleThing> {
        let (own, mut candidates) = self.candidates(lens, viewer, range);
        candidates.sort_by(|a, b| a.thing.distance.total_cmp(&b.thing.distance));
        candidates.truncate(MAX_TESTED);
        let mut seen = Vec::new();
        for mut candidate in candidates {
            candidate.family.extend(&own);
            if self.is_seen(lens, &candidate) {
                seen.push(candidate.thing);
                if seen.len() == MAX_THINGS {
                    break;
                }
            }
        }
        seen
    }

    fn candidates(&mut self, lens: &Lens, viewer: Entity, range: f32) -> (Vec<Entity>, Vec<Candidate>) {
        let Ok(scene) = self.state.scene.get(self.world) else { return default() };
        let (places, things, children, bodies) = &scene;
        let own = family(viewer, children);
        let mut found = Vec::new();
        for (entity, thing) in things {
            if own.contains(&entity) || is_hidden(entity, bodies) {
                continue;
            }
            let Ok(place) = places.compute_global_transform(entity) else { continue };
            let family = family(entity, children);
            let (centre, half) = extent(&place, &family, places, bodies);
            let distance = distance(lens.from, &place, centre, half);
            if distance.is_nan() || distance > range {
                continue;
            }
            let Some(bounds) = lens.bounds(&corners(centre, half).map(|c| place.transform_point(c))) else { continue };
            let points = points(centre, half).map(|p| place.transform_point(p));
            let thing = VisibleThing { name: thing.name.clone(), kind: thing.kind.clone(), distance, bounds };
            found.push(Candidate { thing, points: points.into_iter().filter(|p| lens.shows(*p)).collect(), family });
        }
        (own, found)
    }

    fn is_seen(&mut self, lens: &Lens, candidate: &Candidate) -> bool {
        let line = |to: &Vec3| Sightline { from: lens.from, to: *to, ignoring: &candidate.family };
        candidate.points.iter().any(|to| !self.is_blocked(&line(to)))
    }

    /// Whether something is in the way of a line.
    #[cfg_attr(not(feature = "sight"), expect(clippy::needless_pass_by_ref_mut, reason = "rays need it"))]
    pub(crate) fn is_blocked(&mut self, line: &Sightline) -> bool {
        if let Some(occluder) = self.world.get_resource::<Occluder>() {
            return occluder.hides(self.world, line);
        }
        #[cfg(feature = "sight")]
        if let Ok(mut rays) = self.state.rays.get_mut(self.world) {
            return super::occlusion::mesh_hides(&mut rays, line);
        }
        false
    }
}

/// An entity and those below it.
fn family(entity: Entity, children: &Query<&Children>) -> Vec<Entity> {
    std::iter::once(entity).chain(children.iter_descendants(entity)).take(MAX_PARTS).collect()
}

#[cfg(feature = "sight")]
fn is_hidden(entity: Entity, (_, visibility): &(Query<&Aabb>, Query<&InheritedVisibility>)) -> bool {
    visibility.get(entity).is_ok_and(|v| !v.get())
}

#[cfg(not(feature = "sight"))]
fn is_hidden(_: Entity, (): &()) -> bool {
    false
}

/// Centre and half size of a thing's box, in its own space: of all its meshes, or a nominal one.
#[cfg(feature = "sight")]
fn extent(
    place: &GlobalTransform,
    family: &[Entity],
    places: &TransformHelper,
    (boxes, _): &(Query<&Aabb>, Query<&InheritedVisibility>),
) -> (Vec3, Vec3) {
    let to_own = place.affine().inverse();
    let (mut low, mut high) = (Vec3::INFINITY, Vec3::NEG_INFINITY);
    for part in family {
        let (Ok(aabb), Ok(at)) = (boxes.get(*part), places.compute_global_transform(*part)) else { continue };
        for corner in corners(aabb.center.into(), aabb.half_extents.into()) {
            let corner = to_own.transform_point3(at.transform_point(corner));
            (low, high) = (low.min(corner), high.max(corner));
        }
    }
    if low.cmple(high).all() { ((low + high) / 2.0, (high - low) / 2.0) } else { nominal() }
}

#[cfg(not(feature = "sight"))]
fn extent(_: &GlobalTransform, _: &[Entity], _: &TransformHelper, (): &()) -> (Vec3, Vec3) {
    nominal()
}

/// Things stand on their origins.
fn nominal() -> (Vec3, Vec3) {
    (Vec3::Y * NOMINAL, Vec3::splat(NOMINAL))
}

/// From the eye to the nearest point of a thing's box, in metres.
fn distance(eye: Vec3, place: &GlobalTransform, centre: Vec3, half: Vec3) -> f32 {
    let local = place.affine().inverse().transform_point3(eye);
    let nearest = local.clamp(centre - half, centre + half);
    place.transform_point(nearest).distance(eye)
}

/// Points of a thing of which one must be seen: its middle, and towards each side.
fn points(centre: Vec3, half: Vec3) -> [Vec3; 7] {
    let [x, y, z] = [Vec3::X, Vec3::Y, Vec3::Z].map(|axis| axis * half * 0.7);
    [centre, centre + y, centre - y, centre + x, centre - x, centre + z, centre - z]
}
