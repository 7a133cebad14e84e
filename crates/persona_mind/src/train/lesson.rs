//! Training of the reader and of the speaker on samples of talk. They share nothing but the data, so that they can be trained
//! side by side.

mod reading;
mod speaking;

use super::content::Content;
use super::optim::{AdamW, Variables, schedule};
use super::sample::{Generator, Sample};
use super::settings::TrainSettings;
use super::tokens::Pieces;
use super::workers::Workers;
use crate::hearth::net::ParamSource;
use crate::hearth::vocab::Vocab;
use candle_core::{Result, Tensor};
use crossbeam_channel::Receiver;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

pub use super::speaker::Speaker;
pub use reading::Understanding;

/// What is measured, by name.
pub type Figures = Vec<(&'static str, f32)>;

/// A part of Hearth that learns from samples of talk.
pub trait Lesson: Sized + Sync {
    /// Samples as tensors.
    type Batch: Send + 'static;

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
    vars: Variables,
    part: L,
    vocab: Arc<Vocab>,
    content: Arc<Content>,
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
    /// A part with fresh parameters, or with those of `checkpoint` where that file exists.
    ///
    /// # Errors
    /// If the checkpoint is damaged or the pieces are no vocabulary.
    pub fn new(content: Arc<Content>, pieces: &Pieces, settings: &TrainSettings) -> std::result::Result<Self, TrainError> {
        let vocab = pieces.vocab()?;
        let vars = Variables::new(settings.seed);
        if settings.checkpoint.exists() {
            vars.restore(&settings.checkpoint)?;
        }
        let part = L::pupil(&vars, &vocab, &content)?;
        Ok(Self { vars, part, vocab: Arc::new(vocab), content })
    }

    /// Trains, calling `report` with the step, the mean loss since the last report, and what was measured.
    ///
    /// # Errors
    /// If a tensor operation fails or a checkpoint cannot be written.
    pub fn train(
        &self,
        settings: &TrainSettings,
        mut report: impl FnMut(usize, f32, Figures),
    ) -> std::result::Result<(), TrainError> {
        let mut optimiser = AdamW::default();
        let batches = self.batches(settings);
        let workers = Workers::new(settings.threads)?;
        let (mut sum, mut count) = (0.0, 0);
        for step in settings.first_step..settings.steps {
            let (loss, grads) = workers.gradients(|| self.part.loss(&batches.recv().map_err(candle_core::Error::wrap)??))?;
            sum += loss;
            count += 1;
            let rate = schedule(step, 100, settings.steps, settings.rate);
            optimiser.step(&self.vars, &grads, rate, L::pace)?;
            if (step + 1) % settings.every == 0 || step + 1 == settings.steps {
                self.vars.save(&settings.checkpoint)?;
                report(step + 1, sum / count as f32, self.measure(512, settings.replies)?);
                (sum, count) = (0.0, 0);
            }
        }
        Ok(())
    }

    /// Measures on `count` fresh samples of wordings that training never saw. Questions that several facts answer are not
    /// among them.
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn measure(&self, count: usize, replies: usize) -> Result<Figures> {
        let generator = Generator::new(&self.content, true).with_replies(replies);
        let mut rng = ChaCha8Rng::seed_from_u64(99);
        let samples = std::iter::repeat_with(|| generator.sample(&mut rng)).filter(|s| s.answer.is_none() || s.asked.is_some());
        let samples: Vec<Sample> = samples.take(count).collect();
        self.part.measure(&L::batch(&samples, &self.content, &self.vocab, None)?)
    }

    /// Draws batches on a thread of their own, a few ahead.
    fn batches(&self, settings: &TrainSettings) -> Receiver<Result<L::Batch>> {
        let (send, receive) = crossbeam_channel::bounded(8);
        let (content, vocab) = (self.content.clone(), self.vocab.clone());
        let size = settings.batch / settings.threads.max(1);
        let replies = settings.replies;
        let seed = settings.seed ^ (settings.first_step as u64) << 20;
        std::thread::spawn(move || {
            let mut generator = Generator::new(&content, false).with_replies(replies);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            loop {
                generator.restock(RELATIONS, &mut rng);
                // Samples of like length go together, so that little is padding; the batches come in any order.
                let mut samples: Vec<Sample> = (0..size * POOL).map(|_| generator.sample(&mut rng)).collect();
                samples.sort_by_cached_key(Sample::length);
                let mut batches: Vec<&[Sample]> = samples.chunks(size).collect();
                batches.shuffle(&mut rng);
                for batch in batches {
                    if send.send(L::batch(batch, &content, &vocab, Some(&mut rng))).is_err() {
                        return;
                    }
                }
            }
        });
        receive
    }
}

/// Batches drawn at once, to be sorted by length.
const POOL: usize = 16;
/// Relations that the facts of a pool are drawn from.
const RELATIONS: usize = 128;
