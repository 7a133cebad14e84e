//! A language model from a GGUF file or a Hugging Face folder: decoder, vocabulary and chat template.

mod folder;

use super::decoder::{CacheType, Decoder, TensorSource};
use super::family::from_metadata;
use super::gguf::{Gguf, GgufError};
use super::kernel::{Packed, Place, Pool, PoolSettings};
use super::safetensors::SafeTensorsError;
use super::tokenizer::{Tokenizer, TokenizerError};
use candle_core::Tensor;
use candle_core::quantized::GgmlDType;
use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest text, in tokens, that a model is opened for where nothing else is asked. Models may take more, but their
/// memory and time grow with it.
pub const CONTEXT: usize = 4096;

/// Why a file is not a model that runs here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file cannot be opened.
    #[error("{path}: {error}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something in the file is wrong.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What.
        error: Box<ModelError>,
    },
    /// Not a readable GGUF, or metadata is missing.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The vocabulary cannot be used.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// A file of a folder is no JSON.
    #[error("{file}: expected JSON, found {error}")]
    Json {
        /// The file's name.
        file: String,
        /// Why.
        error: serde_json::Error,
    },
    /// Not readable safetensors, or a tensor is missing.
    #[error(transparent)]
    SafeTensors(#[from] SafeTensorsError),
    /// A family of models, or a kind of a family, that is not run.
    #[error("`{key}`: expected {expected}, found {found}")]
    Unsupported {
        /// The key of metadata or configuration.
        key: String,
        /// What is run.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Tensors do not fit each other.
    #[error("weights: {0}")]
    Weights(#[from] candle_core::Error),
}

/// How a model is opened.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    /// The longest text, in tokens; [`CONTEXT`] by default. Some models compute differently where texts may be long.
    pub context: usize,
    /// How keys and values are kept.
    pub cache: CacheType,
    /// The threads that compute, and how they give way to others.
    pub pool: PoolSettings,
    /// What multiplies the matrices.
    pub place: Place,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self { context: CONTEXT, cache: CacheType::default(), pool: PoolSettings::default(), place: Place::default() }
    }
}

impl ModelSettings {
    fn pool(&self) -> Result<Arc<Pool>, ModelError> {
        Ok(Arc::new(Pool::new(self.pool).on(self.place.device()?)))
    }
}

/// A language model, ready to run.
///
/// ```no_run
/// use persona_mind::engine::model::Model;
/// use persona_mind::engine::tokenizer::Control;
/// let model = Model::open("story.gguf".as_ref())?;
/// let ids = model.tokenizer.encode("Once upon a time", Control::Text);
/// # Ok::<(), persona_mind::engine::model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Model {
    /// The transformer.
    pub decoder: Decoder,
    /// The vocabulary.
    pub tokenizer: Tokenizer,
    /// The Jinja template that makes a prompt of messages, where the file has one.
    pub template: Option<String>,
    /// Tokens that fit, prompt and reply together.
    pub context: usize,
}

impl Model {
    /// Reads a GGUF file, or a Hugging Face folder with `config.json`, `tokenizer.json` and safetensors, with the usual
    /// settings.
    ///
    /// # Errors
    /// [`ModelError`], with file, place, expected and found.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::open_with(path, ModelSettings::default())
    }

    /// [`Model::open`] with other settings.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_with(path: &Path, settings: ModelSettings) -> Result<Self, ModelError> {
        let model = if path.is_dir() {
            folder::read(path, settings)
        } else {
            open(path).and_then(|file| Self::read_with(file, settings))
        };
        model.map_err(|error| match error {
            ModelError::Open { .. } => error,
            error => ModelError::File { path: path.to_owned(), error: Box::new(error) },
        })
    }

    /// Reads a GGUF model from anything that can be read and sought.
    ///
    /// # Errors
    /// [`ModelError`], with place, expected and found.
    pub fn read<R: Read + Seek>(source: R) -> Result<Self, ModelError> {
        Self::read_with(source, ModelSettings::default())
    }

    /// [`Model::read`] with other settings.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn read_with<R: Read + Seek>(source: R, settings: ModelSettings) -> Result<Self, ModelError> {
        let mut gguf = Gguf::read(source)?;
        let tokenizer = Tokenizer::new(&gguf)?;
        let (shape, context) = from_metadata(&mut gguf, tokenizer.len(), settings.context)?;
        let template = gguf.text("tokenizer.chat_template").ok().map(str::to_owned);
        let decoder = Decoder::new(&Weights(RefCell::new(gguf)), shape, settings.cache, settings.pool()?)?;
        Ok(Self { decoder, tokenizer, template, context })
    }
}

fn open(path: &Path) -> Result<File, ModelError> {
    File::open(path).map_err(|error| ModelError::Open { path: path.to_owned(), error })
}

struct Weights<R>(RefCell<Gguf<R>>);

impl<R: Read + Seek> Weights<R> {
    fn check(&self, name: &str, shape: &[usize]) -> candle_core::Result<GgmlDType> {
        let gguf = self.0.borrow();
        let wrong = |found: String| {
            let error = GgufError::Tensor { name: name.into(), expected: format!("shape {shape:?}"), found };
            failed(&error)
        };
        let info = gguf.tensors().get(name).ok_or_else(|| wrong("nothing".into()))?;
        if info.shape == shape { Ok(info.dtype) } else { Err(wrong(format!("shape {:?}", info.shape))) }
    }
}

impl<R: Read + Seek> TensorSource for Weights<R> {
    fn tensor(&self, name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
        self.check(name, shape)?;
        self.0.borrow_mut().tensor(name).map_err(|error| failed(&error))
    }

    fn matrix(&self, name: &str, shape: [usize; 2], pool: &Pool) -> candle_core::Result<Packed> {
        let dtype = self.check(name, &shape)?;
        let bytes = self.0.borrow_mut().bytes(name).map_err(|error| failed(&error))?;
        Packed::new(dtype, &bytes, shape, pool).map_err(|error| candle_core::Error::Msg(format!("tensor `{name}`: {error}")))
    }

    fn has(&self, name: &str) -> bool {
        self.0.borrow().tensors().contains_key(name)
    }
}

/// Without the trace that `Error::wrap` may add to what is shown.
fn failed(error: &GgufError) -> candle_core::Error {
    candle_core::Error::Msg(error.to_string())
}
