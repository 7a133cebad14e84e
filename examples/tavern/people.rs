//! The innkeeper and the sellsword: who they are, what shows in their faces.

use crate::carpentry::Carpenter;
use crate::furniture::CORNER;
use crate::lights::PLAYER_LAYER;
use crate::talk::Shown;
use bevy::camera::visibility::RenderLayers;
use bevy::prelude::*;
use bevy_persona::prelude::*;
use bevy_persona::props::{Figure, PropColour};
use std::f32::consts::PI;

/// Height of the top of a head over its person's feet.
pub const CROWN: f32 = 1.86;

/// A part of a face that moves with the mood: brows, then corners of the mouth.
#[derive(Component)]
pub struct FacePart {
    owner: Entity,
    brow: bool,
    side: f32,
}

/// The gem over a head that shows the mood.
#[derive(Component)]
pub struct MoodGem(Entity);

pub fn spawn(
    mut commands: Commands,
    assets: Res<AssetServer>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    let eye = Senses { sight: Sight::Eye, eye_height: 1.6, pitch: -16.0, field_of_view: 75.0, ..default() };
    let marta = commands
        .spawn((
            Name::new("Marta"),
            Npc::new(assets.load("personas/marta.persona.ron")),
            Figure {
                clothes: PropColour::Red,
                tint: Some(Color::srgb_u8(138, 34, 38)),
                skin: Color::srgb_u8(226, 172, 140),
                hair: Color::srgb_u8(96, 48, 22),
            },
            eye.clone(),
            Transform::from_xyz(-1.8, 0.0, -2.4).with_rotation(Quat::from_rotation_y(PI + 0.22)),
        ))
        .id();
    // He sits: his legs are below the floor, and the table hides it.
    let brannoc = commands
        .spawn((
            Name::new("Brannoc"),
            Npc::new(assets.load("personas/brannoc.persona.ron")),
            Figure {
                clothes: PropColour::Green,
                tint: Some(Color::srgb_u8(70, 84, 62)),
                skin: Color::srgb_u8(200, 146, 112),
                hair: Color::srgb_u8(44, 36, 30),
            },
            Senses { pitch: -14.0, ..eye },
            Transform::from_xyz(CORNER.x, -0.3, CORNER.z - 0.74).with_rotation(Quat::from_rotation_y(PI + 0.18)),
        ))
        .id();
    for person in [marta, brannoc] {
        commands
            .entity(person)
            .insert((Shown::default(), Thing::new(if person == marta { "Marta" } else { "Brannoc" }, "person")));
        face(&mut commands, &mut meshes, &mut materials, person);
    }
    let cloth = materials.add(StandardMaterial { perceptual_roughness: 0.9, reflectance: 0.2, ..default() });
    for (person, mesh) in [(marta, apron()), (brannoc, armour())] {
        commands.spawn((Mesh3d(meshes.add(mesh)), MeshMaterial3d(cloth.clone()), ChildOf(person)));
    }
}

/// An apron, a bun and a headscarf.
fn apron() -> Mesh {
    let mut c = Carpenter::default();
    let linen = [0.62, 0.56, 0.45];
    c.block(linen, [0.27, 0.3, 0.03], [0.0, 1.12, -0.205]);
    c.block(linen, [0.38, 0.48, 0.04], [0.0, 0.72, -0.2]);
    c.block(linen, [0.46, 0.05, 0.42], [0.0, 0.95, 0.0]);
    c.part(
        [0.35, 0.24, 0.06],
        Torus { minor_radius: 0.035, major_radius: 0.135 }.into(),
        Transform::from_xyz(0.0, 1.69, 0.03).with_rotation(Quat::from_rotation_x(0.35)),
    );
    c.part([0.1, 0.035, 0.012], Sphere::new(0.085).mesh().uv(12, 8), Transform::from_xyz(0.0, 1.76, 0.12));
    // A skirt down to the ankles.
    let skirt = ConicalFrustum { radius_top: 0.2, radius_bottom: 0.36, height: 0.82 };
    c.part([0.19, 0.022, 0.026], skirt.mesh().resolution(16).build(), Transform::from_xyz(0.0, 0.49, 0.0));
    c.finish()
}

/// Shoulder plates, a strap, a short beard, and thighs under the table.
fn armour() -> Mesh {
    let mut c = Carpenter::default();
    let (steel, leather) = ([0.3, 0.31, 0.33], [0.09, 0.045, 0.02]);
    for side in [-1.0, 1.0] {
        let at = Transform::from_xyz(side * 0.27, 1.33, 0.0).with_scale(Vec3::new(0.14, 0.1, 0.15));
        c.part(steel, Sphere::new(1.0).mesh().uv(12, 8), at);
        c.block([0.05, 0.05, 0.045], [0.2, 0.18, 0.5], [side * 0.14, 0.84, -0.25]);
    }
    c.turned(leather, [0.07, 0.62, 0.05], [0.0, 1.12, -0.2], Quat::from_rotation_z(0.6));
    c.block(leather, [0.46, 0.07, 0.44], [0.0, 0.9, 0.0]);
    c.part(
        [0.03, 0.022, 0.016],
        Sphere::new(1.0).mesh().uv(12, 8),
        Transform::from_xyz(0.0, 1.455, -0.045).with_scale(Vec3::new(0.1, 0.07, 0.1)),
    );
    c.finish()
}

fn face(commands: &mut Commands, meshes: &mut Assets<Mesh>, materials: &mut Assets<StandardMaterial>, owner: Entity) {
    let dark = materials.add(StandardMaterial { base_color: Color::srgb_u8(40, 22, 18), perceptual_roughness: 1.0, ..default() });
    let (brow, mouth) = (meshes.add(Cuboid::new(0.062, 0.017, 0.02)), meshes.add(Cuboid::new(0.042, 0.014, 0.016)));
    for side in [-1.0, 1.0] {
        for (is_brow, mesh) in [(true, &brow), (false, &mouth)] {
            let part = FacePart { owner, brow: is_brow, side };
            commands.spawn((part, Mesh3d(mesh.clone()), MeshMaterial3d(dark.clone()), Transform::default(), ChildOf(owner)));
        }
    }
    let gem = materials.add(StandardMaterial { unlit: true, ..default() });
    let mesh = meshes.add(Sphere::new(0.042).mesh().ico(0).unwrap_or_else(|_| Cuboid::from_length(0.05).into()));
    let place = Transform::from_xyz(0.0, CROWN + 0.08, 0.0).with_scale(Vec3::new(1.0, 1.45, 1.0));
    let layer = RenderLayers::layer(PLAYER_LAYER);
    commands.spawn((MoodGem(owner), Mesh3d(mesh), MeshMaterial3d(gem), place, layer, ChildOf(owner)));
}

/// The colour of a mood.
pub fn colour_of(mood: Emotion) -> Color {
    let (r, g, b) = match mood {
        Emotion::Neutral => (190, 184, 170),
        Emotion::Happy => (250, 205, 70),
        Emotion::Amused => (255, 155, 60),
        Emotion::Sad => (90, 140, 225),
        Emotion::Angry => (232, 62, 48),
        Emotion::Afraid => (160, 110, 230),
        Emotion::Surprised => (80, 215, 225),
        Emotion::Disgusted => (135, 175, 60),
        Emotion::Suspicious => (215, 130, 190),
        Emotion::Proud => (240, 225, 190),
    };
    Color::srgb_u8(r, g, b)
}

/// Slant and height of the brows, slant and height of the corners of the mouth.
fn looks_of(mood: Emotion) -> [f32; 4] {
    match mood {
        Emotion::Neutral => [0.0, 0.0, 0.0, 0.0],
        Emotion::Happy => [0.1, 0.006, 0.45, 0.004],
        Emotion::Amused => [0.18, 0.01, 0.55, 0.006],
        Emotion::Sad => [0.42, 0.002, -0.4, -0.004],
        Emotion::Angry => [-0.45, -0.012, -0.3, -0.002],
        Emotion::Afraid => [0.5, 0.014, -0.3, -0.004],
        Emotion::Surprised => [0.12, 0.022, 0.0, -0.012],
        Emotion::Disgusted => [-0.25, -0.006, -0.5, 0.0],
        Emotion::Suspicious => [-0.3, -0.008, -0.12, 0.0],
        Emotion::Proud => [-0.1, 0.012, 0.25, 0.0],
    }
}

/// Shows moods in faces and gems.
pub fn show_moods(
    moods: Query<&Mood>,
    mut parts: Query<(&FacePart, &mut Transform), Without<MoodGem>>,
    gems: Query<(&MoodGem, &MeshMaterial3d<StandardMaterial>)>,
    mut materials: ResMut<Assets<StandardMaterial>>,
) {
    for (part, mut place) in &mut parts {
        let mood = moods.get(part.owner).map_or(Emotion::Neutral, |m| m.0);
        let [brow, brow_up, mouth, mouth_up] = looks_of(mood);
        let (slant, at) = if part.brow {
            (brow, Vec3::new(part.side * 0.052, 1.662 + brow_up, -0.137))
        } else {
            (-mouth, Vec3::new(part.side * 0.019, 1.523 + mouth_up, -0.133))
        };
        *place = Transform::from_translation(at).with_rotation(Quat::from_rotation_z(-part.side * slant));
    }
    for (gem, material) in &gems {
        let colour = moods.get(gem.0).map_or(Color::WHITE, |m| colour_of(m.0));
        if materials.get(&material.0).is_some_and(|m| m.base_color != colour)
            && let Some(mut material) = materials.get_mut(&material.0)
        {
            material.base_color = colour;
        }
    }
}
