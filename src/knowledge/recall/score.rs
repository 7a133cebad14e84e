//! Scores of all facts for one question.

mod meant;

use super::{
    RecallQuery, RecallReason,
    question::{Cue, Question},
};
use crate::knowledge::{Knowledge, index::Index, store::Store};
use std::{cmp::Ordering, collections::BinaryHeap};

/// BM25: how soon a repeated word counts no more, and how much a long fact loses.
const K1: f32 = 1.2;
const B: f32 = 0.4;
/// A named concept as subject, and as object, beside a word of the same rarity.
const AS_SUBJECT: f32 = 1.0;
const AS_OBJECT: f32 = 0.7;
/// A word that is part of another name of a concept.
const PART_OF_ALIAS: f32 = 0.5;
/// The most concepts that one such word may mean.
const CONCEPTS_OF_ALIAS: usize = 32;
/// The least that a name counts, however many facts name it.
const LEAST_RARITY: f32 = 0.3;
/// What a fact of place gains when a place is asked for.
const PLACE: f32 = 1.35;
/// What an unsure fact loses at most.
const UNSURE: f32 = 0.25;
/// What a fact keeps that holds no longer, or is not believed.
const OVER: f32 = 0.6;
/// Among more facts than this, a word that most of them hold says nothing.
const MANY: usize = 256;
/// How many of the best facts are sorted at once.
const BEST: usize = 128;
/// Of a longer list of facts, those that have no score otherwise are not gone through, but for the latest.
const LONG: usize = 512;
/// Looking for one fact in a list costs as much as passing by so many.
const SEARCH: usize = 12;
/// How many of the best facts pass a share of their score on, and how large a share.
const SPREADING: usize = 6;
const SHARE: f32 = 0.3;
/// A concept that more facts than this name says little about any of them.
const HUB: usize = 64;

/// The score of each fact, all layers in one row.
pub(super) struct Scores<'a> {
    layers: Vec<Layer<'a>>,
    hits: Vec<Hit>,
    /// Places of the facts that scored, in the order in which they did.
    touched: Vec<u32>,
    mean_length: f32,
}

#[derive(Clone, Copy)]
struct Layer<'a> {
    facts: &'a Store,
    index: &'a Index,
    start: usize,
}

#[derive(Clone, Copy, Default)]
struct Hit {
    score: f32,
    /// The largest part of the score, and what gave it.
    best: f32,
    reason: RecallReason,
}

/// A fact with a score.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranked {
    pub layer: usize,
    pub doc: u32,
    pub score: f32,
    pub reason: RecallReason,
    triple: u64,
}

impl<'a> Scores<'a> {
    pub(super) fn new(knowledge: &'a Knowledge, question: &Question, query: &RecallQuery) -> Self {
        let mut layers = Vec::new();
        let (mut count, mut words) = (0, 0);
        for (_, facts, index) in knowledge.layers() {
            layers.push(Layer { facts, index, start: count });
            count += facts.len();
            words += index.total_words;
        }
        let mean_length = (words as f32 / count.max(1) as f32).max(1.0);
        let mut scores = Self { layers, hits: vec![Hit::default(); count], touched: Vec::new(), mean_length };
        // What is found by short lists is looked up in the long ones.
        for long in [false, true] {
            let is_due = |count: usize| (count > LONG) == long;
            for cue in &question.terms {
                if is_due(scores.count_of_word(cue.key)) {
                    scores.add_word(*cue);
                }
            }
            for cue in &question.concepts {
                if is_due(scores.count_of(cue.key)) {
                    scores.add_concept(*cue, question);
                }
            }
        }
        if let Some(meanings) = query.meanings.filter(|_| query.by.meaning) {
            scores.add_meant(query.line, meanings, question);
        }
        scores.weigh(question);
        if query.by.neighbours {
            scores.spread(question);
        }
        scores
    }

    /// All facts that scored, best first. Few of them are ever asked for, so the others are sorted when they are.
    pub(super) fn ranked(&self) -> impl Iterator<Item = Ranked> {
        let score = |place: &u32| self.hits[*place as usize].score;
        let mut places = self.touched.clone();
        let mut least = f32::NEG_INFINITY;
        if places.len() > 2 * BEST {
            let (_, last, _) = places.select_nth_unstable_by(BEST, |one, two| score(two).total_cmp(&score(one)));
            least = score(last);
        }
        let (best, rest): (Vec<u32>, Vec<u32>) = places.into_iter().partition(|place| score(place) >= least);
        let sorted = move |places: Vec<u32>| {
            let mut heap: BinaryHeap<_> = places.iter().map(|&place| self.at(place as usize)).collect();
            std::iter::from_fn(move || heap.pop())
        };
        sorted(best).chain(std::iter::once_with(move || sorted(rest)).flatten())
    }

    fn add_word(&mut self, cue: Cue) {
        let count = self.count_of_word(cue.key);
        let rarity = self.rarity(count);
        if self.hits.len() > MANY && count > self.hits.len() / 2 {
            return;
        }
        for layer in 0..self.layers.len() {
            let Layer { index, start, .. } = self.layers[layer];
            self.each(
                start,
                index.of_word(cue.key),
                |posting| posting.doc,
                |scores, posting| {
                    let length = f32::from(index.docs[posting.doc as usize].length) / scores.mean_length;
                    let weight = posting.weight;
                    let saturated = weight * (K1 + 1.0) / (weight + K1 * (1.0 - B + B * length));
                    scores.add(start + posting.doc as usize, cue.weight * rarity * saturated, cue.reason);
                },
            );
        }
        self.add_alias_word(cue);
    }

    /// A word that is part of another name of a concept finds the facts about it.
    fn add_alias_word(&mut self, cue: Cue) {
        let mut concepts = Vec::new();
        for layer in &self.layers {
            for &concept in layer.index.of_alias_word(cue.key) {
                if concepts.len() < CONCEPTS_OF_ALIAS && !concepts.contains(&concept) {
                    concepts.push(concept);
                }
            }
        }
        for key in concepts {
            self.add_facts_of(Cue { key, weight: cue.weight * PART_OF_ALIAS, ..cue });
        }
    }

    fn add_concept(&mut self, cue: Cue, question: &Question) {
        if cue.key == question.own || cue.key == question.speaker {
            self.add_facts_of_person(cue);
        } else {
            self.add_facts_of(cue);
        }
    }

    fn add_facts_of(&mut self, cue: Cue) {
        let rarity = self.rarity(self.count_of(cue.key)).max(LEAST_RARITY);
        self.add_mentions(cue, rarity * AS_SUBJECT, rarity * AS_OBJECT);
    }

    /// "you" and "I" stand in most lines, so they count the same however much is known of the person.
    fn add_facts_of_person(&mut self, cue: Cue) {
        self.add_mentions(cue, AS_SUBJECT, AS_OBJECT);
    }

    fn add_mentions(&mut self, cue: Cue, as_subject: f32, as_object: f32) {
        for layer in 0..self.layers.len() {
            let Layer { index, start, .. } = self.layers[layer];
            for (docs, part) in [(index.of_subject(cue.key), as_subject), (index.of_object(cue.key), as_object)] {
                self.each(
                    start,
                    docs,
                    |doc| *doc,
                    |scores, doc| {
                        scores.add(start + *doc as usize, cue.weight * part, cue.reason);
                    },
                );
            }
        }
    }

    /// Goes through a list of facts of the layer that starts here. Of a long one only the latest and those that have a score
    /// already: the others would not come before these.
    fn each<T>(&mut self, start: usize, list: &[T], doc: impl Fn(&T) -> u32, give: impl Fn(&mut Self, &T)) {
        let (old, latest) = list.split_at(list.len().saturating_sub(LONG));
        if old.len() < SEARCH * self.touched.len() {
            for item in old {
                if self.hits[start + doc(item) as usize].score > 0.0 {
                    give(self, item);
                }
            }
        } else if !old.is_empty() {
            let found = self.touched.clone();
            let in_layer = found.into_iter().filter_map(|place| (place as usize).checked_sub(start));
            for place in in_layer {
                if let Ok(at) = old.binary_search_by(|item| (doc(item) as usize).cmp(&place)) {
                    give(self, &old[at]);
                }
            }
        }
        latest.iter().for_each(|item| give(self, item));
    }

    fn add(&mut self, place: usize, part: f32, reason: RecallReason) {
        if part <= 0.0 {
            return;
        }
        let hit = &mut self.hits[place];
        if hit.score == 0.0 {
            self.touched.push(place as u32);
        }
        hit.score += part;
        if part > hit.best {
            (hit.best, hit.reason) = (part, reason);
        }
    }

    /// How many facts hold a word.
    fn count_of_word(&self, stem: u64) -> usize {
        self.layers.iter().map(|layer| layer.index.of_word(stem).len()).sum()
    }

    /// How many facts name a concept.
    fn count_of(&self, concept: u64) -> usize {
        let count = |layer: &Layer| layer.index.of_subject(concept).len() + layer.index.of_object(concept).len();
        self.layers.iter().map(count).sum()
    }

    fn rarity(&self, count: usize) -> f32 {
        let (all, count) = (self.hits.len() as f32, count as f32);
        ((all - count + 0.5).max(0.5) / (count + 0.5)).ln_1p()
    }

    /// Lets the kind and confidence of a fact speak.
    fn weigh(&mut self, question: &Question) {
        for &place in &self.touched {
            let (layer, doc) = place_of(&self.layers, place as usize);
            let entry = self.layers[layer].index.docs[doc as usize];
            let score = &mut self.hits[place as usize].score;
            *score *= 1.0 - UNSURE * (1.0 - entry.confidence);
            if !entry.holds {
                *score *= OVER;
            }
            if question.asks_where && entry.is_of_place {
                *score *= PLACE;
            }
        }
    }

    /// Gives facts about what the best facts name a share of their score.
    fn spread(&mut self, question: &Question) {
        let mut shares: Vec<(u64, f32)> = Vec::new();
        let best = self.best();
        for from in &best {
            let Some([subject, _, object]) = self.layers[from.layer].facts.names(from.doc as usize) else {
                continue;
            };
            for concept in [subject.id(), object.id()] {
                let is_talker = concept == question.own || concept == question.speaker;
                let is_taken = shares.iter().any(|&(taken, _)| taken == concept);
                if !is_talker && !is_taken && self.count_of(concept) <= HUB {
                    // The best fact comes first, so the first share is the largest.
                    shares.push((concept, from.score * SHARE));
                }
            }
        }
        let sources: Vec<_> = best.iter().map(|from| self.layers[from.layer].start + from.doc as usize).collect();
        let mut gains: Vec<(usize, f32)> = Vec::new();
        for (concept, share) in shares {
            for layer in &self.layers {
                let docs = layer.index.of_subject(concept).iter().chain(layer.index.of_object(concept));
                gains.extend(docs.map(|&doc| (layer.start + doc as usize, share)));
            }
        }
        // The largest share of each fact alone: many weak paths do not make a strong one.
        gains.sort_by(|one, two| one.0.cmp(&two.0).then(two.1.total_cmp(&one.1)));
        gains.dedup_by_key(|gain| gain.0);
        for (place, share) in gains {
            if !sources.contains(&place) {
                self.add(place, share, RecallReason::Neighbour);
            }
        }
    }

    /// The few best facts so far, best first.
    fn best(&self) -> Vec<Ranked> {
        let mut best: Vec<Ranked> = Vec::with_capacity(SPREADING + 1);
        for &place in &self.touched {
            let hit = self.hits[place as usize];
            if best.len() == SPREADING && best.last().is_some_and(|last| hit.score < last.score) {
                continue;
            }
            let ranked = self.at(place as usize);
            let at = best.partition_point(|other| *other > ranked);
            best.insert(at, ranked);
            best.truncate(SPREADING);
        }
        best
    }

    fn at(&self, place: usize) -> Ranked {
        let (layer, doc) = place_of(&self.layers, place);
        let Hit { score, reason, .. } = self.hits[place];
        Ranked { layer, doc, score, reason, triple: self.layers[layer].index.docs[doc as usize].triple }
    }
}

/// The layer of a fact, and its place there.
fn place_of(layers: &[Layer], place: usize) -> (usize, u32) {
    let layer = layers.partition_point(|layer| layer.start <= place) - 1;
    (layer, (place - layers[layer].start) as u32)
}

impl Ord for Ranked {
    /// By score; then own before lore; then by names, so that the order in which facts were learned
    /// does not matter.
    fn cmp(&self, other: &Self) -> Ordering {
        let own = |ranked: &Self| ranked.layer == 0;
        self.score
            .total_cmp(&other.score)
            .then_with(|| own(self).cmp(&own(other)))
            .then_with(|| other.triple.cmp(&self.triple))
            .then_with(|| other.layer.cmp(&self.layer))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ranked {}
