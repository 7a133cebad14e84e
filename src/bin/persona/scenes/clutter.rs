//! Things that are none of the named kinds: pillars, rugs, pictures, low walls, rubble.

use super::plan::{Eye, Placed, Surface, dull};
use super::random::Rng;
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, PI};

/// Adds them to a room of this size; out of doors there are no walls to hang pictures on.
pub(super) fn clutter(room: &mut Vec<Surface>, eye: &Eye, size: Vec3, outside: bool, things: &[Placed], rng: &mut Rng) {
    let half = if outside { Vec2::splat(7.0) } else { size.xz() / 2.0 };
    for _ in 0..rng.weighted(&[0.15, 0.25, 0.25, 0.2, 0.15]) {
        let spot = Vec2::new(rng.between(-half.x, half.x), rng.between(-half.y, half.y));
        let free = |around: f32| {
            let clear = things.iter().all(|t| t.at.translation.xz().distance(spot) > around);
            clear && eye.at.translation.xz().distance(spot) > around + 0.3
        };
        match rng.weighted(if outside { &[0.25, 0.2, 0.35, 0.2, 0.0] } else { &[0.2, 0.15, 0.2, 0.15, 0.3] }) {
            0 if free(1.3) => room.push(pillar(spot, if outside { rng.between(1.0, 6.0) } else { size.y }, rng)),
            1 => room.push(rug(spot, rng)),
            2 if free(0.9) => rubble(room, spot, rng),
            3 => room.extend(low_wall(eye, things, rng)),
            4 => room.push(picture(spot, half, size.y, rng)),
            _ => {}
        }
    }
}

fn solid(centre: Vec3, size: Vec3, turn: Quat, rng: &mut Rng) -> Surface {
    Surface { centre, size, turn, colour: dull(rng, 0.08, 0.85), pattern: None, solid: true }
}

fn pillar(spot: Vec2, height: f32, rng: &mut Rng) -> Surface {
    let thick = rng.between(0.15, 0.5);
    let turn = Quat::from_rotation_y(rng.between(-PI, PI));
    solid(Vec3::new(spot.x, height / 2.0, spot.y), Vec3::new(thick, height, thick), turn, rng)
}

fn rug(spot: Vec2, rng: &mut Rng) -> Surface {
    let size = Vec3::new(rng.between(0.8, 3.0), 0.008, rng.between(0.8, 3.0));
    let turn = Quat::from_rotation_y(rng.between(-PI, PI));
    Surface { solid: false, ..solid(Vec3::new(spot.x, 0.004, spot.y), size, turn, rng) }
}

/// A few bricks and slats that lie about.
fn rubble(room: &mut Vec<Surface>, spot: Vec2, rng: &mut Rng) {
    for _ in 0..=rng.below(4) {
        let size = Vec3::new(rng.between(0.08, 0.7), rng.between(0.03, 0.16), rng.between(0.06, 0.2));
        let centre = Vec3::new(spot.x + rng.between(-0.4, 0.4), size.y / 2.0, spot.y + rng.between(-0.4, 0.4));
        let turn = Quat::from_rotation_y(rng.between(-PI, PI)) * Quat::from_rotation_z(rng.between(-0.1, 0.1));
        room.push(solid(centre, size, turn, rng));
    }
}

/// A low wall or a board that hides a part of something.
fn low_wall(eye: &Eye, things: &[Placed], rng: &mut Rng) -> Option<Surface> {
    let hidden = things.get(rng.below(things.len()))?;
    let (from, to) = (eye.at.translation.xz(), hidden.at.translation.xz());
    let size = Vec3::new(rng.between(0.25, 1.2), rng.between(0.2, 0.8), rng.between(0.04, 0.15));
    let spot = from.lerp(to, rng.between(0.55, 0.8)) + (to - from).normalize_or_zero().perp() * rng.between(-0.6, 0.6);
    let clear = things.iter().all(|t| t.at.translation.xz().distance(spot) > 0.6) && from.distance(spot) > 1.0;
    let turn = Quat::from_rotation_y((from - to).x.atan2((from - to).y) + rng.between(-0.4, 0.4));
    clear.then(|| solid(Vec3::new(spot.x, size.y / 2.0, spot.y), size, turn, rng))
}

/// A picture or a window on a wall.
fn picture(spot: Vec2, half: Vec2, height: f32, rng: &mut Rng) -> Surface {
    let size = Vec3::new(rng.between(0.4, 1.6), rng.between(0.3, 1.2), 0.06);
    let y = rng.between(1.2, height - 0.6);
    let behind = if rng.chance(0.5) { 1.0 } else { -1.0 };
    let (centre, turn) = if rng.chance(0.5) {
        (Vec3::new(spot.x, y, behind * half.y), Quat::IDENTITY)
    } else {
        (Vec3::new(behind * half.x, y, spot.y), Quat::from_rotation_y(FRAC_PI_2))
    };
    let picture = Surface { solid: false, ..solid(centre, size, turn, rng) };
    if rng.chance(0.3) { Surface { colour: Color::srgb(2.0, 2.0, 2.1), ..picture } } else { picture }
}
