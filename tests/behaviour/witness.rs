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
use std::f32::consts::TAU;

/// Worlds that are lived through; the variable `WITNESS_WORLDS` asks for others.
const WORLDS: u64 = 100;
const PEOPLE: usize = 50;
const HAPPENINGS: usize = 2_000;
/// Happenings of one frame.
const AT_ONCE: usize = 20;
/// Tales for each happening.
const TALES: usize = 2;
const SECRETS: usize = 30;
const LIES: usize = 30;
/// Nobody sees through it, and one hears half as far.
const WALL: f32 = 0.0;

/// A world of people on a plain with a wall, and what each may know.
struct World {
    app: App,
    people: Vec<Entity>,
    bodies: Vec<Body>,
    /// How much each trusts each, 0..1.
    trust: Vec<Vec<f32>>,
    /// What each has witnessed, been told or was made knowing, by the rules as the documentation says them.
    expected: Vec<BTreeMap<String, Known>>,
}

#[derive(Clone, Copy)]
struct Body {
    at: Vec3,
    turned: f32,
    sight: Sight,
    hearing: f32,
    /// Whether it sits on a cart, which stands somewhere else and is turned otherwise.
    rides: bool,
}

/// What one knows of one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Known {
    sure: f32,
    from: Origin,
    /// The trust that opens it.
    secret: Option<f32>,
    is_lie: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Origin {
    Author,
    Witnessed,
    Told(usize),
}

fn name(i: usize) -> String {
    format!("person {i}")
}

/// Confidence is kept in steps of 1/10,000.
fn stepped(sure: f32) -> f32 {
    (sure * 10_000.0).round() / 10_000.0
}

fn drawn(random: &mut ChaCha8Rng) -> Body {
    Body {
        at: Vec3::new(random.random_range(-40.0..40.0), 0.0, random.random_range(-40.0..40.0)),
        turned: random.random_range(0.0..TAU),
        sight: if random.random_bool(0.2) { Sight::Blind } else { Sight::Told },
        hearing: if random.random_bool(0.2) { 0.0 } else { random.random_range(0.5..1.5) },
        rides: random.random_bool(0.1),
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
    let off = (bearing - body.turned).rem_euclid(TAU);
    let off = off.min(TAU - off);
    let before = distance <= 1.0 || off <= 35f32.to_radians();
    if body.sight != Sight::Blind && distance <= happened.visibility.min(20.0) && before && is_open {
        return Some(1.0);
    }
    let range = happened.loudness * body.hearing * if is_open { 1.0 } else { 0.5 };
    let sure = 0.9 - 0.3 * distance / range;
    (range > 0.0 && distance <= range).then_some(if is_open { sure } else { 0.6 * sure })
}

/// What is known of a thing that is learned once more: the surer stays, secret if either is; nobody comes to believe a lie of
/// its own.
fn learned_again(known: Known, new: Known) -> Known {
    let secret = match (known.secret, new.secret) {
        (Some(one), Some(two)) => Some(one.max(two)),
        (one, two) => one.or(two),
    };
    let better = if new.sure > known.sure && !known.is_lie { new } else { known };
    Known { secret, ..better }
}

impl World {
    fn new(random: &mut ChaCha8Rng) -> Self {
        let mut app = test_app(Scripted::default());
        app.insert_resource(Occluder::new(|_, line: &Sightline| (line.from.x < WALL) != (line.to.x < WALL)));
        // What is known here shall not fade while it is counted.
        app.world_mut().resource_mut::<MemorySettings>().budget = usize::MAX;
        let bodies: Vec<Body> = (0..PEOPLE).map(|_| drawn(random)).collect();
        let cart = Transform::from_xyz(-13.0, 2.0, 9.0).with_rotation(Quat::from_rotation_y(1.0));
        let cart_entity = app.world_mut().spawn(cart).id();
        let spawn = |(i, body): (usize, &Body)| {
            let senses = Senses { sight: body.sight, hearing: body.hearing, ..default() };
            let place = Transform::from_translation(body.at).with_rotation(Quat::from_rotation_y(body.turned));
            let person = app.world_mut().spawn((Name::new(name(i)), Npc::default(), senses, place)).id();
            if body.rides {
                let on_cart = Transform::from_matrix(cart.to_matrix().inverse() * place.to_matrix());
                app.world_mut().entity_mut(person).insert((ChildOf(cart_entity), on_cart));
            }
            person
        };
        let people = bodies.iter().enumerate().map(spawn).collect();
        let trust = (0..PEOPLE).map(|_| (0..PEOPLE).map(|_| random.random_range(0.0..1.0)).collect()).collect();
        let mut world = Self { app, people, bodies, trust, expected: vec![BTreeMap::new(); PEOPLE] };
        world.write(random);
        world.app.update();
        world
    }

    /// Lets an author give feelings, secrets and lies to people.
    fn write(&mut self, random: &mut ChaCha8Rng) {
        for (person, trust) in self.people.iter().zip(&self.trust) {
            let mut feelings = self.app.world_mut().get_mut::<Feelings>(*person).expect("they feel");
            for (other, trust) in trust.iter().enumerate() {
                feelings.set(&name(other), Relation { trust: *trust, ..default() });
            }
        }
        for number in 0..SECRETS + LIES {
            let (who, is_lie) = (random.random_range(0..PEOPLE), number >= SECRETS);
            let secret = (!is_lie).then(|| random.random_range(0.3..0.9));
            let subject = if is_lie { format!("lie {number}") } else { format!("secret {number}") };
            let mut fact = Fact::new(subject.as_str(), "was stolen by", "the ferryman");
            fact.secrecy = secret.map(Secrecy::Trust);
            fact.belief = if is_lie { Belief::Untrue } else { Belief::Held };
            self.app.world_mut().get_mut::<Knowledge>(self.people[who]).expect("they know").learn(fact);
            self.expected[who].insert(subject, Known { sure: 1.0, from: Origin::Author, secret, is_lie });
        }
    }

    fn happen(&mut self, number: usize, random: &mut ChaCha8Rng) {
        let at = Vec3::new(random.random_range(-40.0..40.0), 1.0, random.random_range(-40.0..40.0));
        let happened = Happened::new(Fact::new(format!("cup {number}"), "was stolen by", "the ferryman"), at);
        let happened = match random.random_range(0..6) {
            0 => happened.quietly(),
            1 => happened.unseen(),
            2 => Happened { loudness: random.random_range(0.0..60.0), ..happened },
            3 => Happened { at: self.beside_one(random), ..happened.whispered() },
            4 => Happened { loudness: 500.0, visibility: f32::INFINITY, ..happened },
            _ => happened,
        };
        for (body, expected) in self.bodies.iter().zip(&mut self.expected) {
            if let Some(sure) = witnesses(*body, &happened) {
                let known = Known { sure: stepped(sure), from: Origin::Witnessed, secret: None, is_lie: false };
                expected.insert(format!("cup {number}"), known);
            }
        }
        self.app.world_mut().trigger(happened);
    }

    fn beside_one(&self, random: &mut ChaCha8Rng) -> Vec3 {
        let near = Vec3::new(random.random_range(-2.0..2.0), 1.5, random.random_range(-2.0..2.0));
        self.bodies[random.random_range(0..PEOPLE)].at + near
    }

    /// Someone tells someone something that it knows, or that it cannot know.
    fn tell(&mut self, latest: usize, random: &mut ChaCha8Rng) {
        let (from, to) = (random.random_range(0..PEOPLE), random.random_range(0..PEOPLE));
        let knows = &self.expected[from];
        let what = match knows.len() {
            0 => format!("cup {latest}"),
            _ if random.random_bool(0.1) => format!("cup {}", random.random_range(0..=latest)),
            // Authors' secrets and lies come after all cups, and make up half of the talk.
            len if random.random_bool(0.5) => {
                knows.keys().nth(len - 1 - random.random_range(0..len.min(8))).cloned().unwrap_or_default()
            }
            len => knows.keys().nth(random.random_range(0..len)).cloned().unwrap_or_default(),
        };
        if let Some(tale) = self.tale(from, to, &what) {
            let known = self.expected[to].get(&what).copied();
            self.expected[to].insert(what.clone(), known.map_or(tale, |known| learned_again(known, tale)));
        }
        let fact = [what, "was stolen by".into(), "the ferryman".into()];
        self.app.world_mut().trigger(Tell { entity: self.people[from], to: self.people[to], fact });
    }

    /// What the hearer is told, if it is told anything.
    fn tale(&self, from: usize, to: usize, what: &str) -> Option<Known> {
        let known = self.expected[from].get(what)?;
        let is_open = known.secret.is_none_or(|needed| self.trust[from][to] >= needed);
        let sure = stepped(known.sure * 0.8);
        let is_told = from != to && is_open && known.from != Origin::Told(to) && sure >= 0.1;
        is_told.then_some(Known { sure, from: Origin::Told(from), is_lie: false, ..*known })
    }

    fn known(&self, person: usize) -> BTreeMap<String, Known> {
        let knowledge = self.app.world().get::<Knowledge>(self.people[person]).expect("a character knows");
        let known = |fact: Fact| {
            let from = match &fact.source {
                Source::Authored => Origin::Author,
                Source::Told(teller) => Origin::Told((0..PEOPLE).find(|i| *teller == name(*i).as_str()).expect("they are known")),
                _ => Origin::Witnessed,
            };
            let secret = match &fact.secrecy {
                Some(Secrecy::Trust(needed)) => Some(*needed),
                None => None,
                other => panic!("no secret is like this: {other:?}"),
            };
            let known = Known { sure: fact.confidence, from, secret, is_lie: fact.belief == Belief::Untrue };
            (fact.subject.name().to_owned(), known)
        };
        knowledge.iter().map(known).collect()
    }
}

#[test]
fn each_knows_what_it_witnessed_or_was_told_and_nothing_else() {
    let worlds = std::env::var("WITNESS_WORLDS").ok().and_then(|worlds| worlds.parse().ok()).unwrap_or(WORLDS);
    let (mut facts, mut surest, mut kinds) = (0, BTreeSet::new(), BTreeMap::<String, usize>::new());
    for seed in 0..worlds {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut world = World::new(&mut random);
        for number in 0..HAPPENINGS {
            world.happen(number, &mut random);
            // What happens in a frame is known at its end, so only then is it told.
            if number % AT_ONCE == AT_ONCE - 1 {
                world.app.update();
                (0..AT_ONCE * TALES).for_each(|_| world.tell(number, &mut random));
            }
        }
        world.app.update();
        for person in 0..PEOPLE {
            let (known, expected) = (world.known(person), &world.expected[person]);
            let names = |of: &BTreeMap<String, Known>| of.keys().cloned().collect::<BTreeSet<_>>();
            let who = format!("{} of world {seed} ({:?})", name(person), world.bodies[person].at);
            assert_eq!(names(&known), names(expected), "what {who} knows");
            for (thing, found) in &known {
                let wanted = expected[thing];
                assert!((found.sure - wanted.sure).abs() < 1e-3, "how sure {who} is of {thing}: {found:?}, {wanted:?}");
                assert_eq!(Known { sure: wanted.sure, ..*found }, wanted, "what {who} knows of {thing}");
                surest.insert((found.sure * 10.0) as u32);
                let kind = thing.split(' ').next().unwrap_or_default();
                *kinds.entry(format!("{kind} {}", matches!(found.from, Origin::Told(_)))).or_default() += 1;
                facts += 1;
            }
        }
    }
    println!("{worlds} worlds, {facts} facts: {kinds:?}");
    let least = usize::try_from(worlds).unwrap_or(1) * 20;
    assert!(surest.len() > 4, "the worlds are lively: sure as {surest:?}");
    for kind in ["cup false", "cup true", "secret false", "secret true", "lie false", "lie true"] {
        assert!(kinds.get(kind).copied().unwrap_or_default() >= least, "{kind} is known to few: {kinds:?}");
    }
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
