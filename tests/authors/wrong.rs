//! What is wrong is found, and named so that a writer finds it too.

use bevy_persona::authoring::{Report, Runner, TestError, run_file};
use bevy_persona::mind_link::BackendChoice;
use std::path::{Path, PathBuf};

const LORE: &str = r#"Lore(
    facts: [("the mill", "stands in", "Riverbend")],
    relations: {"is in": (one: true)},
)"#;
const MARTA: &str = r#"Persona(
    name: "Marta",
    knows: ["town.lore.ron"],
    facts: [
        ("Marta", "owns", "the inn"),
        ("the key", "is hidden under", "the third step", (secret_until: Trust(0.7))),
        ("the heir", "is", "the stable boy", (secret_until: Flag("the duke has come"))),
    ],
    feelings: {"player": (trust: 0.1)},
)"#;
const TOBIN: &str = r#"Persona(name: "Tobin", knows: ["town.lore.ron"], facts: [("Tobin", "loves", "Ilka")])"#;

/// A folder of files that is gone at the end of the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("persona_{name}_{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("there is room for a folder");
        let folder = Self(folder);
        folder.write("town.lore.ron", LORE);
        folder.write("marta.persona.ron", MARTA);
        folder.write("tobin.persona.ron", TOBIN);
        folder
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("there is room for a file");
        path
    }

    fn run(&self, text: &str) -> Result<Report, TestError> {
        run_file(self.write("a.persona_test.ron", text), &BackendChoice::Builtin)
    }

    /// The first failure of a case with these steps, which begin in line 4.
    #[track_caller]
    fn fails(&self, steps: &str, line: usize, parts: &[&str]) {
        let report = self.run(&with(steps)).unwrap_or_else(|error| panic!("{error}"));
        assert!(!report.is_right(), "it should fail: {steps}");
        let failure = &report.cases[0].failures[0];
        assert_eq!(failure.line, line, "{report}");
        for part in parts {
            assert!(failure.to_string().contains(part), "expected `{part}` in:\n{failure}");
        }
    }

    /// The error of a file with these steps.
    #[track_caller]
    fn is_refused(&self, text: &str, error: &str) {
        let found = self.run(text).expect_err("the file is wrong").to_string();
        assert!(found.contains(error), "expected `{error}` in `{found}`");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn with(steps: &str) -> String {
    let cast = r#"(persona: "marta.persona.ron", at: (0, 0, 0)), (persona: "tobin.persona.ron", at: (0, 0, 2))"#;
    format!("PersonaTest(\n    cast: [{cast}],\n    cases: [(name: \"a case\", steps: [\n{steps}\n    ])],\n)")
}

#[test]
fn expectations_that_do_not_hold_fail_with_what_is_so() {
    let folder = Folder::new("fails");
    folder.fails(
        r#"Knows(who: "Tobin", fact: ("Marta", "owns", "the mill")),"#,
        4,
        &["Knows(who: \"Tobin\"", "expected  Tobin knows that Marta owns the mill", "the mill stands in Riverbend (authored)"],
    );
    let stolen = r#"("the cup", "was stolen by", "Kessa")"#;
    folder.fails(
        &format!("Happens(fact: {stolen}, near: \"Marta\"),\nPasses(days: 1),\nDoesNotKnow(who: \"Marta\", fact: {stolen}),"),
        6,
        &["Marta has never heard that the cup was stolen by Kessa", "Marta knows it: was there yesterday"],
    );
    folder.fails(
        r#"DoesNotKnow(who: "Tobin", fact: ("the key", "is hiden under", "the third step")),"#,
        4,
        &["nobody in this case knows", "did you mean `the key is hidden under the third step`?"],
    );
    folder.fails(
        r#"Recalls(who: "Marta", line: "Who owns the inn?", fact: ("the mill", "stands in", "Riverbend"), among: 1),"#,
        4,
        &["first come: Marta owns the inn"],
    );
    folder.fails(
        "Trusts(who: \"Marta\", trust: 0.9),\nRefuses(who: \"Marta\", line: \"Where is the key?\",\n  fact: (\"the key\", \"is hidden under\", \"the third step\")),",
        5,
        &["Marta keeps from player that the key is hidden under the third step", "it is no secret from player", "third step"],
    );
    folder.fails(
        r#"Refuses(who: "Marta", line: "Do you own the inn?"),"#,
        4,
        &["Marta keeps from player what is asked for", "no secret of that kind comes to mind"],
    );
    folder.fails(
        r#"Answers(who: "Marta", line: "Who owns the inn?", contains: ["the mayor"]),"#,
        4,
        &["rests on: Marta owns the inn"],
    );
    folder.fails(
        "NeverSays(who: \"Marta\", words: [\"INN\"]),\nSays(to: \"Marta\", line: \"What do you own?\"),",
        4,
        &["\"INN\" in ", "said to \"What do you own?\""],
    );
    folder.fails(r#"Remembers(who: "Tobin", words: ["flood"]),"#, 4, &["no episodes at all"]);
    let key = r#"("the key", "is hidden under", "the third step")"#;
    folder.fails(
        &format!(
            "Trusts(who: \"Marta\", trust: 0.9),\nTellsButNot(who: \"Marta\", to: \"Tobin\", not_to: \"player\", fact: {key}),"
        ),
        5,
        &["Tobin is not told (it is a secret from the other), player is told"],
    );
    folder.fails(&format!("Tells(who: \"Tobin\", to: \"Marta\", fact: {key}),"), 4, &["Tobin keeps quiet: does not know it"]);
    folder.fails(r#"Feels(who: "Marta", trust: (0.5, 1)),"#, 4, &["Marta's trust in player is 0.5..=1", "it is 0.10"]);
    folder.fails(r#"Doubts(who: "Tobin", fact: ("Tobin", "loves", "Ilka")),"#, 4, &["Tobin believes it: authored"]);
}

#[test]
fn all_that_fails_in_a_case_is_told_and_the_next_case_begins_anew() {
    let folder = Folder::new("several");
    let text = r#"PersonaTest(
    cast: [(persona: "marta.persona.ron")],
    cases: [
        (name: "one", steps: [
            Tells(who: "player", to: "Marta", fact: ("the duke", "is", "ill")),
            Feels(who: "Marta", trust: (1, 1)),
            Knows(who: "Marta", fact: ("the duke", "is", "well")),
        ]),
        (name: "two", steps: [
            Tells(who: "player", to: "Marta", fact: ("the moon", "is", "full")),
            DoesNotKnow(who: "Marta", fact: ("the duke", "is", "ill")),
        ]),
    ],
)"#;
    let report = folder.run(text).expect("the file is right");
    let lines: Vec<Vec<usize>> = report.cases.iter().map(|case| case.failures.iter().map(|f| f.line).collect()).collect();
    assert_eq!(lines[0], [6, 7], "{report}");
    let found = &report.cases[1].failures[0].found;
    assert!(found.contains("nobody in this case knows that the duke is ill"), "what was told in the first is gone: {found}");
}

/// What fails shows what was said, and that is chance.
#[test]
fn the_same_seed_gives_the_same_replies_whatever_else_is_in_the_file() {
    let folder = Folder::new("seed");
    let lines = ["Good evening!", "How are you?", "Farewell.", "Thank you.", "What a day!", "Tell me a joke."];
    let answers = lines.map(|line| format!("Answers(who: \"Marta\", line: \"{line}\", contains: [\"xyzzy\"]),")).join("\n");
    let case = format!("(name: \"talk\", steps: [\n{answers}\n])");
    let cast = "cast: [(persona: \"marta.persona.ron\")]";
    let alone = folder.write("alone.persona_test.ron", &format!("PersonaTest({cast}, cases: [{case}])"));
    let before =
        "(name: \"before\", steps: [Says(to: \"Marta\", line: \"Who are you?\"), Says(to: \"Marta\", line: \"Really?\")])";
    let second = folder.write("second.persona_test.ron", &format!("PersonaTest({cast}, cases: [{before}, {case}])"));
    let replies = |seed, path: &Path| {
        let runner = Runner::new(&BackendChoice::Builtin).expect("Hearth is built in").with_seed(seed);
        let report = runner.run_file(path).unwrap_or_else(|error| panic!("{error}"));
        let last = report.cases.last().expect("there is a case");
        last.failures.iter().map(|failure| failure.found.clone()).collect::<Vec<_>>()
    };
    let first = replies(5, &alone);
    assert_eq!(first.len(), lines.len(), "none of them says so: {first:?}");
    assert_eq!(replies(5, &alone), first, "the same again");
    assert_eq!(replies(5, &second), first, "and after another case");
    assert!((6..16).any(|seed| replies(seed, &alone) != first), "with other seeds she says other things, so this test can fail");
}

#[test]
fn a_flag_opens_what_waits_for_it() {
    let folder = Folder::new("flag");
    let steps = r#"
        Refuses(who: "Marta", line: "Who is the heir?"),
        Flag("the duke has come"),
        Answers(who: "Marta", line: "Who is the heir?", contains: ["stable boy"]),
        Tells(who: "Marta", to: "Tobin", fact: ("the heir", "is", "the stable boy")),
        Knows(who: "Tobin", fact: ("the heir", "is", "the stable boy")),"#;
    let report = folder.run(&with(steps)).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.is_right(), "{report}");
}

#[test]
fn hearsay_against_what_was_seen_is_doubted() {
    let folder = Folder::new("doubts");
    let steps = r#"
        Happens(fact: ("the jug", "is in", "the cellar"), near: "Marta", loudness: 0),
        Tells(who: "player", to: "Marta", fact: ("the jug", "is in", "the kitchen")),
        Doubts(who: "Marta", fact: ("the jug", "is in", "the kitchen")),
        Knows(who: "Marta", fact: ("the jug", "is in", "the cellar")),"#;
    let report = folder.run(&with(steps)).unwrap_or_else(|error| panic!("{error}"));
    assert!(report.is_right(), "{report}");
}

#[test]
fn files_that_cannot_be_used_are_named_with_their_place() {
    let folder = Folder::new("refused");
    folder.is_refused(&with(r#"Knwos(who: "Marta", fact: ("a", "is", "b")),"#), "a.persona_test.ron:4:1: ");
    folder.is_refused(&with(r#"Save, Says(to: "Mrata", line: "Hello?"),"#), ":4:16: one of Marta, Tobin expected, found `Mrata`");
    folder.is_refused(&with(r#"Says(to: "Mrata", line: "Hello?"),"#), "did you mean `Marta`?");
    folder.is_refused(&with(r#"Says(to: "Marta", line: "Hello?", by: "Tobn"),"#), "did you mean `Tobin`?");
    let lost = with("Save,").replace("marta.persona", "matra.persona");
    folder.is_refused(&lost, "`matra.persona.ron`, which is not there; did you mean `marta.persona.ron`?");
    let twice = with("Save,").replace("tobin.persona", "marta.persona");
    folder.is_refused(&twice, "each character once expected, found `Marta` twice");
    folder.write("marta.persona.ron", "Persona(nmae: \"Marta\")");
    folder.is_refused(&with("Save,"), "marta.persona.ron:1:");
}
