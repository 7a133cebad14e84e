//! Text to token ids and back, as the model file's own vocabulary has it.
//!
//! GGUF files have two families: pieces with scores, merged best first (`SentencePiece`'s BPE, Kudo and Richardson 2018,
//! arXiv 1808.06226), and byte-level BPE with a list of merges (Radford et al. 2019). Hugging Face's `tokenizer.json`
//! spells out all steps.

mod byte_level;
mod pieces;
mod pretrained;

use super::gguf::{Gguf, GgufError, Value};
use byte_level::ByteLevelBpe;
pub(super) use byte_level::LETTERS;
use pieces::ScoredPieces;
use pretrained::Pretrained;
pub(super) use pretrained::Settings;
use std::io::{Read, Seek};

/// Why a file's vocabulary cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// Metadata is missing or of the wrong type.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// A vocabulary of a kind that is not read.
    #[error("metadata `{key}`: expected {expected}, found `{found}`")]
    Unknown {
        /// The key.
        key: &'static str,
        /// What is read.
        expected: &'static str,
        /// What the file says.
        found: String,
    },
    /// Lists that belong together differ in length, or an entry makes no sense.
    #[error("vocabulary: {0}")]
    Broken(String),
}

/// How to read text that looks like a control token, such as `<|im_end|>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// As the token: for text that the program itself has written.
    Token,
    /// As mere text: for whatever comes from players and files.
    Text,
}

/// A model's vocabulary.
#[derive(Debug)]
pub struct Tokenizer {
    family: Family,
    tokens: Vec<Token>,
    /// Ids of tokens that stand for themselves in text, longest first.
    whole: Vec<u32>,
    first: Option<u32>,
    ends: Vec<u32>,
}

#[derive(Debug)]
enum Family {
    Scored(Box<ScoredPieces>),
    ByteLevel(Box<ByteLevelBpe>),
    Pretrained(Box<Pretrained>),
}

#[derive(Clone, Debug)]
struct Token {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Normal,
    Control,
    User,
    Byte,
}

/// Tokens that end a reply, in the vocabularies of the chat models that name no end of turn.
const ENDS: [&str; 8] =
    ["<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<|eom_id|>", "</s>"];

impl Tokenizer {
    /// The vocabulary of a model file.
    ///
    /// # Errors
    /// [`TokenizerError`] if it is missing, inconsistent, or of a kind that is not read.
    pub fn new<R: Read + Seek>(gguf: &Gguf<R>) -> Result<Self, TokenizerError> {
        let tokens = tokens(gguf)?;
        let family = match gguf.text("tokenizer.ggml.model")? {
            "llama" => Family::Scored(Box::new(ScoredPieces::new(gguf, &tokens)?)),
            "gpt2" => Family::ByteLevel(Box::new(ByteLevelBpe::new(gguf, &tokens)?)),
            other => {
                let (key, expected) = ("tokenizer.ggml.model", "`llama` or `gpt2`");
                return Err(TokenizerError::Unknown { key, expected, found: other.into() });
            }
        };
        let special =
            |key: &str| gguf.size(key).ok().and_then(|id| u32::try_from(id).ok()).filter(|id| (*id as usize) < tokens.len());
        let ends = [special("tokenizer.ggml.eos_token_id"), special("tokenizer.ggml.eot_token_id")];
        let wants_first = match gguf.get("tokenizer.ggml.add_bos_token") {
            Some(Value::Bool(wanted)) => *wanted,
            _ => matches!(family, Family::Scored(_)),
        };
        let first = special("tokenizer.ggml.bos_token_id").filter(|_| wants_first);
        Ok(Self::assemble(family, tokens, first, ends.into_iter().flatten().collect()))
    }

    /// The vocabulary of a Hugging Face folder.
    ///
    /// # Errors
    /// [`TokenizerError`] if it is inconsistent or of a kind that is not read.
    pub(super) fn pretrained(settings: &Settings) -> Result<Self, TokenizerError> {
        let (pretrained, tokens) = Pretrained::new(settings)?;
        let known = |id: &u32| (*id as usize) < tokens.len();
        let (first, ends) = (settings.first(&tokens), settings.ends(&tokens).into_iter().filter(known).collect());
        Ok(Self::assemble(Family::Pretrained(Box::new(pretrained)), tokens, first, ends))
    }

    fn assemble(family: Family, tokens: Vec<Token>, first: Option<u32>, mut ends: Vec<u32>) -> Self {
        let token = |id: u32| &tokens[id as usize];
        let stands_for_itself = |id: &u32| matches!(token(*id).kind, Kind::Control | Kind::User) && !token(*id).text.is_empty();
        let mut whole: Vec<u32> = (0..tokens.len() as u32).filter(stands_for_itself).collect();
        whole.sort_by_key(|id| std::cmp::Reverse(token(*id).text.len()));
        ends.extend(whole.iter().filter(|id| ENDS.contains(&token(**id).text.as_str())));
        Self { family, whole, first, ends, tokens }
    }

    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there are no ids.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The token that every text begins with, if the model wants one. [`Tokenizer::encode`] does not add it.
    #[must_use]
    pub fn first(&self) -> Option<u32> {
        self.first
    }

    /// The token that ends every text, if the file names one.
    #[must_use]
    pub fn end(&self) -> Option<u32> {
        self.ends.first().copied()
    }

    /// Whether a token ends a reply.
    #[must_use]
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// The text of a token in the vocabulary's own spelling; empty for an id out of range.
    #[must_use]
    pub fn name(&self, id: u32) -> &str {
        self.tokens.get(id as usize).map_or("", |t| &t.text)
    }

    /// The ids of a text.
    #[must_use]
    pub fn encode(&self, text: &str, control: Control) -> Vec<u32> {
        self.encode_parts([(text, control)])
    }

    /// The ids of a text whose parts come from different hands. The parts are one text, but no control token is
    /// found in [`Control::Text`] or across a border.
    #[must_use]
    pub fn encode_parts<'a>(&self, parts: impl IntoIterator<Item = (&'a str, Control)>) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut after_token = true;
        let mut plain = String::new();
        for (mut rest, control) in parts {
            while !rest.is_empty() {
                let (before, found) = self.next_whole(rest, control);
                plain += before;
                rest = &rest[before.len()..];
                let Some(id) = found else { continue };
                self.encode_plain(&mut plain, &mut after_token, &mut ids);
                ids.push(id);
                rest = &rest[self.name(id).len()..];
                after_token = true;
            }
        }
        self.encode_plain(&mut plain, &mut after_token, &mut ids);
        ids
    }

    /// The bytes that a token adds to a text; none for control tokens and ids out of range. A character may be
    /// spread over several tokens.
    #[must_use]
    pub fn bytes(&self, id: u32) -> Vec<u8> {
        let Some(token) = self.tokens.get(id as usize) else { return Vec::new() };
        match token.kind {
            Kind::Control => Vec::new(),
            Kind::User => token.text.clone().into_bytes(),
            Kind::Byte => pieces::byte(&token.text).into_iter().collect(),
            Kind::Normal => match &self.family {
                Family::Scored(_) => token.text.replace(pieces::SPACE, " ").into_bytes(),
                Family::ByteLevel(_) => byte_level::bytes(&token.text),
                Family::Pretrained(pretrained) => pretrained.bytes(&token.text),
            },
        }
    }

    /// The text of ids; bytes that form no character are replaced.
    #[must_use]
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids.iter().flat_map(|id| self.bytes(*id)).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Text up to the next token that stands for itself, and that token.
    fn next_whole<'a>(&self, text: &'a str, control: Control) -> (&'a str, Option<u32>) {
        let active = |id: &&u32| control == Control::Token || self.tokens[**id as usize].kind == Kind::User;
        let mut best: Option<(usize, u32)> = None;
        for id in self.whole.iter().filter(active) {
            // Only what begins before the best so far can win; of equals the longer, which came earlier.
            let window = best.map_or(text.len(), |(at, _)| (at + self.name(*id).len()).saturating_sub(1).min(text.len()));
            let window = text.floor_char_boundary(window);
            if let Some(at) = text[..window].find(self.name(*id)) {
                best = Some((at, *id));
            }
        }
        best.map_or((text, None), |(at, id)| (&text[..at], Some(id)))
    }

    fn encode_plain(&self, text: &mut String, after_token: &mut bool, ids: &mut Vec<u32>) {
        if text.is_empty() {
            return;
        }
        match &self.family {
            Family::Scored(pieces) => pieces.encode(text, *after_token, ids),
            Family::ByteLevel(bpe) => bpe.encode(text, ids),
            Family::Pretrained(pretrained) => pretrained.encode(text, ids),
        }
        text.clear();
        *after_token = false;
    }
}

fn tokens<R: Read + Seek>(gguf: &Gguf<R>) -> Result<Vec<Token>, TokenizerError> {
    let texts = gguf.texts("tokenizer.ggml.tokens")?;
    let kinds = gguf.integers("tokenizer.ggml.token_type").unwrap_or_default();
    if texts.is_empty() || !(kinds.is_empty() || kinds.len() == texts.len()) {
        return Err(TokenizerError::Broken(format!("{} tokens, but {} token types", texts.len(), kinds.len())));
    }
    let kind = |i: usize| match kinds.get(i).copied().unwrap_or(1) {
        2 | 3 => Kind::Control,
        4 => Kind::User,
        6 => Kind::Byte,
        _ => Kind::Normal,
    };
    Ok(texts.iter().enumerate().map(|(i, text)| Token { text: text.clone(), kind: kind(i) }).collect())
}
