//! Knowledge that nobody in their right mind would write or send is no danger to the game.

use crate::support::card;
use bevy::prelude::*;
use bevy_persona::knowledge::{Concepts, Pattern, RecallQuery, Represents, Rule, Rules};
use bevy_persona::mind::backend::Scripted;
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Far more than anything here takes, far less than what grows without bound.
const PATIENCE: Duration = Duration::from_secs(10);

#[track_caller]
fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    assert!(start.elapsed() < PATIENCE, "{what} took {:?}", start.elapsed());
    result
}

fn ask(line: &str) -> RecallQuery<'_> {
    RecallQuery { line, own_name: "Marta", speaker: "player", ..default() }
}

#[test]
fn rules_that_go_in_circles_come_to_an_end() {
    let rule = |inverse: &str| Rule { inverse: Some(inverse.into()), transitive: true, symmetric: true, ..default() };
    let rules = [("leads to", rule("comes from")), ("comes from", rule("follows")), ("follows", rule("follows"))];
    let rules = Rules::new(rules.map(|(predicate, rule)| (predicate.into(), rule)));
    let mut knowledge = Knowledge::default();
    knowledge.set_lore(vec![Arc::new(LoreLayer::default().with_rules(rules))]);
    // A ring, a hub that leads to each of it, and a thing that leads to itself.
    let ring = 1500;
    for i in 0..ring {
        let next = format!("stone {}", (i + 1) % ring);
        knowledge.learn(Fact::new(format!("stone {i}"), "leads to", next.as_str()));
        knowledge.learn(Fact::new("the well", "leads to", next));
    }
    knowledge.learn(Fact::new("the well", "leads to", "the well"));
    let found = soon("following all from the hub", || knowledge.following(&Pattern::new().subject("the well")));
    assert!(found.len() > ring, "what follows is found: {}", found.len());
    soon("following a relation to its end", || knowledge.following(&Pattern::new().predicate("follows").object("stone 3")));
    let path = soon("a path through the ring", || knowledge.path("stone 0", "stone 700", 1000));
    assert_eq!(path.len(), 2, "the shortest way is by the hub: {path:?}");
    assert!(soon("a path to nowhere", || knowledge.path("stone 0", "the moon", usize::MAX)).is_empty(), "there is no such way");
}

fn much_of_one_thing(facts: usize) {
    let mut knowledge = Knowledge::default();
    for i in 0..facts {
        knowledge.learn(Fact::new("the duke", "owns", format!("field {i}")).at(i as f64));
    }
    knowledge.learn(Fact::new("the duke", "is married to", "Ilka of Carrow").at(-5.0));
    let _ = knowledge.recall(&ask("The duke?"));
    let start = Instant::now();
    let recalled = knowledge.recall(&ask("Who is the duke married to?"));
    let about = knowledge.about("the duke");
    assert!(start.elapsed() < Duration::from_secs(1), "asking of {facts} facts takes {:?}", start.elapsed());
    assert_eq!(recalled[0].fact.object, "Ilka of Carrow", "what is asked for is found among {facts} facts");
    assert!(about.len() <= 4096, "no more comes at once than can be read: {}", about.len());
    assert!(about.iter().any(|fact| fact.object == format!("field {}", facts - 1).as_str()), "the latest is among it");
    assert!(knowledge.forget("the duke", "owns", "field 7"), "a single one is forgotten");
    assert!(!knowledge.contains("the duke", "owns", "field 7"), "and gone");
}

#[test]
fn much_about_one_thing_does_not_slow_talk() {
    much_of_one_thing(50_000);
}

#[test]
#[ignore = "takes a minute"]
fn a_million_facts_about_one_thing_do_not_slow_talk() {
    much_of_one_thing(1_000_000);
}

#[test]
fn names_of_a_megabyte_are_names() {
    let long = "the grey cliff ".repeat(70_000);
    let one_word = "x".repeat(1 << 20);
    let mut app = test_app(Scripted::default());
    let marta = app.spawn_npc(card("Marta"));
    let tobin = app.spawn_npc(card("Tobin"));
    app.world_mut().entity_mut(marta).insert((Senses { sight: Sight::Told, ..default() }, Transform::default()));
    app.world_mut().spawn(Represents(long.as_str().into()));
    app.update();
    soon("a megabyte of a name", || {
        for name in [long.as_str(), one_word.as_str()] {
            app.world_mut().trigger(Happened::new(Fact::new(name, name, name), Vec3::new(0.0, 1.0, -2.0)).important(1.0));
            app.update();
            let fact = [name, name, name].map(str::to_owned);
            app.world_mut().trigger(Tell { entity: marta, to: tobin, fact });
            app.converse(marta, &format!("What of {}?", &name[..200])).expect("she answers");
            let knows = |who: Entity| app.world().get::<Knowledge>(who).is_some_and(|k| k.contains(name, name, name));
            assert!(knows(marta) && knows(tobin), "they know of it");
            let knowledge = app.world().get::<Knowledge>(marta).expect("she knows");
            assert!(!knowledge.about(name).is_empty(), "it is found by its name");
        }
    });
    assert!(app.world().resource::<Concepts>().get(&long).is_some(), "and so is its entity");
}

#[test]
fn who_is_gone_neither_hears_nor_tells() {
    let mut app = test_app(Scripted::default());
    let here = |x: f32| (Senses { sight: Sight::Told, ..default() }, Transform::from_xyz(x, 0.0, 0.0));
    let people: Vec<Entity> = ["Marta", "Tobin", "Kessa", "Bram"].map(|name| app.spawn_npc(card(name))).into();
    for (i, who) in people.iter().enumerate() {
        app.world_mut().entity_mut(*who).insert((here(i as f32), Represents("the guard".into())));
    }
    app.update();
    // Whoever sees the first thing happen is taken away while the others still look.
    app.add_observer(|witnessed: On<Witnessed>, mut commands: Commands, others: Query<Entity, With<Npc>>| {
        for other in others.iter().filter(|other| *other != witnessed.entity).take(2) {
            commands.entity(other).try_despawn();
        }
    });
    app.add_observer(|told: On<Told>, mut commands: Commands| commands.entity(told.entity).try_despawn());
    app.world_mut().trigger(Happened::new(Fact::new("the tower", "has", "fallen"), Vec3::new(0.0, 1.0, -2.0)));
    app.update();
    let left: Vec<Entity> = people.iter().copied().filter(|who| app.world().get_entity(*who).is_ok()).collect();
    assert!(!left.is_empty() && left.len() < people.len(), "some are gone: {left:?}");
    let key = bevy_persona::knowledge::ConceptKey::of("the guard");
    assert_eq!(app.world().resource::<Concepts>().entities(key).len(), left.len(), "nobody is linked who is gone");
    let gone = people.iter().copied().find(|who| !left.contains(who)).expect("someone is gone");
    let fact = || ["the tower", "has", "fallen"].map(str::to_owned);
    for (entity, to) in [(gone, left[0]), (left[0], gone), (gone, gone)] {
        app.world_mut().trigger(Tell { entity, to, fact: fact() });
        app.world_mut().trigger(Say::new(entity, "Are you there?"));
        app.update();
    }
    // One who is told and gone at once, and one who is gone between what happened and the end of the frame.
    let newcomer = app.spawn_npc(card("Odo"));
    app.world_mut().get_mut::<Knowledge>(left[0]).expect("one is left").learn(Fact::new("the tower", "has", "fallen"));
    app.world_mut().trigger(Tell { entity: left[0], to: newcomer, fact: fact() });
    app.world_mut().flush();
    assert!(app.world().get_entity(newcomer).is_err(), "who hears of it is gone");
    app.world_mut().trigger(Happened::new(Fact::new("the bridge", "has", "fallen"), Vec3::new(0.0, 1.0, -2.0)));
    app.world_mut().despawn(left[0]);
    app.run_frames(3);
}
