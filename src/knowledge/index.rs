//! What makes reading facts quick: who, how and whom by concept, words, phrases and time.

use super::{
    Concept, Fact, Pattern,
    concept::KeyMap,
    store::Store,
    words::{Kind, Word, is_of_place, phrase, words},
};
use std::collections::BTreeSet;

/// The most words of one name that are indexed.
const WORDS_OF_NAME: usize = 64;

/// An index over a list of facts; a fact is named by its place in the list.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// What recall needs of each fact, without reading the fact.
    pub docs: Vec<Doc>,
    /// Words of all facts together.
    pub total_words: u64,
    /// Facts by their age and place: newest first, of one time in the order in which they were learned.
    pub recent: BTreeSet<(u64, u32)>,
    by_triple: KeyMap<u32>,
    by_subject: KeyMap<Vec<u32>>,
    by_predicate: KeyMap<Vec<u32>>,
    by_object: KeyMap<Vec<u32>>,
    by_word: KeyMap<Vec<Posting>>,
    by_phrase: KeyMap<Vec<u64>>,
    by_alias_word: KeyMap<Vec<u64>>,
}

/// What recall needs of a fact.
#[derive(Clone, Copy, Debug)]
pub(super) struct Doc {
    /// What identifies subject, predicate and object together.
    pub triple: u64,
    /// When it was learned.
    pub time: f64,
    /// How sure it is.
    pub confidence: f32,
    /// Its words of substance.
    pub length: u16,
    /// Whether the relation is one of place.
    pub is_of_place: bool,
    /// Whether it holds still and is believed.
    pub holds: bool,
}

/// A fact that holds a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting {
    /// The fact.
    pub doc: u32,
    /// How often it holds the word, weighted by kind.
    pub weight: f32,
}

impl Index {
    pub(super) fn new<'a>(facts: &Store, aliases: impl IntoIterator<Item = &'a (Concept, Concept)>) -> Self {
        let mut index = Self::default();
        // Most names stand in several facts.
        let mut names: KeyMap<Vec<Word>> = KeyMap::default();
        for fact in facts.iter() {
            for name in [&fact.subject, &fact.predicate, &fact.object] {
                names.entry(name.id()).or_insert_with(|| words(name, WORDS_OF_NAME));
            }
            let of = |name: &Concept| names.get(&name.id()).map_or(&[][..], Vec::as_slice);
            index.push(&fact, [of(&fact.subject), of(&fact.predicate), of(&fact.object)]);
        }
        // At once, which is quicker than one by one.
        index.recent = (0..).zip(&index.docs).map(|(doc, entry)| (age(entry.time), doc)).collect();
        for (concept, alias) in aliases {
            index.add_alias(concept, alias);
        }
        index
    }

    /// Adds the next fact of the list.
    pub(super) fn add(&mut self, fact: &Fact) {
        let doc = self.docs.len() as u32;
        let [subject, predicate, object] = [&fact.subject, &fact.predicate, &fact.object].map(|name| words(name, WORDS_OF_NAME));
        self.push(fact, [&subject, &predicate, &object]);
        self.recent.insert((age(fact.learned_at), doc));
    }

    /// Takes over what may change of a fact: its time, its confidence, whether it holds.
    pub(super) fn refresh(&mut self, doc: u32, fact: &Fact) {
        let entry = &mut self.docs[doc as usize];
        entry.confidence = fact.confidence;
        entry.holds = fact.holds();
        if entry.time != fact.learned_at {
            let before = std::mem::replace(&mut entry.time, fact.learned_at);
            self.recent.remove(&(age(before), doc));
            self.recent.insert((age(fact.learned_at), doc));
        }
    }

    pub(super) fn add_alias(&mut self, concept: &Concept, alias: &Concept) {
        let alias_words = words(alias, WORDS_OF_NAME);
        if let Some(phrase) = phrase(&alias_words) {
            insert(self.by_phrase.entry(phrase).or_default(), concept.id());
        }
        for word in alias_words.iter().filter(|word| word.kind == Kind::Content) {
            insert(self.by_alias_word.entry(word.stem).or_default(), concept.id());
        }
    }

    pub(super) fn of_triple(&self, triple: u64) -> Option<u32> {
        self.by_triple.get(&triple).copied()
    }

    pub(super) fn of_subject(&self, concept: u64) -> &[u32] {
        list(&self.by_subject, concept)
    }

    pub(super) fn of_predicate(&self, concept: u64) -> &[u32] {
        list(&self.by_predicate, concept)
    }

    /// The facts of each relation.
    pub(super) fn predicates(&self) -> impl Iterator<Item = &[u32]> {
        self.by_predicate.values().map(Vec::as_slice)
    }

    pub(super) fn of_object(&self, concept: u64) -> &[u32] {
        list(&self.by_object, concept)
    }

    pub(super) fn of_word(&self, stem: u64) -> &[Posting] {
        list(&self.by_word, stem)
    }

    /// Concepts that a phrase names.
    pub(super) fn of_phrase(&self, phrase: u64) -> &[u64] {
        list(&self.by_phrase, phrase)
    }

    /// Concepts that have this word in another name of theirs.
    pub(super) fn of_alias_word(&self, stem: u64) -> &[u64] {
        list(&self.by_alias_word, stem)
    }

    /// Facts that may match; those that do are among them.
    pub(super) fn candidates(&self, pattern: &Pattern) -> Candidates<'_> {
        let parts = [
            pattern.subject.as_ref().map(|concept| self.of_subject(concept.id())),
            pattern.object.as_ref().map(|concept| self.of_object(concept.id())),
            pattern.predicate.as_ref().map(|concept| self.of_predicate(concept.id())),
        ];
        match parts.into_iter().flatten().min_by_key(|docs| docs.len()) {
            Some(docs) => Candidates::Some(docs.iter()),
            None => Candidates::All(0..self.docs.len() as u32),
        }
    }

    /// The name under which a concept is known here, so that facts can share it.
    pub(super) fn shared<'a>(&self, facts: &'a Store, concept: &Concept) -> Option<&'a Concept> {
        let id = concept.id();
        let name = |docs: &[u32], part: usize| docs.first().and_then(|&doc| facts.names(doc as usize)).map(|names| names[part]);
        let (subjects, objects) = (self.of_subject(id), self.of_object(id));
        name(subjects, 0).or_else(|| name(objects, 2)).or_else(|| name(self.of_predicate(id), 1))
    }

    /// Adds the next fact, with the words of its names.
    fn push(&mut self, fact: &Fact, [subject, predicate, object]: [&[Word]; 3]) {
        let doc = self.docs.len() as u32;
        for (concept, words) in [(&fact.subject, subject), (&fact.object, object)] {
            let is_known = self.by_subject.contains_key(&concept.id()) || self.by_object.contains_key(&concept.id());
            if !is_known && let Some(phrase) = phrase(words) {
                insert(self.by_phrase.entry(phrase).or_default(), concept.id());
            }
        }
        let triple = fact.triple();
        self.by_triple.entry(triple).or_insert(doc);
        self.by_subject.entry(fact.subject.id()).or_default().push(doc);
        self.by_object.entry(fact.object.id()).or_default().push(doc);
        self.by_predicate.entry(fact.predicate.id()).or_default().push(doc);
        let mut length = 0;
        for word in subject.iter().chain(predicate).chain(object) {
            length += self.push_word(doc, word);
        }
        self.total_words += u64::from(length);
        self.docs.push(Doc {
            triple,
            time: fact.learned_at,
            confidence: fact.confidence,
            length,
            is_of_place: predicate.iter().any(|word| is_of_place(&word.text)),
            holds: fact.holds(),
        });
    }

    /// Indexes one word; returns by how much it lengthens the fact.
    fn push_word(&mut self, doc: u32, word: &Word) -> u16 {
        let (weight, length) = match word.kind {
            Kind::Content => (1.0, 1),
            Kind::Light => (1.0, 0),
            Kind::Stop => return 0,
        };
        let both = [Some((word.stem, weight)), word.root.map(|root| (root, weight * ROOT_WEIGHT))];
        for (stem, weight) in both.into_iter().flatten() {
            let postings = self.by_word.entry(stem).or_default();
            match postings.last_mut() {
                Some(last) if last.doc == doc => last.weight += weight,
                _ => postings.push(Posting { doc, weight }),
            }
        }
        length
    }
}

/// Orders times, the latest first.
fn age(time: f64) -> u64 {
    let bits = time.to_bits();
    let rising = if time.is_sign_negative() { !bits } else { bits | 1 << 63 };
    !rising
}

/// How much "own" counts where the fact says "owner".
pub(super) const ROOT_WEIGHT: f32 = 0.5;

/// Facts to look through.
pub(super) enum Candidates<'a> {
    /// All of them.
    All(std::ops::Range<u32>),
    /// These.
    Some(std::slice::Iter<'a, u32>),
}

impl Iterator for Candidates<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        match self {
            Self::All(range) => range.next(),
            Self::Some(docs) => docs.next().copied(),
        }
    }
}

fn list<T>(map: &KeyMap<Vec<T>>, key: u64) -> &[T] {
    map.get(&key).map_or(&[], Vec::as_slice)
}

fn insert(list: &mut Vec<u64>, key: u64) {
    if !list.contains(&key) {
        list.push(key);
    }
}
