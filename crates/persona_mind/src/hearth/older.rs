//! Model files that know fewer kinds of things than this version.
//!
//! New kinds stand at the end of [`KINDS`], so an older file's tensors are widened as they are read: what the file does not
//! know gets a share of 0 in sight, and says nothing to the speaker. A thing of such a kind still goes by its name.

use super::file::FileError;
use super::vocab::{COLOURS, KINDS};
use candle_core::{Device, Result, Tensor};
use std::collections::HashMap;

/// The bias of a kind that a file does not know: its share comes out as 0.
const UNKNOWN: f32 = -1e4;

/// A tensor with one row or column for each kind.
struct Table {
    name: &'static str,
    dim: usize,
    /// Rows or columns that stand before those of the kinds.
    before: usize,
    /// Those that stand after them.
    after: usize,
    /// What a new row or column is filled with.
    fill: f32,
}

const TABLES: [Table; 5] = [
    Table { name: "eye.kind.weight", dim: 0, before: 0, after: 1, fill: 0.0 },
    Table { name: "eye.kind.bias", dim: 0, before: 0, after: 1, fill: UNKNOWN },
    Table { name: "gaze.kind.weight", dim: 0, before: 0, after: 0, fill: 0.0 },
    Table { name: "gaze.kind.bias", dim: 0, before: 0, after: 0, fill: UNKNOWN },
    // Colours and whether one was seen; then three sides and three distances.
    Table { name: "dec.thing.weight", dim: 1, before: COLOURS.len() + 1, after: 6, fill: 0.0 },
];

/// Widens tensors to all of [`KINDS`].
///
/// # Errors
/// [`FileError::Kinds`] if a tensor has more kinds than there are.
pub(super) fn widen(tensors: &mut HashMap<String, Tensor>) -> std::result::Result<(), FileError> {
    for table in TABLES {
        let Some(tensor) = tensors.get_mut(table.name) else { continue };
        // A tensor of another form is an error of its part, which knows the shape it needs.
        let size = tensor.dims().get(table.dim).copied().unwrap_or(0);
        let Some(found) = size.checked_sub(table.before + table.after) else { continue };
        if found > KINDS.len() {
            return Err(FileError::Kinds { tensor: table.name.to_owned(), expected: KINDS.len(), found });
        }
        if found < KINDS.len() {
            *tensor = table.widened(tensor, found)?;
        }
    }
    Ok(())
}

impl Table {
    fn widened(&self, tensor: &Tensor, known: usize) -> Result<Tensor> {
        let mut shape = tensor.dims().to_vec();
        shape[self.dim] = KINDS.len() - known;
        let new = Tensor::full(self.fill, shape, &Device::Cpu)?;
        let start = tensor.narrow(self.dim, 0, self.before + known)?;
        let end = tensor.narrow(self.dim, self.before + known, self.after)?;
        Tensor::cat(&[start, new, end], self.dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::DType;

    fn widened(name: &str, tensor: Tensor) -> std::result::Result<Tensor, FileError> {
        let mut tensors = HashMap::from([(name.to_owned(), tensor)]);
        widen(&mut tensors).map(|()| tensors.remove(name).unwrap())
    }

    #[test]
    fn what_stands_after_the_kinds_stays_after_them() {
        // Two kinds, then "none".
        let bias = widened("eye.kind.bias", Tensor::new(&[1.0f32, 2.0, 3.0], &Device::Cpu).unwrap()).unwrap();
        let bias = bias.to_vec1::<f32>().unwrap();
        assert_eq!(bias.len(), KINDS.len() + 1, "all kinds and none");
        assert_eq!((&bias[..2], bias[2], bias[KINDS.len()]), (&[1.0f32, 2.0][..], UNKNOWN, 3.0), "known, unknown, none");

        let columns = COLOURS.len() + 1 + 2 + 6;
        let thing = Tensor::arange(0.0, columns as f32, &Device::Cpu).unwrap().reshape((1, columns)).unwrap();
        let thing = widened("dec.thing.weight", thing).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(thing.len(), COLOURS.len() + 1 + KINDS.len() + 6, "all kinds have a column");
        assert_eq!(thing.last(), Some(&(columns as f32 - 1.0)), "the farthest distance is still the last");
        assert_eq!(thing[COLOURS.len() + 3], 0.0, "a kind that the file does not know says nothing");
    }

    #[test]
    fn more_kinds_than_there_are_is_an_error() {
        let bias = Tensor::zeros(KINDS.len() + 1, DType::F32, &Device::Cpu).unwrap();
        let error = widened("gaze.kind.bias", bias).unwrap_err().to_string();
        let (expected, found) = (format!("at most {}", KINDS.len()), format!("found {}", KINDS.len() + 1));
        assert!(error.contains("gaze.kind.bias") && error.contains(&expected) && error.contains(&found), "it says: {error}");
        let odd = Tensor::zeros((1, 1, 1), DType::F32, &Device::Cpu).unwrap();
        assert_eq!(widened("dec.thing.weight", odd).unwrap().dims(), [1, 1, 1], "other forms are left to those who need them");
    }
}
