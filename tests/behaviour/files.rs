//! What writers write: read, edited while the game runs, and refused with a clear word where it is wrong.

use crate::support::{card, component, run_until};
use bevy::asset::io::memory::{Dir, MemoryAssetReader};
use bevy::asset::io::{AssetSourceBuilder, AssetSourceId};
use bevy::prelude::*;
use bevy_persona::mind::backend::{Gate, Scripted, SeenBriefs};
use bevy_persona::persona::{LoreLibrary, MemberOf, PersonaError, parse_lore, parse_persona};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{EventLogPlugin, PersonaTestApp};
use proptest::prelude::*;
use std::path::Path;

const MARTA: &str = r#"Persona(
    name: "Marta",
    about: "Young.",
    knows: ["town.lore.ron"],
    facts: [("Marta", "sells", "beer")],
    feelings: {"player": (trust: 0.1)},
)"#;
const TOWN: &str = r#"Lore(facts: [("Riverbend", "is near", "the old mill")])"#;

/// What was told about personas, in order: `Ok` for one that was applied.
#[derive(Resource, Default)]
struct Told(Vec<(Entity, Result<(), String>)>);

/// An app that reads its assets from `plugin`.
fn app(plugin: AssetPlugin, backend: Scripted, source: Option<Dir>) -> App {
    let mut app = App::new();
    if let Some(root) = source {
        let reader = move || Box::new(MemoryAssetReader { root: root.clone() }) as _;
        app.register_asset_source(AssetSourceId::Default, AssetSourceBuilder::new(reader));
    }
    app.add_plugins((MinimalPlugins, plugin, PersonaPlugins.set(MindPlugin::new(backend)), EventLogPlugin))
        .init_resource::<Told>()
        .add_observer(|on: On<PersonaApplied>, mut told: ResMut<Told>| told.0.push((on.entity, Ok(()))))
        .add_observer(|on: On<PersonaRejected>, mut told: ResMut<Told>| told.0.push((on.entity, Err(on.error.clone()))));
    app.finish();
    app.cleanup();
    app
}

/// An app with these files, and no others.
fn with_files(files: &[(&str, &str)], backend: Scripted) -> (App, Dir) {
    let dir = Dir::default();
    for (path, text) in files {
        dir.insert_asset_text(Path::new(path), text);
    }
    let plugin = AssetPlugin { watch_for_changes_override: Some(false), ..default() };
    (app(plugin, backend, Some(dir.clone())), dir)
}

fn spawn(app: &mut App, path: &str) -> Entity {
    let handle = app.world().resource::<AssetServer>().load(path.to_owned());
    app.world_mut().spawn(Npc::new(handle)).id()
}

/// What was told about a character so far.
fn told(app: &App, npc: Entity) -> Vec<Result<(), String>> {
    app.world().resource::<Told>().0.iter().filter(|(entity, _)| *entity == npc).map(|(_, told)| told.clone()).collect()
}

/// Runs until so many different things were told about a character; gives the last.
#[track_caller]
fn run_to_told(app: &mut App, npc: Entity, count: usize) -> Result<(), String> {
    let news = |app: &App| {
        let mut told = told(app, npc);
        // Bevy tries a file twice after a broken edit.
        told.dedup_by(|second, first| second.is_err() && second == first);
        told
    };
    run_until(app, &format!("{count} events about the persona"), |app| news(app).len() >= count);
    app.run_frames(5);
    let news = news(app);
    assert_eq!(news.len(), count, "each is told once: {news:?}");
    news[count - 1].clone()
}

fn edit(app: &App, dir: &Dir, path: &str, text: &str) {
    dir.insert_asset_text(Path::new(path), text);
    app.world().resource::<AssetServer>().reload(path.to_owned());
}

#[test]
fn a_loaded_persona_is_told_once_with_all_its_lore() {
    let (mut app, _) = with_files(&[("marta.persona.ron", MARTA), ("town.lore.ron", TOWN)], Scripted::default());
    let marta = spawn(&mut app, "marta.persona.ron");
    assert!(told(&app, marta).is_empty(), "it is not there yet");
    assert_eq!(run_to_told(&mut app, marta, 1), Ok(()), "and then it is");
    let knowledge = component::<Knowledge>(&app, marta);
    assert!(knowledge.contains("Marta", "sells", "beer"), "with its facts");
    assert!(knowledge.contains("Riverbend", "is near", "the old mill"), "with its lore");
    assert_eq!(component::<Feelings>(&app, marta).get("player").trust, 0.1, "with its first feelings");

    let second = spawn(&mut app, "marta.persona.ron");
    assert_eq!(run_to_told(&mut app, second, 1), Ok(()), "a second one, of a persona that is there, is told too");
    let other = app.spawn_npc(card("Tobin"));
    assert_eq!(run_to_told(&mut app, other, 1), Ok(()), "and one whose persona comes from no file");
    assert_eq!(told(&app, marta).len(), 1, "all of which is no news of the first");
}

#[test]
fn an_edited_file_changes_the_character_and_keeps_what_it_has_lived_through() {
    let gate = Gate::closed();
    let seen = SeenBriefs::default();
    let backend = Scripted::default().otherwise("one two").with_gate(gate.clone()).record(&seen);
    let (mut app, dir) = with_files(&[("marta.persona.ron", MARTA), ("town.lore.ron", TOWN)], backend);
    let marta = spawn(&mut app, "marta.persona.ron");
    assert_eq!(run_to_told(&mut app, marta, 1), Ok(()), "the persona is there");
    let world = app.world_mut();
    let lived = Fact::new("Tobin", "broke", "the jug").with_source(Source::Witnessed);
    world.get_mut::<Knowledge>(marta).expect("she knows things").learn(lived);
    world.get_mut::<Feelings>(marta).expect("she feels").set("player", Relation { trust: 0.6, ..Relation::default() });
    gate.release(2);
    app.converse(marta, "Good day.").expect("she answers");
    app.say(marta, "And now?");
    run_until(&mut app, "the second turn runs", |_| gate.holds());

    let edited = MARTA.replace("Young", "Old").replace("beer", "wine").replace("trust: 0.1", "trust: 0.9");
    edit(&app, &dir, "marta.persona.ron", &edited);
    assert_eq!(run_to_told(&mut app, marta, 2), Ok(()), "the edit is told");
    gate.open();
    run_until(&mut app, "the reply under way ends", |app| !component::<Turns>(app, marta).is_busy());
    app.converse(marta, "Who are you?").expect("she answers");
    let about: Vec<_> = seen.lock().expect("no panic").iter().map(|brief| brief.persona.about.clone()).collect();
    assert_eq!(about, ["Young.", "Young.", "Old."], "the next brief has the new card");
    let knowledge = component::<Knowledge>(&app, marta);
    assert!(knowledge.contains("Marta", "sells", "wine") && !knowledge.contains("Marta", "sells", "beer"), "facts are the new");
    assert!(knowledge.contains("Tobin", "broke", "the jug"), "what was witnessed stays");
    assert_eq!(component::<Feelings>(&app, marta).get("player").trust, 0.6, "what has grown stays");
    assert_eq!(component::<DialogueHistory>(&app, marta).with("player").len(), 3, "what was said stays");

    let town = r#"Lore(facts: [("Riverbend", "is near", "the new mill")])"#;
    edit(&app, &dir, "town.lore.ron", town);
    assert_eq!(run_to_told(&mut app, marta, 3), Ok(()), "edited lore is told too");
    let knowledge = component::<Knowledge>(&app, marta);
    assert!(knowledge.contains("Riverbend", "is near", "the new mill"), "and known");
    assert!(!knowledge.contains("Riverbend", "is near", "the old mill"), "in place of the old");
}

#[test]
fn a_broken_edit_is_told_and_changes_nothing_until_it_is_mended() {
    let files = [("marta.persona.ron", MARTA), ("town.lore.ron", TOWN)];
    let (mut app, dir) = with_files(&files, Scripted::default().otherwise("Aye."));
    let marta = spawn(&mut app, "marta.persona.ron");
    assert_eq!(run_to_told(&mut app, marta, 1), Ok(()), "the persona is there");

    edit(&app, &dir, "marta.persona.ron", &MARTA.replace("about:", "abuot:"));
    let error = run_to_told(&mut app, marta, 2).expect_err("the edit is wrong");
    assert!(error.starts_with("marta.persona.ron:3:"), "file and line are named: {error}");
    assert!(error.contains("abuot") && error.contains("did you mean `about`?"), "with the nearest name: {error}");
    assert!(component::<Knowledge>(&app, marta).contains("Marta", "sells", "beer"), "she is as she was");
    assert!(app.converse(marta, "Still there?").is_ok(), "and speaks");
    edit(&app, &dir, "marta.persona.ron", &MARTA.replace("beer", "wine"));
    assert_eq!(run_to_told(&mut app, marta, 3), Ok(()), "the mended file counts");
    assert!(component::<Knowledge>(&app, marta).contains("Marta", "sells", "wine"), "with what is new in it");

    edit(&app, &dir, "town.lore.ron", "Lore(facts: [(\"a\", \"b\")])");
    let error = run_to_told(&mut app, marta, 4).expect_err("the lore is wrong");
    assert!(error.starts_with("town.lore.ron:1:"), "file and line are named: {error}");
    assert!(component::<Knowledge>(&app, marta).contains("Riverbend", "is near", "the old mill"), "the last good lore stays");
    edit(&app, &dir, "town.lore.ron", TOWN);
    assert_eq!(run_to_told(&mut app, marta, 5), Ok(()), "the mended lore counts");
}

#[test]
fn a_dangling_path_of_lore_is_told_and_the_character_lives_without() {
    let files = [("marta.persona.ron", MARTA)];
    let (mut app, dir) = with_files(&files, Scripted::default().otherwise("Aye."));
    let marta = spawn(&mut app, "marta.persona.ron");
    let error = run_to_told(&mut app, marta, 1).expect_err("there is no such lore");
    assert!(error.starts_with("town.lore.ron: "), "its path is named: {error}");
    assert_eq!(told(&app, marta).len(), 1, "once");
    assert!(component::<Knowledge>(&app, marta).contains("Marta", "sells", "beer"), "she knows what is her own");
    assert!(app.converse(marta, "What do you know?").is_ok(), "and speaks");
    edit(&app, &dir, "town.lore.ron", TOWN);
    assert_eq!(run_to_told(&mut app, marta, 2), Ok(()), "once the file is there, she is complete");
}

#[test]
fn a_persona_that_is_not_there_or_not_text_is_told() {
    let (mut app, dir) = with_files(&[], Scripted::default());
    dir.insert_asset(Path::new("bytes.persona.ron"), vec![0xFF, 0xFE, 0x00, 0xD8]);
    dir.insert_asset_text(Path::new("deep.persona.ron"), &"(".repeat(10 << 20));
    dir.insert_asset_text(Path::new("empty.persona.ron"), "");
    for (path, part) in [
        ("none.persona.ron", "none.persona.ron: "),
        ("bytes.persona.ron", "bytes.persona.ron: invalid utf-8"),
        ("deep.persona.ron", "deep.persona.ron: at most 1048576 bytes expected, found 10485760"),
        ("empty.persona.ron", "empty.persona.ron:1:1: "),
    ] {
        let npc = spawn(&mut app, path);
        let error = run_to_told(&mut app, npc, 1).expect_err("it cannot be used");
        assert!(error.contains(part), "expected {part:?} in {error:?}");
        assert!(error.len() < 1000, "an error is for reading: {} bytes", error.len());
        let failed = app.converse(npc, "Are you there?").expect_err("there is no one");
        assert!(failed.error.to_string().contains(path), "a line to it fails with the path too: {}", failed.error);
    }
}

#[test]
fn ten_megabytes_of_brackets_are_an_error_in_every_form() {
    for bracket in ["(", "[", "{", "Persona(", "Some(", "[(", "\"", "/*", "r#", "'"] {
        let text = bracket.repeat((10 << 20) / bracket.len());
        for text in [&text[..], &text[..(1 << 20) - 1]] {
            for error in [parse_persona(text, "p").err(), parse_lore(text, "p").err()] {
                let error = error.unwrap_or_else(|| panic!("{} bytes of {bracket:?} are no file", text.len()));
                assert!(error.to_string().starts_with("p:"), "the file is named: {}", &error.to_string()[..100]);
                assert!(error.to_string().len() < 1000, "in few words: {} bytes", error.to_string().len());
            }
        }
    }
    for (open, start) in
        [("[", "knows: "), ("(", "facts: ["), ("Some(", "facts: [(\"a\", \"b\", \"c\", (secret_until: "), ("{", "feelings: ")]
    {
        let text = format!("Persona(name: \"M\", {start}{}", open.repeat(1 << 17));
        let error = parse_persona(&text, "p").expect_err("no value is so deep").to_string();
        assert!(error.starts_with("p:1:") && error.len() < 1000, "found {} bytes: {}", error.len(), &error[..50]);
    }
    let inside = format!("Persona(name: \"M\", about: \"{}\")", "(".repeat(1000));
    assert!(parse_persona(&inside, "p").is_ok(), "brackets inside a text are letters");
}

#[test]
fn unknown_fields_come_with_the_nearest_right_name() {
    let right = "Persona(name: \"M\", speech: (verbosity: 0.4), goals: [(id: \"a\", text: \"b\")], \
                 boundaries: (never_discuss: []), feelings: {\"x\": (trust: 0.1)})";
    assert!(parse_persona(right, "p").is_ok(), "the file is right: {:?}", parse_persona(right, "p").err());
    for (field, wrong) in [
        ("name", "nmae"),
        ("speech", "speach"),
        ("verbosity", "verbosty"),
        ("text", "txt"),
        ("never_discuss", "neverdiscuss"),
        ("trust", "turst"),
    ] {
        let text = right.replace(&format!("{field}:"), &format!("\n{wrong}:"));
        let error = parse_persona(&text, "p").expect_err("the field is unknown").to_string();
        assert!(error.starts_with("p:2:"), "it stands in line 2: {error}");
        assert!(error.contains(&format!("did you mean `{field}`?")), "{wrong} is nearly {field}: {error}");
    }
    let error = parse_lore("Lore(\nfcats: [])", "l").expect_err("the field is unknown").to_string();
    assert!(error.starts_with("l:2:") && error.contains("did you mean `facts`?"), "found {error}");
}

/// A change of a file: at a place, some bytes out and others in.
fn damage() -> impl Strategy<Value = (prop::sample::Index, usize, Vec<u8>)> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        prop::sample::select(
            &["(", ")", "[", "]", "{", "}", ",", ":", "\"", "\\u{D800}", "-1e99", "NaN", "inf", "name", "Trust(", "\n"][..]
        )
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    (any::<prop::sample::Index>(), 0..12_usize, piece)
}

fn damaged(text: &str, changes: &[(prop::sample::Index, usize, Vec<u8>)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (at, out, piece) in changes {
        let start = at.index(bytes.len() + 1);
        let end = (start + out).min(bytes.len());
        bytes.splice(start..end, piece.iter().copied());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Checks that an error points into the text.
fn check_place(text: &str, error: &PersonaError) -> Result<(), TestCaseError> {
    let PersonaError::Invalid { line, column, path, .. } = error else {
        return Err(TestCaseError::fail(format!("{error} has no place")));
    };
    let lines = text.split('\n').count();
    prop_assert!((1..=lines).contains(line), "{error}: the text has {lines} lines");
    prop_assert!(*column >= 1, "{error}: columns begin with 1");
    prop_assert_eq!(path, "damaged", "the file is named");
    Ok(())
}

#[test]
fn members_of_a_group_know_its_lore_as_long_as_they_are_members() {
    const SMITHS: &str = r#"Lore(groups: ["smiths"], facts: [("good steel", "is quenched in", "oil")])"#;
    const TOBIN: &str = r#"Persona(name: "Tobin", groups: ["smiths"])"#;
    let files = [("smiths.lore.ron", SMITHS), ("tobin.persona.ron", TOBIN), ("marta.persona.ron", "Persona(name: \"Marta\")")];
    let (mut app, _) = with_files(&files, Scripted::default());
    let lore = app.world().resource::<AssetServer>().load("smiths.lore.ron");
    app.world_mut().resource_mut::<LoreLibrary>().add(lore);
    let (tobin, marta) = (spawn(&mut app, "tobin.persona.ron"), spawn(&mut app, "marta.persona.ron"));
    let knows = |app: &App, who| component::<Knowledge>(app, who).contains("good steel", "is quenched in", "oil");
    run_until(&mut app, "Tobin knows his trade", |app| knows(app, tobin));
    assert!(!knows(&app, marta), "Marta is no smith");
    app.world_mut().entity_mut(marta).insert(MemberOf::new(["smiths"]));
    app.update();
    assert!(knows(&app, marta), "now she is");
    app.world_mut().entity_mut(marta).remove::<MemberOf>();
    app.world_mut().entity_mut(tobin).insert(MemberOf::new(["fishers"]));
    app.update();
    assert!(!knows(&app, marta) && !knows(&app, tobin), "who leaves knows it no longer");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn a_damaged_persona_is_read_or_refused_with_its_place(changes in prop::collection::vec(damage(), 1..5)) {
        let text = damaged(include_str!("../../assets/personas/marta.persona.ron"), &changes);
        match parse_persona(&text, "damaged") {
            Ok(parsed) => {
                prop_assert!(!parsed.persona.card.name.trim().is_empty(), "who is read has a name");
                prop_assert!((0.0..=1.0).contains(&parsed.persona.card.improvisation), "and figures in range");
            }
            Err(error) => check_place(&text, &error)?,
        }
    }

    #[test]
    fn damaged_lore_is_read_or_refused_with_its_place(changes in prop::collection::vec(damage(), 1..5)) {
        let text = damaged(include_str!("../../assets/lore/riverbend.lore.ron"), &changes);
        match parse_lore(&text, "damaged") {
            Ok(lore) => prop_assert!(lore.layer.facts().all(|fact| (0.0..=1.0).contains(&fact.confidence)), "in range"),
            Err(error) => check_place(&text, &error)?,
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        for error in [parse_persona(&text, "damaged").err(), parse_lore(&text, "damaged").err()].into_iter().flatten() {
            check_place(&text, &error)?;
        }
    }
}

/// The same with real files and the operating system's own word that they have changed.
#[cfg(feature = "hot_reload")]
#[test]
fn a_file_on_disk_is_watched() {
    let folder = std::env::temp_dir().join(format!("bevy_persona_{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("there is room for a folder");
    let file = folder.join("tobin.persona.ron");
    std::fs::write(&file, "Persona(name: \"Tobin\", about: \"A boy.\")").expect("there is room for a file");
    let file_path = folder.to_str().expect("the folder has a plain name").to_owned();
    let plugin = AssetPlugin { file_path, watch_for_changes_override: Some(true), ..default() };
    let seen = SeenBriefs::default();
    let mut app = app(plugin, Scripted::default().otherwise("Aye.").record(&seen), None);
    let tobin = spawn(&mut app, "tobin.persona.ron");
    assert_eq!(run_to_told(&mut app, tobin, 1), Ok(()), "the file is read");
    app.converse(tobin, "Who are you?").expect("he answers");
    std::fs::write(&file, "Persona(name: \"Tobin\", about: \"A man.\")").expect("the file can be written");
    run_until(&mut app, "the edit is told", |app| told(app, tobin).len() > 1);
    app.converse(tobin, "And now?").expect("he answers");
    let about: Vec<_> = seen.lock().expect("no panic").iter().map(|brief| brief.persona.about.clone()).collect();
    assert_eq!(about, ["A boy.", "A man."], "the next brief has the new card");
    assert_eq!(component::<DialogueHistory>(&app, tobin).with("player").len(), 2, "what was said stays");
    std::fs::remove_dir_all(&folder).expect("the folder is ours");
}
