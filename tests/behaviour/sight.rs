//! A turn never waits for ever for what a character sees.
#![cfg(feature = "sight")]

use crate::support::{briefs, card, component, run_to_ends, run_until};
use bevy::prelude::*;
use bevy_persona::mind::backend::{Scripted, SeenBriefs};
use bevy_persona::perception::{GlanceError, Occluder};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use std::time::Duration;

/// Why characters looked in vain, and how often they saw.
#[derive(Resource, Default)]
struct Looked {
    failed: Vec<GlanceError>,
    viewed: usize,
}

fn watch(app: &mut App) {
    app.init_resource::<Looked>()
        .add_observer(|on: On<GlanceFailed>, mut looked: ResMut<Looked>| looked.failed.push(on.reason.clone()))
        .add_observer(|_: On<Viewed>, mut looked: ResMut<Looked>| looked.viewed += 1);
}

/// A character who looks in this way at a barrel, without a renderer.
fn looking(sight: Sight) -> (App, Entity, SeenBriefs) {
    let seen = SeenBriefs::default();
    let mut app = test_app(Scripted::default().record(&seen));
    watch(&mut app);
    app.world_mut().spawn((Thing::new("the old barrel", "barrel"), Transform::from_xyz(0.0, 1.0, -3.0)));
    let marta = app.spawn_npc(card("Marta"));
    app.world_mut().entity_mut(marta).insert((Senses { sight, ..Senses::default() }, Transform::default()));
    (app, marta, seen)
}

#[test]
fn what_is_seen_comes_with_the_reply() {
    for sight in [Sight::Eye, Sight::Screen] {
        let (mut app, marta, _) = looking(sight);
        let replied = app.converse(marta, "What do you see?").expect("she answers");
        assert_eq!(replied.look, Look::ThingsOnly, "nothing renders here");
        let names: Vec<_> = replied.seen.iter().map(|thing| (thing.name.as_str(), thing.used)).collect();
        assert_eq!(names, [("the old barrel", true)], "she sees it, and speaks of it");
        assert_eq!(replied.text, "I see the old barrel.", "in her reply");
    }
    let (mut app, marta, seen) = looking(Sight::Blind);
    let replied = app.converse(marta, "What do you see?").expect("she answers");
    assert_eq!((replied.look, replied.seen.len()), (Look::NotAtAll, 0), "who is blind sees nothing");
    assert!(briefs(&seen)[0].view.is_none(), "nor is the mind told of anything");
}

#[test]
fn what_is_hidden_is_not_told() {
    let (mut app, marta, seen) = looking(Sight::Eye);
    app.insert_resource(Occluder::new(|_, _| true));
    let replied = app.converse(marta, "What do you see?").expect("she answers");
    assert!(replied.seen.is_empty(), "the game says that something stands before it: {:?}", replied.seen);
    assert!(!format!("{:?}", briefs(&seen)).contains("barrel"), "so the mind does not know of it");
}

#[test]
fn a_glance_that_fails_is_an_event_and_the_turn_goes_on() {
    let (mut app, marta, seen) = looking(Sight::Eye);
    app.world_mut().entity_mut(marta).remove::<(Transform, GlobalTransform)>();
    let replied = app.converse(marta, "What do you see?").expect("she answers");
    assert_eq!(app.world().resource::<Looked>().failed, [GlanceError::Nowhere], "the game is told why");
    assert_eq!((replied.look, replied.seen.len()), (Look::InVain, 0), "and that the reply is given without a view");
    assert!(briefs(&seen)[0].view.is_none(), "as is the mind");
}

#[test]
fn a_view_that_is_late_is_not_waited_for_and_disturbs_nothing() {
    let (mut app, marta, seen) = looking(Sight::Eye);
    app.world_mut().resource_mut::<DialogueSettings>().look_timeout = Duration::ZERO;
    let replied = app.converse(marta, "What do you see?").expect("she answers");
    assert_eq!(replied.look, Look::InVain, "there was no time to look");
    app.run_frames(3);
    assert_eq!(app.world().resource::<Looked>().viewed, 1, "the view has come, but too late");
    app.world_mut().resource_mut::<DialogueSettings>().look_timeout = Duration::from_secs(3600);
    let replied = app.converse(marta, "And now?").expect("she answers");
    assert_eq!(replied.look, Look::ThingsOnly, "the next turn has a view of its own");
    assert_eq!(app.world().resource::<Looked>().viewed, 2, "and not the late one");
    assert_eq!(briefs(&seen).len(), 2, "each line has one turn");
}

#[test]
fn an_interrupt_while_looking_ends_the_turn() {
    let (mut app, marta, seen) = looking(Sight::Eye);
    app.world_mut().resource_mut::<DialogueSettings>().look_timeout = Duration::from_secs(3600);
    app.add_observer(|glance: On<Glance>, mut commands: Commands| {
        commands.trigger(Interrupt { entity: glance.entity });
    });
    app.say(marta, "What do you see?");
    let ends = run_to_ends(&mut app, marta, 1);
    let replied = ends[0].replied().expect("it is a reply");
    assert_eq!((replied.finish, replied.text.as_str()), (Finish::Interrupted, ""), "she says nothing");
    assert!(briefs(&seen).is_empty(), "the mind was not asked");
    run_until(&mut app, "she is free", |app| !component::<Turns>(app, marta).is_busy());
}

#[test]
fn who_is_despawned_while_looking_is_no_panic() {
    let (mut app, marta, seen) = looking(Sight::Eye);
    let tobin = app.spawn_npc(card("Tobin"));
    app.add_observer(move |glance: On<Glance>, mut commands: Commands| {
        if glance.entity == marta {
            commands.entity(marta).despawn();
        }
    });
    app.say(marta, "What do you see?");
    assert!(app.converse(tobin, "And you?").is_ok(), "others go on");
    assert_eq!(briefs(&seen).len(), 1, "the mind was not asked for one who is gone");
}

/// With a renderer, of which no picture comes back.
#[cfg(feature = "props")]
mod rendered {
    use super::*;
    use bevy::log::LogPlugin;
    use bevy::render::gpu_readback::Readback;
    use bevy::render::render_resource::TextureFormat;
    use bevy::render::view::screenshot::Screenshot;
    use bevy_persona::perception::{GLANCE_FRAMES, ScreenTarget};
    use bevy_persona::props::headless_plugins;
    use bevy_persona::test_app::EventLogPlugin;

    fn stage(sight: Sight) -> (App, Entity, SeenBriefs) {
        let seen = SeenBriefs::default();
        let mind = MindPlugin::new(Scripted::default().otherwise("Aye.").record(&seen));
        let mut app = App::new();
        app.add_plugins((headless_plugins().disable::<LogPlugin>(), PersonaPlugins.set(mind), EventLogPlugin));
        app.finish();
        app.cleanup();
        watch(&mut app);
        let world = app.world_mut();
        let image = Image::new_target_texture(64, 64, TextureFormat::Rgba8UnormSrgb, None);
        let image = world.resource_mut::<Assets<Image>>().add(image);
        world.insert_resource(ScreenTarget(image));
        let marta = app.spawn_npc(card("Marta"));
        app.world_mut().entity_mut(marta).insert((Senses { sight, ..Senses::default() }, Transform::default()));
        (app, marta, seen)
    }

    /// Loses all that is to be read back.
    fn lose<C: Component>(app: &mut App) {
        app.add_observer(|asked: On<Add, C>, mut commands: Commands| {
            commands.entity(asked.entity).despawn();
        });
    }

    fn goes_on(mut app: App, marta: Entity, seen: &SeenBriefs, why: &GlanceError) {
        let patience = Duration::from_secs(3600);
        app.world_mut().resource_mut::<DialogueSettings>().look_timeout = patience;
        for turn in 1..=2 {
            let replied = app.converse(marta, "What do you see?").expect("she answers");
            assert_eq!((replied.look, replied.text.as_str()), (Look::InVain, "Aye."), "the turn goes on without a view");
            let failed = &app.world().resource::<Looked>().failed;
            assert_eq!(failed.len(), turn, "each is told once: {failed:?}");
            assert_eq!(&failed[turn - 1], why, "with the reason");
        }
        assert!(briefs(seen).iter().all(|brief| brief.view.is_none()), "the mind is told of nothing");
    }

    #[test]
    fn a_screenshot_that_never_comes_ends_as_an_event() {
        let (mut app, marta, seen) = stage(Sight::Screen);
        lose::<Screenshot>(&mut app);
        goes_on(app, marta, &seen, &GlanceError::TimedOut { frames: GLANCE_FRAMES });
    }

    #[test]
    fn a_screen_that_is_not_there_ends_as_an_event() {
        let (mut app, marta, seen) = stage(Sight::Screen);
        app.world_mut().remove_resource::<ScreenTarget>();
        goes_on(app, marta, &seen, &GlanceError::NoScreen);
    }

    #[test]
    fn an_eye_whose_picture_never_comes_does_not_hold_the_turn_past_its_time() {
        let (mut app, marta, seen) = stage(Sight::Eye);
        lose::<Readback>(&mut app);
        app.world_mut().resource_mut::<DialogueSettings>().look_timeout = Duration::from_millis(1);
        let replied = app.converse(marta, "What do you see?").expect("she answers");
        assert_eq!(replied.look, Look::InVain, "the turn goes on without a view");
        assert!(briefs(&seen)[0].view.is_none(), "the mind is told of nothing");
    }
}
