//! What follows from what is known: relations turned round, carried on, and paths from one thing to another.

use super::{Concept, Fact, Knowledge, Pattern, Rule, Source, concept::KeyMap};
use std::collections::VecDeque;

/// The most concepts that a search looks at.
const SEARCHED: usize = 4096;
/// The most facts that one question lets follow.
const FOLLOWING: usize = 1 << 16;

impl Knowledge {
    /// Facts that match a pattern or follow from facts that hold by the [rules](super::Rules) of their relations; each once,
    /// known ones first. What follows is [`Source::Inferred`], and as sure as the least sure of what it follows from.
    ///
    /// ```
    /// # use bevy_persona::knowledge::{Concept, Fact, Knowledge, LoreLayer, Pattern, Rule, Rules};
    /// let rules = Rules::new([(Concept::from("is in"), Rule { transitive: true, ..Rule::default() })]);
    /// let mut marta = Knowledge::default();
    /// marta.set_lore(vec![LoreLayer::default().with_rules(rules).into()]);
    /// marta.learn(Fact::new("the key", "is in", "the cellar"));
    /// marta.learn(Fact::new("the cellar", "is in", "the inn"));
    /// let found = marta.following(&Pattern::new().subject("the key"));
    /// assert_eq!(found[1].object.name(), "the inn");
    /// ```
    #[must_use]
    pub fn following(&self, pattern: &Pattern) -> Vec<Fact> {
        let mut found = self.matching(pattern);
        let known = found.len();
        self.turned(pattern, &mut found);
        self.carried_on(pattern, &mut found);
        // Bounded by what the searches gave.
        let mut seen: KeyMap<()> = KeyMap::default();
        let mut place = 0;
        found.retain(|fact| {
            place += 1;
            seen.insert(fact.triple(), ()).is_none() || place <= known
        });
        found
    }

    /// The shortest chain of facts, read in either direction, that leads from one concept to another in at most so many
    /// steps; empty where there is none, or where it would lead through thousands of others.
    #[must_use]
    pub fn path(&self, from: &str, to: &str, steps: usize) -> Vec<Fact> {
        let (starts, goals) = (self.named(from), self.named(to));
        let mut came: KeyMap<Option<(u64, Fact)>> = starts.iter().map(|start| (*start, None)).collect();
        let mut open: VecDeque<(u64, usize)> = starts.iter().map(|start| (*start, 0)).collect();
        while let Some((at, depth)) = open.pop_front() {
            if goals.contains(&at) {
                return way_back(&came, at);
            }
            if depth == steps || came.len() > SEARCHED {
                continue;
            }
            for fact in self.around(at) {
                let next = if fact.subject.id() == at { fact.object.id() } else { fact.subject.id() };
                if let std::collections::hash_map::Entry::Vacant(free) = came.entry(next) {
                    free.insert(Some((at, fact)));
                    open.push_back((next, depth + 1));
                }
            }
        }
        Vec::new()
    }

    /// Facts that name a concept at either end.
    fn around(&self, concept: u64) -> Vec<Fact> {
        let mut facts = self.listed(|index| index.of_subject(concept));
        facts.extend(self.listed(|index| index.of_object(concept)));
        facts.truncate(SEARCHED);
        facts
    }

    /// What holds the other way round.
    fn turned(&self, pattern: &Pattern, found: &mut Vec<Fact>) {
        let turned = Pattern { subject: pattern.object.clone(), object: pattern.subject.clone(), ..pattern.clone() };
        let mut add = |fact: Fact, predicate: &Concept| {
            let fact = inferred(&fact, fact.object.clone(), predicate.clone(), fact.subject.clone(), fact.confidence);
            if pattern.matches(&fact) {
                found.push(fact);
            }
        };
        match &pattern.predicate {
            Some(predicate) => {
                let Rule { symmetric, inverse, .. } = self.rule(predicate.id()).clone();
                if symmetric {
                    self.matching(&turned).into_iter().for_each(|fact| add(fact, predicate));
                }
                if let Some(inverse) = inverse {
                    let turned = turned.predicate(&inverse);
                    self.matching(&turned).into_iter().for_each(|fact| add(fact, predicate));
                }
            }
            None => {
                for fact in self.matching(&turned) {
                    let Rule { symmetric, inverse, .. } = self.rule(fact.predicate.id()).clone();
                    let other = inverse.or_else(|| symmetric.then(|| fact.predicate.clone()));
                    if let Some(other) = other {
                        add(fact, &other);
                    }
                }
            }
        }
    }

    /// What follows along a chain of a transitive relation.
    fn carried_on(&self, pattern: &Pattern, found: &mut Vec<Fact>) {
        let starts: Vec<Fact> = match (&pattern.subject, &pattern.object) {
            (Some(subject), _) => self.matching(&Pattern { object: None, subject: Some(subject.clone()), ..pattern.clone() }),
            (None, Some(object)) => self.matching(&Pattern { object: Some(object.clone()), ..pattern.clone() }),
            (None, None) => return,
        };
        let forwards = pattern.subject.is_some();
        let mut left = FOLLOWING;
        for start in starts.iter().filter(|fact| self.rule(fact.predicate.id()).transitive).take(SEARCHED) {
            let most = left.min(SEARCHED);
            left -= self.chain(start, forwards, most, |fact| {
                if pattern.matches(&fact) {
                    found.push(fact);
                }
            });
        }
    }

    /// Gives what follows from a fact by others of its relation, so many facts at most; how many there were.
    fn chain(&self, start: &Fact, forwards: bool, most: usize, mut give: impl FnMut(Fact)) -> usize {
        let mut given = 0;
        let end = |fact: &Fact| if forwards { fact.object.clone() } else { fact.subject.clone() };
        let origin = if forwards { &start.subject } else { &start.object };
        let mut seen: KeyMap<()> = [origin, &end(start)].into_iter().map(|concept| (concept.id(), ())).collect();
        let mut open = VecDeque::from([(end(start), start.confidence)]);
        while let Some((at, sure)) = open.pop_front() {
            let next = Pattern::new().predicate(&start.predicate);
            let next = if forwards { next.subject(&at) } else { next.object(&at) };
            for fact in self.matching(&next) {
                let (to, sure) = (end(&fact), sure.min(fact.confidence));
                if given == most {
                    return given;
                }
                if seen.insert(to.id(), ()).is_some() {
                    continue;
                }
                let (subject, object) = if forwards { (origin.clone(), to.clone()) } else { (to.clone(), origin.clone()) };
                give(inferred(&fact, subject, start.predicate.clone(), object, sure));
                given += 1;
                open.push_back((to, sure));
            }
        }
        given
    }
}

fn inferred(from: &Fact, subject: Concept, predicate: Concept, object: Concept, confidence: f32) -> Fact {
    Fact { subject, predicate, object, confidence, source: Source::Inferred, ..from.clone() }
}

/// The facts that led to a concept, first one first.
fn way_back(came: &KeyMap<Option<(u64, Fact)>>, mut at: u64) -> Vec<Fact> {
    let mut facts = Vec::new();
    while let Some(Some((before, fact))) = came.get(&at) {
        facts.push(fact.clone());
        at = *before;
    }
    facts.reverse();
    facts
}
