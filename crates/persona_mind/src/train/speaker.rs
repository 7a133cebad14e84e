//! The speaker in training: the same decoder that [`engine::decoder`](crate::engine::decoder) runs with a cache,
//! over whole batches and differentiable.

use crate::hearth::net::{Block, BlockConfig, Init, Linear, Params, RmsNorm};
use crate::hearth::ops::AttnMask;
use crate::hearth::script::THING_VALUES;
use candle_core::{Device, Result, Tensor};

/// Sizes of the speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeakerConfig {
    /// Sizes of a block.
    pub block: BlockConfig,
    /// Number of blocks.
    pub layers: usize,
    /// Number of token ids.
    pub vocab: usize,
}

/// The speaker's parameters.
pub struct Speaker {
    embed: Tensor,
    thing: Linear,
    blocks: Vec<Block>,
    norm: RmsNorm,
}

/// A batch of prompts with their replies, padded at the end.
pub struct SpeakerBatch {
    /// `[batch, time]`.
    pub ids: Tensor,
    /// Flat positions of soft tokens, and their values `[things, THING_VALUES]`.
    pub things: Option<(Tensor, Tensor)>,
    /// Flat positions whose next token is to be learned.
    pub positions: Tensor,
    /// Those next tokens.
    pub targets: Tensor,
}

/// One prompt with its things, and the reply that follows it.
pub type SpeakerRow = (Vec<u32>, Vec<(usize, [f32; THING_VALUES])>, Vec<u32>);

impl SpeakerBatch {
    /// A batch of rows.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(rows: &[SpeakerRow]) -> Result<Self> {
        let time = rows.iter().map(|(prompt, _, reply)| prompt.len() + reply.len()).max().unwrap_or(1);
        let (mut ids, mut positions, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        let (mut at, mut values) = (Vec::new(), Vec::new());
        for (row, (prompt, things, reply)) in rows.iter().enumerate() {
            let start = row * time;
            ids.extend(prompt.iter().chain(reply).copied().chain(std::iter::repeat(0)).take(time));
            for (i, target) in reply.iter().enumerate() {
                positions.push((start + prompt.len() + i - 1) as u32);
                targets.push(*target);
            }
            for (position, thing) in things {
                at.push((start + position) as u32);
                values.extend_from_slice(thing);
            }
        }
        let device = &Device::Cpu;
        let count = at.len();
        let things = if count == 0 {
            None
        } else {
            Some((Tensor::from_vec(at, count, device)?, Tensor::from_vec(values, (count, THING_VALUES), device)?))
        };
        let learned = positions.len();
        Ok(Self {
            ids: Tensor::from_vec(ids, (rows.len(), time), device)?,
            things,
            positions: Tensor::from_vec(positions, learned, device)?,
            targets: Tensor::from_vec(targets, learned, device)?,
        })
    }
}

impl Speaker {
    /// A speaker with parameters from `source`, under `dec`.
    ///
    /// # Errors
    /// If a parameter has another shape.
    pub fn new(params: Params, config: SpeakerConfig) -> Result<Self> {
        let dim = config.block.dim;
        Ok(Self {
            embed: params.get("token_embd.weight", &[config.vocab, dim], Init::Normal(0.05))?,
            thing: Linear::new(params, "thing", THING_VALUES, dim)?,
            blocks: (0..config.layers).map(|i| Block::new(params, i, config.block)).collect::<Result<_>>()?,
            norm: RmsNorm::new(params, "output_norm", dim)?,
        })
    }

    /// Logits at the batch's positions: `[positions, vocab]`.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn forward(&self, batch: &SpeakerBatch) -> Result<Tensor> {
        let (rows, time) = batch.ids.dims2()?;
        let mut x = self.embed.index_select(&batch.ids.flatten_all()?, 0)?;
        if let Some((at, values)) = &batch.things {
            x = x.index_add(at, &self.thing.forward(values)?, 0)?;
        }
        let mut x = x.reshape((rows, time, ()))?;
        for block in &self.blocks {
            x = block.forward(&x, &AttnMask::Causal)?;
        }
        let x = x.flatten(0, 1)?.index_select(&batch.positions, 0)?;
        self.norm.forward(&x)?.matmul(&self.embed.t()?)
    }
}
