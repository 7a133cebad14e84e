//! The eye: one camera that looks for whoever's turn it is, for one frame, and is off otherwise.
//!
//! All characters share it, since at most one looks in a frame: a hundred of them take no more memory than one, and their
//! pictures need no more pipelines.

use super::glance::{Glances, Pending, fail, senses_of, tell};
use super::lens::{NEAR, angle, eye_place};
use super::ready::Pipelines;
use super::visible::{Looker, LookerState};
use super::{GLANCE_FRAMES, GlanceError, GlanceFailed, Senses, Sight};
use crate::schedule::RolePlaySystems;
use bevy::camera::RenderTarget;
use bevy::prelude::*;
use bevy::render::gpu_readback::{Readback, ReadbackComplete};
use bevy::render::render_resource::{TextureFormat, TextureUsages};
use persona_mind::brief::{Picture, VisibleThing};

/// Side of an eye's picture in pixels.
///
/// A multiple of 64, so that rows of the read-back need no padding.
pub const EYE_SIDE: u32 = 256;

/// How old a glance may be, in frames, to be tried again for a picture that lacks something.
const PATIENCE: u32 = GLANCE_FRAMES * 3 / 4;

/// The camera that looks for the characters. Observe its addition to give it render layers, fog or an ambient light.
#[derive(Component, Clone, Copy, Debug, Default, Reflect)]
#[reflect(Component, Default)]
pub struct EyeCamera;

/// The camera and its picture, once someone has looked.
#[derive(Resource)]
struct Eye {
    camera: Entity,
    image: Handle<Image>,
}

/// A picture on its way.
#[derive(Component)]
struct Reading {
    pending: Pending,
    things: Vec<VisibleThing>,
    /// The number of the frame in which it was drawn.
    frame: u64,
}

pub(super) fn build(app: &mut App) {
    app.register_type::<EyeCamera>().add_observer(on_read).add_systems(
        PostUpdate,
        shut.run_if(any_with_component::<Reading>)
            .in_set(RolePlaySystems::Perceive)
            .before(super::glance::look)
            .before(bevy::camera::CameraUpdateSystems),
    );
}

/// Shuts the eye, which has been drawn by now, and gives up on pictures that do not come.
fn shut(
    mut readings: Query<(Entity, &mut Reading, Has<Readback>)>,
    mut cameras: Query<&mut Camera, With<EyeCamera>>,
    mut glances: ResMut<Glances>,
    mut commands: Commands,
) {
    for mut camera in cameras.iter_mut().filter(|c| c.is_active) {
        camera.is_active = false;
    }
    for (entity, mut reading, is_read) in &mut readings {
        reading.pending.age += 1;
        if is_read {
            commands.entity(entity).try_remove::<Readback>();
        }
        if reading.pending.age >= GLANCE_FRAMES {
            commands.entity(entity).try_despawn();
            glances.arrived(reading.pending.viewer);
            fail(&mut commands, reading.pending.viewer, GlanceError::TimedOut { frames: GLANCE_FRAMES });
        }
    }
}

/// Opens the eye for the next who waits.
pub(super) fn look(world: &mut World, state: &mut LookerState) {
    while let Some(pending) = world.resource_mut::<Glances>().next(Sight::Eye) {
        let viewer = pending.viewer;
        let Some(senses) = senses_of(world, viewer) else { continue };
        let Some((body, things)) = Looker::new(world, state).eye(viewer, &senses) else {
            world.trigger(GlanceFailed { entity: viewer, reason: GlanceError::Nowhere });
            continue;
        };
        let image = open(world, &body, &senses);
        let frame = world.resource_mut::<Pipelines>().next_frame();
        world.spawn((Reading { pending, things, frame }, Readback::texture(image)));
        world.resource_mut::<Glances>().under_way.push(viewer);
        return;
    }
}

/// Puts the camera behind a character's eye for this frame.
fn open(world: &mut World, body: &GlobalTransform, senses: &Senses) -> Handle<Image> {
    let lens = PerspectiveProjection { fov: angle(senses), near: NEAR, far: 1000.0, ..default() };
    let place = (eye_place(body, senses), Projection::Perspective(lens));
    let known = world.get_resource::<Eye>().map(|eye| (eye.camera, eye.image.clone()));
    if let Some((camera, image)) = known
        && let Ok(mut entity) = world.get_entity_mut(camera)
        && let Some(mut camera) = entity.get_mut::<Camera>()
    {
        camera.is_active = true;
        entity.insert(place);
        return image;
    }
    let mut image = Image::new_target_texture(EYE_SIDE, EYE_SIDE, TextureFormat::Rgba8UnormSrgb, None);
    image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    image.asset_usage = bevy::asset::RenderAssetUsages::RENDER_WORLD;
    let image = world.resource_mut::<Assets<Image>>().add(image);
    let camera = (
        Name::new("Eye of the characters"),
        EyeCamera,
        Camera3d::default(),
        Camera { order: -10, ..default() },
        RenderTarget::from(image.clone()),
        Msaa::Off,
        place,
    );
    let camera = world.spawn(camera).id();
    world.insert_resource(Eye { camera, image: image.clone() });
    image
}

/// Takes a picture that has come, or looks again if it lacks something.
fn on_read(
    read: On<ReadbackComplete>,
    mut readings: Query<&mut Reading>,
    mut glances: ResMut<Glances>,
    pipelines: Option<Res<Pipelines>>,
    mut commands: Commands,
) {
    let Ok(mut reading) = readings.get_mut(read.entity) else { return };
    commands.entity(read.entity).try_despawn();
    let pending = reading.pending;
    if !glances.arrived(pending.viewer) {
        return;
    }
    // The clear colour is opaque, so a picture that is not has never been drawn to.
    let drawn = read.data.get(3).is_some_and(|alpha| *alpha > 0);
    let whole = drawn && pipelines.as_ref().is_none_or(|p| p.all_drawn(reading.frame));
    if !whole && pending.age < PATIENCE {
        glances.waiting.push_front(pending);
        return;
    }
    if !whole && let Some(pipelines) = &pipelines {
        pipelines.give_up();
    }
    match Picture::from_rgba(EYE_SIDE, EYE_SIDE, &read.data) {
        Ok(picture) if drawn => tell(&mut commands, pending.viewer, picture, std::mem::take(&mut reading.things)),
        _ => fail(&mut commands, pending.viewer, GlanceError::TimedOut { frames: pending.age }),
    }
}
