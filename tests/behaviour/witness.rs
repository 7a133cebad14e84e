//! Nobody knows what they neither saw, nor heard, nor were told.

use crate::support::{card, run_until};
use bevy::prelude::*;
use bevy_persona::mind::backend::Scripted;
use bevy_persona::perception::{Occluder, Sightline};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

const SEEDS: u64 = 25;
const PEOPLE: usize = 50;
const HAPPENINGS: usize = 80;
const TALES: usize = 60;
/// Nobody sees through it, and one hears half as far.
const WALL: f32 = 0.0;

/// A world of people on a plain with a wall, and what each may know.
struct World {
    app: App,
    people: Vec<Entity>,
    /// What each has witnessed or been told, by the rules as the documentation says them.
    expected: Vec<BTreeMap<String, f32>>,
}

#[derive(Clone, Copy)]
struct Body {
    at: Vec3,
    turned: f32,
    sight: Sight,
    hearing: f32,
}

fn name(i: usize) -> String {
    format!("person {i}")
}

fn drawn(random: &mut ChaCha8Rng) -> Body {
    Body {
        at: Vec3::new(random.random_range(-40.0..40.0), 0.0, random.random_range(-40.0..40.0)),
        turned: random.random_range(0.0..std::f32::consts::TAU),
        sight: if random.random_bool(0.2) { Sight::Blind } else { Sight::Told },
        hearing: if random.random_bool(0.2) { 0.0 } else { random.random_range(0.5..1.5) },
    }
}

/// Witnessing written anew, from angles and lengths on the plain.
fn witnesses(body: Body, happened: &Happened) -> Option<f32> {
    let eye = body.at + Vec3::Y * 1.6;
    let (dx, dz) = (happened.at.x - eye.x, happened.at.z - eye.z);
    let distance = (dx * dx + dz * dz + (happened.at.y - eye.y).powi(2)).sqrt();
    let is_open = (eye.x < WALL) == (happened.at.x < WALL);
    // Forward is -z, turned about y.
    let bearing = (-dx).atan2(-dz);
    let off = (bearing - body.turned).rem_euclid(std::f32::consts::TAU);
    let off = off.min(std::f32::consts::TAU - off);
    let before = distance <= 1.0 || off <= 35f32.to_radians();
    if body.sight != Sight::Blind && distance <= happened.visibility.min(20.0) && before && is_open {
        return Some(1.0);
    }
    let range = happened.loudness * body.hearing * if is_open { 1.0 } else { 0.5 };
    let sure = 0.9 - 0.3 * distance / range;
    (range > 0.0 && distance <= range).then_some(if is_open { sure } else { 0.6 * sure })
}

fn world(random: &mut ChaCha8Rng) -> (World, Vec<Body>) {
    let mut app = test_app(Scripted::default());
    app.insert_resource(Occluder::new(|_, line: &Sightline| (line.from.x < WALL) != (line.to.x < WALL)));
    let bodies: Vec<Body> = (0..PEOPLE).map(|_| drawn(random)).collect();
    let spawn = |(i, body): (usize, &Body)| {
        let senses = Senses { sight: body.sight, hearing: body.hearing, ..default() };
        let place = Transform::from_translation(body.at).with_rotation(Quat::from_rotation_y(body.turned));
        app.world_mut().spawn((Name::new(name(i)), Npc::default(), senses, place)).id()
    };
    let people = bodies.iter().enumerate().map(spawn).collect();
    app.update();
    (World { app, people, expected: vec![BTreeMap::new(); PEOPLE] }, bodies)
}

impl World {
    fn happen(&mut self, number: usize, bodies: &[Body], random: &mut ChaCha8Rng) {
        let at = Vec3::new(random.random_range(-40.0..40.0), 1.0, random.random_range(-40.0..40.0));
        let happened = Happened::new(Fact::new(format!("cup {number}"), "was stolen by", "the ferryman"), at);
        let happened = match random.random_range(0..4) {
            0 => happened.quietly(),
            1 => happened.unseen(),
            2 => Happened { loudness: random.random_range(0.0..60.0), ..happened },
            _ => happened,
        };
        for (body, expected) in bodies.iter().zip(&mut self.expected) {
            if let Some(sure) = witnesses(*body, &happened) {
                expected.insert(format!("cup {number}"), sure);
            }
        }
        self.app.world_mut().trigger(happened);
        self.app.update();
    }

    fn tell(&mut self, random: &mut ChaCha8Rng) {
        let (from, to) = (random.random_range(0..PEOPLE), random.random_range(0..PEOPLE));
        let cup = format!("cup {}", random.random_range(0..HAPPENINGS));
        if let Some(sure) = self.expected[from].get(&cup).copied().filter(|sure| from != to && sure * 0.8 >= 0.1) {
            let known = self.expected[to].entry(cup.clone()).or_default();
            // One who has it from the hearer does not tell it back; if it did, the hearer would be no surer.
            *known = known.max(sure * 0.8);
        }
        let fact = [cup, "was stolen by".into(), "the ferryman".into()];
        self.app.world_mut().trigger(Tell { entity: self.people[from], to: self.people[to], fact });
        self.app.update();
    }

    fn known(&self, person: usize) -> BTreeMap<String, f32> {
        let knowledge = self.app.world().get::<Knowledge>(self.people[person]).expect("a character knows");
        knowledge.iter().map(|fact| (fact.subject.name().to_owned(), fact.confidence)).collect()
    }
}

#[test]
fn each_knows_what_it_witnessed_or_was_told_and_nothing_else() {
    let (mut facts, mut surest) = (0, BTreeSet::new());
    for seed in 0..SEEDS {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut world, bodies) = world(&mut random);
        for number in 0..HAPPENINGS {
            world.happen(number, &bodies, &mut random);
        }
        for _ in 0..TALES {
            world.tell(&mut random);
        }
        for (person, body) in bodies.iter().enumerate() {
            let (known, expected) = (world.known(person), &world.expected[person]);
            let names = |of: &BTreeMap<String, f32>| of.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(&known), names(expected), "what {} of world {seed} knows ({:?})", name(person), body.at);
            for (cup, sure) in &known {
                assert!((sure - expected[cup]).abs() < 1e-3, "how sure {} is of {cup}: {sure}, {}", name(person), expected[cup]);
                surest.insert((sure * 10.0) as u32);
                facts += 1;
            }
        }
    }
    assert!(facts > 2000 && surest.len() > 4, "the worlds are lively: {facts} facts, sure as {surest:?}");
}

#[test]
fn a_secret_is_not_passed_on_and_a_tale_does_not_come_back() {
    let mut app = test_app(Scripted::default());
    let person = |app: &mut App, name: &str| {
        app.world_mut().spawn((Name::new(name.to_owned()), Npc::default(), Transform::default())).id()
    };
    let (anna, bert) = (person(&mut app, "Anna"), person(&mut app, "Bert"));
    #[derive(Resource, Default)]
    struct Log(Vec<String>);
    app.init_resource::<Log>();
    app.add_observer(|told: On<Told>, mut log: ResMut<Log>| log.0.push(format!("told, news {}", told.is_news)));
    app.add_observer(|quiet: On<KeptQuiet>, mut log: ResMut<Log>| log.0.push(format!("{:?}", quiet.why)));
    let tell = |app: &mut App, from: Entity, to: Entity, subject: &str| {
        let fact = [subject.to_owned(), "is under".into(), "the step".into()];
        app.world_mut().trigger(Tell { entity: from, to, fact });
        app.update();
        std::mem::take(&mut app.world_mut().resource_mut::<Log>().0).join(", ")
    };
    {
        let mut knowledge = app.world_mut().get_mut::<Knowledge>(anna).expect("Anna knows");
        knowledge.learn(Fact::new("the key", "is under", "the step").secret_until(Secrecy::Trust(0.5)));
        knowledge.learn(Fact::new("the cat", "is under", "the step"));
    }
    assert_eq!(tell(&mut app, anna, bert, "the key"), "Secret", "a stranger does not hear of the key");
    assert_eq!(tell(&mut app, anna, bert, "the cat"), "told, news true", "but of the cat");
    assert_eq!(tell(&mut app, bert, anna, "the cat"), "Echo", "Anna does not hear her own tale");
    assert_eq!(tell(&mut app, bert, anna, "the dog"), "DoesNotKnow", "nothing is made up");
    app.world_mut().get_mut::<Feelings>(anna).expect("Anna feels").set("Bert", Relation { trust: 0.6, ..default() });
    assert_eq!(tell(&mut app, anna, bert, "the key"), "told, news true", "a friend hears of the key");
    let knowledge = app.world().get::<Knowledge>(bert).expect("Bert knows");
    let key = knowledge.get("the key", "is under", "the step").expect("Bert knows of the key");
    assert_eq!(key.source, Source::Told("Anna".into()), "and from whom");
    assert!((key.confidence - 0.8).abs() < 1e-6, "a little less surely: {}", key.confidence);
}

#[test]
fn what_is_said_aloud_is_overheard_nearby_and_nowhere_else() {
    let mut app = test_app(Scripted::default());
    let mut person = |name: &str, x: f32| {
        let npc = app.spawn_npc(card(name));
        app.world_mut().entity_mut(npc).insert(Transform::from_xyz(x, 0.0, 0.0));
        npc
    };
    let (anna, near, far) = (person("Anna", 0.0), person("Bert", 3.0), person("Carl", 30.0));
    app.world_mut().get_mut::<Knowledge>(anna).expect("Anna knows").learn(Fact::new("the ferry", "leaves from", "the old pier"));
    app.update();
    app.world_mut().trigger(Say::new(anna, "Where does the ferry leave?"));
    let knows = |app: &App, who: Entity| {
        app.world().get::<Knowledge>(who).and_then(|k| k.source("the ferry", "leaves from", "the old pier"))
    };
    run_until(&mut app, "Bert overhears where the ferry leaves", |app| knows(app, near).is_some());
    assert_eq!(knows(&app, near), Some(Source::Told("Anna".into())), "from Anna");
    assert_eq!(knows(&app, far), None, "Carl is too far off");
}
