//! What facts that share a concept tell each other.

use super::FactBatch;
use crate::hearth::net::{Linear, Params};
use crate::hearth::ops::{self, AttnMask};
use candle_core::{Result, Tensor};

/// Graph attention with one head (Velickovic et al. 2018, arXiv 1710.10903), added to its input.
#[derive(Clone, Debug)]
pub(super) struct GraphAttention {
    transform: Linear,
    source: Linear,
    target: Linear,
}

impl GraphAttention {
    pub(super) fn new(params: Params, dim: usize) -> Result<Self> {
        Ok(Self {
            transform: Linear::new(params, "graph_transform", dim, dim)?,
            source: Linear::new(params, "graph_source", dim, 1)?,
            target: Linear::new(params, "graph_target", dim, 1)?,
        })
    }

    pub(super) fn forward(&self, nodes: &Tensor, facts: &FactBatch) -> Result<Tensor> {
        let h = self.transform.forward(nodes)?;
        let scores = self.source.forward(&h)?.broadcast_add(&self.target.forward(&h)?.transpose(1, 2)?)?;
        let leaky = (scores.relu()? - (scores.neg()?.relu()? * 0.2)?)?;
        let leaky = (leaky.unsqueeze(1)? + &facts.adjacency)?;
        let weights = ops::attention_softmax(&leaky, 1.0, &AttnMask::Lengths(facts.counts.clone()))?.squeeze(1)?;
        nodes + weights.matmul(&h)?.elu(1.0)?
    }
}
