//! Where matrices lie and are multiplied.

use candle_core::{Device, Result};

/// What multiplies a model's matrices. Attention and all else is the processor's in any case.
///
/// ```no_run
/// use persona_mind::backend::Local;
/// use persona_mind::engine::kernel::Place;
/// use persona_mind::engine::model::ModelSettings;
///
/// let settings = ModelSettings { place: Place::Cuda(0), ..ModelSettings::default() };
/// let model = Local::open_with("qwen3-0.6b-q4_k_m.gguf".as_ref(), settings)?;
/// # Ok::<(), persona_mind::MindError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// The processor, by kernels of this library.
    #[default]
    Processor,
    /// The processor, by candle's products; for comparison.
    Candle,
    /// A graphics card by CUDA, counted from 0; needs the feature `cuda`.
    Cuda(usize),
    /// A graphics card by Metal, counted from 0; needs the feature `metal`.
    Metal(usize),
}

impl Place {
    /// Candle's device; none for kernels of this library.
    ///
    /// # Errors
    /// If there is no such device, or its feature is not turned on.
    pub(crate) fn device(self) -> Result<Option<Device>> {
        match self {
            Self::Processor => Ok(None),
            Self::Candle => Ok(Some(Device::Cpu)),
            Self::Cuda(index) => Device::new_cuda(index).map(Some),
            Self::Metal(index) => Device::new_metal(index).map(Some),
        }
    }
}
