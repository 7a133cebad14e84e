//! From checkpoints to the model file.

use super::content::Content;
use super::run::{AVERAGE, NOT_SHIPPED};
use super::tokens::Pieces;
use crate::hearth::file::{FileError, ModelFile};
use candle_core::{Device, Tensor};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Writes the model file, with the written lines of the content, from the checkpoints of its parts. A checkpoint may be a model
/// file too: then what the others do not hold is taken from there.
///
/// # Errors
/// [`FileError`] if a checkpoint cannot be read or the file cannot be written.
pub fn export(content: &Content, pieces: &Pieces, checkpoints: &[PathBuf], out: &Path) -> Result<(), FileError> {
    let (models, parts): (Vec<&PathBuf>, Vec<&PathBuf>) =
        checkpoints.iter().partition(|path| path.extension().is_some_and(|end| end == "gguf"));
    // Sorted by name: the same weights make the same file.
    let mut tensors: BTreeMap<String, Tensor> = BTreeMap::new();
    for model in models {
        let file = std::fs::File::open(model).map_err(candle_core::Error::wrap)?;
        tensors.extend(ModelFile::read(std::io::BufReader::new(file))?.into_tensors());
    }
    for part in parts {
        let mut learned = candle_core::safetensors::load(part, &Device::Cpu)?;
        let averages: Vec<String> = learned.keys().filter_map(|name| name.strip_prefix(AVERAGE).map(str::to_owned)).collect();
        for name in averages {
            if let Some(mean) = learned.remove(&format!("{AVERAGE}{name}")) {
                learned.insert(name, mean);
            }
        }
        learned.retain(|name, _| !NOT_SHIPPED.iter().any(|start| name.starts_with(start)));
        let part_of = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let new: BTreeSet<String> = learned.keys().map(|name| part_of(name)).collect();
        // A part is taken whole: its older self may have had other parameters.
        tensors.retain(|name, _| !new.contains(&part_of(name)));
        tensors.extend(learned);
    }
    let tensors: Vec<(String, Tensor)> = tensors.into_iter().collect();
    let part = out.with_extension("part");
    let mut file = std::fs::File::create(&part).map_err(candle_core::Error::wrap)?;
    ModelFile::write(&mut file, &tensors, &pieces.vocab()?, &pieces.merges, &content.lines())?;
    std::fs::rename(part, out).map_err(candle_core::Error::wrap)?;
    Ok(())
}
