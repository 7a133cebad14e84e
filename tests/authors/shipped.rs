//! The tests that ship with the tavern, and the one in the document.

use bevy_persona::authoring::{Runner, Step, find_tests, parse_test};
use bevy_persona::mind::backend::Scripted;
use bevy_persona::mind_link::BackendChoice;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn shipped() -> Vec<PathBuf> {
    let files = find_tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/personas/tests")).expect("the folder is there");
    assert!(files.len() >= 4, "found {files:?}");
    files
}

#[test]
fn the_taverns_tests_are_right_with_the_built_in_model() {
    let runner = Runner::new(&BackendChoice::Builtin).expect("Hearth is built in");
    let mut cases = 0;
    for file in shipped() {
        let report = runner.run_file(&file).unwrap_or_else(|error| panic!("{error}"));
        assert!(report.is_right(), "{report}");
        assert_eq!(report.skipped(), 0, "all is tried with a model: {report}");
        cases += report.cases.len();
    }
    assert!(cases >= 12, "{cases} cases");
}

#[test]
fn the_same_without_a_model_leaves_only_answers_out() {
    let runner = Runner::new(&BackendChoice::Scripted(Scripted::default())).expect("no model is needed");
    let mut skipped = 0;
    for file in shipped() {
        let report = runner.run_file(&file).unwrap_or_else(|error| panic!("{error}"));
        assert!(report.is_right(), "what is known does not depend on the model: {report}");
        skipped += report.skipped();
    }
    assert!(skipped > 0, "answers are not tried");
}

#[test]
fn they_use_every_step_and_every_expectation() {
    let mut used = BTreeSet::new();
    for file in shipped() {
        let text = std::fs::read_to_string(&file).expect("it is there");
        let parsed = parse_test(&text, "shipped").unwrap_or_else(|error| panic!("{error}"));
        used.extend(parsed.cases.iter().flat_map(|case| &case.steps).map(|placed| name(&placed.step)));
    }
    let all = [
        "Answers",
        "DoesNotKnow",
        "Doubts",
        "Feels",
        "Flag",
        "Happens",
        "Knows",
        "Load",
        "NeverSays",
        "Passes",
        "Recalls",
        "Refuses",
        "Remembers",
        "Save",
        "Says",
        "Tells",
        "TellsButNot",
        "Trusts",
    ];
    assert_eq!(used, all.iter().map(|name| (*name).to_owned()).collect(), "they are examples for all");
}

/// The step's name in the file.
fn name(step: &Step) -> String {
    format!("{step:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

#[test]
fn the_documents_example_can_be_run() {
    let document = include_str!("../../docs/authors_tests.md");
    let example = document.split("```ron\n").nth(1).and_then(|rest| rest.split("```").next()).expect("there is an example");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/personas");
    // Beside the personas that it names.
    let path = folder.join(format!("document-{}.persona_test.ron", std::process::id()));
    std::fs::write(&path, example).expect("there is room");
    let report = Runner::new(&BackendChoice::Builtin).expect("Hearth is built in").run_file(&path);
    std::fs::remove_file(&path).expect("it can go");
    let report = report.unwrap_or_else(|error| panic!("{error}"));
    assert!(report.is_right(), "{report}");
}
