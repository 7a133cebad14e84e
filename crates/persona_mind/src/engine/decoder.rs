//! One decoder for all families of models that run here; a [`Shape`] says what it is made of.
//!
//! The decoder holds weights only. What has been computed for a text lives in a [`Cache`], which grows as tokens
//! come, can be cut back, and can be cloned: a clone is a fork that shares nothing with its origin.

mod attention;
mod block;
mod cache;
mod convolution;
mod feed_forward;
mod linear;
mod matrix;
mod norm;
mod rope;
mod shape;
mod source;

pub use cache::Cache;
pub use matrix::Matrix;
pub use shape::{Activation, Biases, Gate, Mixer, NormKind, Pairs, Rope, Shape};
pub use source::TensorSource;

pub(super) use shape::{MAX_LAYERS, MAX_SIZE};

use block::Block;
use candle_core::{Error, Result, Tensor};
use norm::Norm;
use rope::Turns;

/// What goes into a decoder.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Token ids.
    Ids(&'a [u32]),
    /// Embeddings `[tokens, dim]`, such as [`Decoder::embed`] gives, with soft tokens among them.
    Soft(&'a Tensor),
}

/// Which rows of logits are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Only those after the last token: `[vocab]`.
    Last,
    /// Those after every token: `[tokens, vocab]`.
    All,
}

/// One text's part of a step that several texts take together.
#[derive(Debug)]
pub struct Piece<'a> {
    /// The tokens that are added to the text; at least one.
    pub input: Input<'a>,
    /// Which rows of logits are wanted.
    pub rows: Rows,
    /// The text so far.
    pub cache: &'a mut Cache,
}

/// A decoder's weights.
#[derive(Clone, Debug)]
pub struct Decoder {
    shape: Shape,
    embed: Matrix,
    /// Learned embeddings of positions.
    positions: Option<Matrix>,
    blocks: Vec<Block>,
    norm: Norm,
    /// Without one the head is tied to the embedding.
    head: Option<Matrix>,
}

impl Decoder {
    /// A decoder with weights from `source`. Without an `output.weight` the head is tied to the embedding.
    ///
    /// # Errors
    /// If a size makes no sense, or a tensor is absent or has another shape.
    pub fn new(source: &dyn TensorSource, shape: Shape) -> Result<Self> {
        shape.check()?;
        let Shape { dim, vocab, positions, .. } = shape;
        let matrix = |name: &str, rows| source.matrix(name, [rows, dim]);
        // LFM2's files have another name for it.
        let norm = ["output_norm", "token_embd_norm"].into_iter().find(|name| source.has(&format!("{name}.weight")));
        Ok(Self {
            embed: matrix("token_embd.weight", vocab)?,
            positions: positions.map(|positions| matrix("position_embd.weight", positions)).transpose()?,
            blocks: (0..shape.layers.len()).map(|layer| Block::new(source, layer, &shape)).collect::<Result<_>>()?,
            norm: Norm::new(source, norm.unwrap_or("output_norm"), dim, &shape)?,
            head: source.has("output.weight").then(|| matrix("output.weight", vocab)).transpose()?,
            shape,
        })
    }

    /// What it is made of.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// A cache for a new text.
    #[must_use]
    pub fn new_cache(&self) -> Cache {
        Cache::new(&self.shape)
    }

    /// The embeddings of token ids: `[tokens, dim]`.
    ///
    /// # Errors
    /// If an id is out of range.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        if let Some(id) = ids.iter().find(|id| **id as usize >= self.shape.vocab) {
            return Err(Error::Msg(format!("token ids below {} expected, found {id}", self.shape.vocab)));
        }
        let embedded = self.embed.rows(ids)?;
        if self.shape.embedding_scale == 1.0 { Ok(embedded) } else { embedded * f64::from(self.shape.embedding_scale) }
    }

    /// Computes what follows the tokens in `cache`, adds it there, and gives logits.
    ///
    /// # Errors
    /// If there is no input, an id is out of range, or the text outgrows learned positions; the cache is then as it was.
    pub fn forward(&self, input: Input, rows: Rows, cache: &mut Cache) -> Result<Tensor> {
        let start = cache.len();
        let x = self.placed(input, start)?;
        let result = self.compute(x, rows, cache);
        if result.is_err() {
            cache.truncate(start);
        }
        result
    }

    /// [`Decoder::forward`] for several texts at once: the logits of each piece, `[vocab]` or `[tokens, vocab]` in a row.
    ///
    /// # Errors
    /// As [`Decoder::forward`], for any of the pieces; all caches are then as they were.
    pub fn step(&self, pieces: &mut [Piece]) -> Result<Vec<Vec<f32>>> {
        let before: Vec<usize> = pieces.iter().map(|piece| piece.cache.len()).collect();
        let logits = |piece: &mut Piece| rows_of(&self.forward(piece.input, piece.rows, piece.cache)?);
        let result: Result<_> = pieces.iter_mut().map(logits).collect();
        if result.is_err() {
            pieces.iter_mut().zip(before).for_each(|(piece, before)| _ = piece.cache.truncate(before));
        }
        result
    }

    /// The input's embeddings at their positions.
    fn placed(&self, input: Input, start: usize) -> Result<Tensor> {
        let x = match input {
            Input::Ids([]) => return Err(Error::Msg("at least one token expected, found none".into())),
            Input::Ids(ids) => self.embed(ids)?,
            Input::Soft(x) => x.clone(),
        };
        let (tokens, dim) = x.dims2()?;
        if tokens == 0 || dim != self.shape.dim {
            return Err(Error::Msg(format!("input of shape [1.., {}] expected, found [{tokens}, {dim}]", self.shape.dim)));
        }
        let (Some(table), Some(most)) = (&self.positions, self.shape.positions) else { return Ok(x) };
        if start + tokens > most {
            return Err(Error::Msg(format!("a text of at most {most} tokens expected, found {}", start + tokens)));
        }
        let positions: Vec<u32> = (start..start + tokens).map(|position| position as u32).collect();
        x + table.rows(&positions)?
    }

    fn compute(&self, mut x: Tensor, rows: Rows, cache: &mut Cache) -> Result<Tensor> {
        let tokens = x.dim(0)?;
        let turns: Vec<Turns> = self.shape.ropes.iter().map(|rope| Turns::new(rope, cache.len(), tokens)).collect();
        for (layer, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, &turns, cache, layer)?;
        }
        cache.advance(tokens);
        let x = match rows {
            Rows::Last => x.narrow(0, tokens - 1, 1)?,
            Rows::All => x,
        };
        let logits = self.head.as_ref().unwrap_or(&self.embed).times(&self.norm.forward(&x)?)?;
        if rows == Rows::Last { logits.squeeze(0) } else { Ok(logits) }
    }
}

fn rows_of(x: &Tensor) -> Result<Vec<f32>> {
    x.flatten_all()?.to_vec1()
}
