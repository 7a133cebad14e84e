//! What stands in a scene: a pure function of its seed.

use super::place;
use super::random::Rng;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::prelude::*;
use bevy_persona::props::{PropColour, PropKind};
use std::f32::consts::{FRAC_PI_2, PI};

/// The index of a person among kinds.
pub(super) const PERSON: u8 = PropKind::ALL.len() as u8;

/// A whole scene.
pub(super) struct Plan {
    pub(super) eye: Eye,
    pub(super) room: Vec<Surface>,
    pub(super) lights: Vec<Lamp>,
    pub(super) things: Vec<Placed>,
}

/// The camera.
pub(super) struct Eye {
    pub(super) at: Transform,
    /// Vertical field of view in radians.
    pub(super) fov: f32,
    /// Whether the picture is 16:9, squeezed to a square as a player's screen is.
    pub(super) wide: bool,
    pub(super) tonemapping: Tonemapping,
    pub(super) ambient: Color,
    pub(super) brightness: f32,
    pub(super) backdrop: Color,
}

impl Eye {
    pub(super) fn aspect(&self) -> f32 {
        if self.wide { 16.0 / 9.0 } else { 1.0 }
    }
}

/// A box of the room: a wall, the floor, a pillar.
pub(super) struct Surface {
    pub(super) centre: Vec3,
    pub(super) size: Vec3,
    pub(super) turn: Quat,
    pub(super) colour: Color,
    /// Which pattern, if any, and how often it repeats.
    pub(super) pattern: Option<(usize, Vec2)>,
    /// Whether it can hide things and throw shadows.
    pub(super) solid: bool,
}

/// A light.
pub(super) enum Lamp {
    Sun { colour: Color, lux: f32, towards: Vec3, shadows: bool },
    Point { colour: Color, lumens: f32, at: Vec3, shadows: bool },
}

/// A thing in its place.
#[derive(Clone)]
pub(super) struct Placed {
    pub(super) kind: u8,
    pub(super) colour: PropColour,
    pub(super) tint: Color,
    pub(super) skin: Color,
    pub(super) hair: Color,
    pub(super) at: Transform,
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        let rng = &mut Rng::new(seed);
        let outside = rng.chance(0.12);
        let size = Vec3::new(rng.between(5.0, 12.0), rng.between(2.5, 4.4), rng.between(6.0, 13.0));
        let size = if outside { Vec3::new(60.0, 0.0, 60.0) } else { size };
        let mut eye = eye(size, outside, rng);
        let things = place::things(&mut eye, size, rng);
        let mut room = room(size, outside, rng);
        clutter(&mut room, &eye, size, outside, &things, rng);
        let mut lights = lights(size, outside, rng);
        let middle = things.iter().map(|t| t.at.translation).sum::<Vec3>() / things.len().max(1) as f32;
        expose(&mut lights, &mut eye, middle + Vec3::Y * 0.4, rng);
        Self { eye, room, lights, things }
    }
}

fn eye(size: Vec3, outside: bool, rng: &mut Rng) -> Eye {
    let wide = rng.chance(0.3);
    let fov: f32 = if wide { rng.between(38.0, 60.0) } else { rng.between(45.0, 80.0) };
    let (x, z) = if outside { (0.0, 0.0) } else { (size.x / 2.0 - 0.8, size.z / 2.0 - 0.8) };
    let from = Vec3::new(rng.between(-x, x), rng.between(1.2, 1.8), rng.between(-z, z));
    // Look across the room rather than at the nearest wall.
    let across = Vec3::new(rng.between(-x, x) * 0.6, from.y, rng.between(-z, z) * 0.6) - from;
    let yaw = if across.xz().length() > 2.0 { (-across.x).atan2(-across.z) } else { rng.between(-PI, PI) };
    let turn = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(rng.between(-0.38, 0.06));
    let tonemapping = [Tonemapping::TonyMcMapface, Tonemapping::AcesFitted, Tonemapping::ReinhardLuminance];
    let sky = Color::hsl(rng.between(195.0, 225.0), rng.between(0.1, 0.6), rng.between(0.45, 0.9));
    Eye {
        at: Transform::from_translation(from).with_rotation(turn),
        fov: fov.to_radians(),
        wide,
        tonemapping: tonemapping[rng.weighted(&[0.6, 0.15, 0.25])],
        ambient: lamp_colour(rng),
        brightness: 0.0,
        backdrop: if outside { sky } else { Color::srgb(0.05, 0.05, 0.05) },
    }
}

fn room(size: Vec3, outside: bool, rng: &mut Rng) -> Vec<Surface> {
    let thick = 0.2;
    let mut surfaces = Vec::new();
    let mut add = |centre: Vec3, size: Vec3, colour: Color, pattern| {
        surfaces.push(Surface { centre, size, turn: Quat::IDENTITY, colour, pattern, solid: false });
    };
    let floor = if outside {
        Color::hsl(rng.between(20.0, 120.0), rng.between(0.05, 0.35), rng.between(0.2, 0.6))
    } else {
        dull(rng, 0.12, 0.65)
    };
    let pattern = pattern(rng, Vec2::new(size.x, size.z));
    add(Vec3::new(0.0, -thick / 2.0, 0.0), Vec3::new(size.x, thick, size.z), floor, pattern);
    if outside {
        return surfaces;
    }
    let ceiling = dull(rng, 0.3, 0.95);
    add(Vec3::new(0.0, size.y + thick / 2.0, 0.0), Vec3::new(size.x, thick, size.z), ceiling, None);
    let walls = dull(rng, 0.18, 0.92);
    let other = if rng.chance(0.3) { dull(rng, 0.18, 0.92) } else { walls };
    let kind = rng.chance(0.6).then(|| rng.below(super::stage::PATTERNS));
    for side in [-1.0, 1.0] {
        let along_z = kind.map(|k| (k, Vec2::new(size.z, size.y)));
        let along_x = kind.map(|k| (k, Vec2::new(size.x, size.y)));
        add(Vec3::new(side * (size.x + thick) / 2.0, size.y / 2.0, 0.0), Vec3::new(thick, size.y, size.z), walls, along_z);
        add(Vec3::new(0.0, size.y / 2.0, side * (size.z + thick) / 2.0), Vec3::new(size.x, size.y, thick), other, along_x);
    }
    surfaces
}

/// Things that are none of the named kinds: pillars, pictures, rugs, shelves.
fn clutter(room: &mut Vec<Surface>, eye: &Eye, size: Vec3, outside: bool, things: &[Placed], rng: &mut Rng) {
    let half = if outside { Vec2::splat(7.0) } else { size.xz() / 2.0 };
    for _ in 0..rng.weighted(&[0.25, 0.3, 0.25, 0.2]) {
        let spot = Vec2::new(rng.between(-half.x, half.x), rng.between(-half.y, half.y));
        let mut colour = dull(rng, 0.08, 0.85);
        let turn = Quat::from_rotation_y(rng.between(-PI, PI));
        match rng.below(if outside { 2 } else { 4 }) {
            0 => {
                let clear = things.iter().all(|t| t.at.translation.xz().distance(spot) > 1.3);
                if clear && eye.at.translation.xz().distance(spot) > 1.6 {
                    let height = if outside { rng.between(1.0, 6.0) } else { size.y };
                    let thick = rng.between(0.15, 0.5);
                    let centre = Vec3::new(spot.x, height / 2.0, spot.y);
                    let size = Vec3::new(thick, height, thick);
                    room.push(Surface { centre, size, turn, colour, pattern: None, solid: true });
                }
            }
            1 => {
                let centre = Vec3::new(spot.x, 0.004, spot.y);
                let size = Vec3::new(rng.between(0.8, 3.0), 0.008, rng.between(0.8, 3.0));
                room.push(Surface { centre, size, turn, colour, pattern: None, solid: false });
            }
            _ => {
                if rng.chance(0.3) {
                    colour = Color::srgb(2.0, 2.0, 2.1);
                }
                let wide = Vec3::new(rng.between(0.4, 1.6), rng.between(0.3, 1.2), 0.06);
                let y = rng.between(1.2, size.y - 0.6);
                let behind = if rng.chance(0.5) { 1.0 } else { -1.0 };
                let (centre, turn) = if rng.chance(0.5) {
                    (Vec3::new(spot.x, y, behind * half.y), Quat::IDENTITY)
                } else {
                    (Vec3::new(behind * half.x, y, spot.y), Quat::from_rotation_y(FRAC_PI_2))
                };
                room.push(Surface { centre, size: wide, turn, colour, pattern: None, solid: false });
            }
        }
    }
}

/// Scales all lights so that a white thing at `middle` comes out bright, but not burnt out, as a game's own lights would be set.
fn expose(lights: &mut [Lamp], eye: &mut Eye, middle: Vec3, rng: &mut Rng) {
    /// Luminance that Bevy's default exposure shows as full white, in candela a square metre.
    const FULL: f32 = 1000.0;
    let direct = |lamp: &Lamp| match lamp {
        Lamp::Sun { lux, .. } => 0.5 * lux,
        Lamp::Point { lumens, at, .. } => 0.5 * lumens / (4.0 * PI) / at.distance_squared(middle).max(1.0),
    };
    let white = FULL * rng.between(0.8, 1.5);
    let share = rng.between(0.3, 0.6);
    let now = lights.iter().map(direct).sum::<f32>() / PI;
    eye.brightness = white * share;
    let scale = white * (1.0 - share) / now.max(1.0);
    for lamp in lights {
        match lamp {
            Lamp::Sun { lux, .. } => *lux *= scale,
            Lamp::Point { lumens, .. } => *lumens *= scale,
        }
    }
}

fn lights(size: Vec3, outside: bool, rng: &mut Rng) -> Vec<Lamp> {
    let mut lights = Vec::new();
    if outside || rng.chance(0.55) {
        let lux = if outside { rng.between(3500.0, 8000.0) } else { rng.between(1500.0, 4500.0) };
        let towards = Vec3::new(rng.between(-1.0, 1.0), rng.between(-1.6, -0.5), rng.between(-1.0, 1.0));
        lights.push(Lamp::Sun { colour: lamp_colour(rng), lux, towards, shadows: rng.chance(0.6) });
    }
    let lamps = if outside { 0 } else { rng.weighted(&[0.2, 0.5, 0.3]) };
    let lamps = if lights.is_empty() { lamps.max(1) } else { lamps };
    for lamp in 0..lamps {
        let spread = Vec2::new(size.x, size.z) * 0.4;
        let at = Vec3::new(rng.between(-spread.x, spread.x), rng.between(1.7, size.y - 0.2), rng.between(-spread.y, spread.y));
        // So many lux at three metres.
        let lux = rng.between(900.0, 2600.0) / lamps as f32 * if lights.is_empty() { 1.5 } else { 1.0 };
        let lumens = lux * 9.0 * 4.0 * PI;
        lights.push(Lamp::Point { colour: lamp_colour(rng), lumens, at, shadows: lamp == 0 && rng.chance(0.5) });
    }
    lights
}

fn pattern(rng: &mut Rng, size: Vec2) -> Option<(usize, Vec2)> {
    rng.chance(0.65).then(|| (rng.below(super::stage::PATTERNS), size))
}

/// A colour for walls and floors: never as strong as a thing's.
fn dull(rng: &mut Rng, dark: f32, light: f32) -> Color {
    let strong = if rng.chance(0.6) { 0.2 } else { 0.4 };
    Color::hsl(rng.between(0.0, 360.0), rng.between(0.0, strong), rng.between(dark, light))
}

fn lamp_colour(rng: &mut Rng) -> Color {
    let warm = rng.between(-0.4, 0.75);
    if warm > 0.0 {
        Color::srgb(1.0, 1.0 - 0.12 * warm, 1.0 - 0.34 * warm)
    } else {
        Color::srgb(1.0 + 0.3 * warm, 1.0 + 0.15 * warm, 1.0)
    }
}
