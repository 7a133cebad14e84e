//! The words of Hearth: byte-level pieces of text, and special tokens for structure and slots.
//!
//! A slot is a token that stands for a name. The model never spells a name: it says `{S}`, and the mind
//! writes the name of the chosen fact's subject. So each name it utters is one the character knows.

use crate::brief::{Emotion, Register};
use std::collections::HashMap;
use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

/// Colours that the eye tells apart, in order of its output.
pub const COLOURS: [&str; 11] = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "grey", "black", "brown"];

/// Kinds of things that the eye tells apart, in order of its output.
///
/// New ones go to the end: model files refer to them by their number, and one made earlier knows the first of them.
/// None of them is a token.
pub const KINDS: [&str; 54] = [
    "barrel", "crate", "chest", "mug", "bottle", "candle", "lantern", "stool", "table", "book", "sword", "shield", "apple",
    "bucket", "pot", "ball", "vase", "banner", "ladder", "wheel", "person", "chair", "bed", "shelf", "lamp", "clock", "screen",
    "umbrella", "plant", "tree", "rock", "mushroom", "pumpkin", "bread", "cheese", "fish", "cat", "sack", "teapot", "hat",
    "boot", "crown", "helmet", "key", "anvil", "hammer", "axe", "bow", "bell", "lute", "skull", "globe", "robot", "canister",
];

/// The index of a person among [`KINDS`].
pub const PERSON: usize = 20;

/// How the character stands to the speaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Tone {
    /// Likes and trusts.
    Warm,
    /// Neither.
    Neutral,
    /// Dislikes or distrusts.
    Cold,
}

impl Tone {
    /// All tones.
    pub const ALL: [Self; 3] = [Self::Warm, Self::Neutral, Self::Cold];
}

/// Slots that stand for names in replies, lines and facts.
pub const SLOTS: [&str; 15] =
    ["{S}", "{O}", "{T}", "{A}", "{B}", "{D}", "{Y}", "{N}", "{R}", "{G}", "{1}", "{2}", "{3}", "{name}", "{thing}"];

/// Where a thing stands, as the reply says it.
pub const SIDES: [&str; 3] = ["on the left", "in the middle", "on the right"];

/// How far a thing is, as the reply says it.
pub const DISTANCES: [&str; 3] = ["close by", "a few steps off", "far off"];

/// All special tokens, in order of their ids, which start at 0.
///
/// `intents` are the ids of what a line can mean; they come from the training content and travel in the
/// model file.
#[must_use]
pub fn special_tokens(intents: &[String]) -> Vec<String> {
    let mut tokens: Vec<String> =
        ["<pad>", "<end>", "<you>", "<me>", "<fact>", "<sure>", "<unsure>", "<told>", "<guarded>", "<none>", "<short>", "<long>"]
            .map(String::from)
            .to_vec();
    tokens.extend(SLOTS.map(String::from));
    tokens.extend(Register::ALL.iter().map(|r| format!("<r:{}>", r.name())));
    tokens.extend(Tone::ALL.iter().map(|t| format!("<t:{t:?}>")));
    tokens.extend(Emotion::ALL.iter().map(|e| format!("<e:{}>", e.name())));
    tokens.extend(COLOURS.map(|c| format!("<c:{c}>")));
    tokens.extend(["left", "middle", "right"].map(|s| format!("<side:{s}>")));
    tokens.extend(["near", "mid", "far"].map(|d| format!("<dist:{d}>")));
    tokens.extend(intents.iter().map(|i| format!("<i:{i}>")));
    tokens
}

/// Tokenizer and special tokens together.
pub struct Vocab {
    text: tokenizers::Tokenizer,
    tokens: Vec<String>,
    ids: HashMap<String, u32>,
    specials: Vec<String>,
    intents: Vec<String>,
}

impl Vocab {
    /// A vocabulary of `tokens`, the first of which are [`special_tokens`] of these intents and the others byte-level
    /// pieces, joined by `merges` ("first second", best first).
    ///
    /// # Errors
    /// If the special tokens differ or a merge names an unknown piece.
    pub fn new(tokens: Vec<String>, merges: &[String], intents: &[String]) -> Result<Self, VocabError> {
        let specials = special_tokens(intents);
        if let Some((i, expected)) = specials.iter().enumerate().find(|(i, s)| tokens.get(*i) != Some(*s)) {
            let found = tokens.get(i).cloned().unwrap_or_default();
            return Err(VocabError::Special { index: i, expected: expected.clone(), found });
        }
        let pieces = tokens.iter().cloned().zip(0u32..).skip(specials.len()).collect::<tokenizers::models::bpe::Vocab>();
        let merges = merges
            .iter()
            .map(|m| m.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())).ok_or_else(|| VocabError::Merge(m.clone())))
            .collect::<Result<Vec<_>, _>>()?;
        let bpe = BPE::builder().vocab_and_merges(pieces, merges).build();
        let mut text = tokenizers::Tokenizer::new(bpe.map_err(|e| VocabError::Merge(e.to_string()))?);
        text.with_pre_tokenizer(Some(ByteLevel::new(false, true, true)));
        let ids = specials.iter().zip(0..).map(|(token, id)| (token.clone(), id)).collect();
        Ok(Self { text, tokens, ids, specials, intents: intents.to_vec() })
    }

    /// The id of a special token.
    ///
    /// # Panics
    /// If there is no such token: the names are constants of this crate.
    #[must_use]
    pub fn special(&self, token: &str) -> u32 {
        *self.ids.get(token).unwrap_or_else(|| panic!("`{token}` is a special token of Hearth"))
    }

    /// The special token with this id.
    #[must_use]
    pub fn special_name(&self, id: u32) -> Option<&str> {
        self.specials.get(id as usize).map(String::as_str)
    }

    /// The number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Never: there are always special tokens.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Ids of text that holds special tokens by name, such as `"{S} is under {O}."`.
    ///
    /// The blank before a slot belongs to the slot, so it is dropped; [`Speech`](super::speech::Speech) writes it
    /// again.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((token, id)) = self.special_at(rest) {
                ids.extend(self.plain(plain.strip_suffix(' ').unwrap_or(&plain)));
                plain.clear();
                ids.push(id);
                rest = &rest[token..];
            } else {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        ids.extend(self.plain(&plain));
        ids
    }

    /// Ids of text in which nothing is special.
    #[must_use]
    pub fn plain(&self, text: &str) -> Vec<u32> {
        self.text.encode(text, false).map(|e| e.get_ids().to_vec()).unwrap_or_default()
    }

    /// The bytes of an ordinary token; nothing for a special one.
    #[must_use]
    pub fn bytes(&self, id: u32) -> Vec<u8> {
        let token = self.tokens.get(id as usize).filter(|_| self.special_name(id).is_none());
        token.map(|t| t.chars().filter_map(byte_of).collect()).unwrap_or_default()
    }

    /// What a line can mean, in order of the reader's output.
    #[must_use]
    pub fn intents(&self) -> &[String] {
        &self.intents
    }

    /// All tokens, in order of their ids.
    #[must_use]
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    fn special_at(&self, text: &str) -> Option<(usize, u32)> {
        let close = match text.as_bytes().first()? {
            b'{' => '}',
            b'<' => '>',
            _ => return None,
        };
        let end = text.find(close)? + 1;
        self.ids.get(&text[..end]).map(|id| (end, *id))
    }
}

/// The byte that a character of a byte-level piece stands for: printable Latin-1 for itself, the others shifted
/// to 256 and on (Radford et al. 2019).
fn byte_of(c: char) -> Option<u8> {
    let code = c as u32;
    match code {
        33..=126 | 161..=172 | 174..=255 => Some(code as u8),
        256..=288 => Some((code - 256) as u8),
        289..=322 => Some((code - 289 + 127) as u8),
        323 => Some(173),
        _ => None,
    }
}

/// Why tokens are not a vocabulary of Hearth.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabError {
    /// A special token is missing or in the wrong place.
    #[error("token {index}: expected `{expected}`, found `{found}`")]
    Special {
        /// Its id.
        index: usize,
        /// The token expected.
        expected: String,
        /// The token found.
        found: String,
    },
    /// A merge does not join two known pieces.
    #[error("merge `{0}` does not join two known pieces")]
    Merge(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_character() {
        let mut bytes: Vec<u8> = (0..400).filter_map(char::from_u32).filter_map(byte_of).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>(), "the map covers each byte once");
    }

    #[test]
    fn slots_swallow_the_blank_before_them() {
        let mut tokens = special_tokens(&[]);
        tokens.extend((33u8..=126).map(|b| (b as char).to_string()).chain(["\u{120}".into()]));
        let vocab = Vocab::new(tokens, &[], &[]).unwrap();
        let ids = vocab.encode("is {S} in?");
        assert_eq!(ids[2], vocab.special("{S}"), "two letters, then the slot at once");
        assert_eq!(vocab.bytes(ids[3]), b" ", "the blank after it stays");
    }
}
