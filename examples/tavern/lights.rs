//! Fire, candles and the moon.

use crate::carpentry::chance;
use crate::furniture::{CORNER, COUNTER, MIDDLE, TABLE};
use crate::room::{FIRE, NORTH, WINDOW};
use bevy::camera::visibility::RenderLayers;
use bevy::image::Image;
use bevy::light::{NotShadowCaster, NotShadowReceiver};
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use bevy_persona::perception::EyeCamera;
use bevy_persona::props::{Prop, PropColour, PropKind};

/// What only the player sees: halos of lights, and signs over heads.
pub const PLAYER_LAYER: usize = 1;

/// A light that is never quite still.
#[derive(Component)]
pub struct Flicker {
    lumens: f32,
    seed: u32,
}

/// A tongue of fire.
#[derive(Component)]
pub struct Flame(u32);

/// Turns towards the player.
#[derive(Component)]
pub struct Halo;

/// Whether lights flicker: not in pictures that shall come out the same every time.
#[derive(Resource)]
pub struct Lively(pub bool);

const CANDLES: [Vec3; 6] = [
    Vec3::new(-3.45, COUNTER + 0.38, -1.8),
    Vec3::new(CORNER.x - 0.42, TABLE + 0.34, CORNER.z + 0.02),
    Vec3::new(MIDDLE.x + 0.05, TABLE + 0.34, MIDDLE.z - 0.05),
    Vec3::new(-0.15, 1.89, NORTH + 0.45),
    Vec3::new(1.65, 1.89, NORTH + 0.45),
    Vec3::new(-2.75, 2.25, -1.45),
];

pub fn spawn(
    mut commands: Commands,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    mut images: ResMut<Assets<Image>>,
) {
    let glow = images.add(radial());
    let mut halo = |commands: &mut Commands, at: Vec3, size: f32, colour: LinearRgba| {
        let material = materials.add(StandardMaterial {
            base_color: colour.into(),
            base_color_texture: Some(glow.clone()),
            unlit: true,
            alpha_mode: AlphaMode::Add,
            ..default()
        });
        let mesh = meshes.add(Rectangle::new(size, size));
        let place = Transform::from_translation(at);
        let layer = RenderLayers::layer(PLAYER_LAYER);
        commands.spawn((Halo, Mesh3d(mesh), MeshMaterial3d(material), place, layer, NotShadowCaster, NotShadowReceiver));
    };
    for (i, at) in CANDLES.into_iter().enumerate() {
        let (lumens, range) = if i == 5 { (110_000.0, 5.5) } else { (30_000.0, 4.0) };
        warm_light(&mut commands, at + Vec3::Y * 0.12, lumens, range, i as u32 + 1, false);
        halo(&mut commands, at, 0.55, LinearRgba::rgb(0.55, 0.27, 0.08));
    }
    warm_light(&mut commands, FIRE + Vec3::new(0.0, 0.55, 0.75), 330_000.0, 12.0, 0, true);
    warm_light(&mut commands, FIRE + Vec3::new(0.0, 0.25, -0.05), 40_000.0, 2.2, 0, false);
    halo(&mut commands, FIRE + Vec3::new(0.0, 0.1, 0.3), 2.6, LinearRgba::rgb(0.6, 0.2, 0.04));
    halo(&mut commands, WINDOW + Vec3::Z * 0.1, 2.2, LinearRgba::rgb(0.05, 0.09, 0.17));
    lantern(&mut commands);
    flames(&mut commands, &mut meshes, &mut materials);
    moon(&mut commands, &mut meshes, &mut materials);
    commands.insert_resource(GlobalAmbientLight { color: Color::srgb(0.82, 0.8, 1.0), brightness: 150.0, ..default() });
}

fn warm_light(commands: &mut Commands, at: Vec3, lumens: f32, range: f32, seed: u32, shadows: bool) {
    let color = Color::srgb(1.0, 0.62, 0.32);
    let light = PointLight { color, intensity: lumens, range, shadow_maps_enabled: shadows, radius: 0.05, ..default() };
    commands.spawn((light, Transform::from_translation(at), Flicker { lumens, seed }));
}

/// A lantern that hangs over the counter.
fn lantern(commands: &mut Commands) {
    let lantern = Prop::new(PropKind::Lantern, PropColour::Black);
    commands.spawn((lantern, Transform::from_xyz(-2.75, 2.12, -1.45).with_scale(Vec3::splat(0.75))));
}

fn flames(commands: &mut Commands, meshes: &mut Assets<Mesh>, materials: &mut Assets<StandardMaterial>) {
    let mesh = meshes.add(Cone::new(0.5, 1.0).mesh().resolution(7).build());
    let fire = [(1.7, 0.3, 0.015), (2.7, 0.8, 0.05), (3.6, 1.9, 0.28)];
    let shades = fire.map(|(r, g, b)| {
        let base_color = LinearRgba::rgb(r, g, b).into();
        materials.add(StandardMaterial { base_color, unlit: true, ..default() })
    });
    for tongue in 0..13u32 {
        let heart = 1.0 - (chance(tongue) - 0.5).abs() * 1.5;
        let size = Vec3::new(0.2, 0.32 + 0.4 * heart * chance(tongue + 40), 0.16);
        let x = (chance(tongue) - 0.5) * 0.62;
        let z = (chance(tongue + 9) - 0.5) * 0.22 + if tongue % 3 == 2 { 0.08 } else { 0.0 };
        let size = size * [1.0, 0.8, 0.55][(tongue % 3) as usize];
        let at = FIRE + Vec3::new(x, size.y / 2.0 - 0.1, z);
        let lean = Quat::from_rotation_z(-x * 0.35);
        commands.spawn((
            Flame(tongue),
            Mesh3d(mesh.clone()),
            MeshMaterial3d(shades[(tongue % 3) as usize].clone()),
            Transform { translation: at, rotation: lean, scale: size },
            NotShadowCaster,
        ));
    }
}

/// The moon shines through the window behind the corner table.
fn moon(commands: &mut Commands, meshes: &mut Assets<Mesh>, materials: &mut Assets<StandardMaterial>) {
    let from = WINDOW + Vec3::new(0.9, 2.4, -3.4);
    let light = SpotLight {
        color: Color::srgb(0.5, 0.68, 1.0),
        intensity: 2_600_000.0,
        range: 14.0,
        outer_angle: 0.3,
        inner_angle: 0.25,
        shadow_maps_enabled: true,
        ..default()
    };
    commands.spawn((light, Transform::from_translation(from).looking_at(WINDOW, Vec3::Y)));
    let night = materials.add(StandardMaterial { base_color: Color::linear_rgb(0.035, 0.07, 0.16), unlit: true, ..default() });
    let sky = meshes.add(Rectangle::new(6.0, 5.0));
    commands.spawn((Mesh3d(sky), MeshMaterial3d(night), Transform::from_translation(WINDOW - Vec3::Z * 5.0), NotShadowCaster));
    let disc = materials.add(StandardMaterial { base_color: Color::linear_rgb(1.5, 1.8, 2.2), unlit: true, ..default() });
    let mesh = meshes.add(Circle::new(0.22));
    let at = WINDOW + Vec3::new(0.42, 0.28, -4.9);
    commands.spawn((Mesh3d(mesh), MeshMaterial3d(disc), Transform::from_translation(at), NotShadowCaster));
}

/// A soft round spot.
fn radial() -> Image {
    const SIDE: u32 = 64;
    let pixels = (0..SIDE * SIDE).flat_map(|i| {
        let at = Vec2::new((i % SIDE) as f32 + 0.5, (i / SIDE) as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0;
        let light = (1.0 - at.length()).clamp(0.0, 1.0);
        let value = (light * light * 255.0) as u8;
        [value, value, value, 255]
    });
    let size = Extent3d { width: SIDE, height: SIDE, depth_or_array_layers: 1 };
    let usage = bevy::asset::RenderAssetUsages::RENDER_WORLD;
    Image::new(size, TextureDimension::D2, pixels.collect(), TextureFormat::Rgba8Unorm, usage)
}

/// The characters' eyes are used to the dark: they see more than the player.
pub fn on_eye(added: On<Add, EyeCamera>, mut commands: Commands) {
    commands.entity(added.entity).insert(AmbientLight { color: Color::srgb(1.0, 0.97, 0.93), brightness: 750.0, ..default() });
}

pub fn flicker(
    time: Res<Time>,
    lively: Res<Lively>,
    mut lights: Query<(&Flicker, &mut PointLight)>,
    mut flames: Query<(&Flame, &mut Transform)>,
) {
    if !lively.0 {
        return;
    }
    let now = time.elapsed_secs();
    for (flicker, mut light) in &mut lights {
        let t = now + flicker.seed as f32 * 7.3;
        let wave = (t * 9.1).sin() * 0.05 + (t * 23.7).sin() * 0.03 + (t * 3.3).sin() * 0.05;
        light.intensity = flicker.lumens * (1.0 + wave);
    }
    for (flame, mut place) in &mut flames {
        let t = now * 6.0 + flame.0 as f32 * 2.1;
        place.rotation = Quat::from_rotation_z(t.sin() * 0.12) * Quat::from_rotation_y(now + flame.0 as f32);
    }
}

pub fn face_player(
    player: Single<&Transform, (With<Camera3d>, Without<Halo>, Without<EyeCamera>)>,
    mut halos: Query<&mut Transform, With<Halo>>,
) {
    for mut halo in &mut halos {
        halo.rotation = player.rotation;
    }
}
