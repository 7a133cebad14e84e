//! Pieces with scores: the neighbours whose union scores best are merged first.

use super::{Kind, Token, TokenizerError};
use crate::engine::gguf::{Gguf, Value};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::io::{Read, Seek};

/// What stands for a space inside pieces.
pub(super) const SPACE: &str = "\u{2581}";

#[derive(Debug)]
pub(super) struct ScoredPieces {
    ids: HashMap<String, u32>,
    scores: Vec<f32>,
    bytes: [Option<u32>; 256],
    unknown: Option<u32>,
    space_before: bool,
}

/// The byte that a token such as `<0x0A>` stands for.
pub(super) fn byte(text: &str) -> Option<u8> {
    text.strip_prefix("<0x")?.strip_suffix('>').and_then(|hex| u8::from_str_radix(hex, 16).ok())
}

/// A part of the text, linked to its neighbours.
struct Symbol {
    start: usize,
    end: usize,
    before: Option<usize>,
    after: Option<usize>,
}

/// Two neighbours that could be merged.
struct Merge {
    score: f32,
    left: usize,
    right: usize,
    length: usize,
}

impl Ord for Merge {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then_with(|| other.left.cmp(&self.left))
    }
}

impl PartialOrd for Merge {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Merge {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Merge {}

impl ScoredPieces {
    pub fn new<R: Read + Seek>(gguf: &Gguf<R>, tokens: &[Token]) -> Result<Self, TokenizerError> {
        let scores = gguf.numbers("tokenizer.ggml.scores")?.to_vec();
        if scores.len() != tokens.len() {
            return Err(TokenizerError::Broken(format!("{} tokens, but {} scores", tokens.len(), scores.len())));
        }
        let mut bytes = [None; 256];
        let mut ids = HashMap::new();
        for (token, id) in tokens.iter().zip(0..) {
            match (token.kind, byte(&token.text)) {
                (Kind::Byte, Some(byte)) => bytes[usize::from(byte)] = Some(id),
                (Kind::Normal, _) => {
                    ids.entry(token.text.clone()).or_insert(id);
                }
                _ => {}
            }
        }
        let unknown = gguf.size("tokenizer.ggml.unknown_token_id").ok().filter(|id| *id < tokens.len()).map(|id| id as u32);
        let space_before = !matches!(gguf.get("tokenizer.ggml.add_space_prefix"), Some(Value::Bool(false)));
        Ok(Self { ids, scores, bytes, unknown, space_before })
    }

    pub fn encode(&self, text: &str, after_token: bool, ids: &mut Vec<u32>) {
        let mut text = text.replace(' ', SPACE);
        if self.space_before && after_token {
            text.insert_str(0, SPACE);
        }
        let mut symbols = symbols(&text);
        let mut merges = BinaryHeap::new();
        for right in 1..symbols.len() {
            self.propose(&text, &symbols, right - 1, right, &mut merges);
        }
        while let Some(Merge { left, right, length, .. }) = merges.pop() {
            let is_current = symbols[left].after == Some(right) && symbols[right].end - symbols[left].start == length;
            if !is_current || symbols[left].end == symbols[left].start {
                continue;
            }
            symbols[left].end = symbols[right].end;
            let after = symbols[right].after;
            symbols[left].after = after;
            symbols[right].end = symbols[right].start;
            if let Some(after) = after {
                symbols[after].before = Some(left);
                self.propose(&text, &symbols, left, after, &mut merges);
            }
            if let Some(before) = symbols[left].before {
                self.propose(&text, &symbols, before, left, &mut merges);
            }
        }
        for symbol in symbols.iter().filter(|s| s.end > s.start) {
            self.emit(&text[symbol.start..symbol.end], ids);
        }
    }

    fn propose(&self, text: &str, symbols: &[Symbol], left: usize, right: usize, merges: &mut BinaryHeap<Merge>) {
        let (start, end) = (symbols[left].start, symbols[right].end);
        if let Some(id) = self.ids.get(&text[start..end]) {
            merges.push(Merge { score: self.scores[*id as usize], left, right, length: end - start });
        }
    }

    /// A piece's own id, or else those of its bytes.
    fn emit(&self, piece: &str, ids: &mut Vec<u32>) {
        match self.ids.get(piece) {
            Some(id) => ids.push(*id),
            None => ids.extend(piece.bytes().filter_map(|b| self.bytes[usize::from(b)].or(self.unknown))),
        }
    }
}

fn symbols(text: &str) -> Vec<Symbol> {
    let count = text.chars().count();
    let link = |(i, (start, c)): (usize, (usize, char))| Symbol {
        start,
        end: start + c.len_utf8(),
        before: i.checked_sub(1),
        after: Some(i + 1).filter(|next| *next < count),
    };
    text.char_indices().enumerate().map(link).collect()
}
