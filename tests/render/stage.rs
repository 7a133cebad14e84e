//! A lit stage that is rendered off-screen, and a log of what characters saw.

use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::render_resource::PollType;
use bevy::render::renderer::RenderDevice;
use bevy_persona::mind::brief::{Picture, View};
use bevy_persona::perception::{Glance, GlanceFailed, PerceptionPlugin, Senses, Sight, Thing, Viewed};
use bevy_persona::props::{PropsPlugin, headless_plugins};

pub struct Stage {
    pub app: App,
}

#[derive(Resource, Default)]
pub struct Answers {
    pub viewed: Vec<Viewed>,
    pub failed: Vec<GlanceFailed>,
}

impl Stage {
    pub fn new() -> Self {
        let mut app = App::new();
        app.add_plugins((headless_plugins().disable::<LogPlugin>(), PropsPlugin, PerceptionPlugin))
            .init_resource::<Answers>()
            .insert_resource(GlobalAmbientLight { brightness: 900.0, ..default() })
            .add_observer(|on: On<Viewed>, mut answers: ResMut<Answers>| answers.viewed.push(on.clone()))
            .add_observer(|on: On<GlanceFailed>, mut answers: ResMut<Answers>| answers.failed.push(on.clone()));
        app.finish();
        app.cleanup();
        let mut stage = Self { app };
        stage.frame();
        stage
    }

    pub fn frame(&mut self) {
        self.app.update();
        let device = self.app.world().resource::<RenderDevice>();
        device.wgpu_device().poll(PollType::wait_indefinitely()).expect("the device works");
    }

    /// A cube of a metre with its middle there.
    pub fn cube(&mut self, name: &str, colour: Color, at: Vec3) -> Entity {
        let world = self.app.world_mut();
        let mesh = world.resource_mut::<Assets<Mesh>>().add(Cuboid::from_length(1.0));
        let material = world.resource_mut::<Assets<StandardMaterial>>().add(colour);
        world.spawn((Thing::new(name, "crate"), Mesh3d(mesh), MeshMaterial3d(material), Transform::from_translation(at))).id()
    }

    /// A character whose eye is there, looking level in this direction.
    pub fn viewer(&mut self, at: Vec3, towards: Vec3) -> Entity {
        let senses = Senses { sight: Sight::Eye, eye_height: 0.0, pitch: 0.0, ..default() };
        self.app.world_mut().spawn((senses, Transform::from_translation(at).looking_to(towards, Vec3::Y))).id()
    }

    pub fn ask(&mut self, entity: Entity) {
        self.app.world_mut().trigger(Glance { entity });
    }

    /// Lets a character look, and waits for what it sees.
    pub fn look(&mut self, viewer: Entity) -> View {
        let before = self.answers().viewed.len();
        self.ask(viewer);
        for _ in 0..60 {
            self.frame();
            if let Some(viewed) = self.answers().viewed.get(before) {
                assert_eq!(viewed.entity, viewer, "the one who looked is told");
                return viewed.view.clone();
            }
        }
        panic!("no view came in 60 frames; failures: {:?}", self.answers().failed);
    }

    pub fn answers(&self) -> &Answers {
        self.app.world().resource::<Answers>()
    }

    pub fn count<F: bevy::ecs::query::QueryFilter>(&mut self) -> usize {
        let world = self.app.world_mut();
        world.query_filtered::<Entity, F>().iter(world).count()
    }
}

/// The colour of the pixel at this part of the width and height.
pub fn pixel(view: &View, x: f32, y: f32) -> [u8; 3] {
    let picture: &Picture = view.picture.as_ref().expect("a view has a picture");
    let column = (x * picture.width() as f32) as usize;
    let row = (y * picture.height() as f32) as usize;
    let at = (row * picture.width() as usize + column) * 3;
    picture.rgb()[at..at + 3].try_into().expect("three bytes")
}

/// Which of red, green and blue stands out, if one does.
pub fn hue(pixel: [u8; 3]) -> Option<&'static str> {
    let stands_out = |i: usize| (0..3).all(|j| i == j || f32::from(pixel[i]) > 1.6 * f32::from(pixel[j]) + 10.0);
    (0..3).find(|i| stands_out(*i)).map(|i| ["red", "green", "blue"][i])
}
