//! A character looks through its own eye.

use crate::stage::{Stage, hue, pixel};
use bevy::ecs::resource::IsResource;
use bevy::prelude::*;
use bevy::render::gpu_readback::Readback;
use bevy_persona::perception::{EYE_SIDE, EyeCamera, GLANCE_FRAMES, GlanceError, Thing};

const RED: Color = Color::srgb(0.9, 0.05, 0.05);
const GREEN: Color = Color::srgb(0.05, 0.8, 0.05);
const BLUE: Color = Color::srgb(0.05, 0.1, 0.9);
const AHEAD: Vec3 = Vec3::new(0.0, 0.0, -3.0);

#[test]
fn the_picture_and_the_list_follow_what_is_there() {
    let mut stage = Stage::new();
    let cube = stage.cube("the red cube", RED, AHEAD);
    let viewer = stage.viewer(Vec3::ZERO, Vec3::NEG_Z);

    let view = stage.look(viewer);
    let picture = view.picture.as_ref().expect("there is a renderer");
    assert_eq!((picture.width(), picture.height()), (EYE_SIDE, EYE_SIDE), "an eye's picture has its usual size");
    assert_eq!(hue(pixel(&view, 0.5, 0.5)), Some("red"), "the middle is {:?}", pixel(&view, 0.5, 0.5));
    assert_eq!(hue(pixel(&view, 0.1, 0.1)), None, "the corner is background: {:?}", pixel(&view, 0.1, 0.1));

    assert_eq!(view.things.len(), 1, "one thing is there: {:?}", view.things);
    let thing = &view.things[0];
    assert_eq!((thing.name.as_str(), thing.kind.as_str()), ("the red cube", "crate"), "it goes by its name and kind");
    assert!((thing.distance - 2.5).abs() < 0.01, "its front is 2.5 m off, not {}", thing.distance);
    let [left, top, right, bottom] = thing.bounds;
    assert!((left + right - 1.0).abs() < 0.01 && (top + bottom - 1.0).abs() < 0.01, "it is in the middle: {:?}", thing.bounds);
    assert_eq!(hue(pixel(&view, left + 0.03, 0.5)), Some("red"), "the box begins where the cube does");
    assert_eq!(hue(pixel(&view, left - 0.03, 0.5)), None, "and not later");

    let blue = stage.app.world_mut().resource_mut::<Assets<StandardMaterial>>().add(BLUE);
    stage.app.world_mut().entity_mut(cube).insert((MeshMaterial3d(blue), Thing::new("the blue cube", "crate")));
    let view = stage.look(viewer);
    assert_eq!(hue(pixel(&view, 0.5, 0.5)), Some("blue"), "the next look shows the change");
    assert_eq!(view.things[0].name, "the blue cube", "and its new name");
}

#[test]
fn what_is_hidden_or_behind_is_not_listed() {
    let mut stage = Stage::new();
    stage.cube("the chest", RED, Vec3::new(0.0, 0.0, -6.0));
    stage.cube("behind the back", RED, Vec3::new(0.0, 0.0, 3.0));
    let wall = stage.cube("", GREEN, AHEAD);
    stage
        .app
        .world_mut()
        .entity_mut(wall)
        .remove::<Thing>()
        .insert(Transform::from_translation(AHEAD).with_scale(Vec3::new(8.0, 8.0, 0.2)));
    let viewer = stage.viewer(Vec3::ZERO, Vec3::NEG_Z);

    let view = stage.look(viewer);
    assert!(view.things.is_empty(), "the wall hides the chest: {:?}", view.things);
    assert_eq!(hue(pixel(&view, 0.5, 0.5)), Some("green"), "the wall itself is in the picture");

    stage.app.world_mut().entity_mut(wall).insert(Visibility::Hidden);
    stage.frame();
    let names: Vec<_> = stage.look(viewer).things.into_iter().map(|t| t.name).collect();
    assert_eq!(names, ["the chest"], "a wall that is not shown hides nothing, and the back has no eyes");
}

#[test]
fn part_of_a_thing_is_enough_and_ones_own_body_hides_nothing() {
    let mut stage = Stage::new();
    stage.cube("the ladder", RED, Vec3::new(0.0, 0.0, -6.0));
    let fence = stage.cube("the fence", GREEN, Vec3::new(0.0, -1.55, -3.0));
    stage.app.world_mut().entity_mut(fence).insert(Transform::from_xyz(0.0, -1.55, -3.0).with_scale(Vec3::new(8.0, 3.0, 0.2)));
    let viewer = stage.viewer(Vec3::ZERO, Vec3::NEG_Z);
    let body = stage.cube("own nose", BLUE, Vec3::ZERO);
    stage.app.world_mut().entity_mut(body).insert((ChildOf(viewer), Transform::from_xyz(0.0, 0.0, -0.9)));
    let names: Vec<_> = stage.look(viewer).things.into_iter().map(|t| t.name).collect();
    assert_eq!(names, ["the fence", "the ladder"], "what looks over the fence is seen; one's own body is not a thing in view");
}

#[test]
fn three_look_one_after_the_other_and_each_sees_its_own() {
    let mut stage = Stage::new();
    assert_eq!(stage.count::<With<EyeCamera>>(), 0, "as long as no one looks there is no camera");
    let ways = [(Vec3::NEG_Z, RED, "red"), (Vec3::X, GREEN, "green"), (Vec3::Z, BLUE, "blue")];
    let viewers = ways.map(|(way, colour, name)| {
        stage.cube(name, colour, way * 3.0);
        stage.viewer(Vec3::ZERO, way)
    });
    for viewer in viewers {
        stage.ask(viewer);
    }
    let mut active_frames = 0;
    for _ in 0..GLANCE_FRAMES {
        stage.frame();
        let world = stage.app.world_mut();
        let active = world.query_filtered::<&Camera, With<EyeCamera>>().iter(world).filter(|c| c.is_active).count();
        assert!(active <= 1, "{active} eyes are open in one frame");
        active_frames += active;
    }
    assert!(active_frames >= 3, "each has had a frame of its own");
    let viewed = &stage.answers().viewed;
    assert_eq!(viewed.len(), viewers.len(), "all are answered, each once");
    for (viewer, (.., name)) in viewers.into_iter().zip(ways) {
        let viewed = viewed.iter().find(|v| v.entity == viewer).expect("each is answered");
        assert_eq!(hue(pixel(&viewed.view, 0.5, 0.5)), Some(name), "each sees what is before it");
        assert_eq!(viewed.view.things[0].name, name, "and can name it");
    }
    let world = stage.app.world_mut();
    let open = world.query_filtered::<&Camera, With<EyeCamera>>().iter(world).filter(|c| c.is_active).count();
    assert_eq!(open, 0, "afterwards the eye is shut");
    assert_eq!(stage.count::<With<Readback>>(), 0, "and nothing is read back any more");
}

#[test]
fn who_is_despawned_while_looking_leaves_nothing_behind() {
    let mut stage = Stage::new();
    stage.cube("red", RED, AHEAD);
    let (gone, stays) = (stage.viewer(Vec3::ZERO, Vec3::NEG_Z), stage.viewer(Vec3::ZERO, Vec3::NEG_Z));
    let before = stage.count::<Without<IsResource>>();
    stage.ask(gone);
    stage.frame();
    stage.app.world_mut().despawn(gone);
    let eyes = {
        let world = stage.app.world_mut();
        world.query_filtered::<Entity, With<EyeCamera>>().single(world).expect("one eye")
    };
    stage.app.world_mut().despawn(eyes);
    let view = stage.look(stays);
    assert_eq!(hue(pixel(&view, 0.5, 0.5)), Some("red"), "another sees on, even if the game has removed the camera");
    for _ in 0..4 {
        stage.frame();
    }
    assert_eq!(stage.answers().viewed.len(), 1, "the one who is gone is told nothing");
    assert!(stage.answers().failed.is_empty(), "and fails in nothing: {:?}", stage.answers().failed);
    assert_eq!(stage.count::<Without<IsResource>>(), before, "one viewer is gone and one camera has come; nothing else is left");
}

#[test]
fn a_picture_that_never_comes_is_a_failure() {
    let mut stage = Stage::new();
    stage.app.add_observer(|add: On<Add, Readback>, mut commands: Commands| {
        commands.entity(add.entity).remove::<Readback>();
    });
    let viewer = stage.viewer(Vec3::ZERO, Vec3::NEG_Z);
    stage.ask(viewer);
    for _ in 0..=GLANCE_FRAMES {
        stage.frame();
    }
    let failed = &stage.answers().failed;
    assert_eq!(failed.len(), 1, "it is told once");
    assert_eq!(failed[0].entity, viewer, "to the one who looked");
    assert_eq!(failed[0].reason, GlanceError::TimedOut { frames: GLANCE_FRAMES }, "with the reason");
    stage.ask(viewer);
    stage.frame();
    assert_eq!(stage.answers().failed.len(), 1, "and it may look again");
}
