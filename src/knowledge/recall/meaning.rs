//! What relations mean, for questions in other words than the facts'.

use crate::knowledge::concept::{Concept, KeyMap};
use bevy::prelude::*;
use persona_mind::meaning::{Meaning, agreement};
use std::sync::{Arc, PoisonError, RwLock};

/// The most relations that are kept; a game has some hundreds.
const KEPT: usize = 1 << 16;

/// What a line asks for.
pub(super) struct Asked {
    line: Vec<f32>,
    /// What leads to whom it asks about: "brother" of "where does your brother work?".
    lead: Option<Vec<f32>>,
}

/// Compares lines with relations by what they mean: by Hearth's lexicon where the feature `builtin` is on, else by nothing.
///
/// Each relation is read once and kept. A clone shares what is kept.
#[derive(Resource, Clone)]
pub struct Meanings {
    meaning: Option<Arc<dyn Meaning>>,
    relations: Arc<RwLock<KeyMap<Arc<[(u32, f32)]>>>>,
}

impl Meanings {
    /// Facts are found by their words alone.
    #[must_use]
    pub fn none() -> Self {
        Self { meaning: None, relations: Arc::default() }
    }

    /// Compares in the game's own way. It runs inside a frame, for each line that is said: some tens of microseconds are well.
    #[must_use]
    pub fn new(meaning: impl Meaning + 'static) -> Self {
        Self { meaning: Some(Arc::new(meaning)), relations: Arc::default() }
    }

    /// Reads a line; nothing where there is nothing to read it by.
    pub(super) fn read(&self, line: &str) -> Option<Asked> {
        let meaning = self.meaning.as_ref()?;
        Some(Asked { line: meaning.line(line), lead: lead(line, &**meaning) })
    }

    /// How much a relation agrees with what a line asks for, and with what leads to whom it asks about, 0..=1 each.
    pub(super) fn agreements(&self, asked: &Asked, relation: &Concept) -> (f32, f32) {
        let known = self.relations.read().unwrap_or_else(PoisonError::into_inner).get(&relation.id()).cloned();
        let known = known.unwrap_or_else(|| self.learn(relation));
        (agreement(&asked.line, &known), asked.lead.as_ref().map_or(0.0, |lead| agreement(lead, &known)))
    }

    fn learn(&self, relation: &Concept) -> Arc<[(u32, f32)]> {
        let vector: Arc<[(u32, f32)]> = self.meaning.as_ref().map_or_else(Vec::new, |meaning| meaning.relation(relation)).into();
        let mut relations = self.relations.write().unwrap_or_else(PoisonError::into_inner);
        if relations.len() >= KEPT {
            relations.clear();
        }
        relations.insert(relation.id(), vector.clone());
        vector
    }
}

impl Default for Meanings {
    fn default() -> Self {
        #[cfg(feature = "builtin")]
        match persona_mind::meaning::Lexicon::builtin() {
            Ok(lexicon) => return Self::new(lexicon),
            Err(error) => error!("the built-in lexicon cannot be read, facts are found by their words alone: {error}"),
        }
        Self::none()
    }
}

impl std::fmt::Debug for Meanings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meanings").field("is_some", &self.meaning.is_some()).finish_non_exhaustive()
    }
}

/// How many words after a possessive may name whom the line asks about.
const WORDS_OF_NOUN: usize = 3;
/// The most possessives of a line that are read.
const OWNERS: usize = 3;

/// The mean vector of what possessives may name: of one, two and three words after "your" or "Tobin's".
fn lead(line: &str, meaning: &dyn Meaning) -> Option<Vec<f32>> {
    let line = line.to_lowercase();
    let words: Vec<&str> =
        line.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '-')).filter(|w| !w.is_empty()).collect();
    let owners = (0..words.len()).filter(|at| is_possessive(words[*at]));
    let nouns = owners.flat_map(|at| (1..=WORDS_OF_NOUN).map(move |count| at + 1..at + 1 + count));
    let vectors = nouns.filter_map(|range| words.get(range)).map(|noun| {
        // As the lexicon was taught them.
        meaning.line(&format!("your {}", noun.join(" ").trim_end_matches("'s")))
    });
    let mut vectors: Vec<Vec<f32>> = vectors.take(WORDS_OF_NOUN * OWNERS).collect();
    let mut sum = vectors.pop()?;
    vectors.iter().for_each(|vector| sum.iter_mut().zip(vector).for_each(|(s, x)| *s += x));
    sum.iter_mut().for_each(|x| *x /= (vectors.len() + 1) as f32);
    Some(sum)
}

fn is_possessive(word: &str) -> bool {
    const CLIPPED: [&str; 12] =
        ["what's", "who's", "where's", "when's", "why's", "how's", "that's", "it's", "there's", "here's", "he's", "she's"];
    ["your", "my", "his", "her", "their", "its", "thy"].contains(&word) || word.ends_with("'s") && !CLIPPED.contains(&word)
}
