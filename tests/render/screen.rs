//! A character sees the player's screen.

use crate::stage::{Stage, hue, pixel};
use bevy::camera::RenderTarget;
use bevy::prelude::*;
use bevy::render::render_resource::TextureFormat;
use bevy_persona::perception::{GlanceError, SCREEN_SIDE, ScreenTarget, Senses, Sight};

const RED: Color = Color::srgb(0.9, 0.05, 0.05);

fn watcher(stage: &mut Stage) -> Entity {
    // It stands with its back to everything: only the screen counts.
    stage.app.world_mut().spawn((Senses { sight: Sight::Screen, ..default() }, Transform::from_xyz(0.0, 0.0, -9.0))).id()
}

#[test]
fn two_see_what_the_players_camera_shows() {
    let mut stage = Stage::new();
    stage.cube("the red cube", RED, Vec3::new(0.0, 0.0, -4.0));
    let world = stage.app.world_mut();
    let image =
        world.resource_mut::<Assets<Image>>().add(Image::new_target_texture(1280, 720, TextureFormat::Rgba8UnormSrgb, None));
    world.spawn((Camera3d::default(), RenderTarget::from(image.clone()), Transform::default()));
    world.insert_resource(ScreenTarget(image));
    for _ in 0..5 {
        stage.frame();
    }
    let (first, second) = (watcher(&mut stage), watcher(&mut stage));
    let view = stage.look(first);
    stage.ask(first);
    stage.ask(second);
    for _ in 0..10 {
        stage.frame();
    }
    let told: Vec<_> = stage.answers().viewed.iter().map(|v| v.entity).collect();
    assert_eq!(told, [first, first, second], "two at once share one picture");

    let picture = view.picture.as_ref().expect("the screen is a picture");
    assert_eq!((picture.width(), picture.height()), (SCREEN_SIDE, SCREEN_SIDE * 9 / 16), "it is made smaller, in its shape");
    assert_eq!(hue(pixel(&view, 0.5, 0.5)), Some("red"), "the middle is {:?}", pixel(&view, 0.5, 0.5));
    assert_eq!(view.things.len(), 1, "the list is of the camera's view: {:?}", view.things);
    let [left, top, right, bottom] = view.things[0].bounds;
    assert!((left + right - 1.0).abs() < 0.01 && (top + bottom - 1.0).abs() < 0.01, "it is in the middle");
    assert!(right - left < bottom - top, "a cube is narrower on a wide picture: {:?}", view.things[0].bounds);
    assert!((view.things[0].distance - 3.5).abs() < 0.01, "distances are the camera's");
}

#[test]
fn without_a_screen_it_is_told_so() {
    let mut stage = Stage::new();
    let watcher = watcher(&mut stage);
    stage.ask(watcher);
    stage.frame();
    let reasons: Vec<_> = stage.answers().failed.iter().map(|f| (f.entity, f.reason.clone())).collect();
    assert_eq!(reasons, [(watcher, GlanceError::NoScreen)], "there is no window and no target");
}
