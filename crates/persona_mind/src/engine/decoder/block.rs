use super::attention::Attention;
use super::convolution::Convolution;
use super::feed_forward::FeedForward;
use super::norm::Norm;
use super::rope::Turns;
use super::{Cache, Mixer, Shape, TensorSource};
use candle_core::{Result, Tensor};

/// One layer: tokens are mixed, then each is worked on alone.
#[derive(Clone, Debug)]
pub(super) struct Block {
    mixer_norm: Norm,
    mixer: Mix,
    mixer_post_norm: Option<Norm>,
    ffn_norm: Norm,
    ffn: FeedForward,
    ffn_post_norm: Option<Norm>,
}

#[derive(Clone, Debug)]
enum Mix {
    Attention(Box<Attention>),
    Convolution(Box<Convolution>),
}

impl Block {
    pub fn new(source: &dyn TensorSource, layer: usize, shape: &Shape) -> Result<Self> {
        let block = format!("blk.{layer}");
        let norm = |name: &str| Norm::new(source, &format!("{block}.{name}"), shape.dim, shape);
        let post_norm = |name: &str| shape.post_norms.then(|| norm(name)).transpose();
        let mixer = match shape.layers[layer] {
            Mixer::Attention { kv_heads, window, rope } => {
                Mix::Attention(Box::new(Attention::new(source, &block, shape, (kv_heads, window, rope))?))
            }
            Mixer::Convolution { kernel } => Mix::Convolution(Box::new(Convolution::new(source, &block, shape, kernel)?)),
        };
        Ok(Self {
            mixer_norm: norm("attn_norm")?,
            mixer,
            mixer_post_norm: post_norm("post_attention_norm")?,
            ffn_norm: norm("ffn_norm")?,
            ffn: FeedForward::new(source, &block, shape)?,
            ffn_post_norm: post_norm("post_ffw_norm")?,
        })
    }

    pub fn forward(&self, x: &Tensor, turns: &[Turns], cache: &mut Cache, layer: usize) -> Result<Tensor> {
        let normed = self.mixer_norm.forward(x)?;
        let mixed = match &self.mixer {
            Mix::Attention(attention) => attention.forward(&normed, turns, cache, layer)?,
            Mix::Convolution(convolution) => convolution.forward(&normed, cache, layer)?,
        };
        let x = (x + finished(mixed, &self.mixer_post_norm)?)?;
        let worked = self.ffn.forward(&self.ffn_norm.forward(&x)?)?;
        x + finished(worked, &self.ffn_post_norm)?
    }
}

fn finished(x: Tensor, norm: &Option<Norm>) -> Result<Tensor> {
    norm.as_ref().map_or(Ok(x.clone()), |norm| norm.forward(&x))
}
