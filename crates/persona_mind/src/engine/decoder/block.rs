use super::attention::Attention;
use super::batch::Batch;
use super::convolution::Convolution;
use super::feed_forward::FeedForward;
use super::linear::Linear;
use super::norm::Norm;
use super::rope::Turns;
use super::rows::each_rows;
use super::scratch::Scratch;
use super::{Mixer, Shape, TensorSource};
use crate::engine::kernel::Pool;
use candle_core::Result;

/// One layer: tokens are mixed, then each is worked on alone.
#[derive(Debug)]
pub(super) struct Block {
    mixer_norm: Norm,
    mixer: Mix,
    mixer_post_norm: Option<Norm>,
    ffn_norm: Norm,
    ffn: FeedForward,
    ffn_post_norm: Option<Norm>,
}

#[derive(Debug)]
enum Mix {
    Attention(Box<Attention>),
    Convolution(Box<Convolution>),
}

impl Block {
    pub fn new(source: &dyn TensorSource, layer: usize, shape: &Shape, pool: &Pool) -> Result<Self> {
        let block = format!("blk.{layer}");
        let norm = |name: &str| Norm::new(source, &format!("{block}.{name}"), shape.dim, shape);
        let post_norm = |name: &str| shape.post_norms.then(|| norm(name)).transpose();
        let mixer = match shape.layers[layer] {
            Mixer::Attention { kv_heads, window, rope } => {
                Mix::Attention(Box::new(Attention::new(source, &block, shape, (kv_heads, window, rope), pool)?))
            }
            Mixer::Convolution { kernel } => Mix::Convolution(Box::new(Convolution::new(source, &block, shape, kernel, pool)?)),
        };
        Ok(Self {
            mixer_norm: norm("attn_norm")?,
            mixer,
            mixer_post_norm: post_norm("post_attention_norm")?,
            ffn_norm: norm("ffn_norm")?,
            ffn: FeedForward::new(source, &block, shape, pool)?,
            ffn_post_norm: post_norm("post_ffw_norm")?,
        })
    }

    /// All its maps.
    pub fn linears(&self) -> impl Iterator<Item = &Linear> {
        let mixer = match &self.mixer {
            Mix::Attention(attention) => attention.linears(),
            Mix::Convolution(convolution) => convolution.linears(),
        };
        mixer.into_iter().chain(self.ffn.linears())
    }

    /// Changes the stream.
    pub fn forward(&self, batch: &mut Batch, turns: &[Turns], scratch: &mut Scratch, layer: usize) {
        let width = self.mixer_norm.weight().len();
        scratch.enter(&self.mixer_norm, batch.pool);
        match &self.mixer {
            Mix::Attention(attention) => attention.forward(batch, turns, scratch, layer),
            Mix::Convolution(convolution) => convolution.forward(batch, scratch, layer),
        }
        scratch.leave(self.mixer_post_norm.as_ref(), batch.pool, width);
        scratch.enter(&self.ffn_norm, batch.pool);
        self.ffn.forward(batch.rows, scratch, batch.pool);
        scratch.leave(self.ffn_post_norm.as_ref(), batch.pool, width);
    }
}

impl Scratch {
    /// The stream, normalised, as what matrices are multiplied by.
    fn enter(&mut self, norm: &Norm, pool: &Pool) {
        let Self { stream, mixed, inputs, .. } = self;
        let normed = mixed.sized(stream.get().len());
        norm.copy(stream.get(), normed, pool);
        inputs.set(normed, norm.weight().len());
    }

    /// Adds the change to the stream.
    fn leave(&mut self, norm: Option<&Norm>, pool: &Pool, width: usize) {
        let Self { stream, change, .. } = self;
        if let Some(norm) = norm {
            norm.apply(change.get_mut(), pool);
        }
        let change = change.get();
        each_rows(stream.get_mut(), width, pool, |stream, rows| {
            stream.iter_mut().zip(&change[rows.start * width..]).for_each(|(x, change)| *x += change);
        });
    }
}
