use super::{Concept, Fact, fact::stricter, index::Index};

/// A shared, immutable layer of facts: what a town, a trade or a faction knows.
///
/// It is indexed once, and costs each character who knows it one pointer.
#[derive(Clone, Debug, Default)]
pub struct LoreLayer {
    facts: Vec<Fact>,
    aliases: Vec<(Concept, Concept)>,
    index: Index,
}

impl LoreLayer {
    /// A layer of `facts`, with other names of concepts: `("the Gilded Oak", ["the inn"])`.
    ///
    /// Of facts that say the same, the surest stays, with the strictest secrecy.
    #[must_use]
    pub fn new(facts: Vec<Fact>, aliases: Vec<(String, Vec<String>)>) -> Self {
        let mut layer = Self { facts: Vec::with_capacity(facts.len()), ..Default::default() };
        for fact in facts {
            layer.add(fact);
        }
        for (name, others) in aliases {
            let concept = Concept::from(name);
            let concept = layer.index.shared(&layer.facts, &concept).cloned().unwrap_or(concept);
            layer.aliases.extend(others.into_iter().map(|other| (concept.clone(), Concept::from(other))));
        }
        for (concept, alias) in &layer.aliases {
            layer.index.add_alias(concept, alias);
        }
        layer
    }

    /// The facts, in the order in which they were given.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Other names of concepts: the concept, then one other name of it.
    #[must_use]
    pub fn aliases(&self) -> &[(Concept, Concept)] {
        &self.aliases
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    fn add(&mut self, mut fact: Fact) {
        fact.tidy();
        if let Some(doc) = self.index.of_triple(fact.triple()) {
            let known = &mut self.facts[doc as usize];
            let secrecy = stricter(known.secrecy, fact.secrecy);
            if fact.confidence > known.confidence {
                *known = fact;
            }
            known.secrecy = secrecy;
            self.index.refresh(doc, &self.facts[doc as usize]);
            return;
        }
        for name in [&mut fact.subject, &mut fact.predicate, &mut fact.object] {
            if let Some(shared) = self.index.shared(&self.facts, name) {
                *name = shared.clone();
            }
        }
        self.index.add(&fact);
        self.facts.push(fact);
    }
}
