//! The player: a pair of eyes that walk.

use crate::room::{EAST, NORTH, SOUTH, WEST};
use crate::showpiece::{Rearrange, Showpiece, next};
use crate::talk::{Addressed, Shown};
use bevy::input::mouse::AccumulatedMouseMotion;
use bevy::input_focus::InputFocus;
use bevy::prelude::*;
use bevy_persona::props::Prop;

/// Height of the player's eyes in metres.
const EYES: f32 = 1.62;
/// Metres a second.
const PACE: f32 = 2.4;
/// Radians a second, and a pixel of the mouse.
const TURN: f32 = 1.7;
const MOUSE: f32 = 0.004;
/// How close one comes to walls and furniture.
const GIRTH: f32 = 0.28;

/// What one cannot walk through: west, east, north, south.
const SOLID: [[f32; 4]; 6] = [
    [-3.85, -0.65, -2.2, -1.35],
    [-4.4, -3.75, -3.6, -1.35],
    [-0.4, 1.9, -3.6, -2.75],
    [1.9, 3.4, -3.6, -1.3],
    [-0.85, 0.65, -0.6, 0.3],
    [4.2, 5.2, -3.6, 0.6],
];

/// Where the player looks, in radians.
#[derive(Component, Default)]
pub struct Player {
    yaw: f32,
    pitch: f32,
}

/// The player's camera.
#[derive(Component)]
pub struct PlayerEye;

/// A named place: where to stand, and what to look at.
pub fn place(name: &str) -> Option<(Vec3, Vec3)> {
    match name {
        "room" => Some((Vec3::new(0.35, EYES, 2.75), Vec3::new(1.0, 1.02, -2.4))),
        "counter" => Some((Vec3::new(-0.75, EYES, -0.1), Vec3::new(-1.05, 1.12, -2.3))),
        "table" => Some((Vec3::new(2.05, EYES - 0.1, 0.35), Vec3::new(3.1, 0.9, -2.3))),
        _ => None,
    }
}

impl Player {
    /// Puts the player somewhere.
    pub fn stand(&mut self, transform: &mut Transform, at: Vec3, look: Vec3) {
        let way = look - at;
        self.yaw = (-way.x).atan2(-way.z);
        self.pitch = (way.y / way.length()).asin();
        transform.translation = at;
        self.turn(transform);
    }

    fn turn(&self, transform: &mut Transform) {
        transform.rotation = Quat::from_rotation_y(self.yaw) * Quat::from_rotation_x(self.pitch);
    }
}

/// Whether the player types, so that keys are letters.
pub fn types(focus: Res<InputFocus>, fields: Query<(), With<bevy::text::EditableText>>) -> bool {
    focus.get().is_some_and(|entity| fields.contains(entity))
}

pub fn walk(
    keys: Res<ButtonInput<KeyCode>>,
    buttons: Res<ButtonInput<MouseButton>>,
    mouse: Res<AccumulatedMouseMotion>,
    time: Res<Time>,
    player: Single<(&mut Player, &mut Transform)>,
) {
    let (mut player, mut transform) = player.into_inner();
    let held = |all: &[KeyCode]| f32::from(u8::from(keys.any_pressed(all.iter().copied())));
    let turn = held(&[KeyCode::ArrowLeft, KeyCode::KeyQ]) - held(&[KeyCode::ArrowRight, KeyCode::KeyE]);
    player.yaw += turn * TURN * time.delta_secs();
    if buttons.pressed(MouseButton::Right) {
        player.yaw -= mouse.delta.x * MOUSE;
        player.pitch = (player.pitch - mouse.delta.y * MOUSE).clamp(-0.9, 0.9);
    }
    let ahead = held(&[KeyCode::KeyW, KeyCode::ArrowUp]) - held(&[KeyCode::KeyS, KeyCode::ArrowDown]);
    let aside = held(&[KeyCode::KeyD]) - held(&[KeyCode::KeyA]);
    let way = Quat::from_rotation_y(player.yaw) * Vec3::new(aside, 0.0, -ahead);
    let step = way.normalize_or_zero() * PACE * time.delta_secs();
    let at = &mut transform.translation;
    // One direction after the other, so that one slides along walls.
    for step in [Vec3::X * step.x, Vec3::Z * step.z] {
        if is_free(*at + step) {
            *at += step;
        }
    }
    player.turn(&mut transform);
}

fn is_free(at: Vec3) -> bool {
    let inside = |[west, east, north, south]: [f32; 4], by: f32| {
        at.x > west - by && at.x < east + by && at.z > north - by && at.z < south + by
    };
    inside([WEST, EAST, NORTH, SOUTH], -GIRTH) && !SOLID.into_iter().any(|solid| inside(solid, GIRTH))
}

/// The player speaks to whoever is before them: near, and in the direction of their gaze.
pub fn face(
    player: Single<&Transform, With<Player>>,
    moved: Query<(), (With<Player>, Changed<Transform>)>,
    people: Query<(Entity, &Transform), With<Shown>>,
    mut addressed: ResMut<Addressed>,
) {
    if moved.is_empty() && addressed.0.is_some() {
        return;
    }
    let rate = |at: &Transform| {
        let way = at.translation + Vec3::Y * 1.4 - player.translation;
        player.forward().angle_between(way) * 3.0 + way.length() * 0.4
    };
    let best = people.iter().min_by(|a, b| rate(a.1).total_cmp(&rate(b.1))).map(|(entity, _)| entity);
    if best != addressed.0 {
        addressed.0 = best;
    }
}

/// C, K and M give the thing on the counter another colour, kind and place.
pub fn rearrange(keys: Res<ButtonInput<KeyCode>>, piece: Single<(&Showpiece, &Prop)>, mut commands: Commands) {
    let changes = next(piece.0, piece.1);
    for (key, change) in [KeyCode::KeyC, KeyCode::KeyK, KeyCode::KeyM].into_iter().zip(changes) {
        if keys.just_pressed(key) {
            commands.trigger(Rearrange(change));
        }
    }
}
