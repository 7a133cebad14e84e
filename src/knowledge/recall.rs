//! Which facts matter for a line of talk.

mod fill;
mod meaning;
mod question;
mod score;

use super::{Concept, Fact, Knowledge};
use bevy::{platform::hash::PassHash, prelude::*};
use fill::fill;
pub use meaning::Meanings;
use question::Question;
use score::Scores;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// What to look for.
#[derive(Clone, Debug)]
pub struct RecallQuery<'a> {
    /// The line that was said.
    pub line: &'a str,
    /// Earlier lines and replies, oldest first; what they name matters too, less the older it is.
    pub context: &'a [&'a str],
    /// The character's own name.
    pub own_name: &'a str,
    /// The speaker's name.
    pub speaker: &'a str,
    /// The character's trust in the speaker, -1..=1: opens secrets.
    pub trust: f32,
    /// The game's flags that are set: they open secrets too.
    pub flags: &'a [Concept],
    /// Names of things in view.
    pub in_view: &'a [&'a str],
    /// Finds facts by what their relations mean, in whatever words; without it by their words alone.
    pub meanings: Option<&'a Meanings>,
    /// What facts are found by; all by default.
    pub by: RecallParts,
    /// The most facts; 24 by default.
    pub max_facts: usize,
    /// The most tokens the facts may take (estimated at four bytes a token); 400 by default.
    pub max_tokens: usize,
}

impl Default for RecallQuery<'_> {
    fn default() -> Self {
        Self {
            line: "",
            context: &[],
            own_name: "",
            speaker: "",
            trust: 0.0,
            flags: &[],
            in_view: &[],
            meanings: None,
            by: RecallParts::default(),
            max_facts: 24,
            max_tokens: 400,
        }
    }
}

/// What facts are found by, for measuring what each part is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecallParts {
    /// The words that they share with the line.
    pub words: bool,
    /// The names in the line, "you" and "I" among them.
    pub names: bool,
    /// What was said before.
    pub context: bool,
    /// What their relations mean.
    pub meaning: bool,
    /// The facts beside those that were found.
    pub neighbours: bool,
}

impl Default for RecallParts {
    fn default() -> Self {
        Self { words: true, names: true, context: true, meaning: true, neighbours: true }
    }
}

/// A recalled fact.
#[derive(Clone, Debug, PartialEq, Reflect)]
#[reflect(Debug, PartialEq)]
pub struct Recalled {
    /// The fact.
    pub fact: Fact,
    /// How much it matters, higher is more; 0 for what only fills the budget.
    pub score: f32,
    /// Whether it is a secret still kept from the speaker: its object must not leave the character.
    pub withheld: bool,
    /// What found it, for inspectors: where several things did, the weightiest.
    pub reason: RecallReason,
}

/// What found a recalled fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Reflect, Serialize, Deserialize)]
#[reflect(Debug, PartialEq, Default, Serialize, Deserialize)]
pub enum RecallReason {
    /// It shares words with the line.
    Words,
    /// The line asks for what its relation means, in whatever words.
    Meaning,
    /// The line names its subject or object, or speaks of the character or the speaker.
    Named,
    /// What was said before speaks of it.
    Context,
    /// It is about something in view.
    InView,
    /// It is about something that a found fact names.
    Neighbour,
    /// There was room for it.
    #[default]
    Filler,
}

impl Knowledge {
    /// The facts that matter for a line, best first, inside a budget.
    ///
    /// Facts are found by their words (BM25, in any form of an English word, without case or accents),
    /// by the names and other names of what they are about, through what was said before ("he",
    /// "there"), through what is in view, and through the facts found so. What budget is left goes to
    /// facts about the character itself, then to the latest of its other own facts, then to lore about
    /// what was named: they score 0 and come last, so that a character who knows little brings it all.
    ///
    /// The same knowledge and query give the same facts in the same order. Facts of equal score are
    /// ordered by whose they are (own first) and by their names. Secrets that are closed at
    /// [`trust`](RecallQuery::trust) come back [withheld](Recalled::withheld).
    #[must_use]
    pub fn recall(&self, query: &RecallQuery) -> Vec<Recalled> {
        let mut found = Found::new(self, query);
        if query.max_facts == 0 || query.max_tokens == 0 {
            return found.recalled;
        }
        let mut question = Question::read(self, query);
        question.keep(query.by);
        let scores = Scores::new(self, &question, query);
        for hit in scores.ranked() {
            if found.is_full() {
                break;
            }
            found.take(hit.layer, hit.doc, hit.score, hit.reason);
        }
        found.too_long = 0;
        fill(&mut found, &question);
        found.recalled
    }
}

impl Knowledge {
    /// What a text names of what the character knows about, in the order of naming, each once.
    #[must_use]
    pub fn mentions(&self, text: &str) -> Vec<Concept> {
        let ids = question::mentioned(self, text);
        let name = |id: u64| {
            self.layers().find_map(|(_, facts, index)| {
                let subject = index.of_subject(id).first().and_then(|&doc| facts.names(doc as usize)).map(|names| names[0]);
                let object = || index.of_object(id).first().and_then(|&doc| facts.names(doc as usize)).map(|names| names[2]);
                subject.or_else(object).cloned()
            })
        };
        ids.into_iter().filter_map(name).collect()
    }
}

/// What was found so far, and the budget that is left.
struct Found<'a> {
    knowledge: &'a Knowledge,
    flags: &'a [Concept],
    recalled: Vec<Recalled>,
    triples: HashSet<u64, PassHash>,
    trust: f32,
    facts_left: usize,
    tokens_left: usize,
    too_long: usize,
}

/// After so many facts that are too long for the room that is left, no more are tried.
const TOO_LONG: usize = 64;

impl<'a> Found<'a> {
    fn new(knowledge: &'a Knowledge, query: &RecallQuery<'a>) -> Self {
        Self {
            knowledge,
            flags: query.flags,
            recalled: Vec::new(),
            triples: HashSet::default(),
            trust: query.trust,
            facts_left: query.max_facts,
            tokens_left: query.max_tokens,
            too_long: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.facts_left == 0 || self.tokens_left == 0 || self.too_long >= TOO_LONG
    }

    /// Takes a fact, unless it is taken, does not count, or is too long for what is left.
    fn take(&mut self, layer: usize, doc: u32, score: f32, reason: RecallReason) {
        let Some((_, facts, index)) = self.knowledge.layers().nth(layer) else {
            return;
        };
        let Some(entry) = index.docs.get(doc as usize) else { return };
        let is_taken = self.triples.contains(&entry.triple);
        if self.is_full() || is_taken || !self.knowledge.counts(layer, entry.triple) {
            return;
        }
        // What an earlier layer knows better does not come to mind; what has ended does, as the past.
        if entry.holds && layer > 0 && !self.knowledge.holds(layer, doc as usize) {
            return;
        }
        let tokens = facts.tokens(doc as usize);
        if tokens > self.tokens_left {
            self.too_long += 1;
            return;
        }
        let Some(fact) = facts.get(doc as usize) else { return };
        self.facts_left -= 1;
        self.tokens_left -= tokens;
        self.triples.insert(entry.triple);
        let withheld = self.knowledge.is_withheld(entry.triple, self.trust, self.flags);
        self.recalled.push(Recalled { fact, score, withheld, reason });
    }
}
