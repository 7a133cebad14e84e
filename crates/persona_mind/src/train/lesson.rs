//! Training of the reader and of the speaker on samples of talk. They share nothing but the data, so that they can be trained
//! side by side.

pub mod exam;
mod reading;
mod speaking;

use super::content::Content;
use super::run::{Point, Run};
use super::sample::{Generator, Sample};
use super::settings::TrainSettings;
use super::tokens::Pieces;
use crate::hearth::file::ModelFile;
use crate::hearth::net::ParamSource;
use crate::hearth::vocab::Vocab;
use candle_core::{Result, Tensor};
use crossbeam_channel::Receiver;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

pub use super::run::Figures;
pub use super::speaker::Speaker;
pub use reading::Understanding;

/// A part of Hearth that learns from samples of talk.
pub trait Lesson: Sized + Sync {
    /// Samples as tensors.
    type Batch: Send + 'static;

    /// What the names of its parameters begin with, before the first dot.
    const NAME: &'static str;

    /// The part with parameters from a source.
    ///
    /// # Errors
    /// If a parameter has another shape.
    fn pupil(source: &dyn ParamSource, vocab: &Vocab, content: &Content) -> Result<Self>;

    /// Samples as tensors; with `noise`, for learning, where a part may leave some of what it sees out at random.
    ///
    /// # Errors
    /// If memory is short.
    fn batch(samples: &[Sample], content: &Content, vocab: &Vocab, noise: Option<&mut ChaCha8Rng>) -> Result<Self::Batch>;

    /// How quickly a variable learns, against the others.
    fn pace(_: &str) -> f32 {
        1.0
    }

    /// What is to become small.
    ///
    /// # Errors
    /// If shapes differ.
    fn loss(&self, batch: &Self::Batch) -> Result<Tensor>;

    /// How good it is at what it learns.
    ///
    /// # Errors
    /// If shapes differ.
    fn measure(&self, batch: &Self::Batch) -> Result<Figures>;
}

/// A part in training.
pub struct Task<L> {
    run: Run,
    vocab: Arc<Vocab>,
    content: Arc<Content>,
    part: PhantomData<L>,
}

/// Errors of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Tensors.
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
    /// The vocabulary.
    #[error(transparent)]
    Vocab(#[from] crate::hearth::vocab::VocabError),
}

impl<L: Lesson> Task<L> {
    /// A part with fresh parameters, or one that goes on from the checkpoint where that file exists.
    ///
    /// # Errors
    /// If the checkpoint is damaged or the pieces are no vocabulary.
    pub fn new(content: Arc<Content>, pieces: &Pieces, settings: &TrainSettings) -> std::result::Result<Self, TrainError> {
        let vocab = Arc::new(pieces.vocab()?);
        Ok(Self { run: Run::new(settings)?, vocab, content, part: PhantomData })
    }

    /// Takes first parameters from a model file, for a run that has not begun.
    ///
    /// # Errors
    /// If memory is short.
    pub fn begin_with(&mut self, model: ModelFile) -> Result<()> {
        self.run.begin_with(model, L::NAME)
    }

    /// Trains, calling `report` with each point of the curve.
    ///
    /// # Errors
    /// If a tensor operation fails or a checkpoint cannot be written.
    pub fn train(&mut self, settings: &TrainSettings, report: impl FnMut(Point)) -> std::result::Result<(), TrainError> {
        let part = L::pupil(self.run.variables(), &self.vocab, &self.content)?;
        let batches = self.batches(settings, self.run.step());
        let taken = Mutex::new(BTreeMap::new());
        let loss = |step: usize, share: usize| {
            let at = step * settings.shares() + share;
            let batch = loop {
                let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(batch) = taken.remove(&at) {
                    break batch;
                }
                let (index, batch) = batches.recv().map_err(candle_core::Error::wrap)?;
                taken.insert(index, batch);
            };
            part.loss(&batch?)
        };
        let (content, vocab) = (self.content.clone(), self.vocab.clone());
        let measure = |params: &dyn ParamSource| {
            let part = L::pupil(params, &vocab, &content)?;
            measure(&part, 512, settings.replies, &content, &vocab)
        };
        Ok(self.run.train(settings, L::pace, loss, measure, report)?)
    }

    /// Draws batches on a thread of their own, a few ahead, each with its number. A batch follows from its number and the
    /// seed, wherever the run begins.
    fn batches(&self, settings: &TrainSettings, first_step: usize) -> Receiver<(usize, Result<L::Batch>)> {
        let (send, receive) = crossbeam_channel::bounded(8);
        let (content, vocab) = (self.content.clone(), self.vocab.clone());
        let (size, replies, seed) = (settings.share(), settings.replies, settings.seed);
        let first = first_step * settings.shares();
        std::thread::spawn(move || {
            for pool in first / POOL.. {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(pool as u64 + 1);
                let mut generator = Generator::new(&content, false).with_replies(replies);
                generator.restock(RELATIONS, &mut rng);
                // Samples of like length go together, so that little is padding; the batches come in any order.
                let mut samples: Vec<Sample> = (0..size * POOL).map(|_| generator.sample(&mut rng)).collect();
                samples.sort_by_cached_key(Sample::length);
                let mut batches: Vec<&[Sample]> = samples.chunks(size).collect();
                batches.shuffle(&mut rng);
                for (batch, number) in batches.into_iter().zip(pool * POOL..) {
                    let batch = L::batch(batch, &content, &vocab, Some(&mut rng));
                    if number >= first && send.send((number, batch)).is_err() {
                        return;
                    }
                }
            }
        });
        receive
    }
}

/// Measures on `count` fresh samples of wordings that training never saw. Questions that several facts answer are not among
/// them.
fn measure<L: Lesson>(part: &L, count: usize, replies: usize, content: &Content, vocab: &Vocab) -> Result<Figures> {
    let generator = Generator::new(content, true).with_replies(replies);
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    let samples = std::iter::repeat_with(|| generator.sample(&mut rng)).filter(|s| s.answer.is_none() || s.asked.is_some());
    let samples: Vec<Sample> = samples.take(count).collect();
    part.measure(&L::batch(&samples, content, vocab, None)?)
}

/// Batches drawn at once, to be sorted by length.
const POOL: usize = 16;
/// Relations that the facts of a pool are drawn from.
const RELATIONS: usize = 128;
