//! Which instructions the processor has.

use std::sync::OnceLock;

/// Instructions that kernels are written for, the quickest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vectors {
    /// AVX-512 with VNNI: products of 64 bytes at once.
    Avx512,
    /// AVX2 with AVX-VNNI: products of 32 bytes at once.
    AvxVnni,
    /// AVX2, with FMA and 16-bit floats.
    Avx2,
    /// None of them.
    Plain,
}

impl Vectors {
    /// The quickest that the processor has, or a slower one that the environment variable `PERSONA_VECTORS` asks for (`avx-vnni`,
    /// `avx2` or `plain`), for comparison.
    pub fn here() -> Self {
        static HERE: OnceLock<Vectors> = OnceLock::new();
        *HERE.get_or_init(|| {
            let asked = match std::env::var("PERSONA_VECTORS").as_deref() {
                Ok("avx-vnni") => Self::AvxVnni,
                Ok("avx2") => Self::Avx2,
                Ok("plain") => Self::Plain,
                _ => Self::Avx512,
            };
            [Self::Avx512, Self::AvxVnni, Self::Avx2]
                .into_iter()
                .find(|kind| *kind >= asked && kind.are_here())
                .unwrap_or(Self::Plain)
        })
    }

    /// Whether the processor has them.
    pub fn are_here(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        return match self {
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
            Self::AvxVnni => Self::Avx2.are_here() && is_x86_feature_detected!("avxvnni"),
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c"),
            Self::Plain => true,
        };
        #[cfg(not(target_arch = "x86_64"))]
        return self == Self::Plain;
    }
}
