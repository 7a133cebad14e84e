//! The model file: a GGUF with all parts, the vocabulary, and what a line can mean.

use super::net::{Init, ParamSource};
use super::older;
use super::vocab::{Vocab, VocabError};
use crate::engine::decoder::TensorSource;
use crate::engine::gguf::{Gguf, GgufError};
use candle_core::Tensor;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use std::collections::HashMap;
use std::io::{Read, Seek, Write};

/// Value of `general.architecture`.
pub const ARCHITECTURE: &str = "hearth";

/// Why bytes are not a Hearth model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not a readable GGUF, or something is missing in it.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// Another kind of model.
    #[error("metadata `general.architecture`: expected `hearth`, found `{found}`")]
    Architecture {
        /// What the file says it is.
        found: String,
    },
    /// A tensor cannot be quantised, or writing failed.
    #[error("writing the model failed: {0}")]
    Write(#[from] candle_core::Error),
    /// The model knows more kinds of things than this version.
    #[error("tensor `{tensor}`: expected at most {expected} kinds of things, found {found}")]
    Kinds {
        /// The first tensor that has too many.
        tensor: String,
        /// How many this version knows.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The vocabulary does not fit this version.
    #[error("vocabulary: {0}")]
    Vocab(#[from] VocabError),
}

const TOKENS: &str = "tokenizer.ggml.tokens";
const MERGES: &str = "tokenizer.ggml.merges";
const INTENTS: &str = "hearth.intents";
const LINES: &str = "hearth.lines";

/// Parameters and vocabulary of a model file.
pub struct ModelFile {
    tensors: HashMap<String, Tensor>,
    /// The vocabulary.
    pub vocab: Vocab,
    /// How its pieces are joined, best first.
    pub merges: Vec<String>,
    /// Entries of the [`Phrasebook`](super::phrasebook::Phrasebook); a file may have none.
    pub lines: Vec<String>,
}

impl ModelFile {
    /// Reads a model file whole. Kinds of things that it does not know get a share of 0.
    ///
    /// # Errors
    /// [`FileError`], naming the key or tensor at fault.
    pub fn read<R: Read + Seek>(reader: R) -> Result<Self, FileError> {
        let mut gguf = Gguf::read(reader)?;
        if gguf.text("general.architecture")? != ARCHITECTURE {
            return Err(FileError::Architecture { found: gguf.text("general.architecture")?.to_owned() });
        }
        let merges = gguf.texts(MERGES)?.to_vec();
        let vocab = Vocab::new(gguf.texts(TOKENS)?.to_vec(), &merges, gguf.texts(INTENTS)?)?;
        let lines = gguf.texts(LINES).map(<[String]>::to_vec).unwrap_or_default();
        let names: Vec<String> = gguf.tensors().keys().cloned().collect();
        let tensors = names.into_iter().map(|name| Ok((name.clone(), gguf.tensor(&name)?)));
        let mut tensors = tensors.collect::<Result<_, GgufError>>()?;
        older::widen(&mut tensors)?;
        Ok(Self { tensors, vocab, merges, lines })
    }

    /// The number of parameters.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.tensors.values().map(Tensor::elem_count).sum()
    }

    /// The number of relations in the reader's bank.
    #[must_use]
    pub fn bank(&self) -> usize {
        self.tensors.get("reader.bank.weight").and_then(|bank| bank.dims().first().copied()).unwrap_or(0)
    }

    /// All parameters, by name.
    #[must_use]
    pub fn into_tensors(self) -> HashMap<String, Tensor> {
        self.tensors
    }

    /// Writes a model file: matrices in 8 bits where their rows are multiples of 32, the rest in 32.
    ///
    /// # Errors
    /// If a tensor cannot be quantised or the writer fails.
    pub fn write<W: Write + Seek>(
        writer: &mut W,
        tensors: &[(String, Tensor)],
        vocab: &Vocab,
        merges: &[String],
        lines: &[String],
    ) -> Result<(), FileError> {
        let strings = |list: &[String]| Value::Array(list.iter().cloned().map(Value::String).collect());
        let metadata = [
            ("general.architecture", Value::String(ARCHITECTURE.into())),
            ("general.name", Value::String("Hearth".into())),
            ("general.license", Value::String("MIT OR Apache-2.0".into())),
            ("tokenizer.ggml.model", Value::String("gpt2".into())),
            (TOKENS, strings(vocab.tokens())),
            (MERGES, strings(merges)),
            (INTENTS, strings(vocab.intents())),
            (LINES, strings(lines)),
        ];
        let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
        let mut quantised = Vec::new();
        for (name, tensor) in tensors {
            let rows = tensor.dims().last().is_some_and(|width| width % GgmlDType::Q8_0.block_size() == 0);
            let kind = if tensor.rank() == 2 && rows { GgmlDType::Q8_0 } else { GgmlDType::F32 };
            quantised.push((name.as_str(), QTensor::quantize(tensor, kind)?));
        }
        let quantised: Vec<(&str, &QTensor)> = quantised.iter().map(|(name, tensor)| (*name, tensor)).collect();
        Ok(gguf_file::write(writer, &metadata, &quantised)?)
    }
}

/// The speaker's tensors, which stand under `dec`.
impl TensorSource for ModelFile {
    fn tensor(&self, name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
        self.param(&format!("dec.{name}"), shape, Init::Const(0.0))
    }

    fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(&format!("dec.{name}"))
    }
}

impl ParamSource for ModelFile {
    fn param(&self, name: &str, shape: &[usize], _: Init) -> candle_core::Result<Tensor> {
        let tensor = self.tensors.get(name).ok_or_else(|| candle_core::Error::Msg(format!("tensor `{name}` is missing")))?;
        if tensor.dims() != shape {
            let message = format!("tensor `{name}`: expected shape {shape:?}, found {:?}", tensor.dims());
            return Err(candle_core::Error::Msg(message));
        }
        Ok(tensor.clone())
    }
}
