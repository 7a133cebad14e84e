//! The small world of a sample: concepts of some kinds, and facts between them.

use super::{Generator, Sample, SampleFact, pick_str};
use crate::hearth::reader::FactFeatures;
use crate::train::content::Kind;
use rand::Rng;
use rand::seq::IndexedRandom;

/// The character itself, among a sample's concepts.
pub const SELF: u64 = 0;
/// The one who speaks to it.
pub const SPEAKER: u64 = 1;
/// The first of the others.
const OTHERS: u64 = 2;

/// The most facts of a sample: as many as a character recalls in a game.
pub(super) const MOST_FACTS: usize = 24;

impl Sample {
    /// A concept's name: a slot for the character and for the speaker.
    #[must_use]
    pub fn name(&self, concept: u64) -> &str {
        match concept {
            SELF => "{N}",
            SPEAKER => "{Y}",
            other => self.names.get((other - OTHERS) as usize).map_or("", |(_, name)| name),
        }
    }
}

impl Generator<'_> {
    pub(super) fn add_facts(&self, sample: &mut Sample, rng: &mut impl Rng) {
        let count = rng.random_range(self.facts.clone());
        // A few draws clash with facts that are there.
        for _ in 0..2 * count {
            if sample.facts.len() >= count {
                break;
            }
            let Some((relation, predicate)) = self.relation(rng) else { continue };
            let content = &self.content.relations[relation];
            let subject = self.end(sample, content.subject, (45, 6), rng);
            let object = self.end(sample, content.object, (12, 4), rng);
            self.add_fact(sample, relation, predicate, [subject, object], rng);
        }
    }

    /// Adds a fact, unless another answers the same questions.
    pub(super) fn add_fact(
        &self,
        sample: &mut Sample,
        relation: usize,
        predicate: &str,
        concepts: [u64; 2],
        rng: &mut impl Rng,
    ) -> Option<usize> {
        let [subject, object] = concepts;
        let taken =
            |f: &SampleFact| self.content.related(f.relation, relation) && (f.concepts[0] == subject || f.concepts[1] == object);
        if subject == object || sample.facts.iter().any(taken) {
            return None;
        }
        let features = FactFeatures {
            subject_self: subject == SELF,
            subject_speaker: subject == SPEAKER,
            object_self: object == SELF,
            object_speaker: object == SPEAKER,
            guarded: rng.random_bool(0.08),
            ..FactFeatures::default()
        };
        sample.facts.push(SampleFact { relation, predicate: predicate.into(), features, concepts });
        Some(sample.facts.len() - 1)
    }

    /// An end of a fact: of a hundred persons so many are the character itself, and so many the speaker.
    fn end(&self, sample: &mut Sample, kind: Kind, (selves, speakers): (u32, u32), rng: &mut impl Rng) -> u64 {
        match rng.random_range(0..100) {
            at if kind == Kind::Person && at < selves => SELF,
            at if kind == Kind::Person && at < selves + speakers => SPEAKER,
            _ => self.concept(sample, kind, rng),
        }
    }

    /// One of the sample's concepts of a kind, or a new one.
    pub(super) fn concept(&self, sample: &mut Sample, kind: Kind, rng: &mut impl Rng) -> u64 {
        let known: Vec<usize> = (0..sample.names.len()).filter(|i| sample.names[*i].0 == kind).collect();
        if let Some(known) = known.choose(rng).filter(|_| rng.random_bool(0.5)) {
            return OTHERS + *known as u64;
        }
        let names = self.content.things.iter().find(|t| t.kind == kind).map_or(&[][..], |t| &t.names);
        sample.names.push((kind, pick_str(names, rng)));
        OTHERS + sample.names.len() as u64 - 1
    }
}
