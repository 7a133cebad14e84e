//! To find what a line means, which fact answers it, and which action it calls for.

use super::{Figures, Lesson};
use crate::hearth::net::{ParamSource, Params};
use crate::hearth::ops::cross_entropy;
use crate::hearth::reader::{FactBatch, FactRow, Reader, Reading, TextBatch};
use crate::hearth::reader_config;
use crate::hearth::vocab::Vocab;
use crate::train::content::Content;
use crate::train::sample::Sample;
use candle_core::{Device, Result, Tensor};
use std::collections::HashMap;

impl Lesson for Reader {
    type Batch = Batch;

    fn pupil(source: &dyn ParamSource, vocab: &Vocab) -> Result<Self> {
        Self::new(Params::new(source, "reader"), reader_config(vocab.len(), vocab.intents().len()))
    }

    fn batch(samples: &[Sample], content: &Content, vocab: &Vocab) -> Result<Batch> {
        Batch::new(samples, content, vocab)
    }

    fn loss(&self, batch: &Batch) -> Result<Tensor> {
        let reading = self.read(&batch.lines, &batch.phrases, &batch.facts)?;
        let mut loss = cross_entropy(&reading.intents, &batch.intents)?;
        if !batch.asked.is_empty() {
            let rows = Tensor::new(batch.asked.as_slice(), reading.facts.device())?;
            loss = (loss + cross_entropy(&reading.facts.index_select(&rows, 0)?, &batch.answers)?)?;
        }
        if !batch.contrasted.is_empty() {
            loss = (loss + (contrast(&reading, batch)? * 0.5)?)?;
        }
        loss + (cross_entropy(&self.calls(&reading, batch)?, &batch.called)? * 0.3)?
    }

    fn measure(&self, batch: &Batch) -> Result<Figures> {
        let reading = self.read(&batch.lines, &batch.phrases, &batch.facts)?;
        let asked = Tensor::new(batch.asked.as_slice(), reading.facts.device())?;
        Ok(vec![
            ("intent", share(&reading.intents, &batch.intents)?),
            ("pointer", share(&reading.facts.index_select(&asked, 0)?, &batch.answers)?),
            ("action", share(&self.calls(&reading, batch)?, &batch.called)?),
        ])
    }
}

impl Reader {
    fn calls(&self, reading: &Reading, batch: &Batch) -> Result<Tensor> {
        self.actions(&reading.lines, &self.encode(&batch.actions)?)? + &batch.action_mask
    }
}

/// The share of rows whose highest column is the right one.
fn share(logits: &Tensor, right: &[u32]) -> Result<f32> {
    let found = logits.argmax(1)?.to_vec1::<u32>()?;
    let hits = found.iter().zip(right).filter(|(a, b)| a == b).count();
    Ok(hits as f32 / right.len().max(1) as f32)
}

/// InfoNCE (van den Oord et al. 2018, arXiv 1807.03748) of questions and relations' words: the words of the relation
/// asked for against all others of the batch.
fn contrast(reading: &Reading, batch: &Batch) -> Result<Tensor> {
    let rows = Tensor::new(batch.contrasted.as_slice(), reading.questions.device())?;
    let scores = (reading.questions.index_select(&rows, 0)?.matmul(&reading.relations.t()?)? * 10.0)?;
    // Other wordings of the right relation are no negatives.
    cross_entropy(&(scores + &batch.contrast_mask)?, &batch.contrast)
}

/// A batch of samples as tensors.
pub struct Batch {
    pub lines: TextBatch,
    pub phrases: TextBatch,
    pub facts: FactBatch,
    pub actions: TextBatch,
    /// 0 for actions that a row offers, else -1e9: `[batch, actions + 1]`.
    pub action_mask: Tensor,
    pub called: Vec<u32>,
    pub intents: Vec<u32>,
    /// Rows that ask for a fact, and the column that answers each.
    pub asked: Vec<u32>,
    pub answers: Vec<u32>,
    /// Rows that ask for a relation, and the phrase that words it.
    pub contrasted: Vec<u32>,
    pub contrast: Vec<u32>,
    /// 0 for phrases that compete, -1e9 for other wordings of the right relation: `[contrasted, phrases]`.
    pub contrast_mask: Tensor,
}

/// Texts without repetition.
#[derive(Default)]
struct Table<'a> {
    index: HashMap<&'a str, u32>,
    texts: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn add(&mut self, text: &'a str) -> u32 {
        *self.index.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u32 - 1
        })
    }

    fn batch(&self, vocab: &Vocab) -> Result<TextBatch> {
        let mut ids: Vec<Vec<u32>> = self.texts.iter().map(|text| vocab.plain(&format!(" {text}"))).collect();
        if ids.is_empty() {
            ids.push(Vec::new());
        }
        TextBatch::new(&ids)
    }
}

impl Batch {
    pub fn new(samples: &[Sample], content: &Content, vocab: &Vocab) -> Result<Self> {
        let mut phrases = Table::default();
        let mut relations = Vec::new();
        let mut rows: Vec<Vec<FactRow>> = Vec::new();
        for sample in samples {
            let mut row = Vec::new();
            for fact in &sample.facts {
                let phrase = phrases.add(&fact.predicate);
                relations.resize(phrases.texts.len(), fact.relation);
                row.push((phrase, fact.features, fact.concepts));
            }
            rows.push(row);
        }
        phrases.texts.is_empty().then(|| phrases.add("is"));
        relations.resize(phrases.texts.len(), usize::MAX);
        let widest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let (mut asked, mut answers) = (vec![], vec![]);
        let (mut contrasted, mut contrast, mut contrast_mask) = (vec![], vec![], vec![]);
        for (i, sample) in samples.iter().enumerate() {
            let Some(answer) = sample.answer else { continue };
            asked.push(i as u32);
            // The column for none stands after the widest row's facts.
            answers.push(if answer == sample.facts.len() { widest } else { answer } as u32);
            let Some(relation) = sample.asked else { continue };
            contrasted.push(i as u32);
            let own = sample.facts.get(answer).map(|f| phrases.add(&f.predicate));
            let right = own.or_else(|| relations.iter().position(|r| *r == relation).map(|p| p as u32));
            contrast.push(right.unwrap_or(u32::MAX));
            contrast_mask.extend((0..relations.len()).map(|p| {
                let same = relations[p] != usize::MAX && content.related(relations[p], relation) && Some(p as u32) != right;
                if same { -1e9f32 } else { 0.0 }
            }));
        }
        keep_known(&mut contrast, &mut contrast_mask, relations.len());
        let device = &Device::Cpu;
        let contrast_mask = Tensor::from_vec(contrast_mask, (contrasted.len(), relations.len()), device)?;
        let mut actions = Table::default();
        let offered: Vec<Vec<u32>> = samples.iter().map(|s| s.actions.iter().map(|a| actions.add(a)).collect()).collect();
        let width = actions.texts.len().max(1);
        let mask = offered
            .iter()
            .flat_map(|row| (0..=width as u32).map(|a| if a == width as u32 || row.contains(&a) { 0.0f32 } else { -1e9 }));
        let lines: Vec<Vec<u32>> = samples.iter().map(|s| vocab.encode(&s.line)).collect();
        Ok(Self {
            lines: TextBatch::new(&lines)?,
            phrases: phrases.batch(vocab)?,
            facts: FactBatch::new(&rows)?,
            actions: actions.batch(vocab)?,
            action_mask: Tensor::from_iter(mask, device)?.reshape((samples.len(), width + 1))?,
            called: samples.iter().zip(&offered).map(|(s, row)| row.get(s.action).copied().unwrap_or(width as u32)).collect(),
            intents: samples.iter().map(|s| s.intent as u32).collect(),
            asked,
            answers,
            contrasted,
            contrast,
            contrast_mask,
        })
    }
}

/// A question whose relation no phrase of the batch words cannot be contrasted: all its columns become equal.
fn keep_known(contrast: &mut [u32], mask: &mut [f32], width: usize) {
    for (i, target) in contrast.iter_mut().enumerate() {
        if *target == u32::MAX {
            *target = 0;
            mask[i * width..][..width].fill(-1e9);
            mask[i * width] = 0.0;
        }
    }
}
