//! The counter, the shelves, tables and all that stands on them. Some of it has names.

use crate::carpentry::{Carpenter, stuff};
use crate::room::{EAST, NORTH, SOUTH, WEST};
use bevy::prelude::*;
use bevy_persona::perception::Thing;
use bevy_persona::props::{Prop, PropColour as C, PropKind as K};
use std::f32::consts::FRAC_PI_2;

/// Height of the counter's top.
pub const COUNTER: f32 = 1.02;
/// Height of a table's top.
pub const TABLE: f32 = 0.78;
/// Where the sellsword's table stands.
pub const CORNER: Vec3 = Vec3::new(2.65, 0.0, -1.75);
/// Where the table in the middle stands.
pub const MIDDLE: Vec3 = Vec3::new(-0.1, 0.0, -0.15);

const WOOD: C = C::Brown;

pub fn spawn(mut commands: Commands, mut meshes: ResMut<Assets<Mesh>>, mut materials: ResMut<Assets<StandardMaterial>>) {
    let matt = materials.add(StandardMaterial { perceptual_roughness: 0.7, reflectance: 0.3, ..default() });
    for (name, mesh) in [("Counter", counter()), ("Shelves", shelves())] {
        commands.spawn((Name::new(name), Mesh3d(meshes.add(mesh)), MeshMaterial3d(matt.clone()), Transform::default()));
    }
    seats(&mut commands);
    on_the_shelves(&mut commands);
    around(&mut commands);
}

fn counter() -> Mesh {
    let mut c = Carpenter::default();
    let (from, to, z) = (-3.75, -0.75, -1.75);
    let x = f32::midpoint(from, to);
    for board in 0..14 {
        let wide = (to - from) / 14.0;
        let at = from + wide * (board as f32 + 0.5);
        c.rough(stuff::BOARD, [wide - 0.012, 0.94, 0.06], [at, 0.47, z + 0.24]);
    }
    c.block(stuff::TIMBER, [to - from, 0.94, 0.4], [x, 0.47, z]);
    c.block(stuff::TIMBER, [to - from + 0.06, 0.12, 0.62], [x, 0.06, z]);
    c.block(stuff::POLISHED, [to - from + 0.2, 0.07, 0.78], [x, COUNTER - 0.035, z]);
    for post in [from + 0.05, x, to - 0.05] {
        c.block(stuff::TIMBER, [0.12, 0.95, 0.1], [post, 0.475, z + 0.27]);
    }
    c.finish()
}

fn shelves() -> Mesh {
    let mut c = Carpenter::default();
    for y in [1.42, 1.95, 2.45] {
        c.rough(stuff::POLISHED, [2.9, 0.05, 0.36], [-2.2, y, NORTH + 0.2]);
    }
    for x in [-3.65, -2.2, -0.75] {
        c.rough(stuff::TIMBER, [0.07, 1.75, 0.34], [x, 1.85, NORTH + 0.19]);
    }
    c.rough(stuff::TIMBER, [3.0, 0.95, 0.4], [-2.2, 0.475, NORTH + 0.22]);
    c.finish()
}

fn put(commands: &mut Commands, kind: K, colour: C, at: Vec3, size: f32) -> Entity {
    let turn = Quat::from_rotation_y(at.x * 3.0 + at.z);
    commands.spawn((Prop::new(kind, colour), Transform { translation: at, rotation: turn, scale: Vec3::splat(size) })).id()
}

fn tinted(commands: &mut Commands, kind: K, tint: [u8; 3], at: Transform) -> Entity {
    let [r, g, b] = tint;
    commands.spawn((Prop { tint: Some(Color::srgb_u8(r, g, b)), ..Prop::new(kind, WOOD) }, at)).id()
}

const OAK: [u8; 3] = [112, 72, 40];

fn seats(commands: &mut Commands) {
    let corner = Transform::from_translation(CORNER);
    let table = tinted(commands, K::Table, OAK, corner);
    commands.entity(table).insert(Thing::new("the corner table", "table"));
    tinted(commands, K::Table, OAK, Transform::from_translation(MIDDLE).with_rotation(Quat::from_rotation_y(0.12)));
    for at in [[-1.05, -0.35], [0.35, -0.85], [0.95, 0.1], [-0.45, 0.65], [2.2, -0.95], [3.3, -1.0]] {
        let at = Transform::from_xyz(at[0], 0.0, at[1]).with_rotation(Quat::from_rotation_y(at[0] * 2.0));
        tinted(commands, K::Stool, [120, 78, 44], at);
    }
    // Brannoc's own seat is under him.
    tinted(commands, K::Stool, [120, 78, 44], Transform::from_xyz(CORNER.x, 0.0, CORNER.z - 0.78));
    let top = |x: f32, z: f32| CORNER + Vec3::new(x, TABLE, z);
    put(commands, K::Mug, C::Grey, top(0.3, -0.12), 0.62);
    put(commands, K::Candle, C::White, top(-0.42, 0.02), 0.7);
    let book = put(commands, K::Book, C::Green, top(0.02, 0.2), 0.6);
    commands.entity(book).insert(Thing::new("the ledger", "book"));
    let middle = |x: f32, z: f32| MIDDLE + Vec3::new(x, TABLE, z);
    put(commands, K::Candle, C::White, middle(0.05, -0.05), 0.7);
    put(commands, K::Mug, C::Brown, middle(-0.4, 0.1), 0.6);
    put(commands, K::Mug, C::Blue, middle(0.42, 0.12), 0.6);
    put(commands, K::Apple, C::Red, middle(0.2, 0.18), 0.42);
    let banner = Transform::from_xyz(0.6, 0.9, SOUTH - 0.15).with_rotation(Quat::from_rotation_y(std::f32::consts::PI));
    commands.spawn((Prop::new(K::Banner, C::Yellow), banner));
    tinted(
        commands,
        K::Ladder,
        OAK,
        Transform::from_xyz(-1.6, 0.0, SOUTH - 0.4).with_rotation(Quat::from_rotation_y(std::f32::consts::PI)),
    );
}

fn on_the_shelves(commands: &mut Commands) {
    let z = NORTH + 0.2;
    let rows: [(f32, &[(K, C)]); 3] = [
        (
            1.445,
            &[
                (K::Mug, C::Brown),
                (K::Mug, C::Grey),
                (K::Pot, C::Black),
                (K::Mug, C::Brown),
                (K::Vase, C::Blue),
                (K::Mug, C::White),
                (K::Book, C::Red),
            ],
        ),
        (
            1.975,
            &[
                (K::Bottle, C::Green),
                (K::Bottle, C::Brown),
                (K::Bottle, C::Purple),
                (K::Vase, C::Orange),
                (K::Bottle, C::Green),
                (K::Bottle, C::Yellow),
                (K::Bottle, C::Red),
            ],
        ),
        (
            2.475,
            &[
                (K::Bucket, C::Grey),
                (K::Pot, C::Brown),
                (K::Barrel, C::Brown),
                (K::Crate, C::Brown),
                (K::Barrel, C::Brown),
                (K::Pot, C::Black),
                (K::Bottle, C::Green),
            ],
        ),
    ];
    for (y, row) in rows {
        for (i, (kind, colour)) in row.iter().enumerate() {
            let size = match kind {
                K::Barrel | K::Crate => 0.42,
                K::Bottle => 0.66,
                K::Vase => 0.5,
                _ => 0.6,
            };
            put(commands, *kind, *colour, Vec3::new(-3.4 + 0.4 * i as f32, y, z), size);
        }
    }
    // Lights that make the shelf's things glint.
    put(commands, K::Candle, C::White, Vec3::new(-3.45, COUNTER, -1.8), 0.8);
    put(commands, K::Bottle, C::Green, Vec3::new(-3.15, COUNTER, -1.95), 0.6);
    put(commands, K::Mug, C::Brown, Vec3::new(-1.05, COUNTER, -1.85), 0.6);
    let jug = put(commands, K::Vase, C::White, Vec3::new(-2.75, COUNTER, -1.72), 0.5);
    commands.entity(jug).insert(Thing::new("the milk jug", "vase"));
}

fn around(commands: &mut Commands) {
    let staves = [104, 62, 30];
    for (name, at, lying) in [
        ("the ale barrel", [-4.0, -3.0], false),
        ("", [4.65, -2.9], false),
        ("", [4.75, -2.0], false),
        ("", [4.6, -1.0], true),
        ("", [-4.0, 0.4], false),
    ] {
        let turn = if lying { Quat::from_rotation_x(FRAC_PI_2) } else { Quat::IDENTITY };
        let at = Transform::from_xyz(at[0], if lying { 0.38 } else { 0.0 }, at[1]).with_rotation(turn);
        let barrel = tinted(commands, K::Barrel, staves, at);
        if !name.is_empty() {
            commands.entity(barrel).insert(Thing::new(name, "barrel"));
        }
    }
    tinted(commands, K::Barrel, staves, Transform::from_xyz(4.68, 0.95, -2.5).with_scale(Vec3::splat(0.8)));
    put(commands, K::Crate, WOOD, Vec3::new(4.6, 0.0, 0.1), 0.9);
    let sword = commands
        .spawn((
            Prop::new(K::Sword, C::Grey),
            Transform::from_xyz(CORNER.x + 0.95, 0.0, NORTH + 0.42)
                .with_rotation(Quat::from_rotation_x(-0.2) * Quat::from_rotation_y(0.2)),
        ))
        .id();
    commands.entity(sword).insert(Thing::new("the notched sword", "sword"));
    put(commands, K::Candle, C::White, Vec3::new(-0.15, 1.575, NORTH + 0.45), 0.7);
    put(commands, K::Candle, C::White, Vec3::new(1.65, 1.575, NORTH + 0.45), 0.7);
    put(commands, K::Vase, C::Grey, Vec3::new(1.25, 1.575, NORTH + 0.4), 0.4);
    put(commands, K::Pot, C::Black, Vec3::new(1.95, 0.0, NORTH + 0.55), 0.7);
    put(commands, K::Bucket, WOOD, Vec3::new(-0.35, 0.0, NORTH + 0.5), 0.8);
    let shield =
        Transform::from_xyz(0.75, 1.95, NORTH + 0.5).with_rotation(Quat::from_rotation_x(0.15)).with_scale(Vec3::splat(0.85));
    let shield = commands.spawn((Prop::new(K::Shield, C::Red), shield)).id();
    commands.entity(shield).insert(Thing::new("the old shield", "shield"));
    for (x, z, turn) in [(WEST + 0.12, -0.2, FRAC_PI_2), (EAST - 0.12, 1.0, -FRAC_PI_2)] {
        commands
            .spawn((Prop::new(K::Banner, C::Green), Transform::from_xyz(x, 0.8, z).with_rotation(Quat::from_rotation_y(turn))));
    }
}
