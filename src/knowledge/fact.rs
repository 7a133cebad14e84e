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
/// assert!(!fact.is_open(0.5, &[]), "a stranger does not hear of it");
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
    /// How sure, 0..=1, in steps of 1/10,000.
    #[serde(default = "sure")]
    pub confidence: f32,
    /// How it was learned.
    #[serde(default)]
    pub source: Source,
    /// Game time when it was learned, in seconds.
    #[serde(default)]
    pub learned_at: f64,
    /// For how long it had held when it was learned, in seconds; 0 for what was learned as it came about.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub age: f32,
    /// Game time when it ceased to hold; `None` while it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<f64>,
    /// Until when it is kept from others; `None` for what anyone may hear.
    #[serde(default)]
    pub secrecy: Option<Secrecy>,
    /// Whether the character believes it.
    #[serde(default, skip_serializing_if = "Belief::is_held")]
    pub belief: Belief,
    /// How often it has come up in talk, which keeps it longer.
    #[serde(default, skip_serializing_if = "is_none")]
    pub uses: u8,
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

/// Whether a character believes what it knows of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Default, Serialize, Deserialize)]
pub enum Belief {
    /// It holds it true.
    #[default]
    Held,
    /// It has heard it, and has reason to think otherwise.
    Doubted,
    /// It knows it to be false, and may say it all the same: a lie.
    Untrue,
}

/// When a secret may be told.
#[derive(Clone, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Serialize, Deserialize)]
pub enum Secrecy {
    /// To those trusted at least this much, -1..=1.
    Trust(f32),
    /// When the game has set this [flag](super::StoryFlags).
    Flag(Concept),
    /// When the game has set this flag, to those trusted at least this much.
    Both(f32, Concept),
    /// Never.
    Never,
}

fn sure() -> f32 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(seconds: &f32) -> bool {
    *seconds == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(uses: &u8) -> bool {
    *uses == 0
}

/// Steps of confidence: fine enough for any author, and two bytes a fact.
pub(super) const STEPS: f32 = 10_000.0;

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
            age: 0.0,
            until: None,
            secrecy: None,
            belief: Belief::Held,
            uses: 0,
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

    /// Sets whether the character believes it.
    #[must_use]
    pub fn with_belief(mut self, belief: Belief) -> Self {
        self.belief = belief;
        self
    }

    /// Sets since when it holds, as game time in seconds; what lies after the time when it was learned counts as that.
    #[must_use]
    pub fn held_since(mut self, seconds: f64) -> Self {
        self.age = (self.learned_at - seconds) as f32;
        self.tidy();
        self
    }

    /// Since when it has held at least, as game time in seconds.
    #[must_use]
    pub fn since(&self) -> f64 {
        self.learned_at - f64::from(self.age)
    }

    /// Whether it holds still, for all the character knows and believes.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.until.is_none() && self.belief == Belief::Held
    }

    /// Whether both say the same, however surely and from whomever.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        self.triple() == other.triple()
    }

    /// Whether it may be told to someone trusted this much, -1..=1, with these flags of the game's set.
    #[must_use]
    pub fn is_open(&self, trust: f32, flags: &[Concept]) -> bool {
        self.secrecy.as_ref().is_none_or(|secrecy| secrecy.is_open(trust, flags))
    }

    /// What identifies the three names together.
    pub(super) fn triple(&self) -> u64 {
        triple(self.subject.id(), self.predicate.id(), self.object.id())
    }

    /// Brings figures from outside into their ranges.
    pub(super) fn tidy(&mut self) {
        // Not a number means that nothing is known of how sure or when.
        self.confidence = if self.confidence.is_nan() { 0.0 } else { self.confidence.clamp(0.0, 1.0) };
        self.confidence = (self.confidence * STEPS).round() / STEPS;
        if !self.learned_at.is_finite() {
            self.learned_at = 0.0;
        }
        self.age = if self.age.is_finite() { self.age.max(0.0) } else { 0.0 };
        self.until = self.until.filter(|until| until.is_finite());
    }
}

pub(super) fn triple(subject: u64, predicate: u64, object: u64) -> u64 {
    join(join(subject, predicate), object)
}

impl Belief {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_held(&self) -> bool {
        *self == Self::Held
    }
}

impl Secrecy {
    /// Whether the secret may be told to someone trusted this much, -1..=1, with these flags of the game's set.
    #[must_use]
    pub fn is_open(&self, trust: f32, flags: &[Concept]) -> bool {
        // False too where either is not a number: when in doubt, keep it.
        match self {
            Self::Trust(needed) => trust >= *needed,
            Self::Flag(flag) => flags.contains(flag),
            Self::Both(needed, flag) => trust >= *needed && flags.contains(flag),
            Self::Never => false,
        }
    }

    /// Both conditions together. Two different flags make a secret for ever: one condition cannot name both.
    #[must_use]
    pub fn stricter(&self, other: &Self) -> Self {
        let (Some((trust, flag)), Some((other_trust, other_flag))) = (self.parts(), other.parts()) else { return Self::Never };
        let trust = match (trust, other_trust) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        };
        match (trust, flag, other_flag) {
            (_, Some(one), Some(two)) if one != two => Self::Never,
            (Some(trust), None, None) => Self::Trust(trust),
            (Some(trust), one, two) => one.or(two).map_or(Self::Never, |flag| Self::Both(trust, flag.clone())),
            (None, one, two) => one.or(two).map_or(Self::Never, |flag| Self::Flag(flag.clone())),
        }
    }

    /// The trust and the flag that are needed; `None` for what is never told.
    fn parts(&self) -> Option<(Option<f32>, Option<&Concept>)> {
        match self {
            Self::Trust(trust) => Some((Some(*trust), None)),
            Self::Flag(flag) => Some((None, Some(flag))),
            Self::Both(trust, flag) => Some((Some(*trust), Some(flag))),
            Self::Never => None,
        }
    }
}

/// The secrecy of a fact of which there are two copies.
pub(super) fn stricter(one: Option<Secrecy>, two: Option<Secrecy>) -> Option<Secrecy> {
    match (one, two) {
        (Some(one), Some(two)) => Some(one.stricter(&two)),
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

    /// Whether the character has it from no one else: it was there, or was made knowing it.
    #[must_use]
    pub fn is_first_hand(&self) -> bool {
        !matches!(self, Self::Told(_))
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
    fn figures_stay_in_range() {
        let fact = Fact::new("a", "b", "c").with_confidence(f32::NAN).at(f64::INFINITY);
        assert_eq!((fact.confidence, fact.learned_at), (0.0, 0.0), "no figure is not a number");
        assert_eq!(Fact::new("a", "b", "c").with_confidence(7.0).confidence, 1.0, "nothing is surer than sure");
    }

    #[test]
    fn secrets_open_with_trust_alone() {
        let fact = Fact::new("a", "b", "c").secret_until(0.5);
        assert!(fact.is_open(0.5, &[]) && !fact.is_open(0.49, &[]), "the secret opens at the trust it names");
        assert!(!fact.is_open(f32::NAN, &[]), "unknown trust opens nothing");
        assert!(!Fact::new("a", "b", "c").secret_until(Secrecy::Never).is_open(1.0, &[]), "some things are never told");
        assert!(Fact::new("a", "b", "c").is_open(-1.0, &[]), "what is no secret is open to all");
        assert_eq!(Secrecy::Trust(0.2).stricter(&Secrecy::Trust(0.6)), Secrecy::Trust(0.6), "the higher trust counts");
    }
    #[test]
    fn secrets_wait_for_flags() {
        let met: Concept = "the duke has come".into();
        let fact = Fact::new("a", "b", "c").secret_until(Secrecy::Both(0.5, met.clone()));
        assert!(!fact.is_open(1.0, &[]), "the flag is not set");
        assert!(!fact.is_open(0.0, std::slice::from_ref(&met)), "the flag alone is not enough");
        assert!(fact.is_open(0.5, std::slice::from_ref(&met)), "both are");
        let flag = Secrecy::Flag(met.clone());
        assert_eq!(flag.stricter(&Secrecy::Trust(0.3)), Secrecy::Both(0.3, met.clone()), "two conditions are both kept");
        assert_eq!(flag.stricter(&Secrecy::Flag("another".into())), Secrecy::Never, "two flags cannot be");
        assert_eq!(flag.stricter(&Secrecy::Never), Secrecy::Never, "what is never told never is");
    }

    #[test]
    fn confidence_is_kept_as_written() {
        for written in [0.0, 0.1, 0.2, 0.3, 0.35, 0.7, 0.8, 0.9, 0.99, 1.0_f32] {
            assert_eq!(Fact::new("a", "b", "c").with_confidence(written).confidence, written, "{written} is a plain figure");
        }
    }
}
