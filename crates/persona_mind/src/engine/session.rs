//! One growing text in a model: what has been computed for its beginning is not computed again.

use super::decoder::{Cache, Decoder, Input, Rows};
use candle_core::Result;
use std::ops::ControlFlow;

/// Tokens computed between two looks at whether to go on.
const CHUNK: usize = 64;

/// The tokens of a text and what has been computed for them.
#[derive(Clone, Debug)]
pub struct Session {
    ids: Vec<u32>,
    cache: Cache,
}

/// What came of moving a session to a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Advance {
    /// Logits after the last token; `None` where it was broken off.
    pub logits: Option<Vec<f32>>,
    /// Tokens that were computed; the rest stood there already.
    pub computed: usize,
}

impl Session {
    /// An empty text.
    #[must_use]
    pub fn new(decoder: &Decoder) -> Self {
        Self { ids: Vec::new(), cache: decoder.new_cache() }
    }

    /// The tokens that have been computed.
    #[must_use]
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// A session of its own that holds the first `length` tokens of this one, or somewhat fewer
    /// ([`Cache::truncate`]).
    #[must_use]
    pub fn start(&self, length: usize) -> Self {
        let mut start = self.clone();
        start.keep(length);
        start
    }

    /// Makes `ids` the text: keeps what is the same at its beginning, computes the rest, and asks `go_on` between
    /// pieces of 64 tokens.
    ///
    /// # Errors
    /// If `ids` is empty or holds an id that the model has not; the session then holds what was computed before.
    pub fn advance(&mut self, decoder: &Decoder, ids: &[u32], mut go_on: impl FnMut() -> ControlFlow<()>) -> Result<Advance> {
        let same = self.ids.iter().zip(ids).take_while(|(a, b)| a == b).count();
        // The last token is computed in any case: its logits are wanted.
        let same = same.min(ids.len().saturating_sub(1));
        let same = self.keep(same);
        let mut logits = None;
        let mut rest = &ids[same..];
        if rest.is_empty() {
            return Err(candle_core::Error::Msg("a text of at least one token expected, found none".into()));
        }
        while !rest.is_empty() {
            if logits.is_some() && go_on().is_break() {
                return Ok(Advance { logits: None, computed: self.ids.len() - same });
            }
            let (piece, after) = rest.split_at(rest.len().min(CHUNK));
            logits = Some(self.compute(decoder, piece)?);
            rest = after;
        }
        Ok(Advance { logits, computed: ids.len() - same })
    }

    /// Adds one token and gives the logits after it.
    ///
    /// # Errors
    /// If the model has no such id.
    pub fn push(&mut self, decoder: &Decoder, id: u32) -> Result<Vec<f32>> {
        self.compute(decoder, &[id])
    }

    fn compute(&mut self, decoder: &Decoder, ids: &[u32]) -> Result<Vec<f32>> {
        let result = decoder.forward(Input::Ids(ids), Rows::Last, &mut self.cache);
        if result.is_ok() {
            self.ids.extend_from_slice(ids);
        }
        self.ids.truncate(self.cache.len());
        result?.to_vec1()
    }

    /// Keeps at most so many tokens, and gives how many.
    fn keep(&mut self, length: usize) -> usize {
        let kept = self.cache.truncate(length);
        self.ids.truncate(kept);
        kept
    }
}
