//! How new knowledge meets old: what it ends, what it puts in doubt, and what speaks against it.

use super::{Belief, Concept, Fact, Knowledge, Pattern, Rule, Source};
use bevy::prelude::*;

/// What became of a fact that a character learned, and of what it knew before.
#[derive(Clone, Debug, Default, PartialEq, Reflect)]
#[reflect(Default, Debug, PartialEq)]
pub struct Learned {
    /// Whether the character did not have it as its own before.
    pub is_news: bool,
    /// Whether it clashes with what the character knows better, and is kept as mere hearsay.
    pub is_doubted: bool,
    /// Facts that hold no longer, as they were before.
    pub ended: Vec<Fact>,
    /// Hearsay that turned out to be wrong.
    pub disproved: Vec<Fact>,
}

/// What two facts are to each other of which only one can hold.
enum Clash {
    /// The new one holds from now on.
    Ends,
    /// The new one is of the past: it held until the other began.
    IsPast,
    /// The old one was never so.
    Refutes,
    /// The new one is not believed.
    IsDoubted,
}

impl Knowledge {
    /// Adds a fact; false if it was known already as the character's own (then the surer of the two
    /// stays, with the stricter secrecy). What else it does, [`take_in`](Self::take_in) tells.
    pub fn learn(&mut self, fact: Fact) -> bool {
        self.take_in(fact).is_news
    }

    /// Adds a fact, and settles what it says against what is known, by the [rules](super::Rules) of the relation.
    ///
    /// Of a relation that has one object at a time, what the character sees, or is told with a date, ends what was before;
    /// what it is told against what it saw is doubted. Of one that lasts, hearsay is refuted by what it sees.
    pub fn take_in(&mut self, mut fact: Fact) -> Learned {
        fact.tidy();
        let teller = match &mut fact.source {
            Source::Told(teller) => Some(teller),
            _ => None,
        };
        for name in [&mut fact.subject, &mut fact.predicate, &mut fact.object].into_iter().chain(teller) {
            if let Some(shared) = self.shared(name) {
                *name = shared;
            }
        }
        let mut learned = Learned::default();
        if fact.holds() && self.rule(fact.predicate.id()).one {
            self.settle(&mut fact, &mut learned);
        }
        learned.is_doubted = fact.belief == Belief::Doubted;
        learned.is_news = self.own.learn(fact);
        learned
    }

    /// Learns that a fact holds no longer, from a time of the game on; the fact as it was, where it held.
    pub fn end(&mut self, subject: &str, predicate: &str, object: &str, at: f64) -> Option<Fact> {
        let fact = self.get(subject, predicate, object).filter(Fact::holds)?;
        self.own.put(&Fact { until: Some(at.max(fact.since())), ..fact.clone() });
        Some(fact)
    }

    /// Takes belief from what the character knows; the fact as it was, where it was believed.
    pub fn doubt(&mut self, subject: &str, predicate: &str, object: &str) -> Option<Fact> {
        let fact = self.get(subject, predicate, object).filter(Fact::holds)?;
        self.own.put(&fact.clone().with_belief(Belief::Doubted));
        Some(fact)
    }

    /// Counts that an own fact has come up in talk.
    pub fn touch(&mut self, subject: &str, predicate: &str, object: &str) {
        if let Some(fact) = self.get(subject, predicate, object).filter(|fact| fact.source.is_lived()) {
            self.own.put(&Fact { uses: fact.uses.saturating_add(1), ..fact });
        }
    }

    /// Forgets own facts of which this is false; how many there were. Authored ones stay.
    pub fn forget_unless(&mut self, mut keep: impl FnMut(&Fact) -> bool) -> usize {
        self.own.retain(|fact| !fact.source.is_lived() || keep(fact))
    }

    /// The name under which a concept is known already.
    fn shared(&self, name: &Concept) -> Option<Concept> {
        let lore = || self.lore.iter().find_map(|layer| layer.index().shared(layer.store(), name));
        self.own.shared(name).or_else(lore).cloned()
    }

    fn settle(&mut self, fact: &mut Fact, learned: &mut Learned) {
        let rule = self.rule(fact.predicate.id()).clone();
        for rival in self.rivals(fact, &rule) {
            match clash(fact, &rival, rule.lasting) {
                Clash::Ends => {
                    self.own.put(&Fact { until: Some(fact.since().max(rival.since())), ..rival.clone() });
                    learned.ended.push(rival);
                }
                Clash::IsPast => fact.until = Some(rival.since()),
                Clash::IsDoubted => fact.belief = Belief::Doubted,
                Clash::Refutes => {
                    self.own.put(&rival.clone().with_belief(Belief::Doubted));
                    learned.disproved.push(rival);
                }
            }
        }
    }

    /// Facts that cannot hold beside this one.
    fn rivals(&self, fact: &Fact, rule: &Rule) -> Vec<Fact> {
        let of = || Pattern::new().predicate(&fact.predicate);
        let mut rivals = self.matching(&of().subject(&fact.subject));
        if rule.symmetric {
            rivals.extend(self.matching(&of().object(&fact.subject)));
            rivals.extend(self.matching(&of().subject(&fact.object)));
            rivals.extend(self.matching(&of().object(&fact.object)));
        }
        let says_the_same = |other: &Fact| {
            let turned = rule.symmetric && other.subject == fact.object && other.object == fact.subject;
            turned || other.same_as(fact)
        };
        rivals.retain(|other| !says_the_same(other));
        rivals
    }
}

fn clash(new: &Fact, old: &Fact, lasting: bool) -> Clash {
    let is_later = new.since() >= old.since();
    let is_surer = new.confidence > old.confidence;
    // What was told without a date says nothing of when it began.
    let is_dated = new.age > 0.0;
    match (new.source.is_first_hand(), old.source.is_first_hand()) {
        (true, false) if lasting => Clash::Refutes,
        (true, true) if lasting => {
            if is_surer {
                Clash::Refutes
            } else {
                Clash::IsDoubted
            }
        }
        (false, true) if lasting => Clash::IsDoubted,
        (true, _) => {
            if is_later {
                Clash::Ends
            } else {
                Clash::IsPast
            }
        }
        (false, _) if is_dated && !lasting => {
            if is_later {
                Clash::Ends
            } else {
                Clash::IsPast
            }
        }
        (false, true) => Clash::IsDoubted,
        (false, false) => {
            if is_surer {
                Clash::Refutes
            } else {
                Clash::IsDoubted
            }
        }
    }
}
