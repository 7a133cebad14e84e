//! A save holds all that was lived through up to it, and nothing of what came later.

use crate::support::{card, component};
use bevy::prelude::*;
use bevy_persona::mind::backend::Scripted;
use bevy_persona::persona::MemberOf;
use bevy_persona::prelude::*;
use bevy_persona::snapshot::{CharacterState, SaveName, Snapshot, SnapshotError};
use bevy_persona::test_app::{PersonaTestApp, test_app};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fs;

const PEOPLE: [&str; 4] = ["Marta", "Tobin", "Kessa", "Bram"];
const THINGS: [&str; 5] = ["the cup", "the mill", "the duke", "the bridge", "a wolf"];
const RELATIONS: [&str; 4] = ["is near", "was stolen by", "fears", "is in"];

fn village() -> (App, Vec<Entity>) {
    let mut app = test_app(Scripted::default().otherwise("Aye."));
    let people: Vec<Entity> = PEOPLE.iter().map(|name| app.spawn_npc(card(name))).collect();
    for (i, who) in people.iter().enumerate() {
        let at = Transform::from_xyz(i as f32, 0.0, 0.0);
        app.world_mut().entity_mut(*who).insert((Senses { sight: Sight::Told, ..default() }, at));
    }
    app.update();
    (app, people)
}

/// One thing that happens in a village.
fn live(app: &mut App, people: &[Entity], random: &mut ChaCha8Rng) {
    let who = people[random.random_range(0..people.len())];
    let thing = THINGS[random.random_range(0..THINGS.len())];
    let relation = RELATIONS[random.random_range(0..RELATIONS.len())];
    let object = PEOPLE[random.random_range(0..PEOPLE.len())];
    match random.random_range(0..7) {
        0 => app
            .world_mut()
            .trigger(Happened::new(Fact::new(thing, relation, object), Vec3::new(0.0, 1.0, -1.0)).important(random.random())),
        1 => app.world_mut().trigger(Tell {
            entity: who,
            to: people[random.random_range(0..people.len())],
            fact: [thing, relation, object].map(str::to_owned),
        }),
        2 => {
            let line = format!("I come from {thing}. Is {object} near?");
            app.converse(who, &line).expect("they answer");
        }
        3 => app.world_mut().trigger(EndConversation { entity: who, partner: None }),
        4 => {
            let mut feelings = app.world_mut().get_mut::<Feelings>(who).expect("they feel");
            feelings.adjust(object, Relation { trust: random.random_range(-0.5..0.5), ..default() });
        }
        5 => app.world_mut().resource_mut::<GameClock>().seconds += random.random_range(0.0..200_000.0),
        _ => {
            app.world_mut().resource_mut::<StoryFlags>().raise(thing);
        }
    }
    app.update();
}

fn bytes(app: &mut App) -> Vec<u8> {
    Snapshot::take(app.world_mut()).to_bytes().expect("it can be written")
}

#[test]
fn a_rolled_back_world_is_the_world_that_was() {
    for seed in 0..12 {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut app, people) = village();
        for _ in 0..random.random_range(0..40) {
            live(&mut app, &people, &mut random);
        }
        let saved = bytes(&mut app);
        let snapshot = Snapshot::from_bytes(&saved).expect("it can be read");
        for _ in 0..random.random_range(1..40) {
            live(&mut app, &people, &mut random);
        }
        // A reply that is on its way when the save is loaded must not be remembered.
        app.say(people[0], "Are you there?");
        app.update();
        let missing = snapshot.restore(app.world_mut());
        app.run_frames(50);
        assert!(missing.is_empty(), "all are there: {missing:?}");
        let mut again = Snapshot::take(app.world_mut());
        again.clock = snapshot.clock;
        assert_eq!(again.to_bytes().expect("it can be written"), saved, "seed {seed}: every byte is as it was");
    }
}

#[test]
fn one_character_is_rolled_back_or_forked_alone() {
    let (mut app, people) = village();
    let learn = |app: &mut App, who, what: &str| {
        app.world_mut().get_mut::<Knowledge>(who).expect("they know things").learn(Fact::new("the duke", "is", what));
    };
    learn(&mut app, people[0], "ill");
    let before = CharacterState::take(app.world_mut(), people[0]).expect("she is a character");
    learn(&mut app, people[0], "dead");
    learn(&mut app, people[1], "dead");
    before.restore(app.world_mut(), people[0]);
    let knows = |app: &App, who, what| component::<Knowledge>(app, who).contains("the duke", "is", what);
    assert!(knows(&app, people[0], "ill") && !knows(&app, people[0], "dead"), "she has not heard yet");
    assert!(knows(&app, people[1], "dead"), "he has");
    let twin = app.spawn_npc(card("Marta's twin"));
    before.restore(app.world_mut(), twin);
    learn(&mut app, twin, "gone");
    assert!(knows(&app, twin, "ill") && !knows(&app, people[0], "gone"), "a fork goes its own way");
}

#[test]
fn characters_of_one_name_are_told_apart() {
    let mut app = test_app(Scripted::default());
    let guards: Vec<Entity> = (0..3).map(|_| app.spawn_npc(card("guard"))).collect();
    app.world_mut().entity_mut(guards[2]).insert(SaveName("the captain".into()));
    for (i, guard) in guards.iter().enumerate() {
        let mut knowledge = app.world_mut().get_mut::<Knowledge>(*guard).expect("they know things");
        knowledge.learn(Fact::new("the gate", "is watched by", i.to_string()));
    }
    let snapshot = Snapshot::take(app.world_mut());
    let names: Vec<_> = snapshot.characters.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names, ["guard", "guard#2", "the captain"], "by number, or by the name the game gives");
    app.world_mut().despawn(guards[2]);
    assert_eq!(snapshot.restore(app.world_mut()), ["the captain"], "who is gone is named");
    assert!(component::<Knowledge>(&app, guards[1]).contains("the gate", "is watched by", "1"), "each has its own back");
}

#[test]
fn a_save_that_is_cut_off_leaves_the_one_before() {
    let folder = std::env::temp_dir().join(format!("snapshot-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("there is room");
    let path = folder.join("village.npcs");
    let (mut app, people) = village();
    Snapshot::take(app.world_mut()).save(&path).expect("it is saved");
    let learned = Fact::new("the duke", "is", "dead");
    app.world_mut().get_mut::<Knowledge>(people[0]).expect("she knows things").learn(learned);
    Snapshot::take(app.world_mut()).save(&path).expect("it is saved again");
    let whole = fs::read(&path).expect("it is there");
    assert!(Snapshot::load(&path).expect("it can be read").instead_of.is_none(), "the latest is read");
    for cut in [0, 3, 12, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).expect("it can be cut");
        let loaded = Snapshot::load(&path).expect("the one before is there");
        assert!(loaded.instead_of.is_some(), "and it says why");
        assert!(loaded.snapshot.characters.iter().all(|state| state.knowledge.is_empty()), "it is the one before");
    }
    fs::remove_dir_all(&folder).expect("it can go");
}

#[test]
fn damage_is_found_at_every_byte() {
    let (mut app, people) = village();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for _ in 0..15 {
        live(&mut app, &people, &mut random);
    }
    let whole = bytes(&mut app);
    for cut in 0..whole.len() {
        assert!(Snapshot::from_bytes(&whole[..cut]).is_err(), "cut off at byte {cut}");
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(Snapshot::from_bytes(&flipped).is_err(), "a bit of byte {at} flipped");
    }
}

#[test]
fn names_of_any_size_come_back() {
    let (mut app, people) = village();
    let long = "x".repeat(1 << 20);
    let mut knowledge = app.world_mut().get_mut::<Knowledge>(people[0]).expect("she knows things");
    knowledge.learn(Fact::new(long.as_str(), "is", "\u{0}\u{FFFF}狼"));
    let saved = bytes(&mut app);
    let loaded = Snapshot::from_bytes(&saved).expect("it can be read");
    assert_eq!(loaded.to_bytes().expect("and written"), saved, "to the byte");
}

/// The first version's file, written by the first release that had snapshots: all later ones read it.
#[test]
fn the_first_version_is_read() {
    let bytes = include_bytes!("../data/snapshots/version_1.npcs");
    let snapshot = Snapshot::from_bytes(bytes).expect("version 1 is read");
    let marta = snapshot.character("Marta").expect("she is in it");
    assert!(marta.knowledge.iter().any(|fact| fact.object == "the third step"), "with what she knows");
    assert_eq!(marta.memory.episodes()[0].what, "The bridge was carried off by the flood.", "and remembers");
    assert!((snapshot.clock.seconds - 86_400.0).abs() < 1e-9, "at its time");
}

#[test]
fn groups_come_back_and_those_of_old_files_stay() {
    let (mut app, people) = village();
    app.world_mut().entity_mut(people[0]).insert(MemberOf::new(["smiths"]));
    let saved = bytes(&mut app);
    app.world_mut().entity_mut(people[0]).insert(MemberOf::new(["thieves"]));
    app.world_mut().entity_mut(people[1]).insert(MemberOf::new(["thieves"]));
    let groups = |app: &App, person: usize| app.world().get::<MemberOf>(people[person]).cloned().unwrap_or_default();
    let old = Snapshot::from_bytes(include_bytes!("../data/snapshots/version_1.npcs")).expect("version 1 is read");
    old.restore(app.world_mut());
    assert_eq!(groups(&app, 0), MemberOf::new(["thieves"]), "an old file says nothing of groups");
    Snapshot::from_bytes(&saved).expect("it can be read").restore(app.world_mut());
    assert_eq!(groups(&app, 0), MemberOf::new(["smiths"]), "she is back among the smiths");
    assert_eq!(groups(&app, 1), MemberOf::default(), "and the other is in no group again");
}

#[test]
#[ignore = "writes the file that later versions are tested against: not to be run again"]
fn write_the_first_version() {
    let (mut app, people) = village();
    let world = app.world_mut();
    world.resource_mut::<GameClock>().seconds = 86_400.0;
    world.resource_mut::<StoryFlags>().raise("the duke has come");
    let secret = Secrecy::Both(0.5, "the duke has come".into());
    let mut knowledge = world.get_mut::<Knowledge>(people[0]).expect("she knows things");
    knowledge.learn(Fact::new("the key", "is under", "the third step").secret_until(secret));
    knowledge.learn(Fact::new("the duke", "is", "ill").with_source(Source::Told("Kessa".into())).with_confidence(0.6).at(5.0));
    knowledge.end("the duke", "is", "ill", 9.0);
    let mut memory = world.get_mut::<Memory>(people[0]).expect("she remembers");
    memory.add(Episode::new("The bridge was carried off by the flood.", 100.0).about(["the bridge"]).with(["Tobin"]));
    let mut history = world.get_mut::<DialogueHistory>(people[0]).expect("she speaks");
    history.push("player", "Hello.", "Well met.");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/snapshots");
    fs::create_dir_all(folder).expect("there is room");
    let bytes = Snapshot::take(world).to_bytes().expect("it can be written");
    fs::write(format!("{folder}/version_1.npcs"), bytes).expect("there is room");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_an_error_or_a_snapshot(version in 1u8..=2, content in prop::collection::vec(any::<u8>(), 0..400)) {
        // With the right header and checksum, so that what is read is the content.
        let mut bytes = b"NPCS".to_vec();
        bytes.extend([version, 0, 0, 0]);
        bytes.extend(crc32(&content).to_le_bytes());
        bytes.extend((content.len() as u64).to_le_bytes());
        bytes.extend(&content);
        match Snapshot::from_bytes(&bytes) {
            Ok(snapshot) => { snapshot.to_bytes().expect("what was read can be written"); }
            Err(error) => prop_assert!(matches!(error, SnapshotError::Content { .. }), "found {error}"),
        }
    }
}

/// The checksum written a second time, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |mut sum, byte| {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
        sum
    })
}
