//! What each character knows.

mod fact;
mod recall;

pub use fact::{Fact, Secrecy, Source};
pub use recall::{RecallQuery, Recalled};

use bevy::prelude::*;
use std::sync::Arc;

/// What one character knows: facts of its own over shared layers of lore.
#[derive(Component, Clone, Debug, Default, Reflect)]
#[reflect(Component, Default)]
pub struct Knowledge {
    #[reflect(ignore)]
    facts: Vec<Fact>,
    #[reflect(ignore)]
    lore: Vec<Arc<LoreLayer>>,
}

/// A shared, immutable layer of facts.
#[derive(Clone, Debug, Default)]
pub struct LoreLayer {
    facts: Vec<Fact>,
}

impl LoreLayer {
    /// A layer of `facts`, with other names of concepts.
    #[must_use]
    pub fn new(facts: Vec<Fact>, _aliases: Vec<(String, Vec<String>)>) -> Self {
        Self { facts }
    }
}

impl Knowledge {
    /// Adds a fact; false if it was known already (then the surer of the two stays).
    pub fn learn(&mut self, fact: Fact) -> bool {
        self.facts.push(fact);
        true
    }

    /// Replaces all authored facts, and keeps all that was lived through.
    pub fn set_authored(&mut self, facts: Vec<Fact>) {
        self.facts.retain(|fact| fact.source != Source::Authored);
        self.facts.extend(facts);
    }

    /// Replaces the layers of lore behind the character's own facts.
    pub fn set_lore(&mut self, layers: Vec<Arc<LoreLayer>>) {
        self.lore = layers;
    }

    /// All facts, own ones first.
    pub fn iter(&self) -> impl Iterator<Item = &Fact> {
        self.facts.iter().chain(self.lore.iter().flat_map(|layer| &layer.facts))
    }

    /// The facts that matter for a line, best first, inside a budget.
    #[must_use]
    pub fn recall(&self, _query: &RecallQuery) -> Vec<Recalled> {
        Vec::new()
    }
}
