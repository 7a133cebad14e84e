//! What texts mean, as far as recall needs it: whether a line and a relation's words speak of the same.

use crate::engine::encoder::Encoder;
use crate::hearth::file::{FileError, ModelFile};
use crate::hearth::net::{Init, ParamSource};
use crate::hearth::reader::{PART_SCALE, TextBatch};
use crate::hearth::words::{PARTS, Word, words};
use crate::hearth::{SPEAKER_BLOCK, reader_config};
use candle_core::{DType, Result};
use half::f16;
use half::slice::HalfFloatSliceExt;

/// Compares what lines ask for with what relations say.
///
/// A line and a relation are each made a vector, and vectors are compared, so that each text is read once.
pub trait Meaning: Send + Sync {
    /// The vector of a line that was said.
    fn line(&self, text: &str) -> Vec<f32>;

    /// The vector of a relation's words, such as "is married to": places in the line's vector, rising, and numbers.
    fn relation(&self, words: &str) -> Vec<(u32, f32)>;

    /// How much a line and a relation agree, 0..=1: the product of their vectors.
    fn agreement(&self, line: &[f32], relation: &[(u32, f32)]) -> f32 {
        product(line, relation)
    }
}

fn product(line: &[f32], relation: &[(u32, f32)]) -> f32 {
    relation.iter().map(|(at, share)| line.get(*at as usize).map_or(0.0, |x| x * share)).sum()
}

/// Agreement is the square of the cosine, since texts that have nothing in common have still some. A text takes some
/// milliseconds. What cannot be read agrees with nothing.
impl Meaning for Encoder {
    fn line(&self, text: &str) -> Vec<f32> {
        self.embed(text).unwrap_or_default()
    }

    fn relation(&self, words: &str) -> Vec<(u32, f32)> {
        (0..).zip(self.line(words)).collect()
    }

    fn agreement(&self, line: &[f32], relation: &[(u32, f32)]) -> f32 {
        product(line, relation).max(0.0).powi(2)
    }
}

/// What words mean by themselves, as Hearth's reader has learned it; a line takes some 30 microseconds.
///
/// A text becomes its shares of all relations that Hearth was taught, in whatever words: "You got a wife?" and "is married to"
/// have most of theirs at the same one.
pub struct Lexicon {
    /// `[PARTS, dim]`, in halves since it is large.
    parts: Vec<f16>,
    /// `[bank, dim]` each: from the mean of a text's words to its nearness to each relation.
    asked: Vec<f32>,
    meant: Vec<f32>,
    dim: usize,
}

/// Shares below this say nothing.
const LEAST_SHARE: f32 = 4e-3;

impl Lexicon {
    /// The lexicon of the weights that are in this library.
    ///
    /// # Errors
    /// [`FileError`] if the weights do not fit this version, which a test rules out.
    #[cfg(feature = "builtin")]
    pub fn builtin() -> std::result::Result<Self, FileError> {
        Self::new(&ModelFile::read(std::io::Cursor::new(crate::hearth::BUILTIN))?)
    }

    /// The lexicon of a model file of Hearth's.
    ///
    /// # Errors
    /// [`FileError`], naming the tensor at fault.
    pub fn new(file: &ModelFile) -> std::result::Result<Self, FileError> {
        let (wide, dim) = (SPEAKER_BLOCK.dim, reader_config(0, 0).part_dim);
        let param = |name: &str, shape: [usize; 2]| file.param(&format!("reader.{name}.weight"), &shape, Init::Const(0.0));
        let parts = param("parts", [PARTS, dim])?.to_dtype(DType::F16)?.flatten_all()?.to_vec1()?;
        let word = param("word", [wide, dim])?;
        let bank = (param("bank", [file.bank(), dim])? * (wide as f64).powf(-0.5))?;
        let nearness = |name: &str| -> Result<Vec<f32>> {
            let of_word = param(name, [wide, wide])?.matmul(&word)?;
            // The bank compares the first numbers only.
            bank.matmul(&of_word.narrow(0, 0, dim)?.contiguous()?)?.flatten_all()?.to_vec1()
        };
        Ok(Self { parts, asked: nearness("question")?, meant: nearness("relation")?, dim })
    }

    /// The shares of all relations in a text.
    fn shares(&self, text: &str, nearness: &[f32]) -> Vec<f32> {
        let mean = self.mean(&words(text));
        let mut shares: Vec<f32> = nearness.chunks_exact(self.dim).map(|row| dot(row, &mean)).collect();
        let most = shares.iter().copied().fold(f32::MIN, f32::max);
        shares.iter_mut().for_each(|x| *x = (*x - most).exp());
        let sum: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|x| *x /= sum);
        shares
    }

    /// As [`Reader::gist`](crate::hearth::reader::Reader::gist), before it is widened.
    fn mean(&self, words: &[Word]) -> Vec<f32> {
        let words = &words[..words.len().min(TextBatch::MOST_WORDS)];
        let mut mean = vec![0.0; self.dim];
        let mut row = vec![0.0; self.dim];
        for word in words {
            let share = PART_SCALE * (word.len().max(1) as f32).powf(-0.5) / words.len() as f32;
            for part in word {
                self.parts[*part as usize * self.dim..][..self.dim].convert_to_f32_slice(&mut row);
                mean.iter_mut().zip(&row).for_each(|(m, x)| *m += share * x);
            }
        }
        mean
    }
}

impl Meaning for Lexicon {
    fn line(&self, text: &str) -> Vec<f32> {
        self.shares(text, &self.asked)
    }

    fn relation(&self, words: &str) -> Vec<(u32, f32)> {
        let shares = self.shares(words, &self.meant);
        (0..).zip(shares).filter(|(_, share)| *share >= LEAST_SHARE).collect()
    }
}

impl std::fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lexicon").field("dim", &self.dim).field("relations", &(self.asked.len() / self.dim)).finish()
    }
}

/// In eight sums, so that the compiler can take them at once.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(all(test, feature = "builtin"))]
mod tests {
    use super::*;

    #[test]
    fn other_words_for_the_same_agree() {
        let lexicon = Lexicon::builtin().expect("the built-in weights are sound");
        for (line, right, wrong) in [
            ("You got a wife, smith?", "is married to", "works at"),
            ("Where do you earn your keep?", "works at", "is married to"),
            ("Who do you owe coin to?", "owes money to", "is afraid of"),
        ] {
            let line_vector = lexicon.line(line);
            let [right, wrong] = [right, wrong].map(|words| lexicon.agreement(&line_vector, &lexicon.relation(words)));
            assert!(right > 3.0 * wrong, "{line}: {right} for the right relation, {wrong} for another");
        }
    }

    #[test]
    fn any_text_has_shares() {
        let lexicon = Lexicon::builtin().expect("the built-in weights are sound");
        for text in ["", "???", "x", &"word ".repeat(10_000), "\u{0}é̂"] {
            let sum: f32 = lexicon.line(text).iter().sum();
            assert!((sum - 1.0).abs() < 1e-3, "shares of {text:.9} sum up to {sum}");
        }
    }
}
