//! The model file: a GGUF with all parts, the vocabulary, and what a line can mean.

use super::net::{Init, ParamSource};
use super::vocab::{Vocab, VocabError};
use crate::engine::decoder::TensorSource;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use std::collections::HashMap;
use std::io::{Read, Seek, Write};

/// Value of `general.architecture`.
pub const ARCHITECTURE: &str = "hearth";

/// Why bytes are not a Hearth model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not a readable GGUF.
    #[error("not a readable GGUF: {0}")]
    Gguf(#[from] candle_core::Error),
    /// A metadata key is absent or of the wrong type.
    #[error("metadata key `{key}`: expected {expected}")]
    Key {
        /// The key.
        key: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// The vocabulary does not fit this version.
    #[error("vocabulary: {0}")]
    Vocab(#[from] VocabError),
}

const TOKENS: &str = "tokenizer.ggml.tokens";
const MERGES: &str = "tokenizer.ggml.merges";
const INTENTS: &str = "hearth.intents";

/// Parameters and vocabulary of a model file.
pub struct ModelFile {
    tensors: HashMap<String, Tensor>,
    /// The vocabulary.
    pub vocab: Vocab,
}

impl ModelFile {
    /// Reads a model file whole.
    ///
    /// # Errors
    /// [`FileError`], naming the key or tensor at fault.
    pub fn read<R: Read + Seek>(reader: &mut R) -> Result<Self, FileError> {
        let content = gguf_file::Content::read(reader)?;
        let architecture = content.metadata.get("general.architecture").and_then(|v| v.to_string().ok());
        if architecture.map(String::as_str) != Some(ARCHITECTURE) {
            return Err(FileError::Key { key: "general.architecture", expected: "\"hearth\"" });
        }
        let strings = |key: &'static str| -> Result<Vec<String>, FileError> {
            let error = FileError::Key { key, expected: "an array of strings" };
            let Some(Value::Array(values)) = content.metadata.get(key) else { return Err(error) };
            let all: Option<Vec<String>> = values.iter().map(|v| v.to_string().ok().cloned()).collect();
            all.ok_or(error)
        };
        let vocab = Vocab::new(strings(TOKENS)?, &strings(MERGES)?, &strings(INTENTS)?)?;
        let mut tensors = HashMap::new();
        for name in content.tensor_infos.keys() {
            let tensor = content.tensor(reader, name, &Device::Cpu)?.dequantize(&Device::Cpu)?;
            tensors.insert(name.clone(), tensor);
        }
        Ok(Self { tensors, vocab })
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
