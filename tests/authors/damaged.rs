//! Test files that were cut, changed or made up are read or refused, and never bring anything down.

use bevy_persona::authoring::parse_test;
use bevy_persona::persona::PersonaError;
use proptest::prelude::*;

const FILES: [&str; 2] = [
    include_str!("../../assets/personas/tests/secrets.persona_test.ron"),
    include_str!("../../assets/personas/tests/witnesses.persona_test.ron"),
];

/// Pieces that break the form, and some that nearly do not.
const PIECES: [&str; 16] = [
    "(",
    ")",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "//",
    "/*",
    "r#\"",
    "\u{0}",
    "é",
    "-1e400",
    "NaN",
    "Some(",
    "#![enable(unwrap_newtypes)]",
];

#[derive(Clone, Debug)]
struct Damage {
    at: usize,
    out: usize,
    piece: usize,
}

fn damage() -> impl Strategy<Value = Damage> {
    (any::<usize>(), 0usize..40, 0..PIECES.len()).prop_map(|(at, out, piece)| Damage { at, out, piece })
}

fn damaged(text: &str, changes: &[Damage]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for Damage { at, out, piece } in changes {
        let start = at % (bytes.len() + 1);
        let end = (start + out).min(bytes.len());
        bytes.splice(start..end, PIECES[*piece].bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn check(text: &str) -> Result<(), TestCaseError> {
    match parse_test(text, "damaged") {
        Ok(parsed) => {
            let lines = text.split('\n').count();
            for placed in parsed.cases.iter().flat_map(|case| &case.steps) {
                prop_assert!((1..=lines).contains(&placed.line), "line {} of {lines}", placed.line);
            }
        }
        Err(PersonaError::Invalid { line, column, .. }) => {
            let lines = text.split('\n').count();
            prop_assert!((1..=lines).contains(&line) && column >= 1, "{line}:{column} of {lines} lines");
        }
        Err(error) => return Err(TestCaseError::fail(format!("{error} has no place"))),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_damaged_test_is_read_or_refused_with_its_place(
        file in 0..FILES.len(),
        changes in prop::collection::vec(damage(), 1..5),
    ) {
        check(&damaged(FILES[file], &changes))?;
    }

    #[test]
    fn a_test_that_is_cut_off_is_refused(file in 0..FILES.len(), cut in any::<prop::sample::Index>()) {
        let text = FILES[file];
        let at = cut.index(text.trim_end().len());
        let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        prop_assert!(parse_test(&text[..at], "damaged").is_err(), "cut off at byte {at}");
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        check(&text)?;
    }
}

#[test]
fn brackets_without_end_are_a_quick_error() {
    let deep = format!("PersonaTest(cast: [(persona: \"m\")], cases: [(name: \"c\", steps: [{}", "(".repeat(1 << 19));
    assert!(parse_test(&deep, "deep").is_err(), "so deep nothing goes");
    let large = parse_test(&"(".repeat(10 << 20), "large").expect_err("nothing is so large");
    assert!(matches!(large, PersonaError::TooLarge { .. }), "found {large}");
}
