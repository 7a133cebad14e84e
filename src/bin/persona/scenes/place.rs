//! Where things stand, how large, turned and coloured they are.

use super::plan::{Eye, PERSON, Placed};
use super::random::Rng;
use bevy::prelude::*;
use bevy_persona::props::{PropColour, PropKind};
use std::f32::consts::{FRAC_PI_2, PI};

/// Up to five things, most of them in front of the eye. Tilts the eye towards the first.
pub(super) fn things(eye: &mut Eye, room: Vec3, rng: &mut Rng) -> Vec<Placed> {
    let count = rng.weighted(&[0.06, 0.2, 0.25, 0.23, 0.15, 0.11]);
    let mut things: Vec<Placed> = Vec::new();
    let mut spots: Vec<(Vec2, f32)> = vec![(eye.at.translation.xz(), 0.7)];
    let mut tries = 0;
    while things.len() < count && tries < 60 {
        tries += 1;
        let kind = if rng.chance(0.12) { PERSON } else { rng.below(usize::from(PERSON)) as u8 };
        let scale = rng.between(0.85, 1.2);
        let small = height(kind) < 0.66 && !matches!(prop(kind), Some(PropKind::Stool));
        if small && things.len() + 2 <= count && rng.chance(0.4) {
            let Some(under) = stand(eye, room, &mut spots, rng) else { continue };
            things.push(on_top(&under, kind, scale, -0.5, eye, rng));
            if things.len() + 2 <= count && prop(under.kind) == Some(PropKind::Table) && rng.chance(0.6) {
                let other = rng.pick(&[3, 4, 5, 6, 9, 12, 14, 16]);
                things.push(on_top(&under, other, rng.between(0.85, 1.1), 0.5, eye, rng));
            }
            things.push(under);
            continue;
        }
        let behind = (!things.is_empty() && rng.chance(0.25)).then(|| spots[spots.len() - 1].0);
        let Some(spot) = spot(eye, room, kind, scale, behind, &mut spots, rng) else { continue };
        things.push(placed(kind, Vec3::new(spot.x, 0.0, spot.y), scale, eye, rng));
    }
    if let Some(first) = things.first().filter(|_| rng.chance(0.93)) {
        aim(eye, first.at.translation + Vec3::Y * height(first.kind) * 0.5, rng);
    }
    things
}

/// Tilts the eye so that a point is somewhere in the middle of the picture's height.
fn aim(eye: &mut Eye, at: Vec3, rng: &mut Rng) {
    let way = at - eye.at.translation;
    let (yaw, ..) = eye.at.rotation.to_euler(EulerRot::YXZ);
    let pitch = way.y.atan2(way.xz().length()) + rng.between(-0.36, 0.36) * eye.fov;
    eye.at.rotation = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(pitch.clamp(-0.9, 0.4));
}

/// Something to put other things on.
fn stand(eye: &Eye, room: Vec3, spots: &mut Vec<(Vec2, f32)>, rng: &mut Rng) -> Option<Placed> {
    let kind = [PropKind::Table, PropKind::Crate, PropKind::Barrel][rng.weighted(&[0.6, 0.25, 0.15])] as u8;
    let spot = spot(eye, room, kind, 1.0, None, spots, rng)?;
    let mut under = placed(kind, Vec3::new(spot.x, 0.0, spot.y), 1.0, eye, rng);
    under.at.rotation = Quat::from_rotation_y(rng.between(-PI, PI));
    under.at.translation.y = 0.0;
    Some(under)
}

fn on_top(under: &Placed, kind: u8, scale: f32, side: f32, eye: &Eye, rng: &mut Rng) -> Placed {
    let (top, reach) = match prop(under.kind) {
        Some(PropKind::Table) => (0.78, 0.8),
        Some(PropKind::Barrel) => (0.96, 0.1),
        _ => (0.7, 0.2),
    };
    let x = side.signum() * rng.between(0.05, reach) * side.abs();
    let offset = under.at.rotation * Vec3::new(x, top, rng.between(-0.15, 0.15));
    let mut thing = placed(kind, Vec3::ZERO, scale, eye, rng);
    thing.at.translation += under.at.translation + offset;
    thing
}

/// A free spot on the floor in view.
fn spot(
    eye: &Eye,
    room: Vec3,
    kind: u8,
    scale: f32,
    behind: Option<Vec2>,
    spots: &mut Vec<(Vec2, f32)>,
    rng: &mut Rng,
) -> Option<Vec2> {
    let from = eye.at.translation.xz();
    let far: f32 = if height(kind) < 0.4 {
        3.4
    } else if height(kind) < 0.8 {
        4.8
    } else {
        6.0
    };
    let (yaw, ..) = eye.at.rotation.to_euler(EulerRot::YXZ);
    let half_width = (eye.fov / 2.0).tan() * eye.aspect();
    let spot = match behind {
        Some(front) if front != from => {
            let way = (front - from).normalize_or_zero();
            front + way * rng.between(0.6, 1.6) + way.perp() * rng.between(-0.5, 0.5)
        }
        _ => {
            let away = rng.between(1.2f32.sqrt(), far.sqrt()).powi(2);
            let aside = (rng.between(-0.95, 0.95) * half_width).atan() + yaw;
            from - Vec2::new(aside.sin(), aside.cos()) * away
        }
    };
    let radius = radius(kind) * scale;
    let inside = spot.x.abs() < room.x / 2.0 - radius && spot.y.abs() < room.z / 2.0 - radius;
    let free = spots.iter().all(|(other, r)| other.distance(spot) > r + radius);
    (inside && free).then(|| {
        spots.push((spot, radius));
        spot
    })
}

fn placed(kind: u8, at: Vec3, scale: f32, eye: &Eye, rng: &mut Rng) -> Placed {
    let colour = PropColour::ALL[rng.below(PropColour::ALL.len())];
    let (turn, lift) = pose(kind, at, scale, eye, rng);
    Placed {
        kind,
        colour,
        tint: tint(colour, rng),
        skin: rng.pick(&SKINS).into(),
        hair: rng.pick(&HAIRS).into(),
        at: Transform { translation: at + Vec3::Y * lift, rotation: turn, scale: Vec3::splat(scale) },
    }
}

/// How a thing is turned, and how far it must be lifted to lie on the ground.
fn pose(kind: u8, at: Vec3, scale: f32, eye: &Eye, rng: &mut Rng) -> (Quat, f32) {
    let anyhow = Quat::from_rotation_y(rng.between(-PI, PI));
    let way = eye.at.translation - at;
    let facing = Quat::from_rotation_y(way.x.atan2(way.z) + rng.between(-1.1, 1.1));
    let lying = rng.unit();
    match prop(kind) {
        Some(PropKind::Book) if lying < 0.4 => (facing * Quat::from_rotation_x(FRAC_PI_2), 0.17 * scale),
        Some(PropKind::Sword) if lying < 0.25 => (anyhow * Quat::from_rotation_x(FRAC_PI_2), 0.03 * scale),
        Some(PropKind::Barrel) if lying < 0.12 => (anyhow * Quat::from_rotation_z(FRAC_PI_2), 0.37 * scale),
        Some(PropKind::Bottle) if lying < 0.1 => (anyhow * Quat::from_rotation_z(FRAC_PI_2), 0.13 * scale),
        Some(PropKind::Wheel) if lying < 0.15 => (anyhow * Quat::from_rotation_x(FRAC_PI_2), 0.07 * scale),
        Some(PropKind::Shield | PropKind::Banner | PropKind::Wheel | PropKind::Sword | PropKind::Ladder) | None
            if rng.chance(0.8) =>
        {
            // People face -z, things +z.
            let front = if kind == PERSON { PI } else { 0.0 };
            (facing * Quat::from_rotation_y(front), 0.0)
        }
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

fn prop(kind: u8) -> Option<PropKind> {
    PropKind::ALL.get(usize::from(kind)).copied()
}

/// Height in metres.
fn height(kind: u8) -> f32 {
    match prop(kind) {
        Some(PropKind::Crate | PropKind::Vase) => 0.72,
        Some(PropKind::Chest | PropKind::Bottle | PropKind::Lantern) => 0.6,
        Some(PropKind::Mug | PropKind::Apple) => 0.3,
        Some(PropKind::Book) => 0.15,
        Some(PropKind::Table) => 0.78,
        Some(PropKind::Sword) => 1.2,
        Some(PropKind::Barrel | PropKind::Shield | PropKind::Wheel) => 0.95,
        Some(PropKind::Candle | PropKind::Stool | PropKind::Bucket | PropKind::Pot | PropKind::Ball) => 0.5,
        Some(PropKind::Banner | PropKind::Ladder) => 2.0,
        None => 1.75,
    }
}

/// Radius on the ground in metres.
fn radius(kind: u8) -> f32 {
    match prop(kind) {
        Some(PropKind::Table) => 0.8,
        Some(PropKind::Chest | PropKind::Crate) => 0.52,
        Some(PropKind::Barrel | PropKind::Wheel | PropKind::Banner | PropKind::Ladder) => 0.48,
        Some(PropKind::Shield | PropKind::Pot | PropKind::Sword) => 0.4,
        _ => 0.3,
    }
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
