use super::{
    Belief, Concept, Fact, Pattern,
    concept::KeyMap,
    fact::stricter,
    index::{Candidates, Index},
    store::Store,
};
use bevy::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeStruct};
use std::{
    collections::hash_map::Entry,
    fmt,
    sync::{Arc, OnceLock},
};

/// The facts that one character has for itself, and other names it knows.
///
/// To reflection this is one value: applying a saved one replaces all facts, so that nothing learned
/// after the save is left. Its serialised form lists the facts with their names.
#[derive(Clone, Default, Reflect)]
#[reflect(opaque)]
#[reflect(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OwnFacts {
    store: Store,
    aliases: Box<[(Concept, Concept)]>,
    /// Built when first needed, so that characters who are never spoken to do without.
    index: OnceLock<Arc<Index>>,
}

/// Up to here, looking through all facts is quicker than keeping an index.
const FEW: usize = 1024;

/// How many of the latest facts are searched for names to share, where there is no index.
const SHARED_AMONG: usize = 64;

impl OwnFacts {
    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether there is no fact.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.len() == 0
    }

    /// The facts, in the order in which they were learned; authored ones first.
    pub fn iter(&self) -> impl Iterator<Item = Fact> {
        self.store.iter()
    }

    /// The fact at a place in that order.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<Fact> {
        self.store.get(place)
    }

    /// Other names that the character knows: the concept, then one other name of it.
    #[must_use]
    pub fn aliases(&self) -> &[(Concept, Concept)] {
        &self.aliases
    }

    /// The bytes that the facts take, without their names, which they share, and without the index of those who are
    /// spoken to.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.store.bytes() + size_of_val(&*self.aliases)
    }

    /// Facts as they were saved, without a look at what they say against each other. Of those that say the same the last counts.
    pub(crate) fn from_saved(facts: Vec<Fact>, aliases: Vec<(Concept, Concept)>) -> Self {
        let mut own = Self::default();
        own.store.reserve(facts.len());
        let mut places: KeyMap<usize> = KeyMap::with_capacity_and_hasher(facts.len(), Default::default());
        for mut fact in facts {
            fact.tidy();
            match places.entry(fact.triple()) {
                Entry::Occupied(place) => own.store.set(*place.get(), &fact),
                Entry::Vacant(free) => {
                    free.insert(own.store.len());
                    own.store.push(&fact);
                }
            }
        }
        for (concept, alias) in aliases {
            own.add_alias(concept, alias);
        }
        own.store.shrink();
        own
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn index(&self) -> &Index {
        self.index.get_or_init(|| Arc::new(Index::new(&self.store, &self.aliases)))
    }

    /// Facts that may match; those that do are among them. Makes no index for a few.
    pub(super) fn candidates(&self, pattern: &Pattern) -> Candidates<'_> {
        if self.has_no_need_of_index() { Candidates::All(0..self.len() as u32) } else { self.index().candidates(pattern) }
    }

    /// Adds a fact; false where it was known, which then keeps the better of both.
    pub(super) fn learn(&mut self, mut fact: Fact) -> bool {
        fact.tidy();
        if let Some(place) = self.position(fact.triple()) {
            let known = self.store.get(place);
            self.set(place, &known.map_or(fact.clone(), |known| merged(known, fact)));
            return false;
        }
        self.push(&fact);
        true
    }

    /// Puts a fact in the place of one that says the same, or adds it.
    pub(super) fn put(&mut self, fact: &Fact) {
        match self.position(fact.triple()) {
            Some(place) => self.set(place, fact),
            None => self.push(fact),
        }
    }

    /// Removes the facts of which this is false; how many there were.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Fact) -> bool) -> usize {
        let before = self.len();
        self.store.retain(keep);
        if self.len() != before {
            self.release();
        }
        before - self.len()
    }

    /// Replaces what is authored; what was lived through stays, and so does what was learned of authored facts: that they
    /// hold no longer, or are not to be believed.
    pub(super) fn set_authored(&mut self, authored: Vec<Fact>) {
        let before = std::mem::take(&mut self.store);
        self.release();
        for fact in authored {
            self.learn(fact.with_source(super::Source::Authored));
        }
        for fact in before.iter() {
            let is_over = fact.until.is_some() || fact.belief == Belief::Doubted;
            if is_over {
                self.put(&fact);
            } else if fact.source.is_lived() {
                self.learn(fact);
            }
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
        let mut aliases = std::mem::take(&mut self.aliases).into_vec();
        aliases.push(pair);
        self.aliases = aliases.into_boxed_slice();
    }

    /// Drops the index, which is built again when needed, and what is reserved.
    pub(super) fn release(&mut self) {
        self.index.take();
        self.store.shrink();
    }

    pub(super) fn position(&self, triple: u64) -> Option<usize> {
        if self.has_no_need_of_index() {
            return self.store.find(triple);
        }
        self.index().of_triple(triple).map(|doc| doc as usize)
    }

    fn has_no_need_of_index(&self) -> bool {
        self.index.get().is_none() && self.store.len() <= FEW
    }

    /// The name under which a concept is known here, so that facts can share it.
    pub(super) fn shared(&self, concept: &Concept) -> Option<&Concept> {
        if let Some(index) = self.index.get() {
            return index.shared(&self.store, concept);
        }
        let latest = (0..self.store.len()).rev().take(SHARED_AMONG);
        latest.filter_map(|place| self.store.names(place)).flatten().find(|name| *name == concept)
    }

    fn push(&mut self, fact: &Fact) {
        if let Some(index) = self.index.get_mut() {
            Arc::make_mut(index).add(fact);
        }
        self.store.push(fact);
    }

    fn set(&mut self, place: usize, fact: &Fact) {
        self.store.set(place, fact);
        if let Some(index) = self.index.get_mut() {
            Arc::make_mut(index).refresh(place as u32, fact);
        }
    }
}

/// What is known when a known fact is learned again.
fn merged(known: Fact, fact: Fact) -> Fact {
    let secrecy = stricter(known.secrecy.clone(), fact.secrecy.clone());
    let is_later = known.until.is_some_and(|until| fact.since() >= until);
    let is_revived = fact.holds() && !known.holds() && (fact.source.is_first_hand() || is_later);
    let is_surer = fact.confidence > known.confidence && known.holds();
    // What is lived through stays when the author takes the same fact out of the persona.
    let is_lived = fact.confidence >= known.confidence && fact.source.is_lived() && !known.source.is_lived();
    let (belief, until) = if is_revived { (Belief::Held, None) } else { (known.belief, known.until) };
    let uses = known.uses.max(fact.uses);
    let better = if is_revived || is_surer || is_lived { fact } else { known };
    Fact { secrecy, belief, until, uses, ..better }
}

impl fmt::Debug for OwnFacts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts: Vec<Fact> = self.iter().collect();
        formatter.debug_struct("OwnFacts").field("facts", &facts).field("aliases", &self.aliases).finish()
    }
}

impl Serialize for OwnFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut saved = serializer.serialize_struct("OwnFacts", 2)?;
        saved.serialize_field("facts", &self.iter().collect::<Vec<_>>())?;
        saved.serialize_field("aliases", &self.aliases)?;
        saved.end()
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
        let Saved { mut facts, aliases } = Saved::deserialize(deserializer)?;
        let mut names: KeyMap<Concept> = KeyMap::default();
        for fact in &mut facts {
            for name in [&mut fact.subject, &mut fact.predicate, &mut fact.object] {
                *name = names.entry(name.id()).or_insert_with(|| name.clone()).clone();
            }
        }
        Ok(Self::from_saved(facts, aliases))
    }
}
