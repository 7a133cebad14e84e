//! Where things stand, how large, turned and coloured they are.

use super::plan::{Eye, Placed};
use super::random::Rng;
use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use bevy_persona::props::{Finish, PropColour, PropKind};
use std::f32::consts::{FRAC_PI_2, PI};
use std::sync::LazyLock;

/// Up to eight things, most of them in front of the eye, at times several of one kind. Tilts the eye towards the first.
pub(super) fn things(eye: &mut Eye, room: Vec3, rng: &mut Rng) -> Vec<Placed> {
    let count = rng.weighted(&[0.05, 0.17, 0.24, 0.24, 0.17, 0.13]);
    let mut floor = Floor { eye, room, spots: vec![(eye.at.translation.xz(), 0.7)] };
    let mut things: Vec<Placed> = Vec::new();
    if count > 0 && rng.chance(0.25) {
        things.extend(floor.alike(kind(rng), 2 + rng.weighted(&[0.5, 0.3, 0.2]), rng));
    }
    let mut tries = 0;
    while things.len() < count && tries < 60 {
        tries += 1;
        let kind = kind(rng);
        if small(kind) && things.len() + 2 <= count && rng.chance(0.4) {
            things.extend(floor.on_a_stand(kind, things.len() + 2 < count, rng));
            continue;
        }
        let behind = !things.is_empty() && rng.chance(0.25);
        let scale = rng.between(0.85, 1.2);
        if let Some(spot) = floor.spot(kind, scale, behind, rng) {
            things.push(placed(kind, Vec3::new(spot.x, 0.0, spot.y), scale, floor.eye, rng));
        }
    }
    if let Some(first) = things.first().filter(|_| rng.chance(0.93)) {
        aim(eye, first.at.translation + Vec3::Y * size(first.kind).y * 0.5, rng);
    }
    things
}

/// Any kind; people are commoner than others.
fn kind(rng: &mut Rng) -> Option<PropKind> {
    (!rng.chance(0.08)).then(|| rng.pick(&PropKind::ALL))
}

/// Whether it may stand on a table.
fn small(kind: Option<PropKind>) -> bool {
    let size = size(kind);
    size.y < 0.75 && size.xz().max_element() < 0.72 && !matches!(kind, Some(PropKind::Stool | PropKind::Crate))
}

/// Tilts the eye so that a point is somewhere in the middle of the picture's height.
fn aim(eye: &mut Eye, at: Vec3, rng: &mut Rng) {
    let way = at - eye.at.translation;
    let (yaw, ..) = eye.at.rotation.to_euler(EulerRot::YXZ);
    let pitch = way.y.atan2(way.xz().length()) + rng.between(-0.36, 0.36) * eye.fov;
    eye.at.rotation = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(pitch.clamp(-0.9, 0.4));
}

/// Where things stand on the floor.
struct Floor<'a> {
    eye: &'a Eye,
    room: Vec3,
    /// Taken places, with their radii.
    spots: Vec<(Vec2, f32)>,
}

impl Floor<'_> {
    /// Several of one kind in a loose row, most often of one colour.
    fn alike(&mut self, kind: Option<PropKind>, count: usize, rng: &mut Rng) -> Vec<Placed> {
        let scale = rng.between(0.85, 1.2);
        let Some(first) = self.spot(kind, scale, false, rng) else { return Vec::new() };
        let mut things = vec![placed(kind, Vec3::new(first.x, 0.0, first.y), scale, self.eye, rng)];
        let one_colour = rng.chance(0.6);
        // More often aside than away from the eye.
        let away = (first - self.eye.at.translation.xz()).normalize_or(Vec2::Y);
        let row = away.perp().rotate(Vec2::from_angle(rng.between(-0.9, 0.9))) * (2.0 * radius(kind) * scale);
        for place in [1.0, -1.0, 2.0, -2.0, 3.0] {
            let spot = first + row * place * rng.between(1.1, 1.4);
            if things.len() < count && self.take(spot, radius(kind) * scale) {
                let mut thing = placed(kind, Vec3::new(spot.x, 0.0, spot.y), scale, self.eye, rng);
                if one_colour {
                    (thing.colour, thing.tint, thing.finish) = (things[0].colour, things[0].tint, things[0].finish);
                }
                things.push(thing);
            }
        }
        things
    }

    /// A thing on a table, a crate or a barrel, perhaps with another beside it.
    fn on_a_stand(&mut self, kind: Option<PropKind>, two: bool, rng: &mut Rng) -> Vec<Placed> {
        let under = [PropKind::Table, PropKind::Crate, PropKind::Barrel][rng.weighted(&[0.6, 0.25, 0.15])];
        let Some(spot) = self.spot(Some(under), 1.0, false, rng) else { return Vec::new() };
        let mut stand = placed(Some(under), Vec3::ZERO, 1.0, self.eye, rng);
        stand.at = Transform::from_xyz(spot.x, 0.0, spot.y).with_rotation(Quat::from_rotation_y(rng.between(-PI, PI)));
        let mut things = vec![self.on_top(&stand, kind, -0.5, rng)];
        if two && under == PropKind::Table && rng.chance(0.6) {
            let others: Vec<PropKind> = PropKind::ALL.into_iter().filter(|other| small(Some(*other))).collect();
            let other = if rng.chance(0.3) { kind } else { Some(rng.pick(&others)) };
            things.push(self.on_top(&stand, other, 0.5, rng));
        }
        things.push(stand);
        things
    }

    fn on_top(&self, under: &Placed, kind: Option<PropKind>, side: f32, rng: &mut Rng) -> Placed {
        let top = size(under.kind);
        let reach = (top.x / 2.0 - 0.3).max(0.0);
        let x = side.signum() * rng.between(0.3, 1.0) * reach;
        let offset = under.at.rotation * Vec3::new(x, top.y, rng.between(-0.1, 0.1));
        let mut thing = placed(kind, Vec3::ZERO, rng.between(0.8, 1.1), self.eye, rng);
        thing.at.translation += under.at.translation + offset;
        thing
    }

    /// A free spot on the floor in view, or behind the last thing.
    fn spot(&mut self, kind: Option<PropKind>, scale: f32, behind: bool, rng: &mut Rng) -> Option<Vec2> {
        let from = self.eye.at.translation.xz();
        // As far as it is still some pixels large.
        let far = (1.8 + 5.2 * size(kind).max_element()).min(7.5);
        let (yaw, ..) = self.eye.at.rotation.to_euler(EulerRot::YXZ);
        let half_width = (self.eye.fov / 2.0).tan() * self.eye.aspect();
        let spot = match self.spots.last().filter(|_| behind) {
            Some((front, _)) if *front != from => {
                let way = (front - from).normalize_or_zero();
                front + way * rng.between(0.6, 1.6) + way.perp() * rng.between(-0.5, 0.5)
            }
            _ => {
                let near = 1.0 + 0.5 * size(kind).max_element();
                let away = rng.between(near.sqrt(), far.max(near + 0.5).sqrt()).powi(2);
                let aside = (rng.between(-0.95, 0.95) * half_width).atan() + yaw;
                from - Vec2::new(aside.sin(), aside.cos()) * away
            }
        };
        self.take(spot, radius(kind) * scale).then_some(spot)
    }

    /// Takes a place, if it is in the room and free.
    fn take(&mut self, spot: Vec2, radius: f32) -> bool {
        let inside = spot.x.abs() < self.room.x / 2.0 - radius && spot.y.abs() < self.room.z / 2.0 - radius;
        let free = inside && self.spots.iter().all(|(other, r)| other.distance(spot) > r + radius);
        if free {
            self.spots.push((spot, radius));
        }
        free
    }
}

fn placed(kind: Option<PropKind>, at: Vec3, scale: f32, eye: &Eye, rng: &mut Rng) -> Placed {
    let colour = PropColour::ALL[rng.below(PropColour::ALL.len())];
    let (turn, lift) = pose(kind, at, eye, rng);
    Placed {
        kind,
        colour,
        tint: tint(colour, rng),
        finish: Finish::ALL[rng.weighted(&[0.55, 0.27, 0.18])],
        skin: rng.pick(&SKINS).into(),
        hair: rng.pick(&HAIRS).into(),
        at: Transform { translation: at + Vec3::Y * lift * scale, rotation: turn, scale: Vec3::splat(scale) },
    }
}

/// How a thing is turned, and how far it must be lifted to lie on the ground.
fn pose(kind: Option<PropKind>, at: Vec3, eye: &Eye, rng: &mut Rng) -> (Quat, f32) {
    use PropKind as K;
    let anyhow = Quat::from_rotation_y(rng.between(-PI, PI));
    let way = eye.at.translation - at;
    let facing = Quat::from_rotation_y(way.x.atan2(way.z) + rng.between(-1.1, 1.1));
    let lies = |chance: f32, roll: f32| roll < chance;
    let (roll, telling) = (rng.unit(), rng.chance(0.8));
    let on_its_back = anyhow * Quat::from_rotation_x(-FRAC_PI_2);
    let on_its_side = anyhow * Quat::from_rotation_z(FRAC_PI_2);
    match kind {
        Some(K::Book) if lies(0.4, roll) => (facing * Quat::from_rotation_x(FRAC_PI_2), 0.17),
        Some(K::Sword) if lies(0.25, roll) => (on_its_back, 0.03),
        Some(K::Key | K::Axe | K::Bow | K::Hammer | K::Fish) if lies(0.2, roll) => (on_its_back, size(kind).z / 2.0),
        Some(K::Lute) if lies(0.2, roll) => (on_its_back, 0.18),
        Some(K::Umbrella) if lies(0.3, roll) => (anyhow * Quat::from_rotation_z(1.95), 0.62),
        Some(K::Barrel) if lies(0.12, roll) => (on_its_side, 0.37),
        Some(K::Canister) if lies(0.15, roll) => (on_its_side, 0.2),
        Some(K::Bottle) if lies(0.1, roll) => (on_its_side, 0.13),
        Some(K::Wheel) if lies(0.15, roll) => (on_its_back, 0.07),
        // People face -z, things +z.
        None if telling => (facing * Quat::from_rotation_y(PI), 0.0),
        Some(
            K::Shield
            | K::Banner
            | K::Wheel
            | K::Sword
            | K::Ladder
            | K::Chair
            | K::Bed
            | K::Shelf
            | K::Lamp
            | K::Clock
            | K::Screen
            | K::Fish
            | K::Cat
            | K::Teapot
            | K::Boot
            | K::Helmet
            | K::Key
            | K::Anvil
            | K::Hammer
            | K::Axe
            | K::Bow
            | K::Bell
            | K::Lute
            | K::Skull
            | K::Robot,
        ) if telling => (facing, 0.0),
        _ => (anyhow, 0.0),
    }
}

/// A shade that everyone would still call by the colour's name.
fn tint(colour: PropColour, rng: &mut Rng) -> Color {
    let (hue, strength, light) = match colour {
        PropColour::Red => ((-6.0, 6.0), (0.7, 1.0), (0.3, 0.48)),
        PropColour::Orange => ((23.0, 33.0), (0.85, 1.0), (0.46, 0.57)),
        PropColour::Yellow => ((47.0, 57.0), (0.8, 1.0), (0.48, 0.6)),
        PropColour::Green => ((100.0, 145.0), (0.45, 0.85), (0.2, 0.4)),
        PropColour::Blue => ((212.0, 235.0), (0.65, 0.95), (0.32, 0.52)),
        PropColour::Purple => ((268.0, 288.0), (0.5, 0.85), (0.26, 0.44)),
        PropColour::Pink => ((325.0, 343.0), (0.65, 0.95), (0.68, 0.8)),
        PropColour::White => ((0.0, 360.0), (0.0, 0.1), (0.9, 0.98)),
        PropColour::Grey => ((0.0, 360.0), (0.0, 0.04), (0.34, 0.5)),
        PropColour::Black => ((0.0, 360.0), (0.0, 0.1), (0.02, 0.05)),
        PropColour::Brown => ((19.0, 30.0), (0.45, 0.7), (0.19, 0.31)),
    };
    let hue = rng.between(hue.0, hue.1).rem_euclid(360.0);
    Color::hsl(hue, rng.between(strength.0, strength.1), rng.between(light.0, light.1))
}

/// Width, height and depth in metres; a person's if `None`.
pub(super) fn size(kind: Option<PropKind>) -> Vec3 {
    static SIZES: LazyLock<HashMap<PropKind, Vec3>> =
        LazyLock::new(|| PropKind::ALL.into_iter().map(|kind| (kind, kind.size())).collect());
    kind.and_then(|kind| SIZES.get(&kind).copied()).unwrap_or(Vec3::new(0.75, 1.75, 0.4))
}

/// Radius on the ground in metres.
fn radius(kind: Option<PropKind>) -> f32 {
    size(kind).xz().length() / 2.0 * 0.9 + 0.05
}

const SKINS: [Srgba; 6] = [
    Srgba::rgb(0.93, 0.76, 0.65),
    Srgba::rgb(0.85, 0.64, 0.50),
    Srgba::rgb(0.75, 0.53, 0.38),
    Srgba::rgb(0.58, 0.38, 0.26),
    Srgba::rgb(0.42, 0.27, 0.18),
    Srgba::rgb(0.30, 0.19, 0.13),
];
const HAIRS: [Srgba; 5] = [
    Srgba::rgb(0.08, 0.06, 0.05),
    Srgba::rgb(0.25, 0.15, 0.09),
    Srgba::rgb(0.55, 0.40, 0.20),
    Srgba::rgb(0.60, 0.25, 0.10),
    Srgba::rgb(0.65, 0.64, 0.62),
];
