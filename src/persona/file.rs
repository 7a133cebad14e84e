//! The form of the files, and the checks on what they say.

use super::error::{PersonaError, nearest};
use super::{Persona, Voice};
use crate::knowledge::{Belief, Fact, LoreLayer, Rule, Rules, Secrecy};
use persona_mind::brief::{Boundaries, Goal, OfferedAction, PersonaCard, Register, Relation, Trait};
use ron::extensions::Extensions;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The largest file, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// How far a voice may be from the usual, as a factor.
const VOICE_RANGE: RangeInclusive<f32> = 0.5..=2.0;

/// A persona as its file tells it.
#[derive(Clone, Debug)]
pub struct ParsedPersona {
    /// The persona, without its lore.
    pub persona: Persona,
    /// Paths of its lore.
    pub knows: Vec<String>,
}

/// A layer of lore as its file tells it.
#[derive(Clone, Debug, Default)]
pub struct ParsedLore {
    /// The layer.
    pub layer: LoreLayer,
    /// Groups whose members know it.
    pub groups: Vec<String>,
}

impl ParsedPersona {
    /// Checks that each layer of lore is one of those that there are; `text` and `path` are the persona file's.
    ///
    /// # Errors
    /// [`PersonaError::Invalid`] with the place of the first path that leads nowhere, and the nearest that does not.
    pub fn check_lore(&self, text: &str, path: &str, there: &[&str]) -> Result<(), PersonaError> {
        let Some(lost) = self.knows.iter().find(|lore| !there.contains(&lore.as_str())) else { return Ok(()) };
        let near = nearest(lost, there).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let message = format!("a file of lore expected, found `{lost}`, which is not there{near}");
        Err(Check { text, path }.at_word(&format!("\"{lost}\""), message))
    }
}

#[derive(Deserialize)]
#[serde(rename = "Persona", deny_unknown_fields)]
struct PersonaFile {
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default = "english")]
    language: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    traits: Vec<Trait>,
    #[serde(default)]
    speech: SpeechFile,
    #[serde(default)]
    goals: Vec<GoalFile>,
    #[serde(default)]
    improvisation: f32,
    #[serde(default)]
    knows: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    facts: Vec<FactFile>,
    #[serde(default)]
    feelings: BTreeMap<String, FeelingFile>,
    #[serde(default)]
    boundaries: BoundariesFile,
    #[serde(default)]
    fallbacks: Vec<String>,
    #[serde(default)]
    voice: Voice,
    #[serde(default)]
    actions: Vec<String>,
}

fn english() -> String {
    "en".into()
}

#[derive(Deserialize)]
#[serde(rename = "Speech", deny_unknown_fields, default)]
struct SpeechFile {
    register: Register,
    verbosity: f32,
    catchphrases: Vec<String>,
    examples: Vec<(String, String)>,
}

impl Default for SpeechFile {
    fn default() -> Self {
        Self { register: Register::Plain, verbosity: 0.5, catchphrases: Vec::new(), examples: Vec::new() }
    }
}

#[derive(Deserialize)]
#[serde(rename = "Goal", deny_unknown_fields)]
struct GoalFile {
    id: String,
    text: String,
    #[serde(default)]
    priority: i32,
}

#[derive(Deserialize, Default)]
#[serde(rename = "Feeling", deny_unknown_fields, default)]
struct FeelingFile {
    trust: f32,
    liking: f32,
    fear: f32,
}

#[derive(Deserialize, Default)]
#[serde(rename = "Boundaries", deny_unknown_fields, default)]
struct BoundariesFile {
    never_discuss: Vec<String>,
    refusals: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename = "Lore", deny_unknown_fields)]
struct LoreFile {
    #[serde(default)]
    groups: Vec<String>,
    facts: Vec<FactFile>,
    #[serde(default)]
    aliases: BTreeMap<String, Vec<String>>,
    /// What concepts are, in a sentence; each is a fact, "NAME is SENTENCE".
    #[serde(default)]
    descriptions: BTreeMap<String, String>,
    #[serde(default)]
    relations: BTreeMap<String, Rule>,
}

/// `("subject", "predicate", "object")`, with a fourth part for what is special about it.
struct FactFile {
    triple: [String; 3],
    more: FactMore,
}

#[derive(Deserialize, Default)]
#[serde(rename = "More", deny_unknown_fields, default)]
struct FactMore {
    secret_until: Option<SecrecyFile>,
    confidence: Option<f32>,
    /// The character knows that it is not so, and says it.
    lie: bool,
}

#[derive(Deserialize)]
enum SecrecyFile {
    Trust(f32),
    Flag(String),
    Both(f32, String),
    Never,
}

impl<'de> Deserialize<'de> for FactFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Parts;
        impl<'de> Visitor<'de> for Parts {
            type Value = FactFile;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("(\"subject\", \"predicate\", \"object\")")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<FactFile, A::Error> {
                let mut triple = [const { String::new() }; 3];
                for (i, part) in triple.iter_mut().enumerate() {
                    *part = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(i, &Parts))?;
                }
                Ok(FactFile { triple, more: seq.next_element()?.unwrap_or_default() })
            }
        }
        deserializer.deserialize_tuple(4, Parts)
    }
}

/// Reads a persona from the text of its file; `path` is for errors.
///
/// # Errors
/// [`PersonaError`] with the place of the first thing that is wrong.
pub fn parse_persona(text: &str, path: &str) -> Result<ParsedPersona, PersonaError> {
    let file: PersonaFile = parse(text, path)?;
    let check = Check { text, path };
    check.name(&file.name, "name")?;
    check.range(file.speech.verbosity, 0.0, "verbosity")?;
    check.range(file.improvisation, 0.0, "improvisation")?;
    for feeling in file.feelings.values() {
        check.range(feeling.trust, -1.0, "trust")?;
        check.range(feeling.liking, -1.0, "liking")?;
        check.range(feeling.fear, 0.0, "fear")?;
    }
    if let Voice::Babble { pitch, speed } = file.voice {
        check.within(pitch, VOICE_RANGE, "pitch")?;
        check.within(speed, VOICE_RANGE, "speed")?;
    }
    let facts = check.facts(file.facts)?;
    let mut goals: Vec<Goal> = file.goals.into_iter().map(|g| Goal { id: g.id, text: g.text, priority: g.priority }).collect();
    goals.sort_by_key(|goal| std::cmp::Reverse(goal.priority));
    let card = PersonaCard {
        name: file.name,
        role: file.role,
        language: file.language,
        about: file.about,
        traits: file.traits,
        register: file.speech.register,
        verbosity: file.speech.verbosity,
        catchphrases: file.speech.catchphrases,
        examples: file.speech.examples,
        goals,
        improvisation: file.improvisation,
        boundaries: Boundaries { never_discuss: file.boundaries.never_discuss, refusals: file.boundaries.refusals },
        fallbacks: file.fallbacks,
    };
    let relation = |f: FeelingFile| Relation { trust: f.trust, liking: f.liking, fear: f.fear };
    let persona = Persona {
        card: Arc::new(card),
        knows: Vec::new(),
        groups: file.groups,
        facts,
        feelings: file.feelings.into_iter().map(|(name, f)| (name, relation(f))).collect(),
        actions: file.actions.into_iter().map(|name| OfferedAction { name, description: String::new() }).collect(),
        voice: file.voice,
    };
    Ok(ParsedPersona { persona, knows: file.knows })
}

/// Reads a layer of lore from the text of its file; `path` is for errors.
///
/// # Errors
/// [`PersonaError`] with the place of the first thing that is wrong.
pub fn parse_lore(text: &str, path: &str) -> Result<ParsedLore, PersonaError> {
    let file: LoreFile = parse(text, path)?;
    let check = Check { text, path };
    let described = file.descriptions.into_iter().map(|(name, text)| [name, "is".to_owned(), text]);
    let described = described.map(|triple| FactFile { triple, more: FactMore::default() });
    let facts = check.facts(file.facts.into_iter().chain(described).collect())?;
    let rules = Rules::new(file.relations.into_iter().map(|(predicate, rule)| (predicate.into(), rule)));
    let layer = LoreLayer::new(facts, file.aliases.into_iter().collect()).with_rules(rules);
    Ok(ParsedLore { layer, groups: file.groups })
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str, path: &str) -> Result<T, PersonaError> {
    Check { text, path }.parse(text)
}

/// What is wrong, with the nearest right name.
fn message(error: &ron::Error) -> String {
    let near = match error {
        ron::Error::NoSuchStructField { expected, found, .. } | ron::Error::NoSuchEnumVariant { expected, found, .. } => {
            nearest(found, expected)
        }
        _ => None,
    };
    near.map_or_else(|| error.to_string(), |near| format!("{error}; did you mean `{near}`?"))
}

/// Checks on values, with their place in the text.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    pub text: &'a str,
    pub path: &'a str,
}

impl Check<'_> {
    /// Reads a value from the text or from a part of it. The places in errors are those in the whole text.
    pub(crate) fn parse<'de, T: Deserialize<'de>>(self, part: &'de str) -> Result<T, PersonaError> {
        if self.text.len() > MAX_BYTES {
            return Err(PersonaError::TooLarge { path: self.path.into(), limit: MAX_BYTES, found: self.text.len() });
        }
        // The parser calls itself for each bracket, 128 deep at most.
        let options = ron::Options::default().with_recursion_limit(128).with_default_extension(Extensions::IMPLICIT_SOME);
        options.from_str(part).map_err(|error| {
            let (line, column) = self.place(self.offset_of(part));
            let place = error.span.start;
            let column = if place.line == 1 { column + place.col - 1 } else { place.col };
            self.invalid(line + place.line - 1, column, message(&error.code))
        })
    }

    /// Where a part of the text begins, in bytes.
    pub(crate) fn offset_of(self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len())
    }

    /// Line and column of byte `at` of the text, from 1.
    pub(crate) fn place(self, at: usize) -> (usize, usize) {
        let before = &self.text[..at];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    fn invalid(self, line: usize, column: usize, message: String) -> PersonaError {
        PersonaError::Invalid { path: self.path.into(), line, column, message }
    }

    /// An error at byte `at` of the text.
    pub(crate) fn at(self, at: usize, message: String) -> PersonaError {
        let (line, column) = self.place(at);
        self.invalid(line, column, message)
    }

    fn at_word(self, word: &str, message: String) -> PersonaError {
        self.at(self.text.find(word).unwrap_or(0), message)
    }

    fn name(self, name: &str, field: &str) -> Result<(), PersonaError> {
        if name.trim().is_empty() {
            return Err(self.at_word(field, format!("`{field}`: a name expected, found nothing")));
        }
        Ok(())
    }

    /// At most 1 and at least `low`.
    fn range(self, value: f32, low: f32, field: &str) -> Result<(), PersonaError> {
        self.within(value, low..=1.0, field)
    }

    fn within(self, value: f32, range: RangeInclusive<f32>, field: &str) -> Result<(), PersonaError> {
        if range.contains(&value) {
            return Ok(());
        }
        let (low, high) = (range.start(), range.end());
        Err(self.at_word(&format!("{field}:"), format!("`{field}`: a number of {low}..={high} expected, found {value}")))
    }

    fn facts(self, facts: Vec<FactFile>) -> Result<Vec<Fact>, PersonaError> {
        let mut seen = HashSet::new();
        facts.into_iter().map(|fact| self.fact(fact, &mut seen)).collect()
    }

    fn fact(self, file: FactFile, seen: &mut HashSet<String>) -> Result<Fact, PersonaError> {
        let [subject, predicate, object] = file.triple;
        for (part, what) in [(&subject, "subject"), (&predicate, "predicate"), (&object, "object")] {
            if part.trim().is_empty() {
                return Err(self.at_word("\"\"", format!("a fact's {what} expected, found nothing")));
            }
        }
        if !seen.insert(format!("{subject}\0{predicate}\0{object}").to_lowercase()) {
            let second = self.text.rfind(&format!("\"{subject}\"")).unwrap_or(0);
            return Err(self.at(second, format!("each fact once expected, found `{subject} {predicate} {object}` twice")));
        }
        let mut fact = Fact::new(subject.as_str(), predicate.as_str(), object.as_str());
        if let Some(confidence) = file.more.confidence {
            self.range(confidence, 0.0, "confidence")?;
            fact = fact.with_confidence(confidence);
        }
        if file.more.lie {
            fact = fact.with_belief(Belief::Untrue);
        }
        let Some(secrecy) = file.more.secret_until else { return Ok(fact) };
        if let SecrecyFile::Trust(trust) | SecrecyFile::Both(trust, _) = secrecy {
            self.range(trust, -1.0, "secret_until")?;
        }
        Ok(fact.secret_until(match secrecy {
            SecrecyFile::Trust(trust) => Secrecy::Trust(trust),
            SecrecyFile::Flag(flag) => Secrecy::Flag(flag.into()),
            SecrecyFile::Both(trust, flag) => Secrecy::Both(trust, flag.into()),
            SecrecyFile::Never => Secrecy::Never,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fails(text: &str, error: &str) {
        let found = parse_persona(text, "a.persona.ron").expect_err("the file is wrong").to_string();
        assert!(found.contains(error), "expected `{error}` in `{found}`");
    }

    #[test]
    fn errors_name_place_and_nearest_name() {
        fails("Persona(\n    nmae: \"Marta\",\n)", "a.persona.ron:2:");
        fails("Persona(\n    nmae: \"Marta\",\n)", "did you mean `name`?");
        fails("Persona(name: \"Marta\",\n speech: (register: Rustik))", "did you mean `Rustic`?");
        fails("Persona(name: \"\")", "1:9: `name`: a name expected");
        fails("Persona(name: 5)", "a.persona.ron:1:");
        fails("Persona(name: \"M\", improvisation: 3.0)", "`improvisation`: a number of 0..=1 expected, found 3");
        fails("Persona(name: \"M\", facts: [(\"a\", \"is\", \"b\"),\n(\"a\", \"is\", \"b\")])", "2:2: each fact once expected");
        fails("Persona(name: \"M\", facts: [(\"a\", \"is\")])", "a.persona.ron:1:");
        fails("Persona(name: \"M\",\n voice: Babble(pitch: 9.0))", "2:16: `pitch`: a number of 0.5..=2 expected, found 9");
        fails("Persona(name: \"M\", voice: Bable())", "did you mean `Babble`?");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_named_with_the_nearest_that_does_not() {
        let text = "Persona(\n    name: \"M\",\n    knows: [\"lore/twon.lore.ron\"],\n)";
        let parsed = parse_persona(text, "a").expect("the form is right");
        let error = parsed.check_lore(text, "a", &["lore/town.lore.ron"]).expect_err("there is no such file").to_string();
        assert_eq!(
            error,
            "a:3:13: a file of lore expected, found `lore/twon.lore.ron`, which is not there; did you mean `lore/town.lore.ron`?"
        );
        parsed.check_lore(text, "a", &["lore/twon.lore.ron"]).expect("there it is");
    }

    #[test]
    fn ten_megabytes_of_brackets_are_a_quick_error() {
        let found = parse_persona(&"(".repeat(10 << 20), "a").expect_err("too large");
        assert!(matches!(found, PersonaError::TooLarge { .. }), "found {found}");
        fails(&"(".repeat(1 << 19), "a.persona.ron:1:2:");
    }

    #[test]
    fn a_secret_keeps_its_condition() {
        let text = "Persona(name: \"M\", facts: [(\"key\", \"is under\", \"step\", (secret_until: Trust(0.7)))])";
        let parsed = parse_persona(text, "a").expect("the file is right");
        assert!(!parsed.persona.facts[0].is_open(0.5, &[]), "it is kept at a trust of 0.5");
        assert!(parsed.persona.facts[0].is_open(0.8, &[]), "it is told at a trust of 0.8");
    }

    proptest::proptest! {
        #[test]
        fn damaged_files_never_panic(cut in 0usize..2000, flip in 0usize..2000, byte: u8) {
            let text = include_str!("../../assets/personas/marta.persona.ron");
            let mut bytes = text.as_bytes()[..text.len() - cut % text.len()].to_vec();
            let at = flip % bytes.len();
            bytes[at] = byte;
            let _ = parse_persona(&String::from_utf8_lossy(&bytes), "damaged");
        }
    }
}
