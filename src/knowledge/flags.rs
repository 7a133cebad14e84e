use super::Concept;
use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// What the game has let happen, as names that secrets may wait for: "the duke has come".
///
/// ```
/// use bevy_persona::knowledge::{Fact, Secrecy, StoryFlags};
///
/// let mut flags = StoryFlags::default();
/// let secret = Fact::new("the heir", "is", "the stable boy").secret_until(Secrecy::Flag("the duke has come".into()));
/// assert!(!secret.is_open(1.0, flags.set()));
/// flags.raise("the duke has come");
/// assert!(secret.is_open(1.0, flags.set()));
/// ```
#[derive(Resource, Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Resource, Default, Debug, PartialEq)]
pub struct StoryFlags {
    set: Vec<Concept>,
}

impl StoryFlags {
    /// Sets a flag; false where it was set.
    pub fn raise(&mut self, flag: impl Into<Concept>) -> bool {
        let flag = flag.into();
        let is_new = !self.set.contains(&flag);
        if is_new {
            self.set.push(flag);
        }
        is_new
    }

    /// Takes a flag back; false where it was not set.
    pub fn lower(&mut self, flag: &str) -> bool {
        let before = self.set.len();
        self.set.retain(|other| *other != flag);
        self.set.len() != before
    }

    /// The flags that are set.
    #[must_use]
    pub fn set(&self) -> &[Concept] {
        &self.set
    }
}
