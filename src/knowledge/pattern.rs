use super::{Concept, Fact};

/// What facts to look for: whatever is not named matches all.
///
/// ```
/// use bevy_persona::knowledge::{Fact, Knowledge, Pattern};
///
/// let mut knowledge = Knowledge::default();
/// knowledge.learn(Fact::new("Marta", "owns", "the Gilded Oak"));
/// let owners = knowledge.matching(Pattern::new().predicate("owns").object("gilded oak"));
/// assert_eq!(owners[0].subject.name(), "Marta");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pattern {
    /// What the fact is about.
    pub subject: Option<Concept>,
    /// The relation.
    pub predicate: Option<Concept>,
    /// The other concept.
    pub object: Option<Concept>,
}

impl Pattern {
    /// A pattern that all facts match.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for facts about this.
    #[must_use]
    pub fn subject(mut self, name: impl Into<Concept>) -> Self {
        self.subject = Some(name.into());
        self
    }

    /// Asks for facts of this relation.
    #[must_use]
    pub fn predicate(mut self, name: impl Into<Concept>) -> Self {
        self.predicate = Some(name.into());
        self
    }

    /// Asks for facts with this other concept.
    #[must_use]
    pub fn object(mut self, name: impl Into<Concept>) -> Self {
        self.object = Some(name.into());
        self
    }

    /// Whether the fact is one that is asked for.
    #[must_use]
    pub fn matches(&self, fact: &Fact) -> bool {
        let is = |wanted: &Option<Concept>, found: &Concept| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.subject, &fact.subject) && is(&self.predicate, &fact.predicate) && is(&self.object, &fact.object)
    }
}
