//! What a look teaches: who holds what, and who and what is where.

use crate::clock::GameClock;
use crate::knowledge::{Fact, Knowledge, Pattern, Source};
use crate::npc::Npc;
use crate::perception::{Thing, Viewed};
use bevy::prelude::*;

/// A part of the world with a name, such as "the kitchen": a box around the entity, in its own directions.
///
/// What a character sees within one it knows to be there, as [`Source::Seen`]. Of several the smallest counts.
///
/// ```
/// # use bevy::prelude::*;
/// # use bevy_persona::witness::Area;
/// fn setup(mut commands: Commands) {
///     commands.spawn((Area::new("the kitchen", Vec3::new(3.0, 2.0, 3.0)), Transform::from_xyz(4.0, 0.0, -2.0)));
/// }
/// # bevy::ecs::system::assert_is_system(setup);
/// ```
#[derive(Component, Clone, Debug, Default, PartialEq, Reflect)]
#[reflect(Component, Default, Debug, PartialEq)]
pub struct Area {
    /// What characters call it.
    pub name: String,
    /// From the middle to each side, in metres.
    pub half_size: Vec3,
}

impl Area {
    /// A part of the world, by half its size in metres.
    #[must_use]
    pub fn new(name: impl Into<String>, half_size: Vec3) -> Self {
        Self { name: name.into(), half_size }
    }

    fn holds(&self, place: &GlobalTransform, point: Vec3) -> bool {
        let inside = place.affine().inverse().transform_point3(point).abs();
        inside.cmple(self.half_size).all()
    }
}

/// The relations of what is seen: a thing is in one place, or held by one.
const IN: &str = "is in";
const HELD: &str = "is held by";

pub(super) fn build(app: &mut App) {
    app.register_type::<Area>().add_observer(on_viewed);
}

fn on_viewed(
    viewed: On<Viewed>,
    mut minds: Query<&mut Knowledge>,
    things: Query<(Entity, &Thing)>,
    areas: Query<(Entity, &Area)>,
    parents: Query<&ChildOf>,
    holders: Query<&Thing, With<Npc>>,
    places: TransformHelper,
    clock: Res<GameClock>,
) {
    let Ok(mut knowledge) = minds.get_mut(viewed.entity) else { return };
    for seen in &viewed.view.things {
        // Of several of one name it cannot be told which.
        let mut named = things.iter().filter(|(_, thing)| thing.name == seen.name);
        let (Some((entity, _)), None) = (named.next(), named.next()) else { continue };
        let holder = parents.iter_ancestors(entity).find_map(|above| holders.get(above).ok());
        let at = || places.compute_global_transform(entity).ok().map(|place| place.translation());
        let area = || at().and_then(|point| smallest(&areas, &places, point));
        let found = match holder {
            Some(holder) => Some((HELD, holder.name.clone())),
            None => area().map(|area| (IN, area)),
        };
        if let Some((relation, object)) = found.filter(|(_, object)| *object != seen.name) {
            see(&mut knowledge, Fact::new(seen.name.as_str(), relation, object).with_source(Source::Seen).at(clock.seconds));
        }
    }
}

fn smallest(areas: &Query<(Entity, &Area)>, places: &TransformHelper, point: Vec3) -> Option<String> {
    let is_around =
        |(entity, area): &(Entity, &Area)| places.compute_global_transform(*entity).is_ok_and(|place| area.holds(&place, point));
    let size = |area: &Area| area.half_size.x * area.half_size.y * area.half_size.z;
    let around = areas.iter().filter(is_around).map(|(_, area)| area);
    around.min_by(|one, two| size(one).total_cmp(&size(two))).map(|area| area.name.clone())
}

/// Notes where something is, in the place of where it was seen before.
fn see(knowledge: &mut Knowledge, fact: Fact) {
    for relation in [IN, HELD] {
        let before = knowledge.matching(&Pattern::new().subject(&fact.subject).predicate(relation));
        for old in before.iter().filter(|old| old.source == Source::Seen && !old.same_as(&fact)) {
            knowledge.end(&old.subject, &old.predicate, &old.object, fact.learned_at);
        }
    }
    knowledge.take_in(fact);
}
