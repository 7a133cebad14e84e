//! The written content that training data is made from: relations, intents, styles, talk of what is seen.

use super::sample::slots;
use crate::brief::{Emotion, Register};
use crate::hearth::phrasebook::{ASIDE, CLOSER, GUARDED, OPENER, UNKNOWN, VIEW, entry};
use crate::hearth::script::Certainty;
use crate::hearth::vocab::Tone;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

/// A relation between concepts, and all the ways to ask for it and to state it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// Unique name.
    pub id: String,
    /// Where it belongs.
    pub world: World,
    /// What its subject is.
    pub subject: Kind,
    /// What its object is.
    pub object: Kind,
    /// Other relations whose facts, by their nature, answer its questions as well: "where is it" by what it is hidden
    /// under.
    #[serde(default)]
    pub related: Vec<String>,
    /// Predicates that fit between subject and object.
    pub facts: Vec<String>,
    /// Questions with `{S}` for the object.
    pub ask_object: Vec<String>,
    /// Questions with `{O}` for the subject.
    pub ask_subject: Vec<String>,
    /// Questions to a character who is the subject.
    pub ask_self: Vec<String>,
    /// Sentences that state the fact; its own words do where there are none.
    pub says: Vec<String>,
    /// Sentences in which the subject states the fact.
    pub says_self: Vec<String>,
}

/// A kind of world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum World {
    Any,
    Fantasy,
    Modern,
    School,
    Space,
    Home,
}

/// What a concept is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Person,
    Group,
    Place,
    Item,
    Animal,
    Time,
    Amount,
    Food,
    Craft,
    Idea,
    Event,
    Machine,
    Material,
    Subject,
}

/// What concepts of a kind are called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Things {
    /// The kind.
    pub kind: Kind,
    /// Names and noun phrases.
    pub names: Vec<String>,
}

/// What the ends of a relation are called: the object of "is married to" is the subject's wife.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nouns {
    /// The relation.
    pub id: String,
    /// Nouns for the object, as the subject's.
    pub object: Vec<String>,
    /// Nouns for the subject, as the object's.
    pub subject: Vec<String>,
}

/// Something a player's line can mean, other than asking for a fact, and replies to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// Unique name.
    pub id: String,
    /// The mood it leaves, by tone: warm, neutral, cold.
    pub emotion: (Emotion, Emotion, Emotion),
    /// What a player says.
    pub lines: Vec<String>,
    /// What a character answers.
    pub replies: Vec<(Register, Tone, Vec<String>)>,
}

impl Intent {
    /// The replies of a register in a tone, or in the neutral tone where that has none of its own.
    #[must_use]
    pub fn replies(&self, register: Register, tone: Tone) -> &[String] {
        let of = |tone| self.replies.iter().find(|(r, t, list)| (*r, *t) == (register, tone) && !list.is_empty());
        of(tone).or_else(|| of(Tone::Neutral)).map_or(&[], |(_, _, list)| list)
    }
}

/// Questions that any fact answers which is about the right one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenQuestion {
    /// Whom the fact must be about.
    pub about: About,
    /// What a player says; `{X}` for the one named.
    pub lines: Vec<String>,
}

/// Whom an open question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum About {
    /// The one that the line names.
    Named,
    /// Anyone but the character.
    News,
    /// The character.
    Oneself,
}

/// How a register wraps a plain sentence.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "described in the content's own guide")]
pub struct Style {
    pub register: Register,
    pub frames: Vec<(Tone, Vec<String>)>,
    pub unsure: Vec<String>,
    pub told: Vec<String>,
    pub ignorant: Vec<(Tone, Vec<String>)>,
    pub ignorant_of: Vec<(Tone, Vec<String>)>,
    pub guarded: Vec<(Tone, Vec<String>)>,
    pub and_you: Vec<String>,
}

/// What a way of speaking puts before and behind what it says, by tone.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "described in the content's own guide")]
pub struct Aside {
    pub register: Register,
    pub openers: Vec<(Tone, Vec<String>)>,
    pub closers: Vec<(Tone, Vec<String>)>,
}

/// Talk of what is seen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewTalk {
    /// The topic.
    pub id: String,
    /// What a player says.
    pub lines: Vec<String>,
    /// What a character answers.
    pub replies: Vec<(Register, Vec<String>)>,
}

/// An action that games offer, in many wordings, and the intents that call for it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionContent {
    /// Names and descriptions.
    pub wordings: Vec<String>,
    /// Intents after which it is proposed.
    pub intents: Vec<String>,
    /// Tones in which it is proposed.
    pub tones: Vec<Tone>,
}

/// All written content.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Relations.
    pub relations: Vec<Relation>,
    /// For each relation, others whose questions share words with its own, nearest first: easily confused.
    pub neighbours: Vec<Vec<usize>>,
    /// Names for subjects and objects.
    pub things: Vec<Things>,
    /// What the ends of relations are called.
    pub nouns: Vec<Nouns>,
    /// Questions that many facts answer.
    pub open: Vec<OpenQuestion>,
    /// Intents other than facts and views.
    pub intents: Vec<Intent>,
    /// One for each register.
    pub styles: Vec<Style>,
    /// What stands before and behind what is said; for some registers or all.
    pub asides: Vec<Aside>,
    /// Topics of views.
    pub views: Vec<ViewTalk>,
    /// Actions.
    pub actions: Vec<ActionContent>,
}

/// Why content cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// A file or folder cannot be read.
    #[error("{path}: {error}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}:{error}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        error: Box<ron::error::SpannedError>,
    },
    /// Something is missing that every sample needs.
    #[error("{path}: {what}")]
    Missing {
        /// The folder.
        path: PathBuf,
        /// What is missing.
        what: String,
    },
}

impl Content {
    /// Reads the content folder.
    ///
    /// # Errors
    /// [`ContentError`], naming file, line and column.
    pub fn load(folder: &Path) -> Result<Self, ContentError> {
        let mut content = Self {
            neighbours: Vec::new(),
            relations: read_folder(&folder.join("relations"))?,
            things: read(&folder.join("things.ron"))?,
            nouns: read(&folder.join("nouns.ron"))?,
            open: read(&folder.join("open.ron"))?,
            intents: read_folder(&folder.join("intents"))?,
            styles: read(&folder.join("style.ron"))?,
            asides: read(&folder.join("asides.ron"))?,
            views: read(&folder.join("view.ron"))?,
            actions: read(&folder.join("actions.ron"))?,
        };
        content.check(folder)?;
        content.neighbours = neighbours(&content.relations);
        Ok(content)
    }

    /// Adds a game's own `relations` folder, `things.ron` and `nouns.ron`, each where it is there. What lines can mean stays as
    /// it is, since the vocabulary follows from that.
    ///
    /// # Errors
    /// [`ContentError`], naming file, line and column.
    pub fn add(&mut self, folder: &Path) -> Result<(), ContentError> {
        let there = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
        if let Some(path) = there("relations") {
            self.relations.extend(read_folder(&path)?);
        }
        if let Some(path) = there("things.ron") {
            for more in read::<Vec<Things>>(&path)? {
                match self.things.iter_mut().find(|t| t.kind == more.kind) {
                    Some(things) => things.names.extend(more.names),
                    None => self.things.push(more),
                }
            }
        }
        if let Some(path) = there("nouns.ron") {
            self.nouns.extend(read::<Vec<Nouns>>(&path)?);
        }
        self.neighbours = neighbours(&self.relations);
        self.check(folder)
    }

    /// Ids of everything a line can mean: `fact`, then topics of views, then intents.
    #[must_use]
    pub fn intent_ids(&self) -> Vec<String> {
        let topics = ["fact", "see", "colour", "colour_of_that", "where_is", "what_is_that", "in_view"];
        topics.map(String::from).into_iter().chain(self.intents.iter().map(|i| i.id.clone())).collect()
    }

    /// Whether a question for one relation is, by its nature, answered by a fact of the other as well.
    #[must_use]
    pub fn related(&self, a: usize, b: usize) -> bool {
        let names = |of: usize, other: usize| match (self.relations.get(of), self.relations.get(other)) {
            (Some(of), Some(other)) => of.related.contains(&other.id),
            _ => false,
        };
        a == b || names(a, b) || names(b, a)
    }

    /// All that characters say of their own accord, as entries of a [`Phrasebook`](crate::hearth::phrasebook::Phrasebook).
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut entries = BTreeSet::new();
        let mut add = |register, topic: &str, tone, lines: &[String]| {
            entries.extend(lines.iter().map(|line| entry(register, topic, tone, &slots(line))));
        };
        for intent in &self.intents {
            intent.replies.iter().for_each(|(register, tone, lines)| add(*register, &intent.id, *tone, lines));
        }
        for view in &self.views {
            let topic = format!("{VIEW}{}", view.id);
            view.replies.iter().for_each(|(register, lines)| add(*register, &topic, Tone::Neutral, lines));
        }
        for style in &self.styles {
            style.frames.iter().for_each(|(tone, lines)| add(style.register, Certainty::Sure.name(), *tone, lines));
            for (topic, lines) in
                [(Certainty::Unsure.name(), &style.unsure), (Certainty::Told.name(), &style.told), (ASIDE, &style.and_you)]
            {
                add(style.register, topic, Tone::Neutral, lines);
            }
            for (topic, lists) in [(UNKNOWN, &style.ignorant), (UNKNOWN, &style.ignorant_of), (GUARDED, &style.guarded)] {
                lists.iter().for_each(|(tone, lines)| add(style.register, topic, *tone, lines));
            }
        }
        for aside in &self.asides {
            for (topic, lists) in [(OPENER, &aside.openers), (CLOSER, &aside.closers)] {
                lists.iter().for_each(|(tone, lines)| add(aside.register, topic, *tone, lines));
            }
        }
        entries.into_iter().collect()
    }

    fn check(&self, folder: &Path) -> Result<(), ContentError> {
        let missing = |what: String| Err(ContentError::Missing { path: folder.to_owned(), what });
        for register in Register::ALL {
            if !self.styles.iter().any(|s| s.register == *register) {
                return missing(format!("no style for register {}", register.name()));
            }
            for intent in &self.intents {
                if intent.replies(*register, Tone::Neutral).is_empty() {
                    return missing(format!("intent {}: no neutral reply for {}", intent.id, register.name()));
                }
            }
        }
        let known: HashSet<&str> = self.relations.iter().map(|r| r.id.as_str()).collect();
        if known.len() < self.relations.len() {
            return missing("relations: each id once".to_owned());
        }
        if let Some(lost) = self.nouns.iter().find(|n| !known.contains(n.id.as_str())) {
            return missing(format!("nouns: relation {}", lost.id));
        }
        for relation in &self.relations {
            for kind in [relation.subject, relation.object] {
                if !self.things.iter().any(|t| t.kind == kind && !t.names.is_empty()) {
                    return missing(format!("things: names of kind {kind:?}"));
                }
            }
            if let Some(lost) = relation.related.iter().find(|id| !known.contains(id.as_str())) {
                return missing(format!("relation {}: its related {lost}", relation.id));
            }
            if relation.facts.is_empty() || relation.ask_object.is_empty() {
                return missing(format!("relation {}: facts and ask_object must not be empty", relation.id));
            }
        }
        Ok(())
    }
}

/// How many neighbours of a relation are kept.
const NEIGHBOURS: usize = 12;

/// For each relation the others whose questions share most words, rare words counting more.
fn neighbours(relations: &[Relation]) -> Vec<Vec<usize>> {
    let words = |r: &Relation| -> BTreeSet<String> {
        let questions = r.ask_object.iter().chain(&r.ask_subject).chain(&r.ask_self).chain(&r.facts);
        let words = questions.flat_map(|q| q.split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2));
        words.map(str::to_lowercase).collect()
    };
    let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, relation) in relations.iter().enumerate() {
        words(relation).into_iter().for_each(|word| users.entry(word).or_default().push(i));
    }
    let mut nearness = vec![HashMap::<usize, f32>::new(); relations.len()];
    // A word that many relations use tells none apart.
    for users in users.values().filter(|u| u.len() <= relations.len() / 20) {
        for a in users {
            for b in users.iter().filter(|b| *b != a) {
                *nearness[*a].entry(*b).or_default() += 1.0 / users.len() as f32;
            }
        }
    }
    let nearest = |near: HashMap<usize, f32>| {
        let mut near: Vec<(usize, f32)> = near.into_iter().collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        near.into_iter().take(NEIGHBOURS).map(|(relation, _)| relation).collect()
    };
    nearness.into_iter().map(nearest).collect()
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ContentError> {
    let text = std::fs::read_to_string(path).map_err(|error| ContentError::Read { path: path.to_owned(), error })?;
    ron::from_str(&text).map_err(|error| ContentError::Parse { path: path.to_owned(), error: Box::new(error) })
}

fn read_folder<T: serde::de::DeserializeOwned>(folder: &Path) -> Result<Vec<T>, ContentError> {
    let entries = std::fs::read_dir(folder).map_err(|error| ContentError::Read { path: folder.to_owned(), error })?;
    let mut paths: Vec<_> =
        entries.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "ron")).collect();
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        all.extend(read::<Vec<T>>(&path)?);
    }
    Ok(all)
}
