//! Floor, walls, beams, the hearth and the window.

use crate::carpentry::{Carpenter, chance, stuff};
use bevy::prelude::*;

/// The room's walls stand at these x and z; the floor is at 0.
pub const WEST: f32 = -4.4;
/// East wall.
pub const EAST: f32 = 5.2;
/// North wall, with the hearth and the window.
pub const NORTH: f32 = -3.6;
/// South wall, behind the player.
pub const SOUTH: f32 = 4.6;
/// Height of the ceiling.
pub const HEIGHT: f32 = 3.1;
/// Middle of the fire.
pub const FIRE: Vec3 = Vec3::new(0.75, 0.34, -3.2);
/// Middle of the window.
pub const WINDOW: Vec3 = Vec3::new(2.75, 1.95, NORTH);
/// Half sizes of the window.
const PANE: Vec2 = Vec2::new(0.62, 0.5);

pub fn spawn(mut commands: Commands, mut meshes: ResMut<Assets<Mesh>>, mut materials: ResMut<Assets<StandardMaterial>>) {
    let matt = materials.add(StandardMaterial { perceptual_roughness: 0.88, reflectance: 0.22, ..default() });
    for (name, mesh) in [("Floor", floor()), ("Walls", walls()), ("Beams", beams()), ("Hearth", hearth()), ("Window", window())] {
        commands.spawn((Name::new(name), Mesh3d(meshes.add(mesh)), MeshMaterial3d(matt.clone()), Transform::default()));
    }
}

fn floor() -> Mesh {
    let mut c = Carpenter::default();
    let (wide, deep) = (EAST - WEST, SOUTH - NORTH);
    let (x, z) = (f32::midpoint(EAST, WEST), f32::midpoint(SOUTH, NORTH));
    c.block(stuff::SOOT, [wide, 0.4, deep], [x, -0.23, z]);
    c.boards(stuff::BOARD, 30, [wide, 0.03, deep], [x, -0.015, z]);
    // A rug before the hearth.
    for (shrink, colour) in [(0.0, [0.16, 0.02, 0.018]), (0.16, [0.30, 0.16, 0.05]), (0.24, [0.13, 0.018, 0.02])] {
        c.block(colour, [2.3 - shrink, 0.012 + shrink * 0.02, 1.35 - shrink], [0.75, 0.006, -1.95]);
    }
    c.finish()
}

fn walls() -> Mesh {
    let mut c = Carpenter::default();
    let (wide, deep, x, z) = (EAST - WEST, SOUTH - NORTH, f32::midpoint(EAST, WEST), f32::midpoint(SOUTH, NORTH));
    for side in [WEST - 0.1, EAST + 0.1] {
        c.block(stuff::PLASTER, [0.2, HEIGHT, deep], [side, HEIGHT / 2.0, z]);
    }
    c.block(stuff::PLASTER, [wide, HEIGHT, 0.2], [x, HEIGHT / 2.0, SOUTH + 0.1]);
    // The north wall around the window.
    let (left, right) = (WINDOW.x - PANE.x, WINDOW.x + PANE.x);
    let (low, high) = (WINDOW.y - PANE.y, WINDOW.y + PANE.y);
    let n = NORTH - 0.1;
    c.block(stuff::PLASTER, [left - WEST, HEIGHT, 0.2], [f32::midpoint(left, WEST), HEIGHT / 2.0, n]);
    c.block(stuff::PLASTER, [EAST - right, HEIGHT, 0.2], [f32::midpoint(right, EAST), HEIGHT / 2.0, n]);
    c.block(stuff::PLASTER, [PANE.x * 2.0, low, 0.2], [WINDOW.x, low / 2.0, n]);
    c.block(stuff::PLASTER, [PANE.x * 2.0, HEIGHT - high, 0.2], [WINDOW.x, f32::midpoint(high, HEIGHT), n]);
    wainscot(&mut c);
    c.block(stuff::BOARD.map(|v| v * 0.6), [wide, 0.1, deep], [x, HEIGHT + 0.05, z]);
    c.finish()
}

/// Boards along the lower part of the walls.
fn wainscot(c: &mut Carpenter) {
    let high = 0.95;
    let mut x = WEST + 0.11;
    while x < EAST - 0.1 {
        c.rough(stuff::BOARD, [0.21, high, 0.04], [x, high / 2.0, NORTH + 0.02]);
        x += 0.22;
    }
    let mut z = NORTH + 0.11;
    while z < SOUTH {
        for side in [WEST + 0.02, EAST - 0.02] {
            c.rough(stuff::BOARD, [0.04, high, 0.21], [side, high / 2.0, z]);
        }
        z += 0.22;
    }
    let (wide, deep) = (EAST - WEST, SOUTH - NORTH);
    c.block(stuff::TIMBER, [wide, 0.07, 0.08], [f32::midpoint(EAST, WEST), high, NORTH + 0.04]);
    for side in [WEST + 0.04, EAST - 0.04] {
        c.block(stuff::TIMBER, [0.08, 0.07, deep], [side, high, f32::midpoint(SOUTH, NORTH)]);
    }
}

fn beams() -> Mesh {
    let mut c = Carpenter::default();
    let (deep, z) = (SOUTH - NORTH, f32::midpoint(SOUTH, NORTH));
    for (i, x) in [-3.4, -1.75, -0.1, 1.9, 3.55].into_iter().enumerate() {
        c.rough(stuff::TIMBER, [0.2, 0.24, deep], [x, HEIGHT - 0.12, z]);
        // The frame in the north wall, and a few slanted braces.
        c.rough(stuff::TIMBER, [0.18, HEIGHT, 0.1], [x, HEIGHT / 2.0, NORTH + 0.03]);
        let lean = if i % 2 == 0 { 0.62 } else { -0.62 };
        c.turned(stuff::TIMBER, [0.13, 1.0, 0.08], [x + lean * 0.48, 2.55, NORTH + 0.03], Quat::from_rotation_z(-lean));
    }
    let wide = EAST - WEST;
    let x = f32::midpoint(EAST, WEST);
    c.rough(stuff::TIMBER, [wide, 0.2, 0.2], [x, HEIGHT - 0.1, NORTH + 0.1]);
    c.rough(stuff::TIMBER, [wide, 0.26, 0.26], [x, HEIGHT - 0.3, -0.75]);
    for side in [WEST, EAST] {
        for z in [-3.5, -0.75, 2.2] {
            c.rough(stuff::TIMBER, [0.22, HEIGHT, 0.22], [side, HEIGHT / 2.0, z]);
        }
    }
    c.finish()
}

/// A fireplace of rough stones with a mantel.
fn hearth() -> Mesh {
    let mut c = Carpenter::default();
    let (x, front) = (FIRE.x, NORTH + 0.62);
    c.block(stuff::SOOT, [1.3, 1.2, 0.06], [x, 0.6, NORTH + 0.05]);
    c.rough(stuff::STONE, [2.1, 0.1, 1.0], [x, 0.05, NORTH + 0.5]);
    for side in [-1.0, 1.0] {
        c.block(stuff::SOOT, [0.04, 1.1, 0.55], [x + side * 0.63, 0.55, NORTH + 0.3]);
        for row in 0..6 {
            let jut = 0.05 * chance(row * 3 + side as u32);
            let size = [0.33 + jut, 0.2, 0.6 + jut];
            c.rough(stuff::STONE, size, [x + side * 0.82, 0.2 + row as f32 * 0.205, NORTH + 0.3]);
        }
    }
    for (row, count) in [(0, 5), (1, 6)] {
        for stone in 0..count {
            let wide = 2.02 / count as f32;
            let at = x - 1.01 + wide * (stone as f32 + 0.5);
            let jut = 0.06 * chance(stone * 5 + row);
            c.rough(stuff::STONE, [wide - 0.015, 0.16, 0.58 + jut], [at, 1.19 + row as f32 * 0.165, NORTH + 0.3]);
        }
    }
    c.rough(stuff::TIMBER, [2.4, 0.13, 0.78], [x, 1.51, NORTH + 0.36]);
    // The chimney narrows towards the ceiling.
    for row in 0..8 {
        let wide = 1.75 - row as f32 * 0.07;
        for stone in 0..4 {
            let part = wide / 4.0;
            let at = x - wide / 2.0 + part * (stone as f32 + 0.5);
            let jut = 0.04 * chance(stone * 11 + row);
            c.rough(stuff::STONE, [part - 0.014, 0.186, 0.42 + jut], [at, 1.67 + row as f32 * 0.19, NORTH + 0.2]);
        }
    }
    for (log, turn) in [(-0.16, 0.5), (0.15, -0.45), (0.0, 0.1)] {
        let mesh = Cylinder::new(0.075, 0.8).mesh().resolution(8).build();
        let turn = Quat::from_rotation_y(turn) * Quat::from_rotation_z(std::f32::consts::FRAC_PI_2);
        let at = Vec3::new(x + log * 0.3, 0.18 + if log == 0.0 { 0.12 } else { 0.0 }, front - 0.32 + log * 0.6);
        c.part(stuff::SOOT, mesh, Transform::from_translation(at).with_rotation(turn));
    }
    c.finish()
}

fn window() -> Mesh {
    let mut c = Carpenter::default();
    let (x, y, z) = (WINDOW.x, WINDOW.y, NORTH);
    for side in [-1.0, 1.0] {
        c.rough(stuff::TIMBER, [0.12, PANE.y * 2.0 + 0.24, 0.3], [x + side * (PANE.x + 0.04), y, z]);
        c.rough(stuff::TIMBER, [PANE.x * 2.0 + 0.3, 0.12, 0.3], [x, y + side * (PANE.y + 0.04), z]);
    }
    c.block(stuff::TIMBER, [0.05, PANE.y * 2.0, 0.06], [x, y, z - 0.05]);
    for bar in [-0.17, 0.17] {
        c.block(stuff::TIMBER, [PANE.x * 2.0, 0.04, 0.06], [x, y + bar, z - 0.05]);
    }
    c.rough(stuff::POLISHED, [PANE.x * 2.0 + 0.4, 0.06, 0.34], [x, y - PANE.y - 0.1, z + 0.12]);
    c.finish()
}
