//! The renderer of scenes: several stages side by side in one world, each with cameras and a render layer of its own.

use super::labels::{Solid, label};
use super::plan::{Lamp, Plan, Surface};
use bevy::asset::RenderAssetUsages;
use bevy::camera::RenderTarget;
use bevy::camera::visibility::RenderLayers;
use bevy::image::{ImageAddressMode, ImageSampler, ImageSamplerDescriptor};
use bevy::light::{
    CascadeShadowConfigBuilder, DirectionalLightShadowMap, NotShadowCaster, PointLightShadowMap, ShadowFilteringMethod,
};
use bevy::math::Affine2;
use bevy::prelude::*;
use bevy::render::gpu_readback::{Readback, ReadbackComplete};
use bevy::render::render_resource::{Extent3d, PollType, TextureDimension, TextureFormat, TextureUsages};
use bevy::render::renderer::RenderDevice;
use bevy_persona::mind::brief::Picture;
use bevy_persona::mind::train::scenes::Scene;
use bevy_persona::props::{Figure, Prop, PropsPlugin, headless_plugins};
use std::collections::{BTreeMap, HashMap};

/// How many wall and floor patterns there are.
pub(super) const PATTERNS: usize = 5;
/// Stages that are rendered in one frame.
pub(super) const STAGES: usize = 4;
/// How far stages stand apart in metres: farther than any lamp shines, since layers alone do not part shadows.
const APART: f32 = 200.0;
/// Sizes of a square picture and of a wide one, before they are made smaller.
const SQUARE: (u32, u32) = (192, 192);
const WIDE: (u32, u32) = (256, 144);

/// Renders plans to scenes.
pub(super) struct Theatre {
    app: App,
    stages: Vec<[(Entity, Handle<Image>); 2]>,
    cube: Handle<Mesh>,
    patterns: Vec<Handle<Image>>,
    waiting: HashMap<Entity, Waiting>,
    done: BTreeMap<usize, Scene>,
    side: u32,
}

/// A scene whose picture is on its way.
struct Waiting {
    index: usize,
    size: (u32, u32),
    labels: Scene,
}

/// Pictures that have come back.
#[derive(Resource, Default)]
struct Arrived(Vec<(Entity, Vec<u8>)>);

impl Theatre {
    /// Starts the renderer.
    pub(super) fn new(side: u32) -> Self {
        let mut app = App::new();
        let quiet = bevy::log::LogPlugin { level: bevy::log::Level::ERROR, ..default() };
        app.add_plugins((headless_plugins().set(quiet), PropsPlugin))
            .insert_resource(DirectionalLightShadowMap { size: 512 })
            .insert_resource(PointLightShadowMap { size: 256 })
            .init_resource::<Arrived>()
            .add_observer(|done: On<ReadbackComplete>, mut arrived: ResMut<Arrived>| {
                arrived.0.push((done.entity, done.data.clone()));
            });
        app.finish();
        app.cleanup();
        let world = app.world_mut();
        let stages = (0..STAGES).map(|stage| [SQUARE, WIDE].map(|size| camera(world, stage, size))).collect();
        let cube = world.resource_mut::<Assets<Mesh>>().add(Cuboid::from_length(1.0));
        let patterns = (0..PATTERNS).map(|p| world.resource_mut::<Assets<Image>>().add(pattern(p))).collect();
        Self { app, stages, cube, patterns, waiting: HashMap::new(), done: BTreeMap::new(), side }
    }

    /// Renders a few frames of scenes that no one keeps, until shaders and textures are there.
    pub(super) fn warm_up(&mut self, plan: &impl Fn(usize) -> Plan) {
        for round in 0..24 {
            let plan = |stage: usize| (stage, usize::MAX, plan(round / 3 * STAGES + stage));
            self.frame((0..STAGES).map(plan).collect());
        }
        self.drain();
        self.done.clear();
    }

    /// Renders plans in one frame, each with its stage, which no other may have, and the index of its scene.
    pub(super) fn frame(&mut self, plans: Vec<(usize, usize, Plan)>) {
        let (mut props, mut readbacks) = (Vec::new(), Vec::new());
        for (stage, index, plan) in plans {
            let which = usize::from(plan.eye.wide);
            self.aim(stage, &plan);
            self.furnish(stage, &plan, &mut props);
            let image = self.stages[stage][which].1.clone();
            let pending = self.app.world_mut().spawn(Readback::texture(image)).id();
            readbacks.push((pending, index, plan));
        }
        self.app.update();
        for (pending, index, plan) in readbacks {
            let size = if plan.eye.wide { WIDE } else { SQUARE };
            let labels = self.labels(&plan, size);
            self.app.world_mut().entity_mut(pending).remove::<Readback>();
            self.waiting.insert(pending, Waiting { index, size, labels });
        }
        for entity in props {
            self.app.world_mut().despawn(entity);
        }
        for camera in self.stages.iter().flatten() {
            if let Some(mut camera) = self.app.world_mut().get_mut::<Camera>(camera.0) {
                camera.is_active = false;
            }
        }
        self.collect();
    }

    /// Waits for all pictures.
    pub(super) fn drain(&mut self) {
        for _ in 0..30 {
            if self.waiting.is_empty() {
                return;
            }
            let device = self.app.world().resource::<RenderDevice>().clone();
            let _ = device.wgpu_device().poll(PollType::wait_indefinitely());
            self.app.update();
            self.collect();
        }
    }

    /// The scene with this index, if it is done.
    pub(super) fn take(&mut self, index: usize) -> Option<Scene> {
        self.done.remove(&index)
    }

    /// How many scenes are under way.
    pub(super) fn under_way(&self) -> usize {
        self.waiting.len()
    }

    fn collect(&mut self) {
        for (entity, data) in std::mem::take(&mut self.app.world_mut().resource_mut::<Arrived>().0) {
            self.app.world_mut().despawn(entity);
            let Some(waiting) = self.waiting.remove(&entity) else { continue };
            if let Ok(picture) = Picture::from_rgba(waiting.size.0, waiting.size.1, &data) {
                self.done.insert(waiting.index, Scene { picture: picture.resized(self.side), ..waiting.labels });
            }
        }
    }

    fn aim(&mut self, stage: usize, plan: &Plan) {
        let world = self.app.world_mut();
        let (camera, _) = self.stages[stage][usize::from(plan.eye.wide)];
        let ambient = AmbientLight { color: plan.eye.ambient, brightness: plan.eye.brightness, ..default() };
        let lens = PerspectiveProjection { fov: plan.eye.fov, aspect_ratio: plan.eye.aspect(), ..default() };
        let (at, tonemapping) = (moved(stage, plan.eye.at), plan.eye.tonemapping);
        // Fog is always there, if only as thin as nothing, so that all scenes are drawn by the same shaders.
        let fog = plan.eye.fog.map_or((Color::NONE, 1e3), |fog| (fog.colour, fog.visibility));
        let fog = DistanceFog { color: fog.0, falloff: FogFalloff::from_visibility_squared(fog.1), ..default() };
        world.entity_mut(camera).insert((at, tonemapping, ambient, fog, Projection::Perspective(lens)));
        if let Some(mut camera) = world.get_mut::<Camera>(camera) {
            camera.is_active = true;
            camera.clear_color = ClearColorConfig::Custom(plan.eye.backdrop);
        }
    }

    fn furnish(&mut self, stage: usize, plan: &Plan, props: &mut Vec<Entity>) {
        let layers = RenderLayers::layer(stage + 1);
        for surface in &plan.room {
            let material = self.surface(surface);
            let at = Transform { translation: surface.centre, rotation: surface.turn, scale: surface.size };
            let mut spawned = self.app.world_mut().spawn((
                Mesh3d(self.cube.clone()),
                MeshMaterial3d(material),
                moved(stage, at),
                layers.clone(),
            ));
            if !surface.solid {
                spawned.insert(NotShadowCaster);
            }
            props.push(spawned.id());
        }
        let world = self.app.world_mut();
        for lamp in &plan.lights {
            props.push(light(world, lamp, stage, layers.clone()));
        }
        for thing in &plan.things {
            let mut spawned = world.spawn((moved(stage, thing.at), layers.clone()));
            let (colour, tint) = (thing.colour, Some(thing.tint));
            match thing.kind {
                Some(kind) => spawned.insert(Prop { kind, colour, tint, finish: thing.finish }),
                None => spawned.insert(Figure { clothes: colour, tint, skin: thing.skin, hair: thing.hair }),
            };
            props.push(spawned.id());
        }
    }

    fn surface(&mut self, surface: &Surface) -> Handle<StandardMaterial> {
        let mut material =
            StandardMaterial { base_color: surface.colour, perceptual_roughness: 0.9, reflectance: 0.2, ..default() };
        if let Some((pattern, repeats)) = surface.pattern {
            material.base_color_texture = Some(self.patterns[pattern].clone());
            material.uv_transform = Affine2::from_scale(repeats / 2.0);
        }
        self.app.world_mut().resource_mut::<Assets<StandardMaterial>>().add(material)
    }

    fn labels(&self, plan: &Plan, (width, height): (u32, u32)) -> Scene {
        let world = self.app.world();
        let meshes = world.resource::<Assets<Mesh>>();
        let library = world.resource::<bevy_persona::props::PropLibrary>();
        let mut solids = Vec::new();
        for (index, thing) in plan.things.iter().enumerate() {
            let handles = match thing.kind {
                Some(kind) => library.meshes(kind),
                None => library.figure_meshes(thing.skin, thing.hair),
            };
            let parts = handles.into_iter().filter_map(|handle| meshes.get(&handle));
            solids.extend(parts.map(|mesh| Solid::new(Some(index), mesh, &thing.at)));
        }
        if let Some(cube) = meshes.get(&self.cube) {
            for surface in plan.room.iter().filter(|s| s.solid) {
                let at = Transform { translation: surface.centre, rotation: surface.turn, scale: surface.size };
                solids.push(Solid::new(None, cube, &at));
            }
        }
        let (things, cells) = label(plan, &solids, width as usize, height as usize);
        let blank = Picture::from_rgb(1, 1, vec![0; 3]).expect("one pixel is a picture");
        Scene { picture: blank, things, cells }
    }
}

fn moved(stage: usize, at: Transform) -> Transform {
    at.with_translation(at.translation + Vec3::X * APART * stage as f32)
}

fn camera(world: &mut World, stage: usize, (width, height): (u32, u32)) -> (Entity, Handle<Image>) {
    let mut image = Image::new_target_texture(width, height, TextureFormat::Rgba8UnormSrgb, None);
    image.texture_descriptor.usage |= TextureUsages::COPY_SRC;
    let image = world.resource_mut::<Assets<Image>>().add(image);
    let layers = RenderLayers::layer(stage + 1);
    let camera = Camera { is_active: false, order: stage as isize * 2 + isize::from(width != height), ..default() };
    let entity = world
        .spawn((
            Camera3d::default(),
            ShadowFilteringMethod::Hardware2x2,
            camera,
            RenderTarget::from(image.clone()),
            Msaa::Off,
            layers,
        ))
        .id();
    (entity, image)
}

fn light(world: &mut World, lamp: &Lamp, stage: usize, layers: RenderLayers) -> Entity {
    match *lamp {
        Lamp::Sun { colour, lux, towards, shadows } => {
            let light = DirectionalLight { color: colour, illuminance: lux, shadow_maps_enabled: shadows, ..default() };
            let cascades = CascadeShadowConfigBuilder { num_cascades: 1, maximum_distance: 14.0, ..default() }.build();
            let at = Transform::default().looking_to(towards, Vec3::Y);
            world.spawn((light, cascades, at, layers)).id()
        }
        Lamp::Point { colour, lumens, at, shadows } => {
            let light = PointLight { color: colour, intensity: lumens, shadow_maps_enabled: shadows, range: 25.0, ..default() };
            world.spawn((light, moved(stage, Transform::from_translation(at)), layers)).id()
        }
    }
}

/// A grey pattern that tints what it covers: planks, bricks, tiles, plaster, straw.
fn pattern(which: usize) -> Image {
    const SIDE: usize = 64;
    let mut rng = super::random::Rng::new(which as u64 + 77);
    let noise: Vec<f32> = (0..SIDE * SIDE).map(|_| rng.unit()).collect();
    let at = |x: usize, y: usize| noise[y % SIDE * SIDE + x % SIDE];
    let shade = |x: usize, y: usize| match which {
        0 => 0.7 + 0.25 * at(x / 16, 7) - if x.is_multiple_of(16) { 0.35 } else { 0.08 * at(x, y / 8) },
        1 => {
            let shift = if (y / 8).is_multiple_of(2) { 0 } else { 8 };
            let gap = y.is_multiple_of(8) || (x + shift).is_multiple_of(16);
            if gap { 0.55 } else { 0.75 + 0.22 * at((x + shift) / 16, y / 8) }
        }
        2 => {
            if (x / 32 + y / 32).is_multiple_of(2) {
                0.95
            } else {
                0.6
            }
        }
        3 => 0.82 + 0.16 * (at(x / 8, y / 8) * 0.6 + at(x / 3, y / 3) * 0.4),
        _ => 0.65 + 0.33 * at(x, y / 6),
    };
    let pixels = (0..SIDE * SIDE).flat_map(|i| {
        let value = (shade(i % SIDE, i / SIDE).clamp(0.0, 1.0) * 255.0) as u8;
        [value, value, value, 255]
    });
    let size = Extent3d { width: SIDE as u32, height: SIDE as u32, depth_or_array_layers: 1 };
    let mut image =
        Image::new(size, TextureDimension::D2, pixels.collect(), TextureFormat::Rgba8UnormSrgb, RenderAssetUsages::RENDER_WORLD);
    let repeat = ImageSamplerDescriptor {
        address_mode_u: ImageAddressMode::Repeat,
        address_mode_v: ImageAddressMode::Repeat,
        ..ImageSamplerDescriptor::linear()
    };
    image.sampler = ImageSampler::Descriptor(repeat);
    image
}
