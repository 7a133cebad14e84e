use super::linear::Linear;
use super::{Activation, Gate, Shape, TensorSource};
use candle_core::{Result, Tensor};

/// The part of a block that looks at one token alone.
#[derive(Clone, Debug)]
pub(super) struct FeedForward {
    inner: Inner,
    down: Linear,
    width: usize,
    activation: Activation,
}

#[derive(Clone, Debug)]
enum Inner {
    Plain(Linear),
    Gated { gate: Linear, up: Linear },
    Fused(Linear),
}

impl FeedForward {
    pub fn new(source: &dyn TensorSource, block: &str, shape: &Shape) -> Result<Self> {
        let Shape { dim, ffn, .. } = *shape;
        let linear = |name: &str, sizes| Linear::new(source, &format!("{block}.{name}"), sizes, shape.biases.ffn);
        let inner = match shape.gate {
            Gate::None => Inner::Plain(linear("ffn_up", [ffn, dim])?),
            Gate::Apart => Inner::Gated { gate: linear("ffn_gate", [ffn, dim])?, up: linear("ffn_up", [ffn, dim])? },
            Gate::Fused => Inner::Fused(linear("ffn_up", [2 * ffn, dim])?),
        };
        Ok(Self { inner, down: linear("ffn_down", [dim, ffn])?, width: ffn, activation: shape.activation })
    }

    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let inner = match &self.inner {
            Inner::Plain(up) => self.activation.of(&up.times(x)?)?,
            Inner::Gated { gate, up } => (self.activation.of(&gate.times(x)?)? * up.times(x)?)?,
            Inner::Fused(both) => {
                let both = both.times(x)?;
                let (gate, up) = (both.narrow(1, 0, self.width)?, both.narrow(1, self.width, self.width)?);
                (self.activation.of(&gate)? * up)?
            }
        };
        self.down.times(&inner)
    }
}

impl Activation {
    fn of(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Silu => x.silu(),
            Self::Gelu => x.gelu_erf(),
            Self::GeluTanh => x.gelu(),
        }
    }
}
