//! What stands in a scene: a pure function of its seed.

use super::clutter::clutter;
use super::place;
use super::random::Rng;
use super::sky::{Fog, Sky, lamp_colour};
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::prelude::*;
use bevy_persona::mind::hearth::vocab::PERSON;
use bevy_persona::props::{Finish, PropColour, PropKind};
use std::f32::consts::PI;

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
    pub(super) fog: Option<Fog>,
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
    /// What it is; a person if `None`.
    pub(super) kind: Option<PropKind>,
    pub(super) colour: PropColour,
    pub(super) tint: Color,
    pub(super) finish: Finish,
    pub(super) skin: Color,
    pub(super) hair: Color,
    pub(super) at: Transform,
}

impl Placed {
    /// The index of its kind among Hearth's kinds.
    pub(super) fn label(&self) -> u8 {
        self.kind.map_or(PERSON, PropKind::index) as u8
    }
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        let rng = &mut Rng::new(seed);
        let outside = rng.chance(0.25);
        let size = Vec3::new(rng.between(5.0, 12.0), rng.between(2.5, 4.4), rng.between(6.0, 13.0));
        let size = if outside { Vec3::new(60.0, 0.0, 60.0) } else { size };
        let sky = Sky::new(outside, rng);
        let mut eye = eye(size, outside, &sky, rng);
        let things = place::things(&mut eye, size, rng);
        let mut room = room(size, outside, &sky, rng);
        clutter(&mut room, &eye, size, outside, &things, rng);
        if outside {
            sky.horizon(&mut room, rng);
        }
        sky.fall(&mut room, &eye.at, rng);
        let level = sky.level;
        let mut lights = lights(sky.sun, size, outside, rng);
        let middle = things.iter().map(|t| t.at.translation).sum::<Vec3>() / things.len().max(1) as f32;
        expose(&mut lights, &mut eye, middle + Vec3::Y * 0.4, level, rng);
        Self { eye, room, lights, things }
    }

    /// One thing by itself, seen from a little aside and above; a person if `None`.
    pub(super) fn portrait(kind: Option<PropKind>, colour: PropColour) -> Self {
        let size = place::size(kind);
        let thing = Placed {
            kind,
            colour,
            tint: colour.color(),
            finish: Finish::Matt,
            skin: Color::srgb(0.78, 0.57, 0.44),
            hair: Color::srgb(0.16, 0.1, 0.06),
            at: Transform::from_rotation(Quat::from_rotation_y(if kind.is_none() { PI } else { 0.0 })),
        };
        let middle = Vec3::Y * size.y / 2.0;
        let from = middle + Vec3::new(-0.5, 0.45, 1.0).normalize() * size.length() * 1.9;
        let ground = Surface {
            centre: Vec3::NEG_Y * 0.1,
            size: Vec3::new(60.0, 0.2, 60.0),
            turn: Quat::IDENTITY,
            colour: Color::srgb(0.62, 0.62, 0.6),
            pattern: None,
            solid: false,
        };
        let mut eye = Eye {
            at: Transform::from_translation(from).looking_at(middle, Vec3::Y),
            fov: 0.62,
            wide: false,
            tonemapping: Tonemapping::TonyMcMapface,
            ambient: Color::WHITE,
            brightness: 0.0,
            backdrop: Color::srgb(0.8, 0.82, 0.85),
            fog: None,
        };
        let mut lights =
            vec![Lamp::Sun { colour: Color::WHITE, lux: 5000.0, towards: Vec3::new(0.6, -1.2, -0.7), shadows: true }];
        expose(&mut lights, &mut eye, middle, 1.2, &mut Rng::new(0));
        Self { eye, room: vec![ground], lights, things: vec![thing] }
    }
}

fn eye(size: Vec3, outside: bool, sky: &Sky, rng: &mut Rng) -> Eye {
    let wide = rng.chance(0.3);
    let fov: f32 = if wide { rng.between(38.0, 60.0) } else { rng.between(45.0, 80.0) };
    let (x, z) = if outside { (0.0, 0.0) } else { (size.x / 2.0 - 0.8, size.z / 2.0 - 0.8) };
    // Standing, sitting or small, and up on something.
    let height = [(1.2, 1.8), (0.45, 1.2), (1.8, 2.8)][rng.weighted(&[0.65, 0.18, 0.17])];
    let height = rng.between(height.0, height.1).min(if outside { 2.8 } else { size.y - 0.3 });
    let from = Vec3::new(rng.between(-x, x), height, rng.between(-z, z));
    // Look across the room rather than at the nearest wall.
    let across = Vec3::new(rng.between(-x, x) * 0.6, from.y, rng.between(-z, z) * 0.6) - from;
    let yaw = if across.xz().length() > 2.0 { (-across.x).atan2(-across.z) } else { rng.between(-PI, PI) };
    let turn = Quat::from_rotation_y(yaw) * Quat::from_rotation_x(rng.between(-0.38, 0.06));
    let tonemapping = [Tonemapping::TonyMcMapface, Tonemapping::AcesFitted, Tonemapping::ReinhardLuminance];
    Eye {
        at: Transform::from_translation(from).with_rotation(turn),
        fov: fov.to_radians(),
        wide,
        tonemapping: tonemapping[rng.weighted(&[0.6, 0.15, 0.25])],
        ambient: sky.ambient,
        brightness: 0.0,
        backdrop: sky.colour,
        fog: sky.fog,
    }
}

fn room(size: Vec3, outside: bool, sky: &Sky, rng: &mut Rng) -> Vec<Surface> {
    let thick = 0.2;
    let mut surfaces = Vec::new();
    let mut add = |centre: Vec3, size: Vec3, colour: Color, pattern| {
        surfaces.push(Surface { centre, size, turn: Quat::IDENTITY, colour, pattern, solid: false });
    };
    let floor = if outside {
        sky.ground(Color::hsl(rng.between(20.0, 120.0), rng.between(0.05, 0.35), rng.between(0.2, 0.6)))
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

/// Scales all lights so that a white thing at `middle` comes out as bright as `level` says, as a game's own lights would be set.
fn expose(lights: &mut [Lamp], eye: &mut Eye, middle: Vec3, level: f32, rng: &mut Rng) {
    /// Luminance that Bevy's default exposure shows as full white, in candela a square metre.
    const FULL: f32 = 1000.0;
    let direct = |lamp: &Lamp| match lamp {
        Lamp::Sun { lux, .. } => 0.5 * lux,
        Lamp::Point { lumens, at, .. } => 0.5 * lumens / (4.0 * PI) / at.distance_squared(middle).max(1.0),
    };
    let white = FULL * level;
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

fn lights(sun: Lamp, size: Vec3, outside: bool, rng: &mut Rng) -> Vec<Lamp> {
    let mut lights = Vec::new();
    if outside || rng.chance(0.55) {
        lights.push(sun);
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
pub(super) fn dull(rng: &mut Rng, dark: f32, light: f32) -> Color {
    let strong = if rng.chance(0.6) { 0.2 } else { 0.4 };
    Color::hsl(rng.between(0.0, 360.0), rng.between(0.0, strong), rng.between(dark, light))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn standing(plan: &Plan) -> Vec<(u8, PropColour, Finish, Transform)> {
        plan.things.iter().map(|t| (t.label(), t.colour, t.finish, t.at)).collect()
    }

    #[test]
    fn a_scene_follows_from_its_seed() {
        assert_eq!(standing(&Plan::new(7)), standing(&Plan::new(7)), "the same seed, the same things in the same places");
        assert_ne!(standing(&Plan::new(7)), standing(&Plan::new(8)), "another seed, another scene");
    }

    #[test]
    fn scenes_show_every_kind_mist_at_times_and_up_to_four_alike() {
        let plans: Vec<Plan> = (0..600).map(Plan::new).collect();
        let kinds: HashSet<u8> = plans.iter().flat_map(|plan| plan.things.iter().map(Placed::label)).collect();
        assert_eq!(kinds.len(), PropKind::ALL.len() + 1, "all kinds and people");
        let alike = |plan: &Plan| {
            let count = |thing: &Placed| plan.things.iter().filter(|t| t.kind == thing.kind && t.colour == thing.colour).count();
            plan.things.iter().map(count).max().unwrap_or(0)
        };
        let most = plans.iter().map(alike).max().unwrap_or(0);
        assert!(most >= 4, "four of one kind and colour stand together somewhere; found {most} at most");
        assert!(plans.iter().all(|plan| plan.things.len() <= 8), "never so many that they cannot be told apart");
        let foggy = plans.iter().filter(|plan| plan.eye.fog.is_some()).count();
        assert!((40..300).contains(&foggy), "some scenes are foggy, most are not: {foggy} of {}", plans.len());
    }
}
