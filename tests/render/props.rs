//! Things made of primitives.

use crate::stage::{Stage, hue, pixel};
use bevy::prelude::*;
use bevy_persona::props::{Figure, Prop, PropColour, PropKind, spawn_prop};

#[test]
fn a_thing_looks_as_it_is_said_to_and_changes_with_its_component() {
    let mut stage = Stage::new();
    let at = Transform::from_xyz(0.0, -0.5, -2.5);
    let thing = spawn_prop(&mut stage.app.world_mut().commands(), PropKind::Barrel, PropColour::Red, at);
    let viewer = stage.viewer(Vec3::ZERO, Vec3::NEG_Z);
    assert_eq!(hue(pixel(&stage.look(viewer), 0.5, 0.5)), Some("red"), "a red barrel is red in the middle");

    stage.app.world_mut().get_mut::<Prop>(thing).expect("it is a prop").colour = PropColour::Blue;
    let barrel = stage.look(viewer);
    assert_eq!(hue(pixel(&barrel, 0.5, 0.5)), Some("blue"), "painted blue, it is blue");

    *stage.app.world_mut().get_mut::<Prop>(thing).expect("it is a prop") = Prop::new(PropKind::Apple, PropColour::Blue);
    let apple = stage.look(viewer);
    assert_eq!(hue(pixel(&apple, 0.5, 0.5)), None, "an apple does not reach up to where the barrel's middle was");
    let children = stage.app.world().get::<Children>(thing).map_or(0, RelationshipTarget::len);
    assert_eq!(children, 1, "the barrel's hoops are gone; the stalk is there");
}

#[test]
fn every_kind_shows_its_colour() {
    let mut stage = Stage::new();
    let thing = spawn_prop(&mut stage.app.world_mut().commands(), PropKind::Barrel, PropColour::Red, Transform::default());
    let viewer = stage.viewer(Vec3::new(0.0, 0.0, 0.0), Vec3::NEG_Z);
    for kind in PropKind::ALL {
        let size = kind.size();
        // Its middle is straight ahead, and its front and top are turned to the eye.
        let turn = Quat::from_rotation_x(0.5) * Quat::from_rotation_y(0.4);
        let middle = Vec3::NEG_Z * 1.2 * size.length();
        let at = Transform::from_translation(middle - turn * Vec3::Y * size.y / 2.0).with_rotation(turn);
        stage.app.world_mut().entity_mut(thing).insert((Prop::new(kind, PropColour::Red), at));
        let view = stage.look(viewer);
        let picture = view.picture.as_ref().expect("there is a renderer");
        let pixels = picture.rgb().chunks_exact(3);
        let (all, red) = (pixels.len(), pixels.filter(|p| hue([p[0], p[1], p[2]]) == Some("red")).count());
        assert!(red * 100 > all, "a red {} is red: {red} of {all} pixels", kind.name());
    }
}

#[test]
fn a_person_looks_where_its_entity_does_and_does_not_see_its_own_head() {
    let mut stage = Stage::new();
    stage.cube("the red cube", Color::srgb(0.9, 0.05, 0.05), Vec3::new(0.0, 1.6, -3.0));
    let viewer = stage.viewer(Vec3::new(0.0, 1.6, 0.0), Vec3::NEG_Z);
    stage.app.world_mut().spawn((Figure { clothes: PropColour::Green, ..default() }, Transform::default()));
    let view = stage.look(viewer);
    assert_eq!(hue(pixel(&view, 0.5, 0.5)), Some("red"), "from inside its head a person sees out: {:?}", pixel(&view, 0.5, 0.5));
    let face = stage.viewer(Vec3::new(0.0, 1.58, -1.0), Vec3::Z);
    let [r, _, b] = pixel(&stage.look(face), 0.5, 0.5);
    assert!(r > 120 && b < r, "from the front one looks into a face, not at hair");
}
