//! One decoder for all families of models that run here; a [`Shape`] says what it is made of.
//!
//! The decoder holds weights only. What has been computed for a text lives in a [`Cache`], which grows as tokens
//! come, can be cut back, and can be forked. A step takes several texts on together: their rows go through each matrix at
//! once, so that the weights are read once for all.

mod activation;
mod attention;
mod batch;
mod block;
mod cache;
mod convolution;
mod feed_forward;
mod linear;
mod norm;
mod rope;
mod rows;
mod scratch;
mod shape;
mod source;
mod step;

pub use cache::{Cache, CacheError, CacheType};
pub use shape::{Activation, Biases, Gate, Mixer, NormKind, Pairs, Rope, Shape};
pub use source::TensorSource;

pub(super) use shape::{MAX_LAYERS, MAX_SIZE};

use super::kernel::{Packed, Pool};
use block::Block;
use candle_core::{Device, Result, Tensor};
use linear::Linear;
use norm::Norm;
use scratch::Scratch;
use std::sync::{Arc, Mutex, OnceLock};

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
    /// None, as in the midst of a prompt: what they would cost is saved.
    None,
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

/// A decoder's weights, and the threads that compute with them.
#[derive(Debug)]
pub struct Decoder {
    shape: Shape,
    embed: Packed,
    /// Learned embeddings of positions.
    positions: Option<Packed>,
    blocks: Vec<Block>,
    norm: Norm,
    /// Without one the head is tied to the embedding.
    head: Option<Packed>,
    cache: CacheType,
    fingerprint: OnceLock<u32>,
    pool: Arc<Pool>,
    scratch: Mutex<Scratch>,
}

impl Decoder {
    /// A decoder with weights from `source`, whose caches are of type `cache`. Without an `output.weight` the head is tied to
    /// the embedding.
    ///
    /// # Errors
    /// If a size makes no sense, or a tensor is absent or has another shape.
    pub fn new(source: &dyn TensorSource, shape: Shape, cache: CacheType, pool: Arc<Pool>) -> Result<Self> {
        shape.check()?;
        let Shape { dim, vocab, positions, .. } = shape;
        let matrix = |name: &str, rows| source.matrix(name, [rows, dim], &pool);
        // LFM2's files have another name for it.
        let norm = ["output_norm", "token_embd_norm"].into_iter().find(|name| source.has(&format!("{name}.weight")));
        let blocks = (0..shape.layers.len()).map(|layer| Block::new(source, layer, &shape, &pool));
        Ok(Self {
            embed: matrix("token_embd.weight", vocab)?,
            positions: positions.map(|positions| matrix("position_embd.weight", positions)).transpose()?,
            blocks: blocks.collect::<Result<_>>()?,
            norm: Norm::new(source, norm.unwrap_or("output_norm"), dim, &shape)?,
            head: source.has("output.weight").then(|| matrix("output.weight", vocab)).transpose()?,
            shape,
            cache,
            fingerprint: OnceLock::new(),
            pool,
            scratch: Mutex::default(),
        })
    }

    /// What it is made of.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The threads that it computes with.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Bytes of its matrices.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let own = [Some(&self.embed), self.positions.as_ref(), self.head.as_ref()].into_iter().flatten().map(Packed::bytes);
        own.chain(self.blocks.iter().flat_map(Block::linears).map(Linear::bytes)).sum()
    }

    /// A cache for a new text.
    #[must_use]
    pub fn new_cache(&self) -> Cache {
        Cache::new(&self.shape, self.cache, self.fingerprint())
    }

    /// The cache that [`Cache::serialise`] made bytes of.
    ///
    /// # Errors
    /// If the bytes are none, or were made with another model or another [`CacheType`].
    pub fn restore(&self, bytes: &[u8]) -> std::result::Result<Cache, CacheError> {
        Cache::restored(bytes, &self.shape, self.cache, self.fingerprint())
    }

    /// The embeddings of token ids: `[tokens, dim]`.
    ///
    /// # Errors
    /// If an id is out of range.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        self.check_ids(ids)?;
        let mut embedded = vec![0.0; ids.len() * self.shape.dim];
        self.embed_into(ids, &mut embedded);
        Tensor::from_vec(embedded, (ids.len(), self.shape.dim), &Device::Cpu)
    }

    /// [`Decoder::step`] for one text: logits `[vocab]` or `[tokens, vocab]`.
    ///
    /// # Errors
    /// As [`Decoder::step`].
    pub fn forward(&self, input: Input, rows: Rows, cache: &mut Cache) -> Result<Tensor> {
        let logits = self.step(&mut [Piece { input, rows, cache }])?.pop().unwrap_or_default();
        let logits = Tensor::new(logits, &Device::Cpu)?;
        if rows == Rows::Last { Ok(logits) } else { logits.reshape(((), self.shape.vocab)) }
    }

    /// What tells its caches from those of other models: a checksum of its shape and a row of each matrix.
    fn fingerprint(&self) -> u32 {
        *self.fingerprint.get_or_init(|| {
            let mut hash = crc32fast::Hasher::new();
            hash.update(format!("{:?} {:?}", self.shape, self.cache).as_bytes());
            let mut row = vec![0.0; self.shape.dim];
            self.embed.row(0, &mut row);
            let rows = self.blocks.iter().flat_map(Block::linears).map(Linear::first_row);
            for row in rows.chain([row]) {
                row.iter().for_each(|number| hash.update(&number.to_le_bytes()));
            }
            hash.finalize()
        })
    }
}
