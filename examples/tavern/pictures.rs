//! Pictures of what the player sees, as PNG files.

use crate::lights::PLAYER_LAYER;
use crate::player::PlayerEye;
use bevy::camera::RenderTarget;
use bevy::prelude::*;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use std::path::PathBuf;

/// Frames between the wish and the picture: text and layout need some of them.
const SETTLE: u32 = 4;

/// The picture that is wanted, if one is.
#[derive(Resource, Default)]
pub struct Wanted {
    path: Option<PathBuf>,
    age: u32,
    /// The last picture that could not be saved, and why.
    pub trouble: Option<String>,
}

/// In an app without a window: the picture that the player's camera draws.
#[derive(Resource)]
pub struct Canvas(pub Handle<Image>);

impl Wanted {
    /// Asks for a picture.
    pub fn want(&mut self, path: PathBuf) {
        *self = Self { path: Some(path), age: 0, trouble: None };
    }

    /// Whether a picture is still to come.
    pub fn is_open(&self) -> bool {
        self.path.is_some()
    }
}

/// Takes the wanted picture. Without a window the player's camera is on for that one frame only, since nobody looks.
pub fn take(
    mut wanted: ResMut<Wanted>,
    canvas: Option<Res<Canvas>>,
    mut camera: Single<&mut Camera, With<PlayerEye>>,
    mut commands: Commands,
) {
    if wanted.is_open() {
        wanted.age += 1;
    }
    let now = wanted.is_open() && wanted.age == SETTLE;
    if canvas.is_some() && camera.is_active != now {
        camera.is_active = now;
    }
    if now {
        let target = canvas.map_or_else(Screenshot::primary_window, |canvas| Screenshot(RenderTarget::from(canvas.0.clone())));
        commands.spawn(target).observe(save);
    }
}

fn save(shot: On<ScreenshotCaptured>, mut wanted: ResMut<Wanted>) {
    let Some(path) = wanted.path.take() else { return };
    let saved = shot.image.clone().try_into_dynamic().map_err(|error| error.to_string());
    let saved = saved.and_then(|image| image.to_rgb8().save(&path).map_err(|error| error.to_string()));
    match saved {
        Ok(()) => println!("saved {}", path.display()),
        Err(error) => wanted.trouble = Some(format!("{}: {error}", path.display())),
    }
}

/// Everything that only the player sees is on this layer, besides the world.
pub fn layers() -> bevy::camera::visibility::RenderLayers {
    bevy::camera::visibility::RenderLayers::from_layers(&[0, PLAYER_LAYER])
}
