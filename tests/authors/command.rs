//! The command itself: what it prints, what it writes, and its exit status.

use crate::wrong::Folder;
use bevy::prelude::*;
use bevy_persona::mind::backend::Scripted;
use bevy_persona::prelude::*;
use bevy_persona::snapshot::Snapshot;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use std::path::Path;
use std::process::{Command, Output};

const DAY: f64 = 86_400.0;

fn persona<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_persona")).args(args).output().expect("the command can be started")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "expected `{part}` in:\n{text}");
    }
}

/// The words of the line that begins with this, so that the width of columns does not matter.
#[track_caller]
fn line(text: &str, start: &str) -> String {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines()
        .map(words)
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no line begins with {start:?}:\n{text}"))
}

const TEST: &str = r#"PersonaTest(
    cast: [(persona: "marta.persona.ron")],
    cases: [
        (name: "she owns the inn", steps: [Knows(who: "Marta", fact: ("Marta", "owns", "the inn"))]),
        (name: "she owns the moon", steps: [
            Knows(who: "Marta", fact: ("Marta", "owns", "the moon")),
        ]),
    ],
)"#;

#[test]
fn test_tells_what_failed_and_where() {
    let folder = Folder::new("command");
    folder.write("inn.persona_test.ron", TEST);
    let junit = folder.path().join("junit.xml");
    let args = ["test".as_ref(), folder.path().as_os_str(), "--backend".as_ref(), "scripted".as_ref(), "--junit".as_ref()];
    let output = persona(args.into_iter().chain([junit.as_os_str()]));
    assert_eq!(output.status.code(), Some(1), "it has failed");
    has(
        &printed(&output),
        &[
            "inn.persona_test.ron",
            "ok      she owns the inn",
            "FAILED  she owns the moon",
            "line 6: Knows(",
            "2 cases of 1 files: 1 right, 1 wrong",
        ],
    );
    let xml = std::fs::read_to_string(&junit).expect("it is written");
    has(&xml, &["tests=\"2\" failures=\"1\"", "<testcase name=\"she owns the moon\"", "<failure message=\"line 6: "]);

    folder.write("inn.persona_test.ron", &TEST.replace("the moon\"))", "the inn\"))"));
    let output = persona(["test", &folder.path().display().to_string(), "--backend", "scripted"]);
    assert_eq!(output.status.code(), Some(0), "now it is right: {}", printed(&output));
    folder.write("inn.persona_test.ron", "PersonaTest(csaes: [])");
    let output = persona(["test", &folder.path().display().to_string(), "--backend", "scripted"]);
    assert_eq!(output.status.code(), Some(1), "a file that cannot be read is no success");
    has(&printed(&output), &["inn.persona_test.ron:1:", "did you mean `cases`?"]);
}

/// A save in which a rumour has gone round.
fn save(path: &Path) {
    let mut app = test_app(Scripted::default());
    let card = |name: &str| PersonaCard { name: name.into(), ..PersonaCard::default() };
    let (marta, tobin) = (app.spawn_npc(card("Marta")), app.spawn_npc(card("Tobin")));
    app.spawn_npc(card("Bram"));
    let world = app.world_mut();
    world.resource_mut::<StoryFlags>().raise("the fair has begun");
    let mut knowledge = world.get_mut::<Knowledge>(marta).expect("she knows things");
    let secret = Fact::new("the key", "is hidden under", "the third step").secret_until(Secrecy::Trust(0.7));
    knowledge.set_authored(vec![Fact::new("Marta", "owns", "the inn"), secret]);
    world.resource_mut::<GameClock>().seconds = 8.0 * 3600.0;
    let theft = Fact::new("the cup", "was stolen by", "Kessa").with_source(Source::Witnessed).at(8.0 * 3600.0);
    world.get_mut::<Knowledge>(marta).expect("she knows things").learn(theft.clone());
    world.get_mut::<Memory>(marta).expect("she remembers").add(Episode::happening(&theft, 0.8));
    world.resource_mut::<GameClock>().seconds += DAY;
    let tale = ["the cup", "was stolen by", "Kessa"].map(str::to_owned);
    world.trigger(Tell { entity: marta, to: tobin, fact: tale });
    world.get_mut::<Feelings>(tobin).expect("he feels").set("Kessa", Relation { trust: -0.4, ..default() });
    world.resource_mut::<GameClock>().seconds += DAY;
    Snapshot::take(world).save(path).expect("there is room");
}

#[test]
fn inspect_shows_who_knows_what_since_when_and_from_whom() {
    let folder = Folder::new("inspect");
    let path = folder.path().join("village.npcs");
    save(&path);
    let path = path.display().to_string();

    let all = printed(&persona(["inspect", &path]));
    has(&all, &["saved on day 3, 08:00; flags: the fair has begun"]);
    assert!(line(&all, "Marta").starts_with("Marta 3 1 1 "), "three facts, one lived, one episode: {all}");
    assert!(line(&all, "Tobin").ends_with("neutral Kessa: trust -0.40"), "{all}");
    assert!(line(&all, "Bram").starts_with("Bram 0 0 0 "), "{all}");

    let marta = printed(&persona(["inspect", &path, "--who", "marta"]));
    assert_eq!(line(&marta, "Marta owns"), "Marta owns the inn authored ever 1.00 held");
    assert_eq!(line(&marta, "the cup"), "the cup was stolen by Kessa was there two days ago 1.00 held");
    assert_eq!(line(&marta, "the key"), "the key is hidden under the third step authored ever 1.00 held until trust 0.70");
    assert_eq!(line(&marta, "The cup"), "The cup was stolen by Kessa. two days ago 1 0.80", "the episode");

    let cup = printed(&persona(["inspect", &path, "--about", "cup"]));
    assert_eq!(line(&cup, "Marta the cup"), "Marta the cup was stolen by Kessa was there two days ago 1.00 held");
    assert_eq!(line(&cup, "Tobin the cup"), "Tobin the cup was stolen by Kessa told by Marta yesterday 0.80 held");
    has(&cup, &["nothing of their own of cup: Bram"]);
    assert!(!cup.contains("the inn"), "of the cup alone: {cup}");

    let json = persona(["inspect", &path, "--who", "Tobin", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    assert_eq!(json["characters"][0]["facts"][0]["from"], "Marta");
    assert_eq!(json["flags"][0], "the fair has begun");

    let nobody = persona(["inspect", &path, "--who", "Kessa"]);
    assert_eq!(nobody.status.code(), Some(1), "she is not in it");
    has(&String::from_utf8_lossy(&nobody.stderr), &["Kessa is not in the save, which has: Bram, Marta, Tobin"]);
    let broken = folder.write("broken.npcs", "no save");
    assert_eq!(persona(["inspect", &broken.display().to_string()]).status.code(), Some(1), "what is no save is refused");
}

#[test]
fn recall_shows_what_comes_to_mind_and_why() {
    let folder = Folder::new("recall");
    let marta = folder.path().join("marta.persona.ron").display().to_string();
    let wary = printed(&persona(["recall", "--persona", &marta, "Where is the key?"]));
    has(&wary, &["Marta hears from player, whom it trusts 0.10: Where is the key?"]);
    let key = |text: &str| text.lines().find(|line| line.contains("is hidden under")).expect("it comes to mind").to_owned();
    has(&key(&wary), &["withheld", "the third step", "authored"]);
    let open = printed(&persona(["recall", "--persona", &marta, "Where is the key?", "--speaker", "Tobin", "--trust", "0.9"]));
    has(&open, &["Marta hears from Tobin, whom it trusts 0.90"]);
    assert!(!key(&open).contains("withheld"), "a friend hears of it: {open}");
    has(&open, &["nothing is remembered"]);
    assert!(!open.to_uppercase().contains("DID NOT FIT"), "all fitted: {open}");

    let path = folder.path().join("village.npcs");
    save(&path);
    let saved = persona(["recall", "--persona", &marta, "Who stole the cup?", "--save", &path.display().to_string()]);
    has(&printed(&saved), &["The cup was stolen by Kessa.", "was there two days ago"]);
    let shrug = printed(&persona(["recall", "--persona", &marta, "xyzzy"]));
    has(&shrug, &["filler"]);
}

#[test]
fn check_reads_tests_too() {
    let folder = Folder::new("check");
    let right = folder.write("a.persona_test.ron", TEST).display().to_string();
    assert_eq!(persona(["check", &right]).status.code(), Some(0), "it is right");
    let wrong = folder.write("b.persona_test.ron", &TEST.replace("Knows", "Knwos")).display().to_string();
    let output = persona(["check", &right, &wrong]);
    assert_eq!(output.status.code(), Some(1), "one is wrong");
    has(&String::from_utf8_lossy(&output.stderr), &["b.persona_test.ron:4:", "did you mean `Knows`?"]);
}
