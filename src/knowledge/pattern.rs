use super::{Concept, Fact};

/// What facts to look for: whatever is not named matches all.
///
/// ```
/// use bevy_persona::knowledge::{Fact, Knowledge, Pattern};
///
/// let mut knowledge = Knowledge::default();
/// knowledge.learn(Fact::new("Marta", "owns", "the Gilded Oak"));
/// let owners = knowledge.matching(&Pattern::new().predicate("owns").object("gilded oak"));
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
    /// Whether facts count that hold no longer or are not believed.
    pub ever: bool,
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

    /// Asks for facts too that hold no longer or are not believed.
    #[must_use]
    pub fn ever(mut self) -> Self {
        self.ever = true;
        self
    }

    /// Whether the fact is one that is asked for.
    #[must_use]
    pub fn matches(&self, fact: &Fact) -> bool {
        (self.ever || fact.holds()) && self.names([&fact.subject, &fact.predicate, &fact.object])
    }

    /// Whether the names are those that are asked for.
    pub(super) fn names(&self, [subject, predicate, object]: [&Concept; 3]) -> bool {
        let is = |wanted: &Option<Concept>, found: &Concept| wanted.as_ref().is_none_or(|wanted| wanted == found);
        is(&self.subject, subject) && is(&self.predicate, predicate) && is(&self.object, object)
    }
}
