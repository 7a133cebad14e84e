//! Text encoders in Hugging Face form: BERT (Devlin et al. 2019, arXiv 1810.04805), `RoBERTa` and `XLM-RoBERTa` (Liu et al. 2019,
//! arXiv 1907.11692) and ALBERT (Lan et al. 2020, arXiv 1909.11942), as sentence-transformers uses them too.

mod config;
mod layer;

use super::safetensors::{SafeTensors, SafeTensorsError};
use candle_core::{D, Device, Tensor};
use config::{Config, Kind};
use layer::{Embedder, Layer, Linear};
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use tokenizers::Tokenizer;

/// Why a folder is not an encoder that runs here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// A file cannot be read.
    #[error("{file}: {error}")]
    Open {
        /// The file's name.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file of the folder is no JSON.
    #[error("{file}: expected JSON, found {error}")]
    Json {
        /// The file's name.
        file: String,
        /// Why.
        error: serde_json::Error,
    },
    /// A family or a size that is not run.
    #[error("config.json: `{key}`: expected {expected}, found {found}")]
    Unsupported {
        /// The key.
        key: &'static str,
        /// What is run.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Not readable safetensors, or a tensor is missing or of another shape.
    #[error("model.safetensors: {0}")]
    Weights(#[from] SafeTensorsError),
    /// The vocabulary cannot be used.
    #[error("tokenizer.json: {0}")]
    Tokenizer(String),
    /// The arithmetic failed.
    #[error("the encoder failed: {0}")]
    Failed(#[from] candle_core::Error),
}

/// A text encoder: texts that mean alike have vectors of nearly one direction, if it was trained for that.
///
/// ```no_run
/// use persona_mind::engine::encoder::Encoder;
/// let encoder = Encoder::open("all-MiniLM-L6-v2".as_ref())?;
/// let [a, b] = ["Have you a wife?", "is married to"].map(|text| encoder.embed(text));
/// let alike: f32 = a?.iter().zip(&b?).map(|(x, y)| x * y).sum();
/// # Ok::<(), persona_mind::engine::encoder::EncoderError>(())
/// ```
pub struct Encoder {
    config: Config,
    tokenizer: Tokenizer,
    embedder: Embedder,
    /// ALBERT's way from its narrow embeddings to its width.
    widen: Option<Linear>,
    /// ALBERT has fewer than it runs: each is run several times.
    layers: Vec<Layer>,
}

impl Encoder {
    /// Reads a folder with `config.json`, `tokenizer.json` and `model.safetensors`.
    ///
    /// # Errors
    /// [`EncoderError`], with file, place, expected and found.
    pub fn open(folder: &Path) -> Result<Self, EncoderError> {
        let config = Config::read(&json(folder, "config.json")?)?;
        let tokenizer = tokenizer(json(folder, "tokenizer.json")?, &config)?;
        let mut weights = Weights::open(folder, config.kind)?;
        let layers = (0..config.stored_layers()).map(|at| Layer::new(&mut weights, &config, at)).collect::<Result<_, _>>()?;
        let widen = match config.kind {
            Kind::Albert => Some(weights.linear("encoder.embedding_hidden_mapping_in", config.embedding, config.dim)?),
            Kind::Bert | Kind::Roberta => None,
        };
        Ok(Self { embedder: Embedder::new(&mut weights, &config)?, widen, layers, tokenizer, config })
    }

    /// The length of its vectors.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.config.dim
    }

    /// A text's tokens, with those for its begin and end; no more than the model takes.
    #[must_use]
    pub fn ids(&self, text: &str) -> Vec<u32> {
        // Fails only where a pattern gives up on hostile text; such text is empty.
        let mut ids = self.tokenizer.encode_fast(text, true).map(|encoding| encoding.get_ids().to_vec()).unwrap_or_default();
        ids.truncate(self.config.most_tokens());
        ids
    }

    /// What the last layer gives for each token, `[tokens, dim]`.
    ///
    /// # Errors
    /// [`EncoderError::Failed`] if there is no token, more of them than [`Encoder::ids`] would give, or one that the model has
    /// not.
    pub fn hidden(&self, ids: &[u32]) -> Result<Tensor, EncoderError> {
        let most = self.config.most_tokens();
        if ids.is_empty() || ids.len() > most || ids.iter().any(|id| *id as usize >= self.config.vocab) {
            let found = format!("{} tokens, the highest {:?}", ids.len(), ids.iter().max());
            let message = format!("expected 1 to {most} tokens below {}, found {found}", self.config.vocab);
            return Err(candle_core::Error::Msg(message).into());
        }
        let mut x = self.embedder.forward(ids)?;
        if let Some(widen) = &self.widen {
            x = widen.forward(&x)?;
        }
        for at in 0..self.config.layers {
            x = self.layers[at * self.layers.len() / self.config.layers].forward(&x)?;
        }
        Ok(x)
    }

    /// A text's vector, of length 1: the mean over its tokens (Reimers and Gurevych 2019, arXiv 1908.10084).
    ///
    /// # Errors
    /// [`EncoderError::Failed`] if the arithmetic fails.
    pub fn embed(&self, text: &str) -> Result<Vec<f32>, EncoderError> {
        let ids = self.ids(text);
        if ids.is_empty() {
            return Ok(vec![0.0; self.config.dim]);
        }
        let mean = self.hidden(&ids)?.mean(0)?;
        let length = mean.sqr()?.sum(D::Minus1)?.sqrt()?.to_scalar::<f32>()?;
        Ok((mean / f64::from(length.max(f32::MIN_POSITIVE)))?.to_vec1()?)
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("config", &self.config).finish_non_exhaustive()
    }
}

fn json(folder: &Path, name: &str) -> Result<Value, EncoderError> {
    let file = File::open(folder.join(name)).map_err(|error| EncoderError::Open { file: name.into(), error })?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| EncoderError::Json { file: name.into(), error })
}

fn tokenizer(mut steps: Value, config: &Config) -> Result<Tokenizer, EncoderError> {
    steps["truncation"] = Value::Null;
    steps["padding"] = Value::Null;
    let broken = |error: String| EncoderError::Tokenizer(error);
    let bytes = serde_json::to_vec(&steps).map_err(|error| broken(error.to_string()))?;
    let tokenizer = Tokenizer::from_bytes(bytes).map_err(|error| broken(error.to_string()))?;
    let size = tokenizer.get_vocab_size(true);
    if size > config.vocab {
        return Err(broken(format!("expected at most {} tokens, as config.json has it, found {size}", config.vocab)));
    }
    Ok(tokenizer)
}

/// The tensors of a file, with or without the name of the family before theirs.
struct Weights {
    file: SafeTensors<File>,
    prefix: &'static str,
}

impl Weights {
    fn open(folder: &Path, kind: Kind) -> Result<Self, EncoderError> {
        const NAME: &str = "model.safetensors";
        let file = File::open(folder.join(NAME)).map_err(|error| EncoderError::Open { file: NAME.into(), error })?;
        let file = SafeTensors::read(file)?;
        let prefix = kind.prefix();
        let has_prefix = file.names().any(|name| name.starts_with(prefix));
        Ok(Self { file, prefix: if has_prefix { prefix } else { "" } })
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, EncoderError> {
        let name = format!("{}{name}", self.prefix);
        match self.file.shape(&name) {
            Some(found) if found == shape => Ok(self.file.tensor(&name)?),
            found => {
                let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("shape {found:?}"));
                Err(SafeTensorsError::Tensor { name, expected: format!("shape {shape:?}"), found }.into())
            }
        }
    }

    fn linear(&mut self, name: &str, input: usize, output: usize) -> Result<Linear, EncoderError> {
        Ok(Linear {
            // Transposed once.
            weight: self.tensor(&format!("{name}.weight"), &[output, input])?.t()?.contiguous()?,
            bias: self.tensor(&format!("{name}.bias"), &[output])?,
        })
    }
}

/// The numbers from `first` on, as a tensor of indices.
fn range(first: usize, count: usize) -> candle_core::Result<Tensor> {
    Tensor::arange(first as u32, (first + count) as u32, &Device::Cpu)
}
