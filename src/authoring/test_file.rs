//! The form of `*.persona_test.ron`, and the checks on what it says.

use super::Step;
use crate::persona::{Check, PersonaError, nearest};
use ron::value::RawValue;
use serde::Deserialize;

/// An authors' test as its file tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedTest {
    /// What it is about, for readers.
    pub about: String,
    /// The cases, in order.
    pub cases: Vec<TestCase>,
}

/// One case: who is there, and what happens step by step. Each case begins anew.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// What must be so.
    pub name: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// Who is there.
    pub cast: Vec<Actor>,
    /// Others who are spoken of or who speak, besides the player.
    pub others: Vec<String>,
    /// Paths of lore that goes by groups, from a folder above the test.
    pub lore: Vec<String>,
    /// What happens.
    pub steps: Vec<PlacedStep>,
}

/// A character of a case.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename = "Actor", deny_unknown_fields)]
pub struct Actor {
    /// Path of its persona, from a folder above the test.
    pub persona: String,
    /// Where it stands, in metres; far from everyone where it is left out.
    #[serde(default)]
    pub at: Option<[f32; 3]>,
    /// The place it looks to; along -z where it is left out.
    #[serde(default)]
    pub facing: Option<[f32; 3]>,
    /// Whether it sees and hears nothing of what happens: it sleeps.
    #[serde(default)]
    pub asleep: bool,
}

/// A step with its place in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedStep {
    /// The step.
    pub step: Step,
    /// Line, from 1.
    pub line: usize,
    /// The step as it is written, on one line.
    pub text: String,
    /// Byte of the file at which it begins.
    pub(super) at: usize,
}

#[derive(Deserialize)]
#[serde(rename = "PersonaTest", deny_unknown_fields)]
struct TestFile<'a> {
    #[serde(default)]
    about: String,
    /// The cast of cases that have none of their own.
    #[serde(default)]
    cast: Vec<Actor>,
    #[serde(default)]
    others: Vec<String>,
    #[serde(default)]
    lore: Vec<String>,
    #[serde(borrow)]
    cases: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename = "Case", deny_unknown_fields)]
struct CaseFile<'a> {
    name: String,
    #[serde(default)]
    cast: Vec<Actor>,
    #[serde(borrow)]
    steps: Vec<&'a RawValue>,
}

/// Reads an authors' test from the text of its file; `path` is for errors. The personas it names are not read.
///
/// # Errors
/// [`PersonaError`] with the place of the first thing that is wrong.
pub fn parse_test(text: &str, path: &str) -> Result<ParsedTest, PersonaError> {
    let check = Check { text, path };
    let file: TestFile = check.parse(text)?;
    let mut cases = Vec::new();
    for part in file.cases {
        let part = part.trim().get_ron();
        let case: CaseFile = check.parse(part)?;
        let at = check.offset_of(part);
        let cast = if case.cast.is_empty() { file.cast.clone() } else { case.cast };
        if case.name.trim().is_empty() || cases.iter().any(|other: &TestCase| other.name == case.name) {
            return Err(check.at(at, format!("a name of its own for each case expected, found `{}`", case.name)));
        }
        if cast.is_empty() {
            return Err(check.at(at, "a cast expected, of the case or of the file".into()));
        }
        let steps = case.steps.iter().map(|step| placed(check, step)).collect::<Result<Vec<_>, _>>()?;
        if let Some(step) = loads_unsaved(&steps) {
            return Err(check.at(step.at, "`Save` expected before `Load`".into()));
        }
        let (others, lore) = (file.others.clone(), file.lore.clone());
        cases.push(TestCase { name: case.name, line: check.place(at).0, cast, others, lore, steps });
    }
    if cases.is_empty() {
        return Err(check.at(text.find("cases").unwrap_or(0), "at least one case expected".into()));
    }
    Ok(ParsedTest { about: file.about, cases })
}

fn placed(check: Check, raw: &RawValue) -> Result<PlacedStep, PersonaError> {
    let part = raw.trim().get_ron();
    let at = check.offset_of(part);
    let step: Step = check.parse(part)?;
    if let Some(fault) = step.fault() {
        return Err(check.at(at, fault));
    }
    if let Some(fact) = step.fact().filter(|fact| fact.iter().any(|name| name.trim().is_empty())) {
        return Err(check.at(at, format!("a fact's subject, predicate and object expected, found {fact:?}")));
    }
    let text = part.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(PlacedStep { step, line: check.place(at).0, text, at })
}

/// The first `Load` without a `Save` before it.
fn loads_unsaved(steps: &[PlacedStep]) -> Option<&PlacedStep> {
    let first = steps.iter().find(|step| matches!(step.step, Step::Save | Step::Load))?;
    (first.step == Step::Load).then_some(first)
}

impl TestCase {
    /// Checks that all who are named are there; `text` and `path` are the file's, `cast` the names of the cast.
    pub(super) fn check_names(&self, check: Check, cast: &[&str]) -> Result<(), PersonaError> {
        let mut anyone = cast.to_vec();
        anyone.extend(self.others.iter().map(String::as_str));
        anyone.push(super::step::PLAYER);
        for step in &self.steps {
            let characters = step.step.characters().into_iter().map(|name| (name, cast));
            let others = step.step.others().into_iter().map(|name| (name, anyone.as_slice()));
            if let Some((name, there)) = characters.chain(others).find(|(name, there)| !there.contains(name)) {
                let near = nearest(name, there).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                let there = there.join(", ");
                let at = step.at + check.text[step.at..].find(&format!("\"{name}\"")).unwrap_or(0);
                return Err(check.at(at, format!("one of {there} expected, found `{name}`{near}")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(steps: &str) -> String {
        format!("PersonaTest(\n    cast: [(persona: \"m\")],\n    cases: [\n(name: \"c\", steps: [\n{steps}\n])])")
    }

    #[track_caller]
    fn fails(text: &str, error: &str) {
        let found = parse_test(text, "a").expect_err("the file is wrong").to_string();
        assert!(found.contains(error), "expected `{error}` in `{found}`");
    }

    #[test]
    fn errors_name_place_and_nearest_name() {
        fails("PersonaTest(csat: [], cases: [])", "did you mean `cast`?");
        fails(&with("  Knwos(who: \"M\", fact: (\"a\", \"is\", \"b\")),"), "a:5:3: ");
        fails(&with("  Knwos(who: \"M\", fact: (\"a\", \"is\", \"b\")),"), "did you mean `Knows`?");
        fails(&with("  Save,\n  // why\n  Says(to: \"M\",\n   lnie: \"x\"),"), "a:8:4: ");
        fails(&with("  Save,\n  Says(to: \"M\",\n   lnie: \"x\"),"), "did you mean `line`?");
        fails(&with("Flag(\"x\"),\n Load,"), "a:6:2: `Save` expected before `Load`");
        fails(&with("Happens(fact: (\"a\", \"is\", \"b\")),"), "either `at` or `near` expected");
        fails(&with("Trusts(who: \"M\", trust: 3),"), "a:5:1: `trust`: a number of -1..=1 expected, found 3");
        fails(&with("Feels(who: \"M\", trust: (0.5, 0.1)),"), "the lesser number first");
        fails(&with("Knows(who: \"M\", fact: (\"a\", \"\", \"b\")),"), "subject, predicate and object expected");
        fails(&with("Passes(days: -1),"), "more than no time");
        fails("PersonaTest(cases: [(name: \"c\", steps: [])])", "a:1:21: a cast expected");
        fails("PersonaTest(cases: [])", "a:1:13: at least one case");
    }

    #[test]
    fn steps_know_their_lines() {
        let parsed = parse_test(&with("Save,\n// a remark\n\nPasses(\n  days: 1,\n),\nLoad"), "a").expect("the file is right");
        let lines: Vec<_> = parsed.cases[0].steps.iter().map(|step| (step.line, step.text.as_str())).collect();
        assert_eq!(lines, [(5, "Save"), (8, "Passes( days: 1, )"), (11, "Load")], "each where it begins");
        assert_eq!(parsed.cases[0].line, 4, "the case too");
    }
}
