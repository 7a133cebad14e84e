//! To word a reply to what was chosen.

use super::{Figures, Lesson};
use crate::hearth::net::{ParamSource, Params};
use crate::hearth::ops::cross_entropy;
use crate::hearth::script::Script;
use crate::hearth::vocab::Vocab;
use crate::hearth::{SPEAKER_BLOCK, SPEAKER_LAYERS};
use crate::train::content::Content;
use crate::train::sample::Sample;
use crate::train::speaker::{Speaker, SpeakerBatch, SpeakerConfig, SpeakerRow};
use candle_core::{Result, Tensor};
use rand_chacha::ChaCha8Rng;

impl Lesson for Speaker {
    type Batch = SpeakerBatch;
    const NAME: &'static str = "dec";

    fn pupil(source: &dyn ParamSource, vocab: &Vocab, _: &Content) -> Result<Self> {
        Self::new(
            Params::new(source, Self::NAME),
            SpeakerConfig { block: SPEAKER_BLOCK, layers: SPEAKER_LAYERS, vocab: vocab.len() },
        )
    }

    fn batch(samples: &[Sample], _: &Content, vocab: &Vocab, _: Option<&mut ChaCha8Rng>) -> Result<SpeakerBatch> {
        SpeakerBatch::new(&samples.iter().map(|sample| row(sample, vocab)).collect::<Vec<_>>())
    }

    fn loss(&self, batch: &SpeakerBatch) -> Result<Tensor> {
        cross_entropy(&self.forward(batch)?, &batch.targets.to_vec1()?)
    }

    fn measure(&self, batch: &SpeakerBatch) -> Result<Figures> {
        Ok(vec![("nats", self.loss(batch)?.to_scalar()?)])
    }
}

fn row(sample: &Sample, vocab: &Vocab) -> SpeakerRow {
    let script = Script {
        register: sample.register,
        long: sample.long,
        history: &sample.history,
        tone: sample.tone,
        intent: &vocab.intents()[sample.intent],
        choice: &sample.choice,
        line: &sample.line,
    };
    let prompt = script.prompt(vocab);
    let reply = vocab.encode(&format!("<e:{}>{}<end>", sample.emotion.name(), sample.reply));
    (prompt.ids, prompt.things, reply)
}
