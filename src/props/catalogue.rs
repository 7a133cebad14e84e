//! What each kind of thing looks like.
//!
//! Things stand on the ground at their origin and face +z; flat ones lie in the plane of x and y. Outlines differ
//! strongly, so that they can be told apart at 48 x 48 pixels, and small things are larger than life.

mod belongings;
mod furniture;
mod nature;
mod person;
mod tools;
mod vessels;

pub(super) use person::person;

use super::PropKind;
use super::shape::Shape;

/// The shape of a kind.
pub(super) fn shape(kind: PropKind) -> Shape {
    let make = match kind {
        PropKind::Barrel => vessels::barrel,
        PropKind::Crate => vessels::crate_of_boards,
        PropKind::Chest => vessels::chest,
        PropKind::Mug => vessels::mug,
        PropKind::Bottle => vessels::bottle,
        PropKind::Candle => furniture::candle,
        PropKind::Lantern => furniture::lantern,
        PropKind::Stool => furniture::stool,
        PropKind::Table => furniture::table,
        PropKind::Book => belongings::book,
        PropKind::Sword => tools::sword,
        PropKind::Shield => tools::shield,
        PropKind::Apple => nature::apple,
        PropKind::Bucket => vessels::bucket,
        PropKind::Pot => vessels::pot,
        PropKind::Ball => belongings::ball,
        PropKind::Vase => vessels::vase,
        PropKind::Banner => belongings::banner,
        PropKind::Ladder => furniture::ladder,
        PropKind::Wheel => belongings::wheel,
        PropKind::Chair => furniture::chair,
        PropKind::Bed => furniture::bed,
        PropKind::Shelf => furniture::shelf,
        PropKind::Lamp => furniture::lamp,
        PropKind::Clock => furniture::clock,
        PropKind::Screen => furniture::screen,
        PropKind::Umbrella => belongings::umbrella,
        PropKind::Plant => nature::plant,
        PropKind::Tree => nature::tree,
        PropKind::Rock => nature::rock,
        PropKind::Mushroom => nature::mushroom,
        PropKind::Pumpkin => nature::pumpkin,
        PropKind::Bread => nature::bread,
        PropKind::Cheese => nature::cheese,
        PropKind::Fish => nature::fish,
        PropKind::Cat => nature::cat,
        PropKind::Sack => vessels::sack,
        PropKind::Teapot => vessels::teapot,
        PropKind::Hat => belongings::hat,
        PropKind::Boot => belongings::boot,
        PropKind::Crown => belongings::crown,
        PropKind::Helmet => tools::helmet,
        PropKind::Key => tools::key,
        PropKind::Anvil => tools::anvil,
        PropKind::Hammer => tools::hammer,
        PropKind::Axe => tools::axe,
        PropKind::Bow => tools::bow,
        PropKind::Bell => belongings::bell,
        PropKind::Lute => belongings::lute,
        PropKind::Skull => nature::skull,
        PropKind::Globe => belongings::globe,
        PropKind::Robot => belongings::robot,
        PropKind::Canister => vessels::canister,
    };
    make(Shape::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::camera::primitives::MeshAabb;

    #[test]
    fn every_kind_stands_on_the_ground_in_a_sane_size() {
        for kind in PropKind::ALL {
            let shape = shape(kind);
            let body = shape.body.expect("every kind has a part in its own colour").compute_aabb().unwrap();
            let low = shape.trim.and_then(|t| t.compute_aabb()).map_or(body.min().y, |t| t.min().y.min(body.min().y));
            assert!(low.abs() < 0.12, "{kind:?} stands at {low} m instead of on the ground");
            let size = body.half_extents.max_element() * 2.0;
            assert!((0.2..2.3).contains(&size), "{kind:?} is {size} m long");
        }
    }
}
