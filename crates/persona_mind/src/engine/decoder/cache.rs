mod exact;
mod pages;
mod recent;
mod stored;

pub(super) use pages::Pages;
pub use stored::CacheError;

use super::{Mixer, Shape};
use recent::Recent;

/// How keys and values are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheType {
    /// As 16-bit floats: half the memory, and quick.
    #[default]
    F16,
    /// As 32-bit floats: nothing is rounded, but attention is slow.
    F32,
}

/// What has been computed for a text: keys and values in pages of 32 tokens, and the latest inputs of convolutions.
///
/// Grows as tokens come; [`Cache::truncate`] forgets the end. A clone is an independent fork: it shares full pages with its
/// origin, and each copies the page that it writes to.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Of the decoder that it belongs to.
    fingerprint: u32,
    layers: Vec<State>,
    len: usize,
}

#[derive(Clone, Debug)]
enum State {
    Attention(Pages),
    Convolution(Recent),
}

impl Cache {
    pub(super) fn new(shape: &Shape, kind: CacheType, fingerprint: u32) -> Self {
        let state = |layer: &Mixer| match *layer {
            Mixer::Attention { kv_heads, .. } => State::Attention(Pages::new(kind, [kv_heads, shape.head_dim])),
            Mixer::Convolution { kernel } => State::Convolution(Recent::new(shape.dim, kernel)),
        };
        Self { fingerprint, layers: shape.layers.iter().map(state).collect(), len: 0 }
    }

    /// Number of tokens.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been computed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of all that it holds, alone or together with others.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.layers.iter().map(|state| state.bytes(|_| 1)).sum()
    }

    /// Bytes of what it holds, where what is held together with others is shared out among them: those of all caches
    /// together are the memory that they take.
    #[must_use]
    pub fn share(&self) -> usize {
        self.layers.iter().map(|state| state.bytes(|holders| holders)).sum()
    }

    /// Forgets all but the first `len` tokens, and gives how many are left: as many, if all layers are attention. The
    /// state of convolutions is kept for the latest tokens and for every 32nd one, so that up to 31 more may go.
    pub fn truncate(&mut self, len: usize) -> usize {
        let len = self.len.min(len);
        let reachable = |state: &State| match state {
            State::Attention(_) => len,
            State::Convolution(recent) => recent.reachable(len),
        };
        self.len = self.layers.iter().map(reachable).min().unwrap_or(len);
        for state in &mut self.layers {
            match state {
                State::Attention(pages) => pages.truncate(self.len),
                State::Convolution(recent) => recent.truncate(self.len),
            }
        }
        self.len
    }

    /// The decoder that it belongs to.
    pub(super) fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    /// A layer's keys and values.
    ///
    /// # Panics
    /// If the layer is no attention.
    pub(super) fn pages(&self, layer: usize) -> &Pages {
        let State::Attention(pages) = &self.layers[layer] else { panic!("layer {layer} is a convolution") };
        pages
    }

    /// [`Cache::pages`], to be written to.
    ///
    /// # Panics
    /// If the layer is no attention.
    pub(super) fn pages_mut(&mut self, layer: usize) -> &mut Pages {
        let State::Attention(pages) = &mut self.layers[layer] else { panic!("layer {layer} is a convolution") };
        pages
    }

    /// A layer's latest inputs.
    ///
    /// # Panics
    /// If the layer is no convolution.
    pub(super) fn recent(&mut self, layer: usize) -> &mut Recent {
        let State::Convolution(recent) = &mut self.layers[layer] else { panic!("layer {layer} is attention") };
        recent
    }

    pub(super) fn advance(&mut self, tokens: usize) {
        self.len += tokens;
    }
}

impl State {
    /// Bytes, each part divided by what `divisor` makes of the number of its holders.
    fn bytes(&self, divisor: fn(usize) -> usize) -> usize {
        match self {
            Self::Attention(pages) => pages.bytes(divisor),
            Self::Convolution(recent) => recent.bytes(divisor),
        }
    }
}
