//! A language model from a GGUF file or a Hugging Face folder: decoder, vocabulary and chat template.

mod folder;

use super::decoder::{Decoder, Matrix, TensorSource};
use super::family::from_metadata;
use super::gguf::{Gguf, GgufError};
use super::safetensors::SafeTensorsError;
use super::tokenizer::{Tokenizer, TokenizerError};
use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

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
    /// Reads a GGUF file, or a Hugging Face folder with `config.json`, `tokenizer.json` and safetensors, for texts of up to
    /// [`CONTEXT`] tokens.
    ///
    /// # Errors
    /// [`ModelError`], with file, place, expected and found.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::open_for(path, CONTEXT)
    }

    /// [`Model::open`] for texts of up to `context` tokens. Some models compute differently where texts may be long.
    ///
    /// # Errors
    /// As [`Model::open`].
    pub fn open_for(path: &Path, context: usize) -> Result<Self, ModelError> {
        let model =
            if path.is_dir() { folder::read(path, context) } else { open(path).and_then(|file| Self::read_for(file, context)) };
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
        Self::read_for(source, CONTEXT)
    }

    /// [`Model::read`] for texts of up to `context` tokens.
    ///
    /// # Errors
    /// As [`Model::read`].
    pub fn read_for<R: Read + Seek>(source: R, context: usize) -> Result<Self, ModelError> {
        let mut gguf = Gguf::read(source)?;
        let tokenizer = Tokenizer::new(&gguf)?;
        let (shape, context) = from_metadata(&mut gguf, tokenizer.len(), context)?;
        let template = gguf.text("tokenizer.chat_template").ok().map(str::to_owned);
        let decoder = Decoder::new(&Weights(RefCell::new(gguf)), shape)?;
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

    fn matrix(&self, name: &str, shape: [usize; 2]) -> candle_core::Result<Matrix> {
        let dtype = self.check(name, &shape)?;
        let weight = self.0.borrow_mut().quantised(name).map_err(|error| failed(&error))?;
        match dtype {
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => Ok(Matrix::dense(weight.dequantize(&Device::Cpu)?)),
            _ => Matrix::quantised(weight),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.borrow().tensors().contains_key(name)
    }
}

/// Without the trace that `Error::wrap` may add to what is shown.
fn failed(error: &GgufError) -> candle_core::Error {
    candle_core::Error::Msg(error.to_string())
}
