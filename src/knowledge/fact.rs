use super::{Concept, concept::join};
use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// One thing known: `subject - predicate - object`.
///
/// Facts are equal when all their parts are; [`same_as`](Self::same_as) asks only whether they say
/// the same.
///
/// ```
/// use bevy_persona::knowledge::{Fact, Secrecy, Source};
///
/// let fact = Fact::new("the cellar key", "is hidden under", "the third step")
///     .with_source(Source::Told("Tobin".into()))
///     .with_confidence(0.8)
///     .secret_until(Secrecy::Trust(0.7))
///     .at(120.0);
/// assert_eq!(fact.subject.name(), "the cellar key");
/// assert!(!fact.is_open(0.5), "a stranger does not hear of it");
/// ```
#[derive(Clone, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What the fact is about.
    pub subject: Concept,
    /// The relation in words, such as "is married to".
    pub predicate: Concept,
    /// The other concept.
    pub object: Concept,
    /// How sure, 0..=1.
    #[serde(default = "sure")]
    pub confidence: f32,
    /// How it was learned.
    #[serde(default)]
    pub source: Source,
    /// Game time when it was learned, in seconds.
    #[serde(default)]
    pub learned_at: f64,
    /// Until when it is kept from others; `None` for what anyone may hear.
    #[serde(default)]
    pub secrecy: Option<Secrecy>,
}

/// How a fact was learned.
#[derive(Clone, Debug, PartialEq, Default, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Default, Serialize, Deserialize)]
pub enum Source {
    /// Written by the author.
    #[default]
    Authored,
    /// The character was there.
    Witnessed,
    /// This one told it.
    Told(Concept),
    /// Concluded from other facts.
    Inferred,
    /// Seen in a view.
    Seen,
}

/// When a secret may be told.
#[derive(Clone, Copy, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Serialize, Deserialize)]
pub enum Secrecy {
    /// To those trusted at least this much, -1..=1.
    Trust(f32),
    /// Never.
    Never,
}

fn sure() -> f32 {
    1.0
}

impl Fact {
    /// An authored fact, certain and no secret.
    #[must_use]
    pub fn new(subject: impl Into<Concept>, predicate: impl Into<Concept>, object: impl Into<Concept>) -> Self {
        Self {
            subject: subject.into(),
            predicate: predicate.into(),
            object: object.into(),
            confidence: 1.0,
            source: Source::Authored,
            learned_at: 0.0,
            secrecy: None,
        }
    }

    /// Sets how sure it is, 0..=1; what lies outside is brought inside.
    #[must_use]
    pub fn with_confidence(mut self, confidence: f32) -> Self {
        self.confidence = confidence;
        self.tidy();
        self
    }

    /// Sets how it was learned.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.source = source;
        self
    }

    /// Makes it a secret.
    #[must_use]
    pub fn secret_until(mut self, secrecy: impl Into<Secrecy>) -> Self {
        self.secrecy = Some(secrecy.into());
        self
    }

    /// Sets the game time when it was learned, in seconds.
    #[must_use]
    pub fn at(mut self, seconds: f64) -> Self {
        self.learned_at = seconds;
        self.tidy();
        self
    }

    /// Whether both say the same, however surely and from whomever.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.triple() == other.triple()
    }

    /// Whether it may be told to someone trusted this much, -1..=1.
    #[must_use]
    pub fn is_open(&self, trust: f32) -> bool {
        self.secrecy.is_none_or(|secrecy| secrecy.is_open(trust))
    }

    /// What identifies the three names together.
    pub(super) fn triple(&self) -> u64 {
        triple(self.subject.id(), self.predicate.id(), self.object.id())
    }

    /// Brings figures from outside into their ranges.
    pub(super) fn tidy(&mut self) {
        // Not a number means that nothing is known of how sure or when.
        self.confidence = if self.confidence.is_nan() { 0.0 } else { self.confidence.clamp(0.0, 1.0) };
        if !self.learned_at.is_finite() {
            self.learned_at = 0.0;
        }
    }

    /// An estimate of the tokens it takes in a prompt: four bytes a token.
    pub(super) fn tokens(&self) -> usize {
        (self.subject.len() + self.predicate.len() + self.object.len() + 3).div_ceil(4)
    }
}

pub(super) fn triple(subject: u64, predicate: u64, object: u64) -> u64 {
    join(join(subject, predicate), object)
}

impl Secrecy {
    /// Whether the secret may be told to someone trusted this much, -1..=1.
    #[must_use]
    pub fn is_open(self, trust: f32) -> bool {
        match self {
            // False too where either is not a number: when in doubt, keep it.
            Self::Trust(needed) => trust >= needed,
            Self::Never => false,
        }
    }

    /// The one of both that is told later.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Trust(one), Self::Trust(two)) => Self::Trust(one.max(two)),
            _ => Self::Never,
        }
    }
}

/// The secrecy of a fact of which there are two copies.
pub(super) fn stricter(one: Option<Secrecy>, two: Option<Secrecy>) -> Option<Secrecy> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.stricter(two)),
        (one, two) => one.or(two),
    }
}

impl From<f32> for Secrecy {
    fn from(trust: f32) -> Self {
        Self::Trust(trust)
    }
}

impl Source {
    /// Whether the character lived through it, rather than its author having written it.
    #[must_use]
    pub fn is_lived(&self) -> bool {
        *self != Self::Authored
    }

    /// Who told it, where someone did.
    #[must_use]
    pub fn teller(&self) -> Option<&Concept> {
        match self {
            Self::Told(teller) => Some(teller),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_fits_a_cache_line() {
        assert!(size_of::<Fact>() <= 64, "a fact takes {} bytes, names aside", size_of::<Fact>());
    }

    #[test]
    fn figures_stay_in_range() {
        let fact = Fact::new("a", "b", "c").with_confidence(f32::NAN).at(f64::INFINITY);
        assert_eq!((fact.confidence, fact.learned_at), (0.0, 0.0), "no figure is not a number");
        assert_eq!(Fact::new("a", "b", "c").with_confidence(7.0).confidence, 1.0, "nothing is surer than sure");
    }

    #[test]
    fn secrets_open_with_trust_alone() {
        let fact = Fact::new("a", "b", "c").secret_until(0.5);
        assert!(fact.is_open(0.5) && !fact.is_open(0.49), "the secret opens at the trust it names");
        assert!(!fact.is_open(f32::NAN), "unknown trust opens nothing");
        assert!(!Fact::new("a", "b", "c").secret_until(Secrecy::Never).is_open(1.0), "some things are never told");
        assert!(Fact::new("a", "b", "c").is_open(-1.0), "what is no secret is open to all");
        assert_eq!(Secrecy::Trust(0.2).stricter(Secrecy::Trust(0.6)), Secrecy::Trust(0.6), "the higher trust counts");
    }
}
