//! Facts found by what their relations mean, in whatever words, at one step and at two.

use super::{HUB, Layer, Scores};
use crate::knowledge::recall::meaning::{Asked, Meanings};
use crate::knowledge::recall::{RecallReason, question::Question};
use crate::knowledge::{Concept, concept::KeyMap};

/// What a relation counts that means just what the line asks for: of something that the line names, and of something else.
const MEANT: f32 = 10.0;
const MEANT_OF_OTHERS: f32 = 4.0;
/// Below this a line and a relation do not agree.
const LEAST: f32 = 0.01;
/// A concept of at least this weight is what the line asks about.
const ASKED_OF: f32 = 0.4;
/// What both facts of two steps count: "your brother" and "where does he work".
const STEPS: f32 = 12.0;
/// How many first steps are followed, and how little one may agree.
const LEADS: usize = 24;
const LEAST_LEAD: f32 = 0.003;
/// What the facts at the end of a step have to agree with the line for one of them to stand out.
const SLIGHT: f32 = 0.003;

/// A first step.
struct Lead {
    agreement: f32,
    /// Of the fact, among all layers.
    place: usize,
    /// Where it leads.
    to: u64,
}

impl Scores<'_> {
    pub(super) fn add_meant(&mut self, line: &str, meanings: &Meanings, question: &Question) {
        let Some(asked) = meanings.read(line) else { return };
        let mut agreements = KeyMap::default();
        let mut leads = Vec::new();
        for layer in 0..self.layers.len() {
            self.add_relations(self.layers[layer], &asked, meanings, question, &mut agreements, &mut leads);
        }
        leads.sort_by(|one, two| two.agreement.total_cmp(&one.agreement).then(one.place.cmp(&two.place)));
        leads.truncate(LEADS);
        self.follow(&leads, &agreements);
    }

    /// Adds the facts of a layer whose relations agree, and notes how much each does and what leads further.
    fn add_relations(
        &mut self,
        Layer { facts, index, start }: Layer,
        asked: &Asked,
        meanings: &Meanings,
        question: &Question,
        agreements: &mut KeyMap<f32>,
        leads: &mut Vec<Lead>,
    ) {
        let is_asked_of =
            |concept: &Concept| question.concepts.iter().any(|cue| cue.key == concept.id() && cue.weight >= ASKED_OF);
        let names = |doc: u32| facts.names(doc as usize);
        for docs in index.predicates() {
            let Some([_, relation, _]) = docs.first().and_then(|&doc| names(doc)) else { continue };
            let (agreement, leading) = meanings.agreements(asked, relation);
            agreements.insert(relation.id(), agreement);
            if agreement >= LEAST {
                let give = |scores: &mut Self, &doc: &u32| {
                    let is_of_them = names(doc).is_some_and(|[subject, _, object]| is_asked_of(subject) || is_asked_of(object));
                    let weight = if is_of_them { MEANT } else { MEANT_OF_OTHERS };
                    scores.add(start + doc as usize, weight * agreement.sqrt(), RecallReason::Meaning);
                };
                self.each(start, docs, |doc| *doc, give);
            }
            if leading >= LEAST_LEAD {
                for &doc in docs.iter().rev().take(HUB) {
                    let Some([subject, _, object]) = names(doc) else { continue };
                    let to = match [subject, object].map(is_asked_of) {
                        [true, false] => object.id(),
                        [false, true] => subject.id(),
                        _ => continue,
                    };
                    leads.push(Lead { agreement: leading, place: start + doc as usize, to });
                }
            }
        }
    }

    /// Adds first steps, and the facts that they lead to: each by its share of the agreement, so that a path counts as much as
    /// both of its facts stand out among their like.
    fn follow(&mut self, leads: &[Lead], agreements: &KeyMap<f32>) {
        let all: f32 = leads.iter().map(|lead| lead.agreement).sum();
        for lead in leads {
            let ends = self.ends(lead, agreements);
            let sum: f32 = ends.iter().map(|(_, agreement)| agreement).sum();
            let mut best: f32 = 0.0;
            for (place, agreement) in ends {
                let path = STEPS * (lead.agreement / all * agreement / (sum + SLIGHT)).sqrt();
                best = best.max(path);
                self.add(place, path, RecallReason::Meaning);
            }
            self.add(lead.place, best, RecallReason::Meaning);
        }
    }

    /// The facts about where a step leads, with how much each agrees with the line.
    fn ends(&self, lead: &Lead, agreements: &KeyMap<f32>) -> Vec<(usize, f32)> {
        let mut ends = Vec::new();
        for &Layer { facts, index, start } in &self.layers {
            for &doc in index.of_subject(lead.to).iter().chain(index.of_object(lead.to)).take(HUB) {
                let place = start + doc as usize;
                let relation = facts.names(doc as usize).map(|[_, relation, _]| relation.id());
                let agreement = relation.and_then(|relation| agreements.get(&relation));
                ends.extend(agreement.filter(|_| place != lead.place).map(|agreement| (place, *agreement)));
            }
        }
        ends
    }
}
