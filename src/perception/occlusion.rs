//! What hides what.

#[cfg(feature = "sight")]
use super::lens::NEAR;
use bevy::prelude::*;

/// A straight line from an eye to a point of a thing.
#[derive(Clone, Copy, Debug)]
pub struct Sightline<'a> {
    /// Where the eye is.
    pub from: Vec3,
    /// The point that may be hidden.
    pub to: Vec3,
    /// Entities that hide nothing: the viewer, the thing and all below them.
    pub ignoring: &'a [Entity],
}

/// A game's own test of what hides what, in place of rays against all meshes.
///
/// Insert it where meshes are not what blocks sight, or where a physics engine answers faster.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_persona::perception::Occluder;
///
/// // Nobody sees through the plane x = 0.
/// App::new().insert_resource(Occluder::new(|_world, line| line.from.x.signum() != line.to.x.signum()));
/// ```
#[derive(Resource)]
pub struct Occluder(Box<dyn Fn(&World, &Sightline) -> bool + Send + Sync>);

impl Occluder {
    /// A test that gives true where something is in the way.
    pub fn new(hides: impl Fn(&World, &Sightline) -> bool + Send + Sync + 'static) -> Self {
        Self(Box::new(hides))
    }

    pub(super) fn hides(&self, world: &World, line: &Sightline) -> bool {
        (self.0)(world, line)
    }
}

/// How far before its point a ray may end, in metres, for a point on a surface or touching another.
#[cfg(feature = "sight")]
const SLACK: f32 = 0.05;

/// Whether a mesh is in the way. A mesh that the game shows or hides in this frame counts from the next one on: the eye must
/// be placed before Bevy works out what is shown.
#[cfg(feature = "sight")]
pub(super) fn mesh_hides(rays: &mut MeshRayCast, line: &Sightline) -> bool {
    let way = line.to - line.from;
    let Ok((direction, length)) = Dir3::new_and_length(way) else { return false };
    if length <= NEAR + SLACK {
        return false;
    }
    let ray = Ray3d::new(line.from + direction * NEAR, direction);
    let filter = |entity: Entity| !line.ignoring.contains(&entity);
    let settings = MeshRayCastSettings::default().with_visibility(RayCastVisibility::Visible).with_filter(&filter);
    rays.cast_ray(ray, &settings).first().is_some_and(|(_, hit)| hit.distance + NEAR < length - SLACK)
}
