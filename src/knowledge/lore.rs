use super::{Concept, Fact, Rules, fact::stricter, index::Index, store::Store};

/// A shared, immutable layer of facts: what a town, a trade or a faction knows.
///
/// It is indexed once, and costs each character who knows it one pointer. Its [`Rules`] say what relations mean.
#[derive(Clone, Debug, Default)]
pub struct LoreLayer {
    facts: Store,
    aliases: Vec<(Concept, Concept)>,
    rules: Rules,
    index: Index,
}

impl LoreLayer {
    /// A layer of `facts`, with other names of concepts: `("the Gilded Oak", ["the inn"])`.
    ///
    /// Of facts that say the same, the surest stays, with the strictest secrecy.
    #[must_use]
    pub fn new(facts: Vec<Fact>, aliases: Vec<(String, Vec<String>)>) -> Self {
        let mut layer = Self::default();
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
        layer.facts.shrink();
        layer
    }

    /// The layer with these rules for its relations.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// The facts, in the order in which they were given.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        self.facts.iter()
    }

    /// What its relations mean.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn store(&self) -> &Store {
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
            let Some(known) = self.facts.get(doc as usize) else { return };
            let secrecy = stricter(known.secrecy.clone(), fact.secrecy.clone());
            let surer = if fact.confidence > known.confidence { fact } else { known };
            let both = Fact { secrecy, ..surer };
            self.facts.set(doc as usize, &both);
            self.index.refresh(doc, &both);
            return;
        }
        for name in [&mut fact.subject, &mut fact.predicate, &mut fact.object] {
            if let Some(shared) = self.index.shared(&self.facts, name) {
                *name = shared.clone();
            }
        }
        self.index.add(&fact);
        self.facts.push(&fact);
    }
}
