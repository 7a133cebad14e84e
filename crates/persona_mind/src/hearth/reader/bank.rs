//! Relations that were taught, as what lines and facts are compared by.

use super::{FactBatch, ReaderConfig};
use crate::hearth::net::{Init, Linear, Params, softmax};
use candle_core::{Result, Tensor};

/// All relations that the reader was taught, each as one vector near which its questions and its wordings lie.
///
/// A line and a fact that come near the same relation belong together, in whatever words; and a line that comes near one which
/// none of the facts comes near asks for what is not known.
#[derive(Clone, Debug)]
pub(super) struct Bank {
    /// `[bank, part_dim]`.
    relations: Tensor,
    agreed: Linear,
    missing: Linear,
}

/// What is added to a share before its logarithm, so that nothing is quite ruled out.
const SLIGHT: f64 = 1e-3;

impl Bank {
    pub(super) fn new(params: Params, config: ReaderConfig) -> Result<Self> {
        let dim = config.block.dim;
        Ok(Self {
            relations: params.get("bank.weight", &[config.bank, config.part_dim], Init::Normal(1.0))?,
            agreed: Linear::with_bias(params, "agreed", dim, 1)?,
            missing: Linear::with_bias(params, "missing", dim, 1)?,
        })
    }

    /// How near each row comes to each relation: `[rows, bank]`.
    pub(super) fn compare(&self, rows: &Tensor) -> Result<Tensor> {
        let (_, dim) = rows.dims2()?;
        rows.narrow(1, 0, self.relations.dim(1)?)?.contiguous()?.matmul(&self.relations.t()?)? * (dim as f64).powf(-0.5)
    }

    /// Scores of facts and of none, `[batch, facts + 1]`, with what the bank says of them.
    pub(super) fn weigh(
        &self,
        lines: &Tensor,
        scores: Tensor,
        asked_of: &Tensor,
        means: &Tensor,
        facts: &FactBatch,
    ) -> Result<Tensor> {
        let (batch, columns) = scores.dims2()?;
        let count = columns - 1;
        // The chance that the line and the fact mean the same relation.
        let agreed = softmax(asked_of)?.matmul(&softmax(means)?.t()?)?;
        let agreed = agreed.gather(&facts.phrases.reshape((batch, count))?, 1)?;
        let by_bank = (&agreed + SLIGHT)?.log()?.broadcast_mul(&(self.agreed.forward(lines)? + 1.0)?)?;
        let shown: Vec<f32> = facts.counts.iter().flat_map(|n| (0..count).map(move |i| if i < *n { 1.0 } else { 0.0 })).collect();
        let best = (agreed * Tensor::from_vec(shown, (batch, count), lines.device())?)?.max_keepdim(1)?;
        let missing = (best.affine(-1.0, 1.0 + SLIGHT)?.log()? * self.missing.forward(lines)?)?;
        scores + Tensor::cat(&[by_bank, missing], 1)?
    }
}
