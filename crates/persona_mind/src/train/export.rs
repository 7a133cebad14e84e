//! From checkpoints to the model file.

use super::tokens::Pieces;
use crate::hearth::file::{FileError, ModelFile};
use candle_core::{Device, Tensor};
use std::path::{Path, PathBuf};

/// Writes the model file from the checkpoints of reader, speaker and eye.
///
/// # Errors
/// [`FileError`] if a checkpoint cannot be read or the file cannot be written.
pub fn export(pieces: &Pieces, checkpoints: &[PathBuf], out: &Path) -> Result<(), FileError> {
    let mut tensors: Vec<(String, Tensor)> = Vec::new();
    for checkpoint in checkpoints {
        tensors.extend(candle_core::safetensors::load(checkpoint, &Device::Cpu)?);
    }
    // The order of a hash map differs from run to run; the same weights make the same file.
    tensors.sort_by(|(a, _), (b, _)| a.cmp(b));
    let part = out.with_extension("part");
    let mut file = std::fs::File::create(&part).map_err(candle_core::Error::wrap)?;
    ModelFile::write(&mut file, &tensors, &pieces.vocab()?, &pieces.merges)?;
    std::fs::rename(part, out).map_err(candle_core::Error::wrap)?;
    Ok(())
}
