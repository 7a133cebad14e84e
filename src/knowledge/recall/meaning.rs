//! What relations mean, for questions in other words than the facts'.

mod background;
mod lead;

use crate::knowledge::concept::{Concept, KeyMap};
use background::Background;
use bevy::prelude::*;
use persona_mind::meaning::Meaning;
use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

/// The most relations that are kept; a game has some hundreds.
const KEPT: usize = 1 << 16;

/// Compares lines with relations by what they mean: by Hearth's lexicon where the feature `builtin` is on, else by nothing.
///
/// A game may put another in its place, such as a text encoder ([`Encoder`](persona_mind::engine::encoder::Encoder)):
///
/// ```no_run
/// use bevy_persona::knowledge::Meanings;
/// use bevy_persona::mind::engine::encoder::Encoder;
///
/// let meanings = Meanings::in_background(|| Encoder::open("models/all-MiniLM-L6-v2".as_ref()));
/// # bevy::prelude::App::new().insert_resource(meanings);
/// ```
///
/// Each relation is read once and kept. A clone shares what is kept.
#[derive(Resource, Clone)]
pub struct Meanings {
    reader: Reader,
    relations: Relations,
}

/// Vectors of relations, by their keys.
type Relations = Arc<RwLock<KeyMap<Arc<[(u32, f32)]>>>>;

#[derive(Clone)]
enum Reader {
    None,
    Here(Arc<dyn Meaning>),
    Background(Arc<Background>),
}

/// What a line asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    line: Vec<f32>,
    /// What leads to whom it asks about: "brother" of "where does your brother work?".
    lead: Option<Vec<f32>>,
}

impl Asked {
    fn new(line: &str, meaning: &dyn Meaning) -> Self {
        Self { line: meaning.line(line), lead: lead::lead(line, meaning) }
    }
}

impl Meanings {
    /// Facts are found by their words alone.
    #[must_use]
    pub fn none() -> Self {
        Self { reader: Reader::None, relations: Relations::default() }
    }

    /// Compares in the game's own way. It runs inside a frame, for each line that is said: some tens of microseconds are well.
    #[must_use]
    pub fn new(meaning: impl Meaning + 'static) -> Self {
        Self { reader: Reader::Here(Arc::new(meaning)), relations: Relations::default() }
    }

    /// Compares in a way that takes longer, on a thread of its own, which begins by opening it. A turn waits until its line has
    /// been read, some frames; relations that have not been read yet are found by their words. Where opening fails, all are,
    /// and an error is logged.
    #[must_use]
    pub fn in_background<M: Meaning + 'static, E: Error>(open: impl FnOnce() -> Result<M, E> + Send + 'static) -> Self {
        let relations = Relations::default();
        let background = Background::start(open, relations.clone());
        Self { reader: background.map_or(Reader::None, |background| Reader::Background(Arc::new(background))), relations }
    }

    /// Whether a line has been read; if not, that is under way now.
    pub(crate) fn is_ready(&self, line: &str) -> bool {
        match &self.reader {
            Reader::None | Reader::Here(_) => true,
            Reader::Background(background) => background.is_ready(line),
        }
    }

    /// Reads a line; nothing where there is nothing to read it by.
    pub(super) fn read(&self, line: &str) -> Option<Asked> {
        match &self.reader {
            Reader::None => None,
            Reader::Here(meaning) => Some(Asked::new(line, &**meaning)),
            Reader::Background(background) => background.read(line),
        }
    }

    /// How much a relation agrees with what a line asks for, and with what leads to whom it asks about, 0..=1 each.
    pub(super) fn agreements(&self, asked: &Asked, relation: &Concept) -> (f32, f32) {
        let known = self.relations.read().unwrap_or_else(PoisonError::into_inner).get(&relation.id()).cloned();
        let known = known.unwrap_or_else(|| self.learn(relation));
        let meaning = match &self.reader {
            Reader::Here(meaning) => Some(&**meaning),
            Reader::Background(background) => background.meaning(),
            Reader::None => None,
        };
        let agreement = |line: &[f32]| meaning.map_or(0.0, |meaning| meaning.agreement(line, &known));
        (agreement(&asked.line), asked.lead.as_deref().map_or(0.0, agreement))
    }

    fn learn(&self, relation: &Concept) -> Arc<[(u32, f32)]> {
        let vector: Arc<[(u32, f32)]> = match &self.reader {
            Reader::Here(meaning) => meaning.relation(relation).into(),
            Reader::None => Arc::default(),
            // Nothing is known of it until it has been read.
            Reader::Background(background) if background.ask_for_relation(relation) => Arc::default(),
            Reader::Background(_) => return Arc::default(),
        };
        let mut relations = self.relations.write().unwrap_or_else(PoisonError::into_inner);
        if relations.len() >= KEPT {
            relations.clear();
        }
        relations.entry(relation.id()).or_insert_with(|| vector.clone());
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
        let reader = match self.reader {
            Reader::None => "none",
            Reader::Here(_) => "here",
            Reader::Background(_) => "in background",
        };
        f.debug_struct("Meanings").field("reader", &reader).finish_non_exhaustive()
    }
}
