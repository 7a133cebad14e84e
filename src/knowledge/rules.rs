use super::{Concept, concept::KeyMap};
use serde::{Deserialize, Serialize};

/// What relations mean, beyond their words.
///
/// They stand in lore, so that all who know a layer read its relations alike:
///
/// ```
/// # use bevy_persona::persona::parse_lore;
/// let lore = parse_lore(r#"Lore(
///     facts: [("Tobin", "is the son of", "Marta")],
///     relations: {
///         "is married to": (one: true, symmetric: true),
///         "is the son of": (inverse: "is the mother of", lasting: true),
///         "is in": (one: true, transitive: true),
///     },
/// )"#, "family.lore.ron").unwrap();
/// assert!(lore.layer.rules().of(&"is in".into()).transitive);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    by_predicate: KeyMap<Rule>,
}

/// What one relation means.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename = "Relation", deny_unknown_fields, default)]
pub struct Rule {
    /// Each subject has one object at a time (a functional relation): a new one ends the old.
    pub one: bool,
    /// Once true it stays so: whoever says otherwise is wrong, whenever they say it.
    pub lasting: bool,
    /// It holds the other way round as well.
    pub symmetric: bool,
    /// What is in a thing that is in another is in that other too.
    pub transitive: bool,
    /// The relation in words that holds the other way round.
    pub inverse: Option<Concept>,
    /// How it moves the feelings of who learns of it.
    pub felt: Option<Felt>,
    /// What who sees it several times comes to think.
    pub habit: Option<Habit>,
}

/// How a fact moves the feelings of who learns of it towards one whom it names: in full of who is there, half as much, by how
/// sure it is, of who is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Felt {
    /// Towards whom.
    pub towards: End,
    /// By how much trust changes, -1..=1.
    pub trust: f32,
    /// By how much liking changes, -1..=1.
    pub liking: f32,
    /// By how much fear changes, -1..=1.
    pub fear: f32,
}

/// What a character comes to think of one whom it has seen do the same several times: "is a thief".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Habit {
    /// Of whom.
    pub of: End,
    /// After how many times.
    pub times: u32,
    /// What: a relation and its object.
    pub is: (Concept, Concept),
}

/// An end of a fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// What the fact is about.
    #[default]
    Subject,
    /// The other concept.
    Object,
}

impl End {
    /// The concept at this end of a fact.
    #[must_use]
    pub fn of(self, fact: &super::Fact) -> &Concept {
        match self {
            Self::Subject => &fact.subject,
            Self::Object => &fact.object,
        }
    }
}

static PLAIN: Rule =
    Rule { one: false, lasting: false, symmetric: false, transitive: false, inverse: None, felt: None, habit: None };

impl Rules {
    /// Rules for these relations. An inverse is entered for both sides.
    #[must_use]
    pub fn new(rules: impl IntoIterator<Item = (Concept, Rule)>) -> Self {
        let mut by_predicate: KeyMap<Rule> = KeyMap::default();
        let rules: Vec<_> = rules.into_iter().collect();
        for (predicate, rule) in &rules {
            if let Some(inverse) = &rule.inverse {
                let other = by_predicate.entry(inverse.id()).or_default();
                other.inverse.get_or_insert_with(|| predicate.clone());
                other.transitive |= rule.transitive;
                other.lasting |= rule.lasting;
            }
        }
        for (predicate, rule) in rules {
            let known = by_predicate.entry(predicate.id()).or_default();
            let inverse = rule.inverse.or(known.inverse.take());
            *known =
                Rule { inverse, transitive: rule.transitive || known.transitive, lasting: rule.lasting || known.lasting, ..rule };
        }
        Self { by_predicate }
    }

    /// The rule for a relation; one without any for a relation of which none was given.
    #[must_use]
    pub fn of(&self, predicate: &Concept) -> &Rule {
        self.get(predicate.id()).unwrap_or(&PLAIN)
    }

    pub(super) fn get(&self, predicate: u64) -> Option<&Rule> {
        self.by_predicate.get(&predicate)
    }
}

impl Rule {
    pub(super) fn plain() -> &'static Self {
        &PLAIN
    }
}
