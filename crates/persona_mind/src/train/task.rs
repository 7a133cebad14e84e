//! Training of the reader and the speaker: batches, losses, the loop, and what is measured.

mod batch;

use super::content::Content;
use super::optim::{AdamW, Variables, schedule};
use super::sample::{Generator, Sample};
use super::speaker::{Speaker, SpeakerConfig};
use super::tokens::Pieces;
use super::workers::Workers;
use crate::hearth::net::Params;
use crate::hearth::ops::cross_entropy;
use crate::hearth::reader::{Reader, Reading};
use crate::hearth::vocab::Vocab;
use crate::hearth::{SPEAKER_BLOCK, SPEAKER_LAYERS, reader_config};
use batch::Batch;
use candle_core::{Result, Tensor};
use crossbeam_channel::Receiver;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;
use std::sync::Arc;

/// What to train, and for how long.
#[derive(Clone, Debug)]
pub struct TrainSettings {
    /// Samples a step, over all threads.
    pub batch: usize,
    /// Threads that each work on a part of the batch. `CANDLE_NUM_THREADS=1` keeps candle from adding its own.
    pub threads: usize,
    /// Steps in all; the learning rate falls towards the last.
    pub steps: usize,
    /// The step to begin with, when a run is taken up again.
    pub first_step: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// Seed of data and parameters.
    pub seed: u64,
    /// Where the checkpoint goes.
    pub checkpoint: PathBuf,
    /// Steps between checkpoints and measurements.
    pub every: usize,
}

/// What is measured on lines that training never saw.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Measure {
    /// Mean negative log-likelihood of a reply's token, in nats.
    pub speech: f32,
    /// Share of lines whose meaning is found.
    pub intent: f32,
    /// Share of questions whose fact, or none, is found.
    pub pointer: f32,
    /// Share of lines whose action, or none, is found.
    pub action: f32,
}

/// The parts in training.
pub struct Task {
    vars: Variables,
    reader: Reader,
    speaker: Speaker,
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

impl Task {
    /// Parts with fresh parameters, or with those of `checkpoint` where that file exists.
    ///
    /// # Errors
    /// If the checkpoint is damaged or the pieces are no vocabulary.
    pub fn new(content: Arc<Content>, pieces: &Pieces, settings: &TrainSettings) -> std::result::Result<Self, TrainError> {
        let vocab = pieces.vocab()?;
        let vars = Variables::new(settings.seed);
        if settings.checkpoint.exists() {
            vars.restore(&settings.checkpoint)?;
        }
        let reader = Reader::new(Params::new(&vars, "reader"), reader_config(vocab.len(), pieces.intents.len()))?;
        let config = SpeakerConfig { block: SPEAKER_BLOCK, layers: SPEAKER_LAYERS, vocab: vocab.len() };
        let speaker = Speaker::new(Params::new(&vars, "dec"), config)?;
        Ok(Self { vars, reader, speaker, vocab: Arc::new(vocab), content })
    }

    /// The variables, by name.
    #[must_use]
    pub fn variables(&self) -> &Variables {
        &self.vars
    }

    /// Trains, calling `report` with the step, the mean loss since the last report, and what was measured.
    ///
    /// # Errors
    /// If a tensor operation fails or a checkpoint cannot be written.
    pub fn train(
        &self,
        settings: &TrainSettings,
        mut report: impl FnMut(usize, f32, Measure),
    ) -> std::result::Result<(), TrainError> {
        let mut optimiser = AdamW::default();
        let batches = self.batches(settings);
        let workers = Workers::new(settings.threads)?;
        let (mut sum, mut count) = (0.0, 0);
        for step in settings.first_step..settings.steps {
            let (loss, grads) = workers.gradients(|| self.loss(&batches.recv().map_err(candle_core::Error::wrap)??))?;
            sum += loss;
            count += 1;
            let rate = schedule(step, 100, settings.steps, settings.rate);
            optimiser.step(&self.vars, &grads, rate)?;
            if (step + 1) % settings.every == 0 || step + 1 == settings.steps {
                self.vars.save(&settings.checkpoint)?;
                report(step + 1, sum / count as f32, self.measure(256)?);
                (sum, count) = (0.0, 0);
            }
        }
        Ok(())
    }

    /// Draws batches on a thread of their own, a few ahead.
    fn batches(&self, settings: &TrainSettings) -> Receiver<Result<Batch>> {
        let (send, receive) = crossbeam_channel::bounded(8);
        let (content, vocab) = (self.content.clone(), self.vocab.clone());
        let size = settings.batch / settings.threads.max(1);
        let seed = settings.seed ^ (settings.first_step as u64) << 20;
        std::thread::spawn(move || {
            let generator = Generator::new(&content, false);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            loop {
                // Samples of like length go together, so that little is padding; the batches come in any order.
                let mut samples: Vec<Sample> = (0..size * POOL).map(|_| generator.sample(&mut rng)).collect();
                samples.sort_by_cached_key(Sample::length);
                let mut batches: Vec<&[Sample]> = samples.chunks(size).collect();
                batches.shuffle(&mut rng);
                for batch in batches {
                    if send.send(Batch::new(batch, &content, &vocab)).is_err() {
                        return;
                    }
                }
            }
        });
        receive
    }

    fn loss(&self, batch: &Batch) -> Result<Tensor> {
        let reading = self.reader.read(&batch.lines, &batch.phrases, &batch.facts)?;
        let speech = cross_entropy(&self.speaker.forward(&batch.speaker)?, &batch.speaker.targets.to_vec1()?)?;
        let intent = cross_entropy(&reading.intents, &batch.intents)?;
        let mut loss = (speech + intent)?;
        if !batch.asked.is_empty() {
            let rows = Tensor::new(batch.asked.as_slice(), reading.facts.device())?;
            let pointer = cross_entropy(&reading.facts.index_select(&rows, 0)?, &batch.answers)?;
            loss = ((loss + pointer)? + (contrast(&reading, batch, &rows)? * 0.5)?)?;
        }
        let actions = self.reader.actions(&reading.lines, &self.reader.encode(&batch.actions)?)?;
        let action = cross_entropy(&(actions + &batch.action_mask)?, &batch.called)?;
        loss + (action * 0.3)?
    }

    /// Measures on `count` fresh samples of wordings that training never saw.
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn measure(&self, count: usize) -> Result<Measure> {
        let generator = Generator::new(&self.content, true);
        let mut rng = ChaCha8Rng::seed_from_u64(99);
        let samples: Vec<Sample> = (0..count).map(|_| generator.sample(&mut rng)).collect();
        let batch = Batch::new(&samples, &self.content, &self.vocab)?;
        let reading = self.reader.read(&batch.lines, &batch.phrases, &batch.facts)?;
        let speech = cross_entropy(&self.speaker.forward(&batch.speaker)?, &batch.speaker.targets.to_vec1()?)?;
        let asked = Tensor::new(batch.asked.as_slice(), reading.facts.device())?;
        let actions = self.reader.actions(&reading.lines, &self.reader.encode(&batch.actions)?)?;
        Ok(Measure {
            speech: speech.to_scalar()?,
            intent: share(&reading.intents, &batch.intents)?,
            pointer: share(&reading.facts.index_select(&asked, 0)?, &batch.answers)?,
            action: share(&(actions + &batch.action_mask)?, &batch.called)?,
        })
    }
}

/// Batches drawn at once, to be sorted by length.
const POOL: usize = 16;

/// The share of rows whose highest column is the right one.
fn share(logits: &Tensor, right: &[u32]) -> Result<f32> {
    let found = logits.argmax(1)?.to_vec1::<u32>()?;
    let hits = found.iter().zip(right).filter(|(a, b)| a == b).count();
    Ok(hits as f32 / right.len().max(1) as f32)
}

/// InfoNCE (van den Oord et al. 2018, arXiv 1807.03748) of questions and relations' words: the words of the relation
/// asked for against all others of the batch.
fn contrast(reading: &Reading, batch: &Batch, rows: &Tensor) -> Result<Tensor> {
    let scores = (reading.questions.index_select(rows, 0)?.matmul(&reading.relations.t()?)? * 10.0)?;
    // Other wordings of the right relation are no negatives.
    cross_entropy(&(scores + &batch.contrast_mask)?, &batch.contrast)
}
