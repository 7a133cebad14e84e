//! What takes the room that is left.

use super::{Found, RecallReason, question::Question};
use std::ops::RangeInclusive;

/// How many facts of one layer are tried for one concept.
const TRIED: usize = 256;

/// Fills the budget: facts about the character itself, then its other own facts, latest first, then
/// lore about what was named or recalled.
pub(super) fn fill(found: &mut Found, question: &Question) {
    let lore = 1..=found.knowledge.lore().len();
    fill_about(found, question.own, 0..=0);
    fill_latest(found);
    fill_about(found, question.own, lore.clone());
    for concept in named(found, question) {
        fill_about(found, concept, lore.clone());
    }
}

/// What the query named, then what the facts found so far name.
fn named(found: &Found, question: &Question) -> Vec<u64> {
    let mut concepts: Vec<u64> = question.concepts.iter().map(|cue| cue.key).collect();
    for recalled in &found.recalled {
        for concept in [recalled.fact.subject.id(), recalled.fact.object.id()] {
            if concepts.len() < TRIED && !concepts.contains(&concept) {
                concepts.push(concept);
            }
        }
    }
    concepts
}

fn fill_about(found: &mut Found, concept: u64, layers: RangeInclusive<usize>) {
    let knowledge = found.knowledge;
    let layers = knowledge.layers().filter(|(layer, ..)| layers.contains(layer));
    for (layer, _, index) in layers {
        for &doc in index.of_subject(concept).iter().chain(index.of_object(concept)).take(TRIED) {
            if found.is_full() {
                return;
            }
            found.take(layer, doc, 0.0, RecallReason::Filler);
        }
    }
}

fn fill_latest(found: &mut Found) {
    let knowledge = found.knowledge;
    for &(_, doc) in &knowledge.own().index().recent {
        if found.is_full() {
            return;
        }
        found.take(0, doc, 0.0, RecallReason::Filler);
    }
}
