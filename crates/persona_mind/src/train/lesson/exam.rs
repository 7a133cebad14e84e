//! How often a reader points at the right fact, on questions in wordings that training never sees.

use super::reading::Batch;
use crate::hearth::reader::Reader;
use crate::train::content::Content;
use crate::train::sample::{Generator, Sample};
use candle_core::Result;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// One of the facts answers it.
    Known,
    /// None does.
    Unknown,
    /// It names whom it asks about by another fact: "your brother's wife".
    InSteps,
    /// It names whom it asks about by a pronoun.
    Pronoun,
}

impl Question {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Known, Self::Unknown, Self::InSteps, Self::Pronoun];

    fn fits(self, sample: &Sample) -> bool {
        let Some(answer) = sample.answer.filter(|_| sample.asked.is_some()) else { return false };
        let known = answer < sample.facts.len();
        let pronoun = sample.facts.iter().any(|f| f.features.subject_before || f.features.object_before);
        match self {
            Self::Known => known && sample.step.is_none() && !pronoun,
            Self::Unknown => !known && !pronoun,
            Self::InSteps => known && sample.step.is_some(),
            Self::Pronoun => known && pronoun,
        }
    }
}

/// What a reader has to do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Nothing.
    Nothing,
    /// Which facts share a concept.
    Graph,
    /// What subjects and objects are called.
    Names,
    /// What was spoken of before.
    History,
}

impl Without {
    fn take_from(self, sample: &mut Sample) {
        match self {
            Self::Nothing => {}
            Self::Graph => {
                // Each fact by itself: no concept is any other's.
                for (fact, key) in sample.facts.iter_mut().zip((1 << 32..).step_by(2)) {
                    fact.concepts = [key, key + 1];
                }
            }
            Self::Names => sample.names.iter_mut().for_each(|(_, name)| name.clear()),
            Self::History => {
                for fact in &mut sample.facts {
                    (fact.features.subject_before, fact.features.object_before) = (false, false);
                }
            }
        }
    }
}

/// Asks `count` questions of a kind about `facts` facts each, and counts the right answers.
///
/// # Errors
/// If a tensor operation fails.
pub fn examine(
    reader: &Reader,
    content: &Content,
    question: Question,
    without: Without,
    (count, facts, seed): (usize, usize, u64),
) -> Result<usize> {
    let generator = Generator::new(content, true).with_facts(facts);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut samples: Vec<Sample> =
        std::iter::repeat_with(|| generator.sample(&mut rng)).filter(|s| question.fits(s)).take(count).collect();
    samples.iter_mut().for_each(|sample| without.take_from(sample));
    let mut right = 0;
    for samples in samples.chunks(64) {
        let batch = Batch::new(samples, content, None)?;
        right += batch.pointed(&batch.read(reader)?)?;
    }
    Ok(right)
}
