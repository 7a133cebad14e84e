//! Questions in two steps: "where does your brother work?" asks for the workplace of the one that another fact names.

use super::world::SELF;
use super::{Generator, Sample};
use crate::train::content::Kind;
use rand::Rng;
use rand::seq::IndexedRandom;

impl Generator<'_> {
    /// Asks a question in two steps; `None`, with the sample's line empty, where the draw does not come to one.
    pub(super) fn ask_in_steps(&self, sample: &mut Sample, rng: &mut impl Rng) -> Option<()> {
        let nouns = self.content.nouns.choose(rng)?;
        let relation = self.content.relations.iter().position(|r| r.id == nouns.id)?;
        let content = &self.content.relations[relation];
        let by_subject = !nouns.subject.is_empty() && (nouns.object.is_empty() || rng.random_bool(0.4));
        let (noun, near, far) = if by_subject {
            (nouns.subject.choose(rng)?, content.object, content.subject)
        } else {
            (nouns.object.choose(rng)?, content.subject, content.object)
        };
        let anchor = if near == Kind::Person && rng.random_bool(0.6) { SELF } else { self.concept(sample, near, rng) };
        let middle = self.concept(sample, far, rng);
        let predicate = self.wording(&content.facts, rng)?;
        let ends = if by_subject { [middle, anchor] } else { [anchor, middle] };
        let step = self.add_fact(sample, relation, predicate, ends, rng)?;
        let (asked, predicate) = std::iter::repeat_with(|| self.relation(rng))
            .take(20)
            .flatten()
            .find(|(r, _)| self.content.relations[*r].subject == far && !self.content.related(*r, relation))?;
        let known = rng.random_bool(0.8);
        let target = if known {
            let object = self.concept(sample, self.content.relations[asked].object, rng);
            self.add_fact(sample, asked, predicate, [middle, object], rng)?
        } else if sample.facts.iter().any(|f| f.concepts[0] == middle && self.content.related(f.relation, asked)) {
            return None;
        } else {
            sample.facts.len()
        };
        let named = anchor != SELF;
        let whose = if named { "{1}'s" } else { "your" };
        sample.line = self.wording(&self.content.relations[asked].ask_object, rng)?.replace("{S}", &format!("{whose} {noun}"));
        if named {
            sample.mark_named(anchor);
        }
        sample.step = Some(step);
        sample.asked = Some(asked);
        sample.answer = Some(target);
        match sample.facts.get(target).cloned() {
            Some(fact) => self.tell(sample, &fact, &self.content.relations[asked], rng),
            None => self.admit_ignorance(sample, false, rng),
        }
        Some(())
    }
}
