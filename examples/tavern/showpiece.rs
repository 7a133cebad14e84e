//! The thing in front of the innkeeper, which anyone may change, recolour and move.

use crate::furniture::{CORNER, COUNTER, TABLE};
use bevy::prelude::*;
use bevy_persona::perception::Thing;
use bevy_persona::props::{Prop, PropColour, PropKind};

/// Marks the thing, and says on which of the [`SPOTS`] it is.
#[derive(Component)]
pub struct Showpiece {
    pub spot: usize,
}

/// Where the thing can be.
pub const SPOTS: [(&str, Vec3); 4] = [
    ("counter", Vec3::new(-1.62, COUNTER, -1.66)),
    ("end", Vec3::new(-1.05, COUNTER, -1.6)),
    ("table", Vec3::new(CORNER.x - 0.08, TABLE, CORNER.z + 0.1)),
    ("floor", Vec3::new(0.75, 0.02, -1.9)),
];

/// Kinds that the keyboard goes through.
const KINDS: [PropKind; 6] =
    [PropKind::Mug, PropKind::Lantern, PropKind::Apple, PropKind::Book, PropKind::Bottle, PropKind::Shield];

pub fn spawn(mut commands: Commands) {
    let (_, at) = SPOTS[0];
    let prop = Prop::new(PropKind::Mug, PropColour::Red);
    commands.spawn((Showpiece { spot: 0 }, prop, thing(prop.kind), place(prop.kind, at)));
}

/// Characters see its colour with their own eyes; its name does not tell.
fn thing(kind: PropKind) -> Thing {
    Thing::new(format!("the {}", kind.name()), kind.name())
}

/// Large kinds are made small enough for a counter.
fn place(kind: PropKind, at: Vec3) -> Transform {
    let size = match kind {
        PropKind::Banner | PropKind::Ladder => 0.3,
        PropKind::Table | PropKind::Sword => 0.45,
        PropKind::Barrel | PropKind::Wheel | PropKind::Shield | PropKind::Chest => 0.5,
        PropKind::Crate | PropKind::Vase | PropKind::Pot => 0.65,
        PropKind::Lantern | PropKind::Bottle => 0.66,
        _ => 0.85,
    };
    Transform::from_translation(at).with_scale(Vec3::splat(size)).with_rotation(Quat::from_rotation_y(-0.35))
}

/// A change to the thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Colour(PropColour),
    Kind(PropKind),
    Spot(usize),
}

/// Asks for a change.
#[derive(Event, Clone, Debug)]
pub struct Rearrange(pub Change);

pub fn on_rearrange(asked: On<Rearrange>, piece: Single<(&mut Showpiece, &mut Prop, &mut Thing, &mut Transform)>) {
    let (mut piece, mut prop, mut named, mut at) = piece.into_inner();
    match asked.0 {
        Change::Colour(colour) => prop.colour = colour,
        Change::Kind(kind) => prop.kind = kind,
        Change::Spot(spot) => piece.spot = spot.min(SPOTS.len() - 1),
    }
    *named = thing(prop.kind);
    *at = place(prop.kind, SPOTS[piece.spot].1);
}

/// The next change of each sort, for the keyboard.
pub fn next(piece: &Showpiece, prop: &Prop) -> [Change; 3] {
    let after = |at: Option<usize>, len: usize| at.map_or(0, |at| (at + 1) % len);
    let colour = PropColour::ALL[after(PropColour::ALL.iter().position(|c| *c == prop.colour), PropColour::ALL.len())];
    let kind = KINDS[after(KINDS.iter().position(|k| *k == prop.kind), KINDS.len())];
    [Change::Colour(colour), Change::Kind(kind), Change::Spot((piece.spot + 1) % SPOTS.len())]
}
