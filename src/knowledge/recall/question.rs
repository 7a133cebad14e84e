//! A query as the words, names and cues that facts are scored by.

use super::{RecallParts, RecallQuery, RecallReason};
use crate::knowledge::{
    ConceptKey, Knowledge,
    index::ROOT_WEIGHT,
    words::{Kind, Word, phrase, words},
};
use std::ops::Range;

/// What a query looks for.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// Stems, with how much each counts.
    pub terms: Vec<Cue>,
    /// Concepts, with how much each counts.
    pub concepts: Vec<Cue>,
    /// The character itself.
    pub own: u64,
    /// Who speaks.
    pub speaker: u64,
    /// Whether the line asks for a place.
    pub asks_where: bool,
}

/// A stem or a concept that is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cue {
    pub key: u64,
    pub weight: f32,
    pub reason: RecallReason,
}

/// The most words of the line that are read.
const WORDS_OF_LINE: usize = 256;
/// The most words of an earlier line, and how many earlier lines are read.
const WORDS_OF_CONTEXT: usize = 64;
const LINES_OF_CONTEXT: usize = 8;
/// The most things in view that count.
const THINGS_IN_VIEW: usize = 64;
/// The most words a name has that is looked for as one.
const WORDS_OF_PHRASE: usize = 8;

/// A small word such as "from", beside a word of substance.
const LIGHT: f32 = 0.35;
/// The line before this one, and what each older one keeps of it.
const CONTEXT: f32 = 0.3;
const CONTEXT_DECAY: f32 = 0.6;
/// What "he" or "there" stands for, alone and beside a name.
const PRONOUN: f32 = 0.9;
const PRONOUN_BESIDE_NAME: f32 = 0.4;
const IN_VIEW: f32 = 0.15;
/// "you", "I", and the character's own name as a form of address.
const YOU: f32 = 0.5;
const ME: f32 = 0.6;
const ADDRESS: f32 = 0.1;

impl Question {
    pub(super) fn read(knowledge: &Knowledge, query: &RecallQuery) -> Self {
        let id = |name| ConceptKey::of(name).0;
        let mut question = Self { own: id(query.own_name), speaker: id(query.speaker), ..Default::default() };
        let line = words(query.line, WORDS_OF_LINE);
        question.read_line(knowledge, &line);
        question.read_context(knowledge, &line, query.context);
        question.read_view(knowledge, query.in_view);
        question
    }

    /// Drops the cues that nothing shall be found by.
    pub(super) fn keep(&mut self, by: RecallParts) {
        let keeps = |cue: &Cue| match cue.reason {
            RecallReason::Words => by.words,
            RecallReason::Named => by.names,
            RecallReason::Context => by.context,
            _ => true,
        };
        self.terms.retain(keeps);
        self.concepts.retain(keeps);
    }

    fn read_line(&mut self, knowledge: &Knowledge, line: &[Word]) {
        for concept in mentions(knowledge, line) {
            let weight = if concept == self.own { ADDRESS } else { 1.0 };
            add(&mut self.concepts, Cue { key: concept, weight, reason: RecallReason::Named });
        }
        self.add_words(line, 1.0, RecallReason::Words);
        let has = |wanted: &[&str]| line.iter().any(|word| wanted.contains(&word.text.as_str()));
        if has(&["you", "your", "yours", "yourself", "ye", "thou", "thee", "thy"]) {
            add(&mut self.concepts, Cue { key: self.own, weight: YOU, reason: RecallReason::Named });
        }
        if has(&["i", "me", "my", "mine", "myself"]) {
            add(&mut self.concepts, Cue { key: self.speaker, weight: ME, reason: RecallReason::Named });
        }
        self.asks_where = has(&["where", "whither"]);
    }

    fn read_context(&mut self, knowledge: &Knowledge, line: &[Word], context: &[&str]) {
        let names_any = self.concepts.iter().any(|cue| cue.weight >= 1.0);
        let mut lean = leans_on_context(line, names_any);
        let mut weight = CONTEXT;
        for text in context.iter().rev().take(LINES_OF_CONTEXT) {
            let before = words(text, WORDS_OF_CONTEXT);
            let mut concepts = mentions(knowledge, &before);
            concepts.retain(|&concept| concept != self.own && concept != self.speaker);
            let strength = lean.unwrap_or(0.0).max(weight);
            for &concept in &concepts {
                add(&mut self.concepts, Cue { key: concept, weight: strength, reason: RecallReason::Context });
            }
            if !concepts.is_empty() {
                lean = None;
            }
            self.add_words(&before, weight, RecallReason::Context);
            weight *= CONTEXT_DECAY;
        }
    }

    fn read_view(&mut self, knowledge: &Knowledge, in_view: &[&str]) {
        for name in in_view.iter().take(THINGS_IN_VIEW) {
            let name_words = words(name, WORDS_OF_PHRASE);
            let concepts = mentions(knowledge, &name_words);
            for concept in concepts.into_iter().chain([ConceptKey::of(name).0]) {
                add(&mut self.concepts, Cue { key: concept, weight: IN_VIEW, reason: RecallReason::InView });
            }
            self.add_words(&name_words, IN_VIEW, RecallReason::InView);
        }
    }

    fn add_words(&mut self, words: &[Word], weight: f32, reason: RecallReason) {
        for word in words {
            let weight = match word.kind {
                Kind::Content => weight,
                Kind::Light => weight * LIGHT,
                Kind::Stop if word.is_proper => weight,
                Kind::Stop => continue,
            };
            add(&mut self.terms, Cue { key: word.stem, weight, reason });
            if let Some(root) = word.root {
                add(&mut self.terms, Cue { key: root, weight: weight * ROOT_WEIGHT, reason });
            }
        }
    }
}

/// The concepts that a text names.
pub(super) fn mentioned(knowledge: &Knowledge, text: &str) -> Vec<u64> {
    mentions(knowledge, &words(text, WORDS_OF_LINE))
}

/// How much the line leans on what was named before, where it does.
fn leans_on_context(line: &[Word], names_any: bool) -> Option<f32> {
    const PRONOUNS: &[&str] = &[
        "he", "him", "his", "she", "her", "hers", "it", "its", "they", "them", "their", "theirs", "there", "this", "that",
        "these", "those", "one",
    ];
    let has_pronoun = line.iter().any(|word| PRONOUNS.contains(&word.text.as_str()));
    // "Why?" and "Where?" ask on about the same thing.
    let is_bare = line.iter().all(|word| word.kind != Kind::Content) && !line.iter().any(|word| is_person(&word.text));
    match (has_pronoun || is_bare, names_any) {
        (true, false) => Some(PRONOUN),
        (true, true) => Some(PRONOUN_BESIDE_NAME),
        (false, _) => None,
    }
}

fn is_person(word: &str) -> bool {
    matches!(word, "you" | "your" | "yours" | "yourself" | "i" | "me" | "my" | "mine" | "myself")
}

/// Concepts that the words name, each once, in the order of naming. The longest name wins.
fn mentions(knowledge: &Knowledge, words: &[Word]) -> Vec<u64> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < words.len() {
        let longest = (1..=WORDS_OF_PHRASE.min(words.len() - start)).rev();
        let hit = longest.map(|length| start..start + length).find_map(|range| {
            let concepts = named(knowledge, words, range.clone());
            (!concepts.is_empty()).then_some((range, concepts))
        });
        let Some((range, concepts)) = hit else {
            start += 1;
            continue;
        };
        for concept in concepts {
            if !found.contains(&concept) {
                found.push(concept);
            }
        }
        start = range.end;
    }
    found
}

fn named(knowledge: &Knowledge, words: &[Word], range: Range<usize>) -> Vec<u64> {
    let words = &words[range];
    // "will" is a name only where it is written as one.
    let is_small = words.iter().all(|word| word.kind != Kind::Content && !word.is_proper);
    let Some(phrase) = phrase(words).filter(|_| !is_small) else {
        return Vec::new();
    };
    let mut concepts = Vec::new();
    for (_, _, index) in knowledge.layers() {
        for &concept in index.of_phrase(phrase) {
            if !concepts.contains(&concept) {
                concepts.push(concept);
            }
        }
    }
    concepts
}

/// Adds a cue, or raises the one that is there.
fn add(cues: &mut Vec<Cue>, cue: Cue) {
    match cues.iter_mut().find(|known| known.key == cue.key) {
        Some(known) if known.weight >= cue.weight => {}
        Some(known) => *known = cue,
        None => cues.push(cue),
    }
}
