//! One text of many.

use super::guess::Guesser;
use super::{Ended, News, Request, TextId};
use crate::engine::decoder::{Cache, Rows};
use crate::engine::grammar::{Constraint, GrammarError};
use crate::engine::sampler::{self, Sampler};
use std::ops::ControlFlow;

/// A text, of whose tokens the first have been computed.
#[derive(Debug)]
pub(super) struct Text {
    pub id: TextId,
    pub ids: Vec<u32>,
    /// Of the first so many of `ids` as it is long.
    pub cache: Cache,
    pub urgent: bool,
    sampler: Sampler,
    constraint: Option<Constraint>,
    failure: Option<GrammarError>,
    /// Tokens of the prompt.
    prompt: usize,
    computed: usize,
    likelihood: f32,
    guesser: Guesser,
    /// What may follow `ids`; computed with them, and dropped where it was wrong.
    guesses: Vec<u32>,
}

impl Text {
    pub fn new(id: TextId, request: Request) -> Self {
        let Request { ids, mut cache, cached, sampler, constraint, urgent } = request;
        let same = cached.iter().zip(&ids).take_while(|(a, b)| a == b).count();
        // The last token is computed in any case: what follows it is wanted.
        cache.truncate(same.min(ids.len() - 1));
        let (prompt, guesser) = (ids.len(), Guesser::default());
        Self {
            id,
            ids,
            cache,
            urgent,
            sampler,
            constraint,
            failure: None,
            prompt,
            computed: 0,
            likelihood: 0.0,
            guesser,
            guesses: Vec::new(),
        }
    }

    pub fn fork(&self, id: TextId, sampler: Sampler) -> Self {
        Self {
            id,
            ids: self.ids.clone(),
            cache: self.cache.clone(),
            urgent: self.urgent,
            sampler,
            constraint: None,
            failure: None,
            prompt: self.prompt,
            computed: 0,
            likelihood: self.likelihood,
            guesser: self.guesser.clone(),
            guesses: Vec::new(),
        }
    }

    /// Whether its prompt has been read.
    pub fn is_speaking(&self) -> bool {
        self.ids.len() > self.prompt
    }

    /// Whether it keeps to no form.
    pub fn is_free(&self) -> bool {
        self.constraint.is_none()
    }

    /// Tokens that have not been computed.
    pub fn left(&self) -> usize {
        self.ids.len() - self.cache.len()
    }

    /// How many tokens at the beginning are the same.
    pub fn same(&self, ids: &[u32]) -> usize {
        self.ids.iter().zip(ids).take_while(|(a, b)| a == b).count()
    }

    /// Thinks of what may follow: of at most so many tokens.
    pub fn guess(&mut self, most: usize) {
        self.guesses.clear();
        if most > 0 && self.is_speaking() && self.left() == 1 {
            self.guesses = self.guesser.guess(&self.ids);
            self.guesses.truncate(most);
        }
    }

    /// The next so many tokens, with the guesses behind them.
    pub fn next(&self, count: usize) -> Vec<u32> {
        self.ids[self.cache.len()..][..count].iter().chain(&self.guesses).copied().collect()
    }

    /// Which logits are wanted when so many tokens are computed.
    pub fn rows(&self, count: usize) -> Rows {
        match count {
            _ if count < self.left() => Rows::None,
            _ if self.guesses.is_empty() => Rows::Last,
            _ => Rows::All,
        }
    }

    /// Takes in what a step has computed of so many tokens, and goes on by a token for each row of logits that still holds.
    pub fn take_in<'a>(
        &mut self,
        count: usize,
        logits: impl ExactSizeIterator<Item = &'a [f32]>,
        mut tell: impl FnMut(News) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let guesses = std::mem::take(&mut self.guesses);
        if !self.is_speaking() {
            self.computed += count;
        }
        if logits.len() == 0 {
            return tell(News::Read(self.left()));
        }
        let mut right = 0;
        let mut flow = ControlFlow::Continue(());
        for (row, logits) in logits.enumerate() {
            let token = match self.choose(logits) {
                Ok(token) => token,
                Err(failure) => {
                    self.failure = Some(failure);
                    flow = ControlFlow::Break(());
                    break;
                }
            };
            let likelihood = sampler::likelihood(logits, token);
            self.likelihood += likelihood;
            self.ids.push(token);
            let is_right = guesses.get(row) == Some(&token);
            right += usize::from(is_right);
            flow = tell(News::Token(token, likelihood));
            if flow.is_break() || !is_right {
                break;
            }
        }
        self.guesser.learn(guesses.len(), right);
        // What was computed for wrong guesses goes; the last token that was chosen has not been computed.
        let chosen = usize::from(self.is_speaking());
        self.cache.truncate(self.ids.len() - chosen);
        flow
    }

    /// The next token, of those that its form allows.
    fn choose(&mut self, logits: &[f32]) -> Result<u32, GrammarError> {
        let said = &self.ids[self.prompt..];
        let Some(constraint) = &mut self.constraint else { return Ok(self.sampler.choose(logits, said)) };
        let allowed = constraint.allowed()?;
        let token = self.sampler.choose_among(logits, said, |id| allowed.has(id));
        constraint.commit(token)?;
        Ok(token)
    }

    pub fn end(mut self) -> Ended {
        self.ids.truncate(self.cache.len());
        Ended { ids: self.ids, cache: self.cache, computed: self.computed, likelihood: self.likelihood, failure: self.failure }
    }
}
