use bevy::prelude::*;
use persona_mind::brief::Relation;
use serde::{Deserialize, Serialize};

/// How a character feels towards others, by name; "player" is whoever plays.
///
/// Towards a stranger all feelings are 0.
///
/// ```
/// use bevy_persona::memory::Feelings;
/// use bevy_persona::mind::brief::Relation;
///
/// let mut feelings = Feelings::default();
/// feelings.adjust("player", Relation { trust: 0.4, ..Relation::default() });
/// feelings.adjust("player", Relation { trust: 0.9, fear: -0.5, ..Relation::default() });
/// assert_eq!(feelings.get("player"), Relation { trust: 1.0, liking: 0.0, fear: 0.0 });
/// ```
#[derive(Component, Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feelings {
    /// Sorted by name.
    towards: Vec<Feeling>,
}

/// How a character feels towards one other.
#[derive(Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feeling {
    /// The other's name.
    pub name: String,
    /// -1 distrust, 1 full trust.
    pub trust: f32,
    /// -1 hatred, 1 love.
    pub liking: f32,
    /// 0 none, 1 terror.
    pub fear: f32,
}

impl Feelings {
    /// Feelings towards some others.
    #[must_use]
    pub fn new<'a>(towards: impl IntoIterator<Item = (&'a str, Relation)>) -> Self {
        let mut feelings = Self::default();
        for (name, relation) in towards {
            feelings.set(name, relation);
        }
        feelings
    }

    /// Feelings towards one other; all 0 towards a stranger.
    #[must_use]
    pub fn get(&self, name: &str) -> Relation {
        self.find(name).map_or_else(|_| Relation::default(), |at| self.towards[at].relation())
    }

    /// Whether there are feelings towards this other at all.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    /// Sets the feelings towards one other; each is brought into its range.
    pub fn set(&mut self, name: &str, relation: Relation) {
        let feeling = Feeling {
            name: name.into(),
            trust: within(relation.trust, -1.0),
            liking: within(relation.liking, -1.0),
            fear: within(relation.fear, 0.0),
        };
        match self.find(name) {
            Ok(at) => self.towards[at] = feeling,
            Err(at) => self.towards.insert(at, feeling),
        }
    }

    /// Adds to the feelings towards one other; each stays in its range.
    pub fn adjust(&mut self, name: &str, by: Relation) {
        let Relation { trust, liking, fear } = self.get(name);
        let relation = Relation { trust: trust + by.trust, liking: liking + by.liking, fear: fear + by.fear };
        self.set(name, relation);
    }

    /// Forgets the feelings towards one other.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.find(name) {
            self.towards.remove(at);
        }
    }

    /// All feelings, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Feeling> {
        self.towards.iter()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.towards.binary_search_by(|feeling| feeling.name.as_str().cmp(name))
    }
}

impl Feeling {
    /// The feelings without the name.
    #[must_use]
    pub fn relation(&self) -> Relation {
        Relation { trust: self.trust, liking: self.liking, fear: self.fear }
    }
}

fn within(value: f32, least: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(least, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feelings_stay_in_range_and_apart() {
        let mut feelings = Feelings::new([("Tobin", Relation { trust: f32::NAN, liking: -7.0, fear: -1.0 })]);
        assert_eq!(feelings.get("Tobin"), Relation { trust: 0.0, liking: -1.0, fear: 0.0 }, "figures are tidied");
        feelings.adjust("Anna", Relation { liking: 0.5, ..Relation::default() });
        feelings.adjust("Zoe", Relation { fear: 2.0, ..Relation::default() });
        assert_eq!(feelings.get("Anna").liking, 0.5, "each has its own");
        assert_eq!(feelings.get("Zoe").fear, 1.0, "more than terror there is not");
        assert_eq!(feelings.get("no one"), Relation::default(), "a stranger leaves it cold");
        feelings.remove("Anna");
        assert!(!feelings.knows("Anna") && feelings.knows("Tobin"), "one is forgotten, the others are not");
    }
}
