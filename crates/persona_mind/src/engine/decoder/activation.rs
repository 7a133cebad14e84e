use super::Activation;
use candle_core::cpu::erf::erf_f32;

impl Activation {
    /// The function of each number.
    pub(super) fn apply(self, x: &mut [f32]) {
        match self {
            Self::Silu => x.iter_mut().for_each(|x| *x *= sigmoid(*x)),
            Self::Gelu => x.iter_mut().for_each(|x| *x *= 0.5 * (1.0 + erf_f32(*x * std::f32::consts::FRAC_1_SQRT_2))),
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

/// `2 sqrt(2 / pi)`.
const GELU_SLOPE: f32 = 1.595_769;

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
