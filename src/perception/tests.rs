//! Sight where nothing renders: lists without pictures.

use super::*;
use crate::perception::glance::Glances;

#[derive(Resource, Default)]
struct Answers {
    viewed: Vec<Viewed>,
    failed: Vec<GlanceFailed>,
}

fn app() -> App {
    let mut app = App::new();
    app.add_plugins((MinimalPlugins, PerceptionPlugin))
        .init_resource::<Answers>()
        .add_observer(|on: On<Viewed>, mut answers: ResMut<Answers>| answers.viewed.push(on.clone()))
        .add_observer(|on: On<GlanceFailed>, mut answers: ResMut<Answers>| answers.failed.push(on.clone()));
    app
}

fn viewer(app: &mut App) -> Entity {
    app.world_mut().spawn((Senses { sight: Sight::Eye, ..default() }, Transform::default())).id()
}

fn thing(app: &mut App, name: &str, x: f32, z: f32) -> Entity {
    app.world_mut().spawn((Thing::new(name, "ball"), Transform::from_xyz(x, 1.0, z))).id()
}

fn names(app: &mut App, viewer: Entity) -> Vec<String> {
    let before = app.world().resource::<Answers>().viewed.len();
    app.world_mut().trigger(Glance { entity: viewer });
    app.update();
    let viewed = &app.world().resource::<Answers>().viewed[before..];
    assert_eq!(viewed.len(), 1, "a glance is answered once, and at once where nothing renders");
    assert_eq!(viewed[0].view.picture, None, "without a renderer there is no picture");
    viewed[0].view.things.iter().map(|t| t.name.clone()).collect()
}

#[test]
fn things_in_the_cone_and_in_range_are_listed_nearest_first() {
    let app = &mut app();
    let viewer = viewer(app);
    thing(app, "far", 0.5, -9.0);
    thing(app, "near", 0.0, -3.0);
    thing(app, "behind", 0.0, 3.0);
    thing(app, "aside", 9.0, -3.0);
    thing(app, "out of range", 0.0, -30.0);
    assert_eq!(names(app, viewer), ["near", "far"], "what is behind, aside or too far is not seen");
}

#[test]
fn turning_round_shows_what_was_behind() {
    let app = &mut app();
    let viewer = viewer(app);
    thing(app, "behind", 0.0, 3.0);
    assert!(names(app, viewer).is_empty(), "nothing is ahead");
    app.world_mut().entity_mut(viewer).insert(Transform::default().looking_to(Vec3::Z, Vec3::Y));
    assert_eq!(names(app, viewer), ["behind"], "it is ahead now, in the very frame of the turn");
}

#[test]
fn the_games_own_test_hides_things() {
    let app = &mut app();
    let viewer = viewer(app);
    thing(app, "left", -1.0, -4.0);
    let right = thing(app, "right", 1.0, -4.0);
    app.insert_resource(Occluder::new(move |world, line| {
        assert!(line.ignoring.contains(&viewer), "the viewer never hides anything");
        assert!(world.get::<Thing>(right).is_some(), "the test can read the world");
        line.to.x < 0.0
    }));
    assert_eq!(names(app, viewer), ["right"], "what the game hides is not seen");
}

#[test]
fn a_list_has_an_end() {
    let app = &mut app();
    let viewer = viewer(app);
    for i in 0..200 {
        thing(app, &format!("{i}"), (i % 20) as f32 * 0.1 - 1.0, -4.0 - (i / 20) as f32);
    }
    assert_eq!(names(app, viewer).len(), MAX_THINGS, "a crowd is cut to the nearest");
}

#[test]
fn who_cannot_look_is_told_why() {
    let app = &mut app();
    let blind = app.world_mut().spawn((Senses::default(), Transform::default())).id();
    let nowhere = app.world_mut().spawn(Senses { sight: Sight::Eye, ..default() }).id();
    for entity in [blind, nowhere] {
        app.world_mut().trigger(Glance { entity });
    }
    app.update();
    let failed = &app.world().resource::<Answers>().failed;
    let reasons: Vec<_> = failed.iter().map(|f| (f.entity, f.reason.clone())).collect();
    assert_eq!(reasons, [(blind, GlanceError::Blind), (nowhere, GlanceError::Nowhere)], "each failure has its reason");
}

#[test]
fn asking_twice_is_looking_once_and_the_dead_do_not_look() {
    let app = &mut app();
    let (viewer, dead) = (viewer(app), viewer(app));
    for entity in [viewer, viewer, dead] {
        app.world_mut().trigger(Glance { entity });
    }
    app.world_mut().despawn(dead);
    app.update();
    app.update();
    let answers = app.world().resource::<Answers>();
    assert_eq!(answers.viewed.iter().map(|v| v.entity).collect::<Vec<_>>(), [viewer], "one answer, to the living");
    assert!(answers.failed.is_empty(), "the dead are told nothing");
    assert!(app.world().resource::<Glances>().waiting.is_empty(), "nobody waits any more");
}

#[test]
fn wild_senses_do_no_harm() {
    let app = &mut app();
    let viewer = viewer(app);
    thing(app, "near", 0.0, -3.0);
    let nan = app.world_mut().spawn((Thing::new("nowhere", ""), Transform::from_xyz(f32::NAN, 0.0, 0.0))).id();
    for field_of_view in [f32::NAN, 0.0, 1e9, -5.0] {
        app.world_mut().entity_mut(viewer).insert(Senses { sight: Sight::Eye, field_of_view, ..default() });
        let seen = names(app, viewer);
        assert!(!seen.contains(&"nowhere".to_owned()), "a thing at no place is not seen");
    }
    assert!(app.world().get_entity(nan).is_ok(), "and nothing panics");
}
