use std::sync::Arc;

/// One thing known: `subject - predicate - object`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Name of what the fact is about.
    pub subject: Arc<str>,
    /// The relation in words.
    pub predicate: Arc<str>,
    /// Name of the other concept.
    pub object: Arc<str>,
    /// How sure, 0..=1.
    pub confidence: f32,
    /// How it was learned.
    pub source: Source,
    /// Game time when it was learned, in seconds.
    pub learned_at: f64,
    /// Until when it is kept from others.
    pub secrecy: Option<Secrecy>,
}

/// How a fact was learned.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Source {
    /// Written by the author.
    #[default]
    Authored,
    /// The character was there.
    Witnessed,
    /// This one told it.
    Told(Arc<str>),
    /// Concluded from other facts.
    Inferred,
    /// Seen in a view.
    Seen,
}

/// When a secret may be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Secrecy {
    /// To those trusted at least this much, -1..=1.
    Trust(f32),
    /// Never.
    Never,
}
