//! Models as Hugging Face lays them out: a folder of JSON and safetensors.

use super::{Model, ModelError, ModelSettings, open};
use crate::engine::decoder::{Decoder, TensorSource};
use crate::engine::family::{Change, Config, Family, from_config, hugging_face_name};
use crate::engine::safetensors::{SafeTensors, SafeTensorsError};
use crate::engine::tokenizer::{Settings, Tokenizer};
use candle_core::{Error, Tensor};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

/// Weights of more files than this are no small model's.
const MAX_FILES: usize = 64;

pub(super) fn read(folder: &Path, settings: ModelSettings) -> Result<Model, ModelError> {
    let config = json(folder, "config.json")?;
    let (family, shape, context) = from_config(Config(&config), settings.context)?;
    let weights = Weights { files: RefCell::new(files(folder)?), family, tied: Config(&config).is_tied(family) };
    if !weights.tied && !weights.has("output.weight") {
        let expected = "to be there, as `tie_word_embeddings` is false".into();
        return Err(SafeTensorsError::Tensor { name: "lm_head.weight".into(), expected, found: "nothing".into() }.into());
    }
    let or_null = |name: &str| if folder.join(name).is_file() { json(folder, name) } else { Ok(Value::Null) };
    let texts = Settings {
        tokenizer: json(folder, "tokenizer.json")?,
        tokenizer_config: or_null("tokenizer_config.json")?,
        configs: [or_null("generation_config.json")?, config],
    };
    let tokenizer = Tokenizer::pretrained(&texts)?;
    if tokenizer.len() > shape.vocab {
        let (expected, found) = (format!("a row for each of {} tokens", tokenizer.len()), shape.vocab.to_string());
        return Err(ModelError::Unsupported { key: "config.json: vocab_size".into(), expected, found });
    }
    let template =
        texts.template().map(str::to_owned).or_else(|| std::fs::read_to_string(folder.join("chat_template.jinja")).ok());
    let decoder = Decoder::new(&weights, shape, settings.cache, settings.pool()?)?;
    Ok(Model { decoder, tokenizer, template, context })
}

fn json(folder: &Path, name: &str) -> Result<Value, ModelError> {
    let reader = std::io::BufReader::new(open(&folder.join(name))?);
    serde_json::from_reader(reader).map_err(|error| ModelError::Json { file: name.into(), error })
}

/// The files that hold the weights: one, or those that an index names.
fn files(folder: &Path) -> Result<Vec<SafeTensors<File>>, ModelError> {
    const INDEX: &str = "model.safetensors.index.json";
    let names: BTreeSet<String> = if folder.join(INDEX).is_file() {
        let index = json(folder, INDEX)?;
        let map = index["weight_map"].as_object().into_iter().flatten();
        map.filter_map(|(_, file)| file.as_str().map(str::to_owned)).collect()
    } else {
        ["model.safetensors".to_owned()].into()
    };
    // The names come from the folder's author: they must not lead out of it.
    let is_plain = |name: &String| Path::new(name).file_name().is_some_and(|file| file == name.as_str());
    if names.len() > MAX_FILES || !names.iter().all(is_plain) {
        let expected = format!("at most {MAX_FILES} names of files in the folder");
        return Err(ModelError::Unsupported { key: INDEX.into(), expected, found: format!("{} others", names.len()) });
    }
    names.iter().map(|name| Ok(SafeTensors::read(open(&folder.join(name))?)?)).collect()
}

struct Weights {
    files: RefCell<Vec<SafeTensors<File>>>,
    family: Family,
    tied: bool,
}

impl Weights {
    /// The file with a tensor, its name there, and what is to be done to it.
    fn find(&self, name: &str) -> Option<(usize, String, Change)> {
        let (theirs, change) = hugging_face_name(self.family, name)?;
        // Checkpoints of the bare decoder leave out the first part of the name.
        let short = theirs.split_once('.').filter(|_| self.family == Family::Gpt2).map(|(_, rest)| rest.to_owned());
        let files = self.files.borrow();
        let holder = |name: &String| files.iter().position(|file| file.shape(name).is_some());
        let name = [Some(theirs), short].into_iter().flatten().find(|name| holder(name).is_some())?;
        Some((holder(&name)?, name, change))
    }
}

impl TensorSource for Weights {
    fn tensor(&self, name: &str, shape: &[usize]) -> candle_core::Result<Tensor> {
        let wrong = |name: &str, expected: String, found: String| {
            failed(&SafeTensorsError::Tensor { name: name.into(), expected, found })
        };
        let theirs = || hugging_face_name(self.family, name).map_or_else(|| name.to_owned(), |(theirs, _)| theirs);
        let (file, found, change) =
            self.find(name).ok_or_else(|| wrong(&theirs(), format!("shape {shape:?}"), "nothing".into()))?;
        let stored = match (change, shape) {
            (Change::Transposed, [output, input]) => vec![*input, *output],
            (Change::Squeezed, [channels, kernel]) => vec![*channels, 1, *kernel],
            _ => shape.to_vec(),
        };
        let file = &mut self.files.borrow_mut()[file];
        if file.shape(&found) != Some(&stored) {
            let is = format!("shape {:?}", file.shape(&found).unwrap_or_default());
            return Err(wrong(&found, format!("shape {stored:?}"), is));
        }
        let tensor = file.tensor(&found).map_err(|error| failed(&error))?;
        match change {
            Change::None => Ok(tensor),
            Change::Transposed => tensor.t()?.contiguous(),
            Change::PlusOne => tensor + 1.0,
            Change::Squeezed => tensor.squeeze(1),
        }
    }

    fn has(&self, name: &str) -> bool {
        // A tied head may be stored too.
        !(self.tied && name == "output.weight") && self.find(name).is_some()
    }
}

/// Without the trace that `Error::wrap` may add to what is shown.
fn failed(error: &SafeTensorsError) -> Error {
    Error::Msg(error.to_string())
}
