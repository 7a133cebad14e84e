//! A language model from a GGUF file: decoder, vocabulary and chat template.

use super::decoder::{Decoder, DecoderConfig, Matrix, TensorSource};
use super::gguf::{Gguf, GgufError};
use super::tokenizer::{Tokenizer, TokenizerError};
use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

/// No model that runs on a player's machine is near these; they keep sums of sizes from overflowing.
const MAX_SIZE: usize = 1 << 20;
const MAX_LAYERS: usize = 1024;

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
    /// A family of models that is not run.
    #[error("metadata `{key}`: expected {expected}, found {found}")]
    Unsupported {
        /// The key.
        key: String,
        /// What is run.
        expected: String,
        /// What the file says.
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
    /// Reads a model file.
    ///
    /// # Errors
    /// [`ModelError`], with file, place, expected and found.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let file = File::open(path).map_err(|error| ModelError::Open { path: path.to_owned(), error })?;
        Self::read(file).map_err(|error| ModelError::File { path: path.to_owned(), error: Box::new(error) })
    }

    /// Reads a model from anything that can be read and sought.
    ///
    /// # Errors
    /// [`ModelError`], with place, expected and found.
    pub fn read<R: Read + Seek>(source: R) -> Result<Self, ModelError> {
        let gguf = Gguf::read(source)?;
        let tokenizer = Tokenizer::new(&gguf)?;
        let config = config(&gguf, tokenizer.len())?;
        let context = gguf.size("llama.context_length")?.clamp(16, MAX_SIZE);
        let template = gguf.text("tokenizer.chat_template").ok().map(str::to_owned);
        let decoder = Decoder::new(&Weights(RefCell::new(gguf)), config)?;
        Ok(Self { decoder, tokenizer, template, context })
    }
}

fn config<R: Read + Seek>(gguf: &Gguf<R>, vocab: usize) -> Result<DecoderConfig, ModelError> {
    let unsupported =
        |key: &str, expected: &str, found: String| ModelError::Unsupported { key: key.into(), expected: expected.into(), found };
    let family = gguf.text("general.architecture")?;
    if family != "llama" {
        return Err(unsupported("general.architecture", "`llama`", format!("`{family}`")));
    }
    let scaling = gguf.text("llama.rope.scaling.type").unwrap_or("none");
    if !["none", "llama3"].contains(&scaling) {
        return Err(unsupported("llama.rope.scaling.type", "`none` or `llama3`", format!("`{scaling}`")));
    }
    let size = |key: &str| -> Result<usize, ModelError> {
        let size = gguf.size(key)?;
        let fits = (1..=MAX_SIZE).contains(&size);
        if fits { Ok(size) } else { Err(unsupported(key, &format!("1 to {MAX_SIZE}"), size.to_string())) }
    };
    let (dim, layers, heads) = (size("llama.embedding_length")?, size("llama.block_count")?, size("llama.attention.head_count")?);
    let head_dim = size("llama.attention.key_length").unwrap_or(dim / heads);
    let turned = size("llama.rope.dimension_count").unwrap_or(head_dim);
    if layers > MAX_LAYERS {
        return Err(unsupported("llama.block_count", &format!("at most {MAX_LAYERS}"), layers.to_string()));
    }
    if turned != head_dim {
        return Err(unsupported("llama.rope.dimension_count", &format!("the head's {head_dim}"), turned.to_string()));
    }
    let rope_base = gguf.number("llama.rope.freq_base").unwrap_or(10_000.0);
    if rope_base < 1.0 {
        return Err(unsupported("llama.rope.freq_base", "1 or more", rope_base.to_string()));
    }
    Ok(DecoderConfig {
        dim,
        layers,
        heads,
        kv_heads: size("llama.attention.head_count_kv").unwrap_or(heads),
        head_dim,
        ffn: size("llama.feed_forward_length")?,
        vocab,
        rope_base,
        eps: gguf.number("llama.attention.layer_norm_rms_epsilon")?,
    })
}

struct Weights<R>(RefCell<Gguf<R>>);

impl<R: Read + Seek> Weights<R> {
    fn check(&self, name: &str, shape: &[usize]) -> candle_core::Result<GgmlDType> {
        let gguf = self.0.borrow();
        let wrong = |found: String| {
            let error = GgufError::Tensor { name: name.into(), expected: format!("shape {shape:?}"), found };
            candle_core::Error::Msg(error.to_string())
        };
        let info = gguf.tensors().get(name).ok_or_else(|| wrong("nothing".into()))?;
        if info.shape == shape { Ok(info.dtype) } else { Err(wrong(format!("shape {:?}", info.shape))) }
    }
}

impl<R: Read + Seek> TensorSource for Weights<R> {
    fn tensor(&self, name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
        self.check(name, shape)?;
        self.0.borrow_mut().tensor(name).map_err(candle_core::Error::wrap)
    }

    fn matrix(&self, name: &str, shape: [usize; 2]) -> candle_core::Result<Matrix> {
        let dtype = self.check(name, &shape)?;
        let weight = self.0.borrow_mut().quantised(name).map_err(candle_core::Error::wrap)?;
        match dtype {
            GgmlDType::F32 | GgmlDType::F16 | GgmlDType::BF16 => Matrix::dense(&weight.dequantize(&Device::Cpu)?),
            _ => Matrix::quantised(weight),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.borrow().tensors().contains_key(name)
    }
}
