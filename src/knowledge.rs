//! What each character knows.
//!
//! [`Knowledge`] is a component: [`Fact`]s of the character's own over [layers of lore](LoreLayer)
//! that it shares with others. Nothing that a character knows is kept anywhere else, so saving the
//! component saves the character's mind, and loading an old one leaves nothing newer behind.
//!
//! A fact names [`Concept`]s, which may stand for entities ([`Represents`]).
//! [`Knowledge::recall`] finds what matters for a line of talk, inside a budget.
//!
//! ```
//! use bevy_persona::knowledge::{Fact, Knowledge, LoreLayer, RecallQuery};
//! use std::sync::Arc;
//!
//! let town = LoreLayer::new(
//!     vec![Fact::new("the ferry", "leaves from", "the old pier")],
//!     vec![("the ferry".into(), vec!["the boat".into()])],
//! );
//! let mut marta = Knowledge::default();
//! marta.set_lore(vec![Arc::new(town)]);
//! marta.learn(Fact::new("Tobin", "is the son of", "Marta"));
//!
//! let query = RecallQuery { line: "When does the boat leave?", own_name: "Marta", ..Default::default() };
//! assert_eq!(marta.recall(&query)[0].fact.subject.name(), "the ferry");
//! ```

mod concept;
mod concepts;
mod fact;
mod flags;
mod index;
mod infer;
mod learn;
mod lore;
mod own;
mod pattern;
mod recall;
mod rules;
mod store;
#[cfg(test)]
mod tests;
pub(crate) mod texts;
pub(crate) mod words;

pub use concept::{Concept, ConceptKey};
pub use concepts::{Concepts, Represents};
pub use fact::{Belief, Fact, Secrecy, Source};
pub use flags::StoryFlags;
pub use learn::Learned;
pub use lore::LoreLayer;
pub use own::OwnFacts;
pub use pattern::Pattern;
pub use recall::{Meanings, RecallParts, RecallQuery, RecallReason, Recalled};
pub use rules::{End, Felt, Habit, Rule, Rules};

use bevy::prelude::*;
use index::{Candidates, Index};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use store::Store;

/// Names of the world's concepts, and the types of knowledge for reflection.
pub struct KnowledgePlugin;

impl Plugin for KnowledgePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Concepts>()
            .init_resource::<StoryFlags>()
            .init_resource::<Meanings>()
            .register_type::<StoryFlags>()
            .register_type::<Concept>()
            .register_type::<Represents>()
            .register_type::<Fact>()
            .register_type::<OwnFacts>()
            .register_type::<Knowledge>();
    }
}

/// The most facts of one layer that a concept's list is read for.
const LISTED: usize = 4096;

/// What one character knows: facts of its own over shared layers of lore.
///
/// Own facts are all that is saved. Lore is shared and immutable, and stands in the persona's asset:
/// whatever attaches the persona puts it back with [`set_lore`](Self::set_lore), and loading a save
/// over a living character leaves its lore in place.
///
/// Where the character and a layer know the same, the character's own fact counts; of two layers,
/// the surer one. A secret stays one if any of them calls it so.
///
/// A character without own facts takes less than 150 bytes and one pointer a layer.
#[derive(Component, Clone, Debug, Default, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, Debug)]
pub struct Knowledge {
    own: OwnFacts,
    #[reflect(ignore)]
    #[serde(skip)]
    lore: Vec<Arc<LoreLayer>>,
}

impl Knowledge {
    /// Removes an own fact; false where there is none. What lore says, it still says.
    pub fn forget(&mut self, subject: &str, predicate: &str, object: &str) -> bool {
        let triple = triple_of(subject, predicate, object);
        self.own.position(triple).is_some() && self.own.retain(|fact| fact.triple() != triple) > 0
    }

    /// Replaces all authored facts, and keeps all that was lived through.
    ///
    /// The given facts become [`Source::Authored`], whatever their source was.
    pub fn set_authored(&mut self, facts: Vec<Fact>) {
        self.own.set_authored(facts);
    }

    /// Replaces the character's own facts, as by those of a save.
    pub fn set_own(&mut self, own: OwnFacts) {
        self.own = own;
    }

    /// Replaces the layers of lore behind the character's own facts.
    pub fn set_lore(&mut self, layers: Vec<Arc<LoreLayer>>) {
        self.lore = layers;
    }

    /// Makes another name of a concept known to this character alone.
    pub fn add_alias(&mut self, name: impl Into<Concept>, alias: impl Into<Concept>) {
        self.own.add_alias(name.into(), alias.into());
    }

    /// All facts, own ones first, each once; those too that hold no longer or are not believed.
    pub fn iter(&self) -> impl Iterator<Item = Fact> {
        let lore = self
            .lore
            .iter()
            .enumerate()
            .flat_map(move |(layer, lore)| lore.facts().filter(move |fact| self.counts(layer + 1, fact.triple())));
        self.own.iter().chain(lore)
    }

    /// The character's own facts, without lore.
    #[must_use]
    pub fn own(&self) -> &OwnFacts {
        &self.own
    }

    /// The layers of lore behind the character's own facts.
    #[must_use]
    pub fn lore(&self) -> &[Arc<LoreLayer>] {
        &self.lore
    }

    /// Whether the character knows this, and believes that it holds.
    #[must_use]
    pub fn contains(&self, subject: &str, predicate: &str, object: &str) -> bool {
        let triple = triple_of(subject, predicate, object);
        self.place_of(triple).is_some_and(|(layer, place)| self.holds(layer, place))
    }

    /// The fact that says this, where it was ever known.
    #[must_use]
    pub fn get(&self, subject: &str, predicate: &str, object: &str) -> Option<Fact> {
        let (layer, place) = self.place_of(triple_of(subject, predicate, object))?;
        self.store(layer)?.get(place)
    }

    /// How the character came to know this, where it does: "Tobin told me".
    #[must_use]
    pub fn source(&self, subject: &str, predicate: &str, object: &str) -> Option<Source> {
        self.get(subject, predicate, object).map(|fact| fact.source)
    }

    /// Facts that name this and hold, first as their subject, then as their object; by any of its names. Of more than 4,096 of
    /// one kind, those that were learned last.
    #[must_use]
    pub fn about(&self, name: &str) -> Vec<Fact> {
        let concepts = self.named(name);
        let mut found: Vec<Fact> = Vec::new();
        for concept in &concepts {
            found.extend(self.listed(|index| index.of_subject(*concept)));
        }
        for concept in &concepts {
            let as_object = self.listed(|index| index.of_object(*concept));
            found.extend(as_object.into_iter().filter(|fact| !concepts.contains(&fact.subject.id())));
        }
        found
    }

    /// Facts that match a pattern, own ones first.
    #[must_use]
    pub fn matching(&self, pattern: &Pattern) -> Vec<Fact> {
        let mut found = Vec::new();
        for (layer, facts) in self.stores() {
            let places = self.candidates(layer, pattern).map(|doc| doc as usize);
            let is_wanted = |place: &usize| {
                facts.names(*place).is_some_and(|names| pattern.names(names))
                    && facts.triple(*place).is_some_and(|triple| self.counts(layer, triple))
                    && (pattern.ever || self.holds(layer, *place))
            };
            found.extend(places.filter(is_wanted).filter_map(|place| facts.get(place)));
        }
        found
    }

    /// Own facts that this one told.
    pub fn told_by(&self, teller: &str) -> impl Iterator<Item = Fact> {
        let facts = self.own.store();
        facts.told_by(ConceptKey::of(teller)).filter_map(|place| facts.get(place))
    }

    /// Gives back the memory that recall uses beside the facts, for a character that is not spoken to
    /// for a while. The next recall builds it again.
    pub fn release(&mut self) {
        self.own.release();
    }

    /// All lists of facts with their index; the own ones are number 0.
    fn layers(&self) -> impl Iterator<Item = (usize, &Store, &Index)> {
        let own = std::iter::once((0, self.own.store(), self.own.index()));
        let lore = self.lore.iter().enumerate();
        own.chain(lore.map(|(layer, lore)| (layer + 1, lore.store(), lore.index())))
    }

    /// All lists of facts; for this no index is made.
    fn stores(&self) -> impl Iterator<Item = (usize, &Store)> {
        (0..=self.lore.len()).filter_map(|layer| self.store(layer).map(|facts| (layer, facts)))
    }

    /// Facts of a layer that may match; those that do are among them.
    fn candidates(&self, layer: usize, pattern: &Pattern) -> Candidates<'_> {
        match layer.checked_sub(1).and_then(|layer| self.lore.get(layer)) {
            Some(lore) => lore.index().candidates(pattern),
            None => self.own.candidates(pattern),
        }
    }

    fn store(&self, layer: usize) -> Option<&Store> {
        match layer.checked_sub(1) {
            None => Some(self.own.store()),
            Some(layer) => self.lore.get(layer).map(|lore| lore.store()),
        }
    }

    /// Facts that hold, of the places that each index gives; of very many the last.
    fn listed<'a>(&'a self, docs: impl Fn(&'a Index) -> &'a [u32]) -> Vec<Fact> {
        let mut found = Vec::new();
        for (layer, facts, index) in self.layers() {
            let docs = docs(index);
            let places = docs[docs.len().saturating_sub(LISTED)..].iter().map(|&doc| doc as usize);
            let is_wanted = |place: &usize| self.counts(layer, index.docs[*place].triple) && self.holds(layer, *place);
            found.extend(places.filter(is_wanted).filter_map(|place| facts.get(place)));
        }
        found
    }

    /// The concepts that a name may mean to this character.
    fn named(&self, name: &str) -> Vec<u64> {
        let mut concepts = vec![ConceptKey::of(name).0];
        let phrase = words::phrase(&words::words(name, 64));
        for (_, _, index) in self.layers() {
            for &concept in phrase.map_or(&[][..], |phrase| index.of_phrase(phrase)) {
                if !concepts.contains(&concept) {
                    concepts.push(concept);
                }
            }
        }
        concepts
    }

    /// Whether the fact of this layer is the one that counts among those that say the same.
    fn counts(&self, layer: usize, triple: u64) -> bool {
        layer == 0 || self.layer_of(triple) == Some(layer)
    }

    /// The layer whose fact counts: the own one, else the surest, else the first.
    fn layer_of(&self, triple: u64) -> Option<usize> {
        if self.own.position(triple).is_some() {
            return Some(0);
        }
        let mut best: Option<(usize, f32)> = None;
        for (layer, lore) in self.lore.iter().enumerate() {
            let Some(doc) = lore.index().of_triple(triple) else {
                continue;
            };
            let confidence = lore.index().docs[doc as usize].confidence;
            if best.is_none_or(|(_, surest)| confidence > surest) {
                best = Some((layer + 1, confidence));
            }
        }
        best.map(|(layer, _)| layer)
    }

    /// Where the fact stands that counts among those that say this.
    fn place_of(&self, triple: u64) -> Option<(usize, usize)> {
        let layer = self.layer_of(triple)?;
        self.place_in(layer, triple).map(|place| (layer, place))
    }

    fn place_in(&self, layer: usize, triple: u64) -> Option<usize> {
        match layer.checked_sub(1) {
            None => self.own.position(triple),
            Some(layer) => self.lore.get(layer)?.index().of_triple(triple).map(|doc| doc as usize),
        }
    }

    /// Whether a fact holds, for all the character knows: a layer says nothing against those before it of what can have one
    /// object only.
    fn holds(&self, layer: usize, place: usize) -> bool {
        let Some(store) = self.store(layer).filter(|store| store.holds(place)) else { return false };
        let Some([subject, predicate, object]) = store.names(place).filter(|_| layer > 0) else { return true };
        if !self.rule(predicate.id()).one {
            return true;
        }
        let pattern = Pattern::new().subject(subject).predicate(predicate);
        let says_else = |(layer, facts): (usize, &Store)| {
            self.candidates(layer, &pattern).map(|doc| doc as usize).any(|other| {
                let names = facts.names(other).filter(|_| facts.holds(other));
                names.is_some_and(|names| pattern.names(names) && names[2] != object)
            })
        };
        !self.stores().take(layer).any(says_else)
    }

    /// What a relation means, by the first layer of lore that says so.
    #[must_use]
    pub fn rule_of(&self, predicate: &Concept) -> &Rule {
        self.rule(predicate.id())
    }

    fn rule(&self, predicate: u64) -> &Rule {
        self.lore.iter().find_map(|lore| lore.rules().get(predicate)).unwrap_or_else(|| Rule::plain())
    }

    /// Whether a fact is a secret from someone trusted this much, -1..=1, with these flags of the game's set, by what the
    /// character or its lore says of it.
    #[must_use]
    pub fn keeps_from(&self, fact: &Fact, trust: f32, flags: &[Concept]) -> bool {
        self.is_withheld(fact.triple(), trust, flags)
    }

    /// Whether speaking of a concept would give away what is a secret from someone trusted this much: it is the object of such
    /// a fact, or who told it.
    #[must_use]
    pub fn hides(&self, concept: &Concept, trust: f32, flags: &[Concept]) -> bool {
        let is_kept = |facts: &Store, place: usize| {
            facts.is_secret(place) && facts.triple(place).is_some_and(|triple| self.is_withheld(triple, trust, flags))
        };
        let as_object = |(_, facts, index): (usize, &Store, &Index)| {
            index.of_object(concept.id()).iter().any(|&doc| is_kept(facts, doc as usize))
        };
        let own = self.own.store();
        self.layers().any(as_object) || own.told_by(concept.key()).any(|place| is_kept(own, place))
    }

    /// Whether any copy of the fact is a secret from someone trusted this much.
    fn is_withheld(&self, triple: u64, trust: f32, flags: &[Concept]) -> bool {
        let fact = |layer| self.store(layer)?.get(self.place_in(layer, triple)?);
        (0..=self.lore.len()).filter_map(fact).any(|fact| !fact.is_open(trust, flags))
    }
}

fn triple_of(subject: &str, predicate: &str, object: &str) -> u64 {
    let id = |name| ConceptKey::of(name).0;
    fact::triple(id(subject), id(predicate), id(object))
}
