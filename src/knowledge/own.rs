use super::{Concept, Fact, fact::stricter, index::Index};
use bevy::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// The facts that one character has for itself, and other names it knows.
///
/// To reflection this is one value: applying a saved one replaces all facts, so that nothing learned
/// after the save is left. Its serialised form lists the facts with their names.
#[derive(Clone, Default, Reflect, Serialize)]
#[reflect(opaque)]
#[reflect(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OwnFacts {
    facts: Vec<Fact>,
    aliases: Vec<(Concept, Concept)>,
    /// What identifies each fact: enough to find duplicates among a few hundred without an index.
    #[serde(skip)]
    triples: Vec<u64>,
    /// Built when first needed, so that characters who are never spoken to do without.
    #[serde(skip)]
    index: OnceLock<Arc<Index>>,
}

/// Up to here, looking through all facts is quicker than keeping an index.
const FEW: usize = 1024;

/// How many of the latest facts are searched for names to share, where there is no index.
const SHARED_AMONG: usize = 64;

impl OwnFacts {
    /// The facts, in the order in which they were learned; authored ones first.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Other names that the character knows: the concept, then one other name of it.
    #[must_use]
    pub fn aliases(&self) -> &[(Concept, Concept)] {
        &self.aliases
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Arc::new(Index::new(&self.facts, &self.aliases)))
    }

    /// Adds a fact; false where it was known, which then keeps the surer of both.
    pub(super) fn learn(&mut self, mut fact: Fact) -> bool {
        fact.tidy();
        let triple = fact.triple();
        if let Some(place) = self.position(triple) {
            self.merge(place, fact);
            return false;
        }
        if let Some(index) = self.index.get_mut() {
            Arc::make_mut(index).add(&fact);
        }
        self.triples.push(triple);
        self.facts.push(fact);
        true
    }

    /// Removes the fact that says this; false where there is none.
    pub(super) fn forget(&mut self, triple: u64) -> bool {
        let Some(place) = self.position(triple) else {
            return false;
        };
        self.facts.remove(place);
        self.triples.remove(place);
        self.release();
        true
    }

    pub(super) fn set_authored(&mut self, authored: Vec<Fact>) {
        let before = std::mem::take(&mut self.facts);
        self.triples.clear();
        self.release();
        let lived = before.into_iter().filter(|fact| fact.source.is_lived());
        for fact in authored.into_iter().map(|fact| fact.with_source(super::Source::Authored)).chain(lived) {
            self.learn(fact);
        }
    }

    pub(super) fn add_alias(&mut self, concept: Concept, alias: Concept) {
        let pair = (concept, alias);
        if self.aliases.contains(&pair) {
            return;
        }
        if let Some(index) = self.index.get_mut() {
            Arc::make_mut(index).add_alias(&pair.0, &pair.1);
        }
        self.aliases.push(pair);
    }

    /// Drops the index; it is built again when needed.
    pub(super) fn release(&mut self) {
        self.index.take();
    }

    pub(super) fn position(&self, triple: u64) -> Option<usize> {
        if self.index.get().is_none() && self.facts.len() <= FEW {
            return self.triples.iter().position(|&other| other == triple);
        }
        self.index().of_triple(triple).map(|doc| doc as usize)
    }

    /// The name under which a concept is known here, so that facts can share it.
    pub(super) fn shared(&self, concept: &Concept) -> Option<&Concept> {
        if let Some(index) = self.index.get() {
            return index.shared(&self.facts, concept);
        }
        self.facts
            .iter()
            .rev()
            .take(SHARED_AMONG)
            .flat_map(|fact| [&fact.subject, &fact.predicate, &fact.object])
            .find(|&name| name == concept)
    }

    fn merge(&mut self, place: usize, fact: Fact) {
        let known = &mut self.facts[place];
        let secrecy = stricter(known.secrecy, fact.secrecy);
        let is_surer = fact.confidence > known.confidence;
        // What is lived through stays when the author takes the same fact out of the persona.
        let is_lived = fact.confidence >= known.confidence && fact.source.is_lived() && !known.source.is_lived();
        if is_surer || is_lived {
            known.confidence = fact.confidence;
            known.source = fact.source;
            known.learned_at = fact.learned_at;
        }
        known.secrecy = secrecy;
        if let Some(index) = self.index.get_mut() {
            Arc::make_mut(index).refresh(place as u32, &self.facts[place]);
        }
    }
}

impl fmt::Debug for OwnFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OwnFacts").field("facts", &self.facts).field("aliases", &self.aliases).finish()
    }
}

impl<'de> Deserialize<'de> for OwnFacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "OwnFacts")]
        struct Saved {
            facts: Vec<Fact>,
            #[serde(default)]
            aliases: Vec<(Concept, Concept)>,
        }
        let saved = Saved::deserialize(deserializer)?;
        let mut own = Self::default();
        for mut fact in saved.facts {
            for name in [&mut fact.subject, &mut fact.predicate, &mut fact.object] {
                if let Some(shared) = own.shared(name) {
                    *name = shared.clone();
                }
            }
            own.learn(fact);
        }
        for (concept, alias) in saved.aliases {
            own.add_alias(concept, alias);
        }
        Ok(own)
    }
}
