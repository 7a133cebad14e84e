//! Text of a given form: a grammar says which tokens may come next.
//!
//! The work is done by [llguidance](https://docs.rs/llguidance); this is its form for our vocabularies.

use super::tokenizer::Tokenizer;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, SimpleVob, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use serde_json::{Value, json};
use std::sync::Arc;

/// Why there is no text of this form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrammarError {
    /// The vocabulary cannot be used.
    #[error("vocabulary: {0}")]
    Vocabulary(String),
    /// The grammar is longer than [`MAX_GRAMMAR`].
    #[error("grammar: expected at most {MAX_GRAMMAR} bytes, found {0}")]
    Long(usize),
    /// The grammar is wrong, or too large to work with.
    #[error("grammar: {0}")]
    Grammar(String),
    /// A token was taken that the grammar does not allow, or the grammar became too large to work with.
    #[error("constrained text: {0}")]
    Text(String),
}

/// The longest grammar or schema, in bytes.
pub const MAX_GRAMMAR: usize = 256 << 10;
/// JSON nested deeper than this is refused; its readers call themselves.
const MAX_DEPTH: usize = 64;

/// A form of texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// JSON that fits a JSON schema, without blanks between its parts.
    JsonSchema(String),
    /// A grammar in the language of Lark, as llguidance reads it.
    Lark(String),
}

/// The tokens of a model as grammars see them; made once a model.
#[derive(Clone)]
pub struct Vocabulary(Arc<ParserFactory>);

impl Vocabulary {
    /// The tokens of a model whose logits are `logits` many; control tokens are never part of a text.
    ///
    /// # Errors
    /// [`GrammarError::Vocabulary`] if there is no token that ends a text.
    pub fn new(tokenizer: &Tokenizer, logits: usize) -> Result<Self, GrammarError> {
        let wrong = |error: String| GrammarError::Vocabulary(error);
        let end = tokenizer.end().ok_or_else(|| wrong("expected a token that ends a text, found none".into()))?;
        let size = u32::try_from(logits).map_err(|error| wrong(error.to_string()))?;
        // A token without bytes is none that can come next.
        let word = |id: u32| if tokenizer.is_end(id) { Vec::new() } else { tokenizer.bytes(id) };
        let words: Vec<Vec<u8>> = (0..size).map(word).collect();
        let trie = TokTrie::from(&TokRxInfo::new(size, end), &words);
        let environment: TokEnv = Arc::new(ApproximateTokEnv::new(trie));
        let mut factory = ParserFactory::new_simple(&environment).map_err(|error| wrong(error.to_string()))?;
        factory.quiet();
        let limits = factory.limits_mut();
        // Some tens of megabytes and of milliseconds at most.
        (limits.max_lexer_states, limits.max_grammar_size, limits.verbose_errors) = (20_000, 100_000, false);
        Ok(Self(Arc::new(factory)))
    }
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Vocabulary").finish_non_exhaustive()
    }
}

/// One text that keeps to a grammar.
pub struct Constraint {
    matcher: Matcher,
    /// The token that ends a text.
    end: u32,
}

/// The tokens that may come next.
#[derive(Clone, Debug)]
pub struct Allowed(SimpleVob);

impl Allowed {
    /// Whether a token may come next.
    #[must_use]
    pub fn has(&self, id: u32) -> bool {
        (id as usize) < self.0.len() && self.0.is_allowed(id)
    }
}

impl Constraint {
    /// A text that has not begun.
    ///
    /// # Errors
    /// [`GrammarError`] if the grammar is wrong, too long or too large.
    pub fn new(vocabulary: &Vocabulary, grammar: &Grammar) -> Result<Self, GrammarError> {
        let (Grammar::JsonSchema(text) | Grammar::Lark(text)) = grammar;
        if text.len() > MAX_GRAMMAR {
            return Err(GrammarError::Long(text.len()));
        }
        let wrong = |error: String| GrammarError::Grammar(error);
        if depth(text) > MAX_DEPTH {
            return Err(wrong(format!("expected brackets nested at most {MAX_DEPTH} deep, found {}", depth(text))));
        }
        let grammar = match grammar {
            Grammar::JsonSchema(text) => {
                let mut schema: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
                // A model that has nothing to say would fill it with blanks.
                if let Value::Object(schema) = &mut schema {
                    schema.entry("x-guidance").or_insert_with(|| json!({ "whitespace_flexible": false }));
                }
                TopLevelGrammar::from_json_schema(schema)
            }
            Grammar::Lark(text) => TopLevelGrammar::from_lark(text.clone()),
        };
        let matcher = Matcher::new(vocabulary.0.create_parser(grammar));
        match matcher.get_error() {
            Some(error) => Err(wrong(error)),
            None => Ok(Self { matcher, end: vocabulary.0.tok_env().tok_trie().eos_token() }),
        }
    }

    /// The tokens that may come next; one that ends the text, where it may end.
    ///
    /// # Errors
    /// [`GrammarError::Text`] if the grammar has become too large to work with.
    pub fn allowed(&mut self) -> Result<Allowed, GrammarError> {
        self.matcher.compute_mask_or_eos().map(Allowed).map_err(failed)
    }

    /// Takes the next token.
    ///
    /// # Errors
    /// [`GrammarError::Text`] if it is not allowed; the text can then not go on.
    pub fn commit(&mut self, id: u32) -> Result<(), GrammarError> {
        match self.is_done() {
            true if id == self.end => Ok(()),
            true => Err(failed(format!("expected the end, found token {id}"))),
            false => self.matcher.consume_token(id).map_err(failed),
        }
    }

    /// Takes the last tokens back.
    ///
    /// # Errors
    /// [`GrammarError::Text`] if there were not as many.
    pub fn rollback(&mut self, tokens: usize) -> Result<(), GrammarError> {
        self.matcher.rollback(tokens).map_err(failed)
    }

    /// Whether the text has come to its end.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.matcher.is_stopped()
    }
}

impl std::fmt::Debug for Constraint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Constraint").field("is_done", &self.is_done()).finish_non_exhaustive()
    }
}

fn failed(error: impl std::fmt::Display) -> GrammarError {
    GrammarError::Text(error.to_string())
}

/// How deep brackets are nested, those in texts among them.
fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}
