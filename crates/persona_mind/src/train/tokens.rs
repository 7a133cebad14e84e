//! The vocabulary, learned from the generator's own text.

use super::content::Content;
use super::sample::Generator;
use crate::hearth::file::ModelFile;
use crate::hearth::vocab::{Vocab, VocabError, special_tokens};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::HashMap;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{PreTokenizer, Trainer};

/// Learned pieces: tokens in order of ids, and merges, best first.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pieces {
    /// Special tokens, then byte-level pieces.
    pub tokens: Vec<String>,
    /// "first second".
    pub merges: Vec<String>,
    /// What a line can mean.
    pub intents: Vec<String>,
}

impl From<&ModelFile> for Pieces {
    fn from(model: &ModelFile) -> Self {
        let vocab = &model.vocab;
        Self { tokens: vocab.tokens().to_vec(), merges: model.merges.clone(), intents: vocab.intents().to_vec() }
    }
}

impl Pieces {
    /// Learns about `size` tokens from `samples` samples of the generator.
    ///
    /// # Errors
    /// If the text is too short to learn from.
    pub fn learn(content: &Content, size: usize, samples: usize) -> Result<Self, tokenizers::Error> {
        let intents = content.intent_ids();
        let specials = special_tokens(&intents);
        let mut words: HashMap<String, u64> = HashMap::new();
        let level = ByteLevel::new(false, true, true);
        for text in corpus(content, samples) {
            let mut pretokenized = tokenizers::PreTokenizedString::from(text.as_str());
            level.pre_tokenize(&mut pretokenized)?;
            for (word, ..) in pretokenized.get_splits(tokenizers::OffsetReferential::Original, tokenizers::OffsetType::Byte) {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
        let mut trainer = BpeTrainer::builder()
            .vocab_size(size - specials.len())
            .min_frequency(3)
            .show_progress(false)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .build();
        trainer.feed(words.iter().flat_map(|(word, n)| std::iter::repeat_n(word.as_str(), (*n).min(1000) as usize)), |word| {
            Ok(vec![word.to_owned()])
        })?;
        let mut bpe = BPE::default();
        trainer.train(&mut bpe)?;
        let pieces: serde_json::Value = serde_json::to_value(&bpe)?;
        let mut vocab: Vec<(String, u64)> =
            pieces["vocab"].as_object().into_iter().flatten().filter_map(|(t, id)| Some((t.clone(), id.as_u64()?))).collect();
        vocab.sort_by_key(|(_, id)| *id);
        let merges = pieces["merges"].as_array().into_iter().flatten().filter_map(merge).collect();
        let tokens = specials.into_iter().chain(vocab.into_iter().map(|(token, _)| token)).collect();
        Ok(Self { tokens, merges, intents })
    }

    /// The vocabulary of these pieces.
    ///
    /// # Errors
    /// As [`Vocab::new`].
    pub fn vocab(&self) -> Result<Vocab, VocabError> {
        Vocab::new(self.tokens.clone(), &self.merges, &self.intents)
    }
}

fn merge(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(text) => Some(text.clone()),
        serde_json::Value::Array(pair) => Some(format!("{} {}", pair.first()?.as_str()?, pair.get(1)?.as_str()?)),
        _ => None,
    }
}

/// Plain text of samples, without slots.
fn corpus(content: &Content, samples: usize) -> Vec<String> {
    let generator = Generator::new(content, false);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut texts = Vec::new();
    for _ in 0..samples {
        let sample = generator.sample(&mut rng);
        let predicates = sample.facts.iter().map(|f| format!(" {}", f.predicate));
        for text in predicates.chain([sample.line, sample.reply]).chain(sample.actions) {
            texts
                .extend(text.split(['{', '<']).map(|part| part.split_once(['}', '>']).map_or(part, |(_, rest)| rest).to_owned()));
        }
    }
    texts
}
