//! Many texts at once: each step takes all of them through the model together.
//!
//! Those that speak go on by a token, and at their side the prompts of others are read in chunks, so that a long prompt never
//! makes a speaking one stutter. Those that someone waits for come first.

mod guess;
mod text;

use super::decoder::{Cache, Decoder, Input, Piece};
use super::grammar::{Constraint, GrammarError};
use super::sampler::Sampler;
use candle_core::{Error, Result};
use std::ops::ControlFlow;
use text::Text;

/// Rows of prompts that are read in one step while others speak, and while none does.
const CHUNK_BESIDE_SPEECH: usize = 32;
const CHUNK: usize = 256;
/// Tokens that must be the same for a text to begin as a copy of another.
const WORTH_COPYING: usize = 16;
/// Guesses pay while so few speak: the weights are read in any case.
const FEW: usize = 2;

/// Which text of a [`Scheduler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TextId(u64);

/// A text that is to be gone on with.
#[derive(Debug)]
pub struct Request {
    /// All of its tokens; at least one.
    pub ids: Vec<u32>,
    /// What has been computed for the beginning of the same or of another text; [`Decoder::new_cache`] where nothing has.
    pub cache: Cache,
    /// The tokens that `cache` was computed for.
    pub cached: Vec<u32>,
    /// Chooses what it goes on with.
    pub sampler: Sampler,
    /// The form that what it goes on with keeps to.
    pub constraint: Option<Constraint>,
    /// Whether someone waits for it: such prompts are read before those of others.
    pub urgent: bool,
}

/// What a step has come to for one text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum News {
    /// More of its prompt has been read; so many tokens are left.
    Read(usize),
    /// It goes on with this token, which the model held to be so likely (a natural logarithm).
    Token(u32, f32),
}

/// A text that has ended, whether its caller or a failure ended it.
#[derive(Debug)]
pub struct Ended {
    /// The tokens of `cache`.
    pub ids: Vec<u32>,
    /// What has been computed for them.
    pub cache: Cache,
    /// Tokens of the prompt that had to be computed.
    pub computed: usize,
    /// The sum of what [`News::Token`] told of all tokens.
    pub likelihood: f32,
    /// Why it could not keep to its form any longer, where that ended it.
    pub failure: Option<GrammarError>,
}

/// Texts that are gone on with together.
///
/// ```no_run
/// use persona_mind::engine::model::Model;
/// use persona_mind::engine::sampler::{Sampler, Sampling};
/// use persona_mind::engine::scheduler::{News, Request, Scheduler};
/// use persona_mind::engine::tokenizer::Control;
/// use std::ops::ControlFlow;
///
/// let model = Model::open("story.gguf".as_ref())?;
/// let mut scheduler = Scheduler::default();
/// for line in ["Once upon a time", "There was a girl who"] {
///     let (ids, cache) = (model.tokenizer.encode(line, Control::Text), model.decoder.new_cache());
///     let sampler = Sampler::new(Sampling::default());
///     scheduler.add(&model.decoder, Request { ids, cache, cached: Vec::new(), sampler, constraint: None, urgent: false })?;
/// }
/// while !scheduler.is_empty() {
///     scheduler.step(&model.decoder, |_, news| match news {
///         News::Token(id, _) if model.tokenizer.is_end(id) => ControlFlow::Break(()),
///         _ => ControlFlow::Continue(()),
///     })?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Scheduler {
    texts: Vec<Text>,
    last: u64,
}

impl Scheduler {
    /// Whether there is no text to go on with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Bytes of what has been computed for all texts; what is held together with others is shared out ([`Cache::share`]).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.texts.iter().map(|text| text.cache.share()).sum()
    }

    /// Takes a text in.
    ///
    /// # Errors
    /// If it has no token, one that the model has not, or more than it has places for; the others go on.
    pub fn add(&mut self, decoder: &Decoder, request: Request) -> Result<TextId> {
        let vocab = decoder.shape().vocab;
        if let Some(id) = request.ids.iter().find(|id| **id as usize >= vocab) {
            return Err(Error::Msg(format!("token: expected less than {vocab}, found {id}")));
        }
        let most = decoder.shape().positions.unwrap_or(usize::MAX);
        if request.ids.is_empty() || request.ids.len() > most {
            return Err(Error::Msg(format!("a text of 1 to {most} tokens expected, found {}", request.ids.len())));
        }
        self.last += 1;
        let id = TextId(self.last);
        self.texts.push(Text::new(id, request));
        Ok(id)
    }

    /// A second text that goes on from where this one stands, in its own way. `None` if there is none, it is still being read,
    /// or it keeps to a form.
    pub fn fork(&mut self, id: TextId, sampler: Sampler) -> Option<TextId> {
        let text = self.texts.iter().find(|text| text.id == id && text.is_speaking() && text.is_free())?;
        self.last += 1;
        let fork = text.fork(TextId(self.last), sampler);
        self.texts.push(fork);
        Some(TextId(self.last))
    }

    /// What has been computed for the text that begins most like `ids`, if that is worth a copy.
    #[must_use]
    pub fn alike(&self, ids: &[u32]) -> Option<(Vec<u32>, Cache)> {
        let same = |text: &&Text| text.same(ids).min(text.cache.len());
        let text = self.texts.iter().max_by_key(same).filter(|text| same(text) >= WORTH_COPYING)?;
        let mut cache = text.cache.clone();
        let kept = cache.truncate(same(&text));
        Some((text.ids[..kept].to_vec(), cache))
    }

    /// Ends a text; `None` if there is none.
    pub fn take(&mut self, id: TextId) -> Option<Ended> {
        let at = self.texts.iter().position(|text| text.id == id)?;
        Some(self.texts.remove(at).end())
    }

    /// Takes all texts on: `tell` hears what has come of each, and breaks off those that have said enough. They are given back,
    /// in the order in which they came, and so is a text for which the model has no more places.
    ///
    /// # Errors
    /// If the arithmetic fails; all texts are left as they were before.
    pub fn step(
        &mut self,
        decoder: &Decoder,
        mut tell: impl FnMut(TextId, News) -> ControlFlow<()>,
    ) -> Result<Vec<(TextId, Ended)>> {
        self.copy_what_is_known();
        let room = decoder.shape().positions.unwrap_or(usize::MAX);
        let counts = self.plan(room);
        let mut pieces = Vec::new();
        let mut inputs: Vec<Vec<u32>> = Vec::new();
        for (text, count) in self.texts.iter().zip(&counts) {
            inputs.push(text.next(*count));
        }
        for ((text, count), input) in self.texts.iter_mut().zip(&counts).zip(&inputs).filter(|((_, count), _)| **count > 0) {
            let rows = text.rows(*count);
            pieces.push(Piece { input: Input::Ids(input), rows, cache: &mut text.cache });
        }
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.cache.len()).collect();
        let result = decoder.step(&mut pieces);
        let logits = match result {
            Ok(logits) => logits,
            Err(error) => {
                for (piece, length) in pieces.iter_mut().zip(lengths) {
                    piece.cache.truncate(length);
                }
                return Err(error);
            }
        };
        let vocab = decoder.shape().vocab;
        let mut ended = Vec::new();
        let worked = self.texts.iter_mut().zip(&counts).filter(|(_, count)| **count > 0);
        for ((text, count), logits) in worked.zip(&logits) {
            let id = text.id;
            let flow = text.take_in(*count, logits.chunks_exact(vocab), |news| tell(id, news));
            if flow.is_break() || text.ids.len() > room {
                ended.push(id);
            }
        }
        // Before those that have ended go.
        self.copy_what_is_known();
        Ok(ended.into_iter().filter_map(|id| Some((id, self.take(id)?))).collect())
    }

    /// A prompt that begins like another text takes over what was computed there meanwhile.
    fn copy_what_is_known(&mut self) {
        for at in 0..self.texts.len() {
            let text = &self.texts[at];
            if text.is_speaking() {
                continue;
            }
            let known = |other: &&Text| other.same(&text.ids).min(other.cache.len()).min(text.ids.len() - 1);
            let best = self.texts.iter().filter(|other| other.id != text.id).max_by_key(known);
            if let Some(other) = best.filter(|other| known(other) >= text.cache.len() + WORTH_COPYING) {
                let (length, mut cache) = (known(&other), other.cache.clone());
                // The state of convolutions may have to go back further than what the text has by itself.
                if cache.truncate(length) > text.cache.len() {
                    self.texts[at].cache = cache;
                }
            }
        }
    }

    /// How many tokens of each text are computed in this step; the model has places for `room` tokens of a text.
    fn plan(&mut self, room: usize) -> Vec<usize> {
        let speaking = self.texts.iter().filter(|text| text.is_speaking()).count();
        for text in &mut self.texts {
            text.guess(if speaking <= FEW { room - text.ids.len() } else { 0 });
        }
        let mut left = if speaking > 0 { CHUNK_BESIDE_SPEECH } else { CHUNK };
        let mut counts: Vec<usize> = self.texts.iter().map(|text| if text.is_speaking() { text.left() } else { 0 }).collect();
        let mut reading: Vec<usize> = (0..self.texts.len()).filter(|at| !self.texts[*at].is_speaking()).collect();
        // Urgent ones first, of those the oldest.
        reading.sort_by_key(|at| !self.texts[*at].urgent);
        for (place, at) in reading.iter().enumerate() {
            let text = &self.texts[*at];
            // What one before it will read for both it waits for.
            let is_read_for_it = |other: &usize| self.texts[*other].same(&text.ids) >= text.cache.len() + WORTH_COPYING;
            if reading[..place].iter().any(is_read_for_it) {
                continue;
            }
            counts[*at] = text.left().min(left);
            left -= counts[*at];
        }
        counts
    }
}
