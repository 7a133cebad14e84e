//! What a decoder is made of, as data: one value describes each family of models.

use candle_core::{Error, Result};

/// No model that runs on a player's machine is near these; they keep products of sizes from overflowing.
pub(in crate::engine) const MAX_SIZE: usize = 1 << 20;
pub(in crate::engine) const MAX_LAYERS: usize = 1024;
const MAX_KERNEL: usize = 32;

/// Sizes, constants and parts of a decoder.
///
/// [`Shape::default`] is LLaMA's choice of parts, without sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// Width.
    pub dim: usize,
    /// Number of token ids.
    pub vocab: usize,
    /// Query heads.
    pub heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Inner width of the feed-forward part.
    pub ffn: usize,
    /// How each block mixes tokens.
    pub layers: Vec<Mixer>,
    /// Rotary embeddings that layers refer to.
    pub ropes: Vec<Rope>,
    /// Learned embeddings of positions, if there are any: how many.
    pub positions: Option<usize>,
    /// What the embeddings of tokens are multiplied by.
    pub embedding_scale: f32,
    /// What the products of queries and keys are multiplied by, where it is not `1 / sqrt(head_dim)`.
    pub attention_scale: Option<f32>,
    /// How the residual stream is normalised.
    pub norm: NormKind,
    /// Epsilon of the norms.
    pub eps: f32,
    /// Whether queries and keys are normalised, each head for itself.
    pub query_key_norm: bool,
    /// Whether what a part adds to the residual stream is normalised.
    pub post_norms: bool,
    /// Whether queries, keys and values come from one matrix.
    pub fused_attention: bool,
    /// The gate of the feed-forward part.
    pub gate: Gate,
    /// The gate's function, or that of the inner layer where there is no gate.
    pub activation: Activation,
    /// Which maps add a bias.
    pub biases: Biases,
}

/// How a block mixes tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixer {
    /// Causal attention.
    Attention {
        /// Key and value heads; divides the query heads.
        kv_heads: usize,
        /// Number of latest tokens that are seen, its own among them; all if `None`.
        window: Option<usize>,
        /// Index of its rotary embedding; without one, positions are not seen.
        rope: Option<usize>,
    },
    /// A gated causal convolution over the latest tokens, for each channel alone (LFM2).
    Convolution {
        /// Tokens that are seen, its own among them.
        kernel: usize,
    },
}

/// A rotary embedding (Su et al. 2021, arXiv 2104.09864).
#[derive(Clone, Debug, PartialEq)]
pub struct Rope {
    /// Radians that each pair of a head turns by from one token to the next. What of a head has no speed is not turned.
    pub speeds: Vec<f32>,
    /// Which numbers of a head turn together.
    pub pairs: Pairs,
    /// What turned pairs are multiplied by.
    pub magnitude: f32,
}

/// Which numbers of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// The first with the second, and so on.
    Neighbours,
    /// The first of the first half with the first of the second half, and so on.
    Halves,
}

/// How numbers are brought to one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormKind {
    /// By their root mean square (Zhang and Sennrich 2019, arXiv 1910.07467).
    Rms,
    /// By mean and variance, with a bias (Ba et al. 2016, arXiv 1607.06450).
    Layer,
}

/// The gate of the feed-forward part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// There is none.
    None,
    /// A matrix of its own.
    Apart,
    /// The first half of what `ffn_up` gives.
    Fused,
}

/// A function of single numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `x sigmoid(x)`.
    Silu,
    /// `x Phi(x)`, where `Phi` is the normal distribution's.
    Gelu,
    /// The same, by the hyperbolic tangent (Hendrycks and Gimpel 2016, arXiv 1606.08415).
    GeluTanh,
}

/// Which maps add a bias.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Biases {
    /// Queries, keys and values.
    pub attention: bool,
    /// What goes out of attention.
    pub output: bool,
    /// All of the feed-forward part.
    pub ffn: bool,
    /// All of a convolution.
    pub convolution: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            dim: 0,
            vocab: 0,
            heads: 0,
            head_dim: 0,
            ffn: 0,
            layers: Vec::new(),
            ropes: Vec::new(),
            positions: None,
            embedding_scale: 1.0,
            attention_scale: None,
            norm: NormKind::Rms,
            eps: 1e-6,
            query_key_norm: false,
            post_norms: false,
            fused_attention: false,
            gate: Gate::Apart,
            activation: Activation::Silu,
            biases: Biases::default(),
        }
    }
}

impl Shape {
    /// What the products of queries and keys are multiplied by.
    #[must_use]
    pub fn attention_scale(&self) -> f32 {
        self.attention_scale.unwrap_or_else(|| (self.head_dim as f32).powf(-0.5))
    }

    /// Whether all sizes make sense together.
    ///
    /// # Errors
    /// With what was expected and what was found.
    pub fn check(&self) -> Result<()> {
        let Self { dim, vocab, heads, head_dim, ffn, .. } = *self;
        for (name, size) in
            [("width", dim), ("vocabulary", vocab), ("heads", heads), ("width of a head", head_dim), ("inner width", ffn)]
        {
            within(name, size, MAX_SIZE)?;
        }
        within("layers", self.layers.len(), MAX_LAYERS)?;
        within("width of all heads", heads * head_dim, MAX_SIZE)?;
        if let Some(positions) = self.positions {
            within("positions", positions, MAX_SIZE)?;
        }
        for (name, number) in
            [("epsilon", self.eps), ("scale of embeddings", self.embedding_scale), ("scale of attention", self.attention_scale())]
        {
            if !(number.is_finite() && number > 0.0) {
                return Err(wrong(name, "a positive number", number));
            }
        }
        self.ropes.iter().try_for_each(|rope| rope.check(head_dim))?;
        self.layers.iter().try_for_each(|layer| layer.check(self))
    }
}

impl Mixer {
    fn check(self, shape: &Shape) -> Result<()> {
        match self {
            Self::Attention { kv_heads, window, rope } => {
                within("heads of keys", kv_heads, shape.heads)?;
                if !shape.heads.is_multiple_of(kv_heads) {
                    return Err(wrong("heads of keys", format!("a divisor of {} heads", shape.heads), kv_heads));
                }
                if window == Some(0) {
                    return Err(wrong("sliding window", "1 or more", 0));
                }
                rope.map_or(Ok(()), |rope| within("number of rotary embeddings", rope + 1, shape.ropes.len()))
            }
            Self::Convolution { kernel: 2..=MAX_KERNEL } => Ok(()),
            Self::Convolution { kernel } => Err(wrong("kernel", format!("2 to {MAX_KERNEL}"), kernel)),
        }
    }
}

impl Rope {
    /// A rotary embedding that turns the first `turned` numbers of each head, with this base of wavelengths.
    #[must_use]
    pub fn new(base: f32, turned: usize, pairs: Pairs) -> Self {
        let speed = |i: usize| f64::from(base).powf(-2.0 * i as f64 / turned as f64) as f32;
        Self { speeds: (0..turned / 2).map(speed).collect(), pairs, magnitude: 1.0 }
    }

    /// The same, each pair slower by its factor.
    #[must_use]
    pub fn slowed(mut self, factors: &[f32]) -> Self {
        self.speeds.iter_mut().zip(factors).for_each(|(speed, factor)| *speed /= factor);
        self
    }

    fn check(&self, head_dim: usize) -> Result<()> {
        if self.speeds.is_empty() || 2 * self.speeds.len() > head_dim {
            let expected = format!("2 to {head_dim}, a head's numbers");
            return Err(wrong("numbers that a rotary embedding turns", expected, 2 * self.speeds.len()));
        }
        match self.speeds.iter().chain([&self.magnitude]).find(|number| !(number.is_finite() && **number > 0.0)) {
            Some(number) => Err(wrong("rotary embedding", "positive numbers", number)),
            None => Ok(()),
        }
    }
}

fn within(name: &str, size: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&size) { Ok(()) } else { Err(wrong(name, format!("1 to {most}"), size)) }
}

fn wrong(name: &str, expected: impl std::fmt::Display, found: impl std::fmt::Display) -> Error {
    Error::Msg(format!("{name}: expected {expected}, found {found}"))
}
