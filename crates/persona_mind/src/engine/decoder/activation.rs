use super::Activation;
use candle_core::cpu::erf::erf_f32;
use std::f32::consts::{FRAC_1_SQRT_2, LOG2_E};

/// `2 sqrt(2 / pi)`.
const GELU_SLOPE: f32 = 1.595_769;

impl Activation {
    /// The function of each number.
    pub(super) fn apply(self, x: &mut [f32]) {
        match self {
            Self::Silu => x.iter_mut().for_each(|x| *x *= sigmoid(*x)),
            Self::Gelu => x.iter_mut().for_each(|x| *x *= 0.5 * (1.0 + erf_f32(*x * FRAC_1_SQRT_2))),
            // (1 + tanh(u)) / 2 is the sigmoid of 2 u.
            Self::GeluTanh => x.iter_mut().for_each(|x| *x *= sigmoid(GELU_SLOPE * (*x + 0.044_715 * *x * *x * *x))),
        }
    }

    /// The function of each number of `gate`, times that of `x`.
    pub(super) fn gate(self, gate: &mut [f32], x: &[f32]) {
        self.apply(gate);
        gate.iter_mut().zip(x).for_each(|(gate, x)| *gate *= x);
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Without branches, so that the compiler computes several at once: `2^n e^r`, with `e^r` by its series. Off by 2e-7 of itself
/// at most; beyond 87 as at 87.
fn exp(x: f32) -> f32 {
    /// A sum with it rounds to a whole number, which is then in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// Of the natural logarithm of 2: its first bits, and the rest.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = x.clamp(-87.0, 87.0);
    let rounded = x * LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * LN_2[0] - n * LN_2[1];
    let series =
        [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0].into_iter().fold(0.0, |sum, term| sum * r + term);
    series * f32::from_bits((rounded.to_bits() << 23).wrapping_add(1.0f32.to_bits()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_those_of_the_libraries() {
        let close = |a: f32, b: f64| (f64::from(a) - b).abs() <= 3e-7 * b.abs().max(1e-6);
        for x in (-8000..8000).map(|x| x as f32 / 100.0) {
            let wide = f64::from(x);
            assert!(close(exp(x), wide.exp()), "exp({x}): expected {}, found {}", wide.exp(), exp(x));
            let of = |activation: Activation| {
                let mut x = [x];
                activation.apply(&mut x);
                x[0]
            };
            let silu = wide / (1.0 + (-wide).exp());
            assert!(close(of(Activation::Silu), silu), "silu({x}): expected {silu}, found {}", of(Activation::Silu));
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (wide + 0.044_715 * wide.powi(3));
            let gelu = 0.5 * wide * (1.0 + inner.tanh());
            let found = of(Activation::GeluTanh);
            assert!((f64::from(found) - gelu).abs() < 1e-6 * wide.abs().max(1.0), "gelu({x}): expected {gelu}, found {found}");
        }
        assert!(exp(f32::NAN).is_nan(), "what is no number stays none");
        let mut ends = [f32::INFINITY, f32::NEG_INFINITY];
        Activation::Silu.apply(&mut ends);
        assert_eq!(ends[0], f32::INFINITY, "the function at its end");
    }
}
