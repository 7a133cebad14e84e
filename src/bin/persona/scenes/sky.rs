//! Hours and weather: the light that comes from outside, and what is in the air.

use super::plan::{Lamp, Surface};
use super::random::Rng;
use bevy::prelude::*;
use std::f32::consts::{PI, TAU};

/// What the hour and the weather make of a scene.
pub(super) struct Sky {
    pub(super) colour: Color,
    pub(super) sun: Lamp,
    /// Ambient light.
    pub(super) ambient: Color,
    /// How bright a white thing comes out, as a share of full white.
    pub(super) level: f32,
    pub(super) fog: Option<Fog>,
    falling: Falling,
}

/// Haze, smoke or mist.
#[derive(Clone, Copy)]
pub(super) struct Fog {
    pub(super) colour: Color,
    /// Metres at which things are all but gone.
    pub(super) visibility: f32,
}

#[derive(Clone, Copy, PartialEq)]
enum Falling {
    Nothing,
    Rain,
    Snow,
}

impl Sky {
    pub(super) fn new(outside: bool, rng: &mut Rng) -> Self {
        let shadows = rng.chance(0.6);
        // Steepness of the sun, its colour, the sky's colour, and how bright it is: by day, at dusk or dawn, by night.
        let (steep, sun, sky, level) = match rng.weighted(&[0.62, 0.22, 0.16]) {
            0 => ((0.8, 2.0), lamp_colour(rng), hsl(rng, (195.0, 225.0), (0.1, 0.6), (0.45, 0.9)), (0.8, 1.5)),
            1 => (
                (0.2, 0.5),
                Color::srgb(1.0, rng.between(0.78, 0.88), 0.68),
                hsl(rng, (8.0, 45.0), (0.2, 0.7), (0.4, 0.75)),
                (0.6, 1.1),
            ),
            _ => ((0.4, 1.4), Color::srgb(0.78, 0.86, 1.0), hsl(rng, (215.0, 250.0), (0.2, 0.6), (0.02, 0.14)), (0.4, 0.7)),
        };
        let towards = Vec3::new(rng.between(-1.0, 1.0), -rng.between(steep.0, steep.1), rng.between(-1.0, 1.0));
        let lux = if outside { rng.between(3500.0, 8000.0) } else { rng.between(1500.0, 4500.0) };
        let (fog, falling) = if outside { weather(sky, rng) } else { (smoke(rng), Falling::Nothing) };
        Self {
            // Behind mist there is no blue sky.
            colour: if outside { fog.map_or(sky, |fog| fog.colour) } else { Color::srgb(0.05, 0.05, 0.05) },
            sun: Lamp::Sun { colour: sun, lux, towards, shadows },
            ambient: if outside { sun.mix(&Color::WHITE, 0.5) } else { lamp_colour(rng) },
            level: rng.between(level.0, level.1),
            fog,
            falling,
        }
    }

    /// The ground's colour where snow lies.
    pub(super) fn ground(&self, bare: Color) -> Color {
        if self.falling == Falling::Snow { Color::srgb(0.86, 0.88, 0.92) } else { bare }
    }

    /// Drops or flakes before the eye.
    pub(super) fn fall(&self, room: &mut Vec<Surface>, eye: &Transform, rng: &mut Rng) {
        let (count, size, colour) = match self.falling {
            Falling::Nothing => return,
            Falling::Rain => (60, Vec3::new(0.008, 0.3, 0.008), Color::srgb(1.3, 1.35, 1.4)),
            Falling::Snow => (90, Vec3::splat(0.03), Color::srgb(1.7, 1.7, 1.7)),
        };
        for _ in 0..count {
            let away = rng.between(1.0, 7.0);
            let aside = Vec3::new(rng.between(-0.8, 0.8) * away, rng.between(-0.8, 0.8) * away, -away);
            let turn = Quat::from_rotation_z(rng.between(0.0, 0.15)) * Quat::from_rotation_y(rng.between(0.0, PI));
            let centre = eye.transform_point(aside);
            room.push(Surface { centre, size, turn, colour, pattern: None, solid: false });
        }
    }

    /// Houses and hills at the horizon.
    pub(super) fn horizon(&self, room: &mut Vec<Surface>, rng: &mut Rng) {
        for _ in 0..rng.below(9) {
            let (angle, away) = (rng.between(0.0, TAU), rng.between(14.0, 26.0));
            let size = Vec3::new(rng.between(2.0, 9.0), rng.between(1.0, 6.0), rng.between(2.0, 5.0));
            let centre = Vec3::new(angle.cos() * away, size.y / 2.0, angle.sin() * away);
            let colour = hsl(rng, (0.0, 360.0), (0.0, 0.25), (0.2, 0.75));
            let turn = Quat::from_rotation_y(rng.between(0.0, PI));
            room.push(Surface { centre, size, turn, colour, pattern: None, solid: false });
        }
    }
}

fn weather(sky: Color, rng: &mut Rng) -> (Option<Fog>, Falling) {
    let grey = sky.mix(&Color::srgb(0.7, 0.72, 0.75), 0.6);
    match rng.weighted(&[0.5, 0.2, 0.15, 0.15]) {
        0 => (None, Falling::Nothing),
        1 => (Some(Fog { colour: grey, visibility: rng.between(9.0, 20.0) }), Falling::Nothing),
        2 => (Some(Fog { colour: grey, visibility: rng.between(18.0, 40.0) }), Falling::Rain),
        _ => (Some(Fog { colour: grey, visibility: rng.between(15.0, 40.0) }), Falling::Snow),
    }
}

/// Smoke or dust in a room, seldom.
fn smoke(rng: &mut Rng) -> Option<Fog> {
    rng.chance(0.1).then(|| Fog { colour: hsl(rng, (20.0, 60.0), (0.0, 0.2), (0.1, 0.6)), visibility: rng.between(10.0, 20.0) })
}

fn hsl(rng: &mut Rng, hue: (f32, f32), strength: (f32, f32), light: (f32, f32)) -> Color {
    Color::hsl(rng.between(hue.0, hue.1), rng.between(strength.0, strength.1), rng.between(light.0, light.1))
}

/// White light, warmer or colder.
pub(super) fn lamp_colour(rng: &mut Rng) -> Color {
    let warm = rng.between(-0.4, 0.75);
    if warm > 0.0 {
        Color::srgb(1.0, 1.0 - 0.12 * warm, 1.0 - 0.34 * warm)
    } else {
        Color::srgb(1.0 + 0.3 * warm, 1.0 + 0.15 * warm, 1.0)
    }
}
