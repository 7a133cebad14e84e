//! A list of facts that is kept small: 48 bytes and a tag a fact, beside the names they share.

use super::fact::{STEPS, triple};
use super::{Belief, Concept, ConceptKey, Fact, Secrecy, Source, concept::KeyMap};

/// A list of facts; a fact is named by its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    rows: Vec<Row>,
    /// Half of what identifies each fact: enough to find one among a few hundred without an index.
    tags: Vec<u32>,
    rare: Option<Box<Rare>>,
}

/// A fact, in few bytes.
#[derive(Clone, Debug)]
struct Row {
    subject: Concept,
    predicate: Concept,
    object: Concept,
    learned_at: f64,
    age: f32,
    /// The trust that opens it; not a number for what is open, infinite for what is never told.
    needs: f32,
    /// One of `SOURCES`, or the place of the teller after them.
    source: u32,
    confidence: u16,
    marks: u8,
    uses: u8,
}

/// What few facts have.
#[derive(Clone, Debug, Default)]
struct Rare {
    tellers: Vec<Concept>,
    /// The flag that opens a fact.
    flags: KeyMap<Concept>,
    /// When a fact ceased to hold.
    ends: KeyMap<f64>,
}

const SOURCES: [Source; 4] = [Source::Authored, Source::Witnessed, Source::Inferred, Source::Seen];

const DOUBTED: u8 = 1;
const UNTRUE: u8 = 2;
const ENDED: u8 = 4;
const FLAGGED: u8 = 8;

impl Store {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Fact> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    pub(super) fn get(&self, place: usize) -> Option<Fact> {
        let row = self.rows.get(place)?;
        let key = row.triple();
        let rare = |mark: u8| self.rare.as_ref().filter(|_| row.marks & mark != 0);
        Some(Fact {
            subject: row.subject.clone(),
            predicate: row.predicate.clone(),
            object: row.object.clone(),
            confidence: f32::from(row.confidence) / STEPS,
            source: self.source(row),
            learned_at: row.learned_at,
            age: row.age,
            until: rare(ENDED).and_then(|rare| rare.ends.get(&key).copied()),
            secrecy: row.secrecy(rare(FLAGGED).and_then(|rare| rare.flags.get(&key))),
            belief: row.belief(),
            uses: row.uses,
        })
    }

    /// Subject, predicate and object, without the rest.
    pub(super) fn names(&self, place: usize) -> Option<[&Concept; 3]> {
        self.rows.get(place).map(|row| [&row.subject, &row.predicate, &row.object])
    }

    /// What identifies the three together.
    pub(super) fn triple(&self, place: usize) -> Option<u64> {
        self.rows.get(place).map(Row::triple)
    }

    /// Whether the fact is a secret.
    pub(super) fn is_secret(&self, place: usize) -> bool {
        self.rows.get(place).is_some_and(|row| !row.needs.is_nan() || row.marks & FLAGGED != 0)
    }

    /// The places of the facts that this one told.
    pub(super) fn told_by(&self, teller: ConceptKey) -> impl Iterator<Item = usize> {
        let known = self.rare.as_ref().and_then(|rare| rare.tellers.iter().position(|other| other.key() == teller));
        let code = known.map(|place| (place + SOURCES.len()) as u32);
        let is_told = move |(_, row): &(usize, &Row)| Some(row.source) == code;
        // Who has told nothing is not looked for.
        let rows = if code.is_some() { self.rows.as_slice() } else { &[] };
        rows.iter().enumerate().filter(is_told).map(|(place, _)| place)
    }

    /// Whether the fact holds still and is believed.
    pub(super) fn holds(&self, place: usize) -> bool {
        self.rows.get(place).is_some_and(|row| row.marks & (DOUBTED | UNTRUE | ENDED) == 0)
    }

    /// An estimate of the tokens a fact takes in a prompt: four bytes a token.
    pub(super) fn tokens(&self, place: usize) -> usize {
        self.names(place).map_or(0, |names| (names.iter().map(|name| name.len()).sum::<usize>() + 3).div_ceil(4))
    }

    /// Makes room for so many more facts and no others.
    pub(super) fn reserve(&mut self, facts: usize) {
        self.rows.reserve_exact(facts);
        self.tags.reserve_exact(facts);
    }

    /// Adds a fact that is not there yet.
    pub(super) fn push(&mut self, fact: &Fact) {
        if self.rows.len() == self.rows.capacity() {
            // By an eighth: a crowd of characters pays for what stands empty.
            self.reserve(self.rows.len() / 8 + 4);
        }
        let row = self.row(fact);
        self.rows.push(row);
        self.tags.push(tag(fact.triple()));
    }

    /// Replaces a fact by one that says the same.
    pub(super) fn set(&mut self, place: usize, fact: &Fact) {
        let row = self.row(fact);
        if let Some(old) = self.rows.get_mut(place) {
            *old = row;
        }
    }

    /// Keeps the facts of which this is true.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Fact) -> bool) {
        let kept: Vec<bool> = self.iter().map(|fact| keep(&fact)).collect();
        let mut by_place = kept.iter();
        self.rows.retain(|_| by_place.next().copied().unwrap_or(true));
        let mut by_place = kept.iter();
        self.tags.retain(|_| by_place.next().copied().unwrap_or(true));
        if let Some(rare) = self.rare.as_deref_mut() {
            let left: std::collections::HashSet<u64> = self.rows.iter().filter(|row| row.marks != 0).map(Row::triple).collect();
            rare.flags.retain(|key, _| left.contains(key));
            rare.ends.retain(|key, _| left.contains(key));
        }
    }

    /// Finds a fact by looking through all; quick while they are few.
    pub(super) fn find(&self, key: u64) -> Option<usize> {
        let wanted = tag(key);
        let is = |(place, _): &(usize, &u32)| self.rows[*place].triple() == key;
        self.tags.iter().enumerate().filter(|(_, tag)| **tag == wanted).find(is).map(|(place, _)| place)
    }

    /// Gives back what is reserved and not used.
    pub(super) fn shrink(&mut self) {
        self.rows.shrink_to_fit();
        self.tags.shrink_to_fit();
    }

    /// The bytes that it takes, without those of the names.
    pub(super) fn bytes(&self) -> usize {
        let rare = |rare: &Rare| {
            size_of::<Rare>()
                + rare.tellers.capacity() * size_of::<Concept>()
                + rare.flags.capacity() * size_of::<(u64, Concept)>()
                + rare.ends.capacity() * size_of::<(u64, f64)>()
        };
        self.rows.capacity() * size_of::<Row>() + self.tags.capacity() * size_of::<u32>() + self.rare.as_deref().map_or(0, rare)
    }

    fn row(&mut self, fact: &Fact) -> Row {
        let key = fact.triple();
        let belief = match fact.belief {
            Belief::Held => 0,
            Belief::Doubted => DOUBTED,
            Belief::Untrue => UNTRUE,
        };
        let (needs, flag) = match &fact.secrecy {
            None => (f32::NAN, None),
            Some(Secrecy::Never) => (f32::INFINITY, None),
            Some(Secrecy::Trust(trust)) => (*trust, None),
            Some(Secrecy::Flag(flag)) => (f32::NAN, Some(flag)),
            Some(Secrecy::Both(trust, flag)) => (*trust, Some(flag)),
        };
        if let Some(flag) = flag {
            self.rare_mut().flags.insert(key, flag.clone());
        }
        if let Some(until) = fact.until {
            self.rare_mut().ends.insert(key, until);
        }
        Row {
            subject: fact.subject.clone(),
            predicate: fact.predicate.clone(),
            object: fact.object.clone(),
            learned_at: fact.learned_at,
            age: fact.age,
            // A trust that is not a number opens nothing.
            needs: if flag.is_none() && fact.secrecy.is_some() && needs.is_nan() { f32::INFINITY } else { needs },
            source: self.source_code(&fact.source),
            confidence: (fact.confidence * STEPS).round() as u16,
            marks: belief | if fact.until.is_some() { ENDED } else { 0 } | if flag.is_some() { FLAGGED } else { 0 },
            uses: fact.uses,
        }
    }

    fn source_code(&mut self, source: &Source) -> u32 {
        let Source::Told(teller) = source else {
            return SOURCES.iter().position(|other| other == source).unwrap_or(0) as u32;
        };
        let tellers = &mut self.rare_mut().tellers;
        let place = tellers.iter().position(|known| known == teller).unwrap_or_else(|| {
            tellers.push(teller.clone());
            tellers.len() - 1
        });
        (place + SOURCES.len()) as u32
    }

    fn source(&self, row: &Row) -> Source {
        let code = row.source as usize;
        if let Some(source) = SOURCES.get(code) {
            return source.clone();
        }
        let teller = self.rare.as_ref().and_then(|rare| rare.tellers.get(code - SOURCES.len()));
        teller.cloned().map_or(Source::Authored, Source::Told)
    }

    fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

impl Row {
    fn triple(&self) -> u64 {
        triple(self.subject.id(), self.predicate.id(), self.object.id())
    }

    fn belief(&self) -> Belief {
        match self.marks & (DOUBTED | UNTRUE) {
            0 => Belief::Held,
            DOUBTED => Belief::Doubted,
            _ => Belief::Untrue,
        }
    }

    fn secrecy(&self, flag: Option<&Concept>) -> Option<Secrecy> {
        match (self.needs.is_nan(), flag) {
            (true, None) => None,
            (true, Some(flag)) => Some(Secrecy::Flag(flag.clone())),
            (false, Some(flag)) => Some(Secrecy::Both(self.needs, flag.clone())),
            (false, None) if self.needs == f32::INFINITY => Some(Secrecy::Never),
            (false, None) => Some(Secrecy::Trust(self.needs)),
        }
    }
}

fn tag(key: u64) -> u32 {
    (key >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_takes_few_bytes() {
        assert_eq!(size_of::<Row>(), 48, "a fact's row, names aside");
    }

    #[test]
    fn facts_come_back_as_they_were() {
        let plain = Fact::new("a", "b", "c");
        let facts = [
            plain.clone(),
            plain.clone().with_source(Source::Told("Tobin".into())).with_confidence(0.35).at(12.0).held_since(-3.0),
            plain.clone().with_source(Source::Seen).secret_until(Secrecy::Never),
            plain.clone().secret_until(Secrecy::Flag("dawn".into())).with_belief(Belief::Untrue),
            plain.clone().secret_until(Secrecy::Both(0.5, "dawn".into())).with_belief(Belief::Doubted),
            Fact { until: Some(9.0), uses: 7, ..plain.clone().secret_until(0.25).with_source(Source::Inferred) },
        ];
        for (i, fact) in facts.into_iter().enumerate() {
            let fact = Fact { subject: format!("{i}").into(), ..fact };
            let mut store = Store::default();
            store.push(&plain);
            store.push(&fact);
            assert_eq!(store.get(1), Some(fact.clone()), "every part of a fact is kept");
            assert_eq!(store.find(fact.triple()), Some(1), "and it is found");
            store.retain(|other| *other == fact);
            assert_eq!(store.iter().collect::<Vec<_>>(), [fact], "and stays when another goes");
        }
    }
}
