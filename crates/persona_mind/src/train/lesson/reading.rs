//! To find what a line means, which fact answers it, and which action it calls for.

use super::{Figures, Lesson};
use crate::hearth::net::{ParamSource, Params};
use crate::hearth::ops::cross_entropy;
use crate::hearth::reader::{FactBatch, FactRow, Reader, Reading, TextBatch};
use crate::hearth::reader_config;
use crate::hearth::said::Said;
use crate::hearth::vocab::Vocab;
use crate::hearth::words::{Word, words};
use crate::train::content::Content;
use crate::train::sample::Sample;
use candle_core::{Device, Result, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;

/// The reader in training.
pub struct Understanding {
    reader: Reader,
}

impl Lesson for Understanding {
    type Batch = Batch;
    const NAME: &'static str = "reader";

    fn pupil(source: &dyn ParamSource, vocab: &Vocab, content: &Content) -> Result<Self> {
        let config = reader_config(vocab.intents().len(), content.relations.len());
        Ok(Self { reader: Reader::new(Params::new(source, Self::NAME), config)? })
    }

    fn batch(samples: &[Sample], content: &Content, _: &Vocab, noise: Option<&mut ChaCha8Rng>) -> Result<Batch> {
        Batch::new(samples, content, noise)
    }

    /// What the lexicon has learned is only touched up: it would soon know the questions of the content by heart.
    fn pace(name: &str) -> f32 {
        const OF_LEXICON: [&str; 5] = [
            "reader.parts.weight",
            "reader.word.weight",
            "reader.question.weight",
            "reader.relation.weight",
            "reader.bank.weight",
        ];
        if OF_LEXICON.contains(&name) { 0.05 } else { 1.0 }
    }

    fn loss(&self, batch: &Batch) -> Result<Tensor> {
        let reading = batch.read(&self.reader)?;
        let mut loss = cross_entropy(&reading.intents, &batch.intents)?;
        if !batch.asked.is_empty() {
            let rows = |x: &Tensor| x.index_select(&Tensor::new(batch.asked.as_slice(), x.device())?, 0);
            loss = (loss + cross_entropy(&rows(&reading.facts)?, &batch.answers)?)?;
            loss = (loss + (cross_entropy(&rows(&reading.steps)?, &batch.steps)? * 0.5)?)?;
        }
        if !batch.sought.is_empty() {
            let rows = Tensor::new(batch.sought.as_slice(), reading.asked_of.device())?;
            let scores = (reading.asked_of.index_select(&rows, 0)? + &batch.sought_mask)?;
            loss = (loss + cross_entropy(&scores, &batch.sought_relations)?)?;
        }
        // Questions and relations' words that mean the same become alike by being like the same third.
        let known = reading.means.narrow(0, 0, batch.phrase_relations.len())?;
        loss = (loss + (cross_entropy(&known, &batch.phrase_relations)? * 0.5)?)?;
        loss + (cross_entropy(&batch.calls(&self.reader, &reading)?, &batch.called)? * 0.3)?
    }

    fn measure(&self, batch: &Batch) -> Result<Figures> {
        let reading = batch.read(&self.reader)?;
        let of = |rows: &[u32], x: &Tensor| x.index_select(&Tensor::new(rows, x.device())?, 0);
        let sought = (of(&batch.sought, &reading.asked_of)? + &batch.sought_mask)?;
        Ok(vec![
            ("intent", share(&reading.intents, &batch.intents)?),
            ("relation", share(&sought, &batch.sought_relations)?),
            ("pointer", share(&of(&batch.asked, &reading.facts)?, &batch.answers)?),
            ("step", share(&of(&batch.asked, &reading.steps)?, &batch.steps)?),
            ("action", share(&batch.calls(&self.reader, &reading)?, &batch.called)?),
        ])
    }
}

/// The share of rows whose highest column is the right one.
fn share(logits: &Tensor, right: &[u32]) -> Result<f32> {
    let found = logits.argmax(1)?.to_vec1::<u32>()?;
    let hits = found.iter().zip(right).filter(|(a, b)| a == b).count();
    Ok(hits as f32 / right.len().max(1) as f32)
}

/// A batch of samples as tensors.
pub struct Batch {
    lines: TextBatch,
    phrases: TextBatch,
    names: TextBatch,
    facts: FactBatch,
    actions: TextBatch,
    /// 0 for actions that a row offers, else -1e9: `[batch, actions + 1]`.
    action_mask: Tensor,
    called: Vec<u32>,
    intents: Vec<u32>,
    /// Rows that ask for a fact, the column that answers each, and the column that leads there.
    asked: Vec<u32>,
    answers: Vec<u32>,
    steps: Vec<u32>,
    /// The relation that each phrase words.
    phrase_relations: Vec<u32>,
    /// Rows that ask for a relation, and which.
    sought: Vec<u32>,
    sought_relations: Vec<u32>,
    /// 0 for relations that compete, -1e9 for those whose facts answer the same question: `[sought, relations]`.
    sought_mask: Tensor,
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

    fn batch(&self, noise: &mut Option<&mut ChaCha8Rng>) -> Result<TextBatch> {
        let mut texts: Vec<Vec<Word>> = self.texts.iter().map(|text| thinned(text, noise)).collect();
        if texts.is_empty() {
            texts.push(Vec::new());
        }
        TextBatch::new(&texts)
    }
}

/// The share of parts that are left out in training, so that no single one is relied upon.
const LEFT_OUT: f64 = 0.15;

/// The share of words that are left out.
const WORDS_LEFT_OUT: f64 = 0.08;

/// The words of a text, without some of them and of their parts where there is noise.
fn thinned(text: &str, noise: &mut Option<&mut ChaCha8Rng>) -> Vec<Word> {
    let mut words = words(text);
    if let Some(rng) = noise {
        if words.len() > 3 {
            words.retain(|word| word.len() <= 2 || !rng.random_bool(WORDS_LEFT_OUT));
        }
        words.iter_mut().filter(|w| w.len() > 2).for_each(|word| word.retain(|_| !rng.random_bool(LEFT_OUT)));
    }
    words
}

impl Batch {
    pub(super) fn new(samples: &[Sample], content: &Content, mut noise: Option<&mut ChaCha8Rng>) -> Result<Self> {
        let (mut phrases, mut names) = (Table::default(), Table::default());
        let mut phrase_relations: Vec<u32> = Vec::new();
        let mut rows: Vec<Vec<FactRow>> = Vec::new();
        for sample in samples {
            let mut row = Vec::new();
            let said = Said::new(&sample.line, sample.facts.iter().map(|fact| sample.texts(fact)));
            for fact in &sample.facts {
                let phrase = phrases.add(&fact.predicate);
                phrase_relations.resize(phrases.texts.len(), fact.relation as u32);
                let [subject, object] = fact.concepts.map(|c| sample.name(c));
                // A secret's object is not there at run time.
                let ends = [names.add(subject), names.add(if fact.features.guarded { "" } else { object })];
                let mut features = fact.features;
                for (strength, text) in features.said.iter_mut().zip(sample.texts(fact)) {
                    *strength = said.strength(text).max(*strength);
                }
                row.push(FactRow { phrase, names: ends, features, concepts: fact.concepts });
            }
            rows.push(row);
        }
        let widest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        // The column for none stands after the widest row's facts.
        let column = |sample: &Sample, fact: Option<usize>| fact.filter(|f| *f < sample.facts.len()).unwrap_or(widest) as u32;
        let (mut asked, mut answers, mut steps) = (vec![], vec![], vec![]);
        let (mut sought, mut sought_relations, mut sought_mask) = (vec![], vec![], vec![]);
        for (i, sample) in samples.iter().enumerate().filter(|(_, s)| s.answer.is_some()) {
            asked.push(i as u32);
            answers.push(column(sample, sample.answer));
            steps.push(column(sample, sample.step));
            let Some(relation) = sample.asked else { continue };
            sought.push(i as u32);
            sought_relations.push(relation as u32);
            let rival = |r: usize| r == relation || !content.related(r, relation);
            sought_mask.extend((0..content.relations.len()).map(|r| if rival(r) { 0.0f32 } else { -1e9 }));
        }
        let mut actions = Table::default();
        let offered: Vec<Vec<u32>> = samples.iter().map(|s| s.actions.iter().map(|a| actions.add(a)).collect()).collect();
        let width = actions.texts.len().max(1);
        let mask = offered
            .iter()
            .flat_map(|row| (0..=width as u32).map(|a| if a == width as u32 || row.contains(&a) { 0.0f32 } else { -1e9 }));
        let lines: Vec<Vec<Word>> = samples.iter().map(|s| thinned(&s.line, &mut noise)).collect();
        let device = &Device::Cpu;
        Ok(Self {
            lines: TextBatch::new(&lines)?,
            phrases: phrases.batch(&mut noise)?,
            names: names.batch(&mut noise)?,
            facts: FactBatch::new(&rows)?,
            actions: actions.batch(&mut noise)?,
            action_mask: Tensor::from_iter(mask, device)?.reshape((samples.len(), width + 1))?,
            called: samples.iter().zip(&offered).map(|(s, row)| row.get(s.action).copied().unwrap_or(width as u32)).collect(),
            intents: samples.iter().map(|s| s.intent as u32).collect(),
            sought_mask: Tensor::from_vec(sought_mask, (sought.len(), content.relations.len()), device)?,
            asked,
            answers,
            steps,
            phrase_relations,
            sought,
            sought_relations,
        })
    }

    pub(super) fn read(&self, reader: &Reader) -> Result<Reading> {
        reader.read(&self.lines, &self.phrases, &self.names, &self.facts)
    }

    /// How many of the questions for a fact were answered by the right one, or by none where none is right.
    pub(super) fn pointed(&self, reading: &Reading) -> Result<usize> {
        let none = reading.facts.dim(1)? - 1;
        let chosen = reading.chosen()?;
        let right = |(row, answer): (&u32, &u32)| chosen[*row as usize].unwrap_or(none) == *answer as usize;
        Ok(self.asked.iter().zip(&self.answers).filter(|pair| right(*pair)).count())
    }

    /// The scores of the actions, `[batch, actions + 1]`.
    fn calls(&self, reader: &Reader, reading: &Reading) -> Result<Tensor> {
        reader.actions(&reading.lines, &reader.gist(&self.actions)?)? + &self.action_mask
    }
}
