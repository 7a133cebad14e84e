use super::linear::Linear;
use super::rows::each_rows;
use super::scratch::Scratch;
use super::{Gate, Shape, TensorSource};
use crate::engine::kernel::Pool;
use candle_core::Result;

/// The part of a block that looks at one token alone.
#[derive(Debug)]
pub(super) struct FeedForward {
    inner: Inner,
    down: Linear,
    width: usize,
    activation: super::Activation,
}

#[derive(Debug)]
enum Inner {
    Plain(Linear),
    Gated { gate: Linear, up: Linear },
    Fused(Linear),
}

impl FeedForward {
    pub fn new(source: &dyn TensorSource, block: &str, shape: &Shape, pool: &Pool) -> Result<Self> {
        let Shape { dim, ffn, .. } = *shape;
        let linear = |name: &str, sizes| Linear::new(source, &format!("{block}.{name}"), sizes, shape.biases.ffn, pool);
        let inner = match shape.gate {
            Gate::None => Inner::Plain(linear("ffn_up", [ffn, dim])?),
            Gate::Apart => Inner::Gated { gate: linear("ffn_gate", [ffn, dim])?, up: linear("ffn_up", [ffn, dim])? },
            Gate::Fused => Inner::Fused(linear("ffn_up", [2 * ffn, dim])?),
        };
        Ok(Self { inner, down: linear("ffn_down", [dim, ffn])?, width: ffn, activation: shape.activation })
    }

    pub fn linears(&self) -> Vec<&Linear> {
        match &self.inner {
            Inner::Plain(up) | Inner::Fused(up) => vec![up, &self.down],
            Inner::Gated { gate, up } => vec![gate, up, &self.down],
        }
    }

    /// From `inputs` to `change`.
    pub fn forward(&self, rows: usize, scratch: &mut Scratch, pool: &Pool) {
        let Scratch { inputs, inner: [up, ..], fused, mixed, change, .. } = scratch;
        let (width, activation) = (self.width, self.activation);
        let mixed = mixed.sized(rows * width);
        match &self.inner {
            Inner::Plain(linear) => {
                linear.times(inputs, mixed, pool);
                each_rows(mixed, width, pool, |x, _| activation.apply(x));
            }
            Inner::Gated { gate, up: linear } => {
                let up = up.sized(rows * width);
                Linear::times_all([(gate, mixed), (linear, up)], inputs, pool);
                each_rows(mixed, width, pool, |gate, rows| activation.gate(gate, &up[rows.start * width..rows.end * width]));
            }
            Inner::Fused(both) => {
                let fused = fused.sized(rows * 2 * width);
                both.times(inputs, fused, pool);
                each_rows(mixed, width, pool, |gate, rows| {
                    let fused = fused[rows.start * 2 * width..].chunks_exact(2 * width);
                    for (gate, fused) in gate.chunks_exact_mut(width).zip(fused) {
                        gate.copy_from_slice(&fused[..width]);
                        activation.gate(gate, &fused[width..]);
                    }
                });
            }
        }
        inputs.set(mixed, width);
        self.down.times(inputs, change.sized(rows * self.down.output()), pool);
    }
}
