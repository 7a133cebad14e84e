use bevy::{platform::hash::PassHash, prelude::*};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{
    borrow::Borrow,
    collections::HashMap,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    sync::Arc,
};
use unicode_normalization_alignments::UnicodeNormalization;

/// The name of a thing that can be known about: a person, a place, an item, an idea, a relation.
///
/// Two concepts are equal when their names are, whatever the case, the spacing and a leading article:
/// `"the cellar key"` is `"Cellar Key"`. Accents count (`"Zoë"` is not `"Zoe"`; recall finds the one
/// by the other), but not how they are encoded. The name is kept as it was first written.
///
/// A concept is one pointer wide. Clones share the name, and so do the facts of one
/// [`Knowledge`](super::Knowledge) and of the lore behind it. It is saved as its name.
///
/// ```
/// use bevy_persona::knowledge::Concept;
///
/// let key = Concept::from("the cellar key");
/// assert_eq!(key, Concept::from("Cellar  Key"));
/// assert_eq!(key.name(), "the cellar key");
/// assert_eq!(key.len(), 14, "a concept reads as the text of its name");
/// ```
#[derive(Clone, Reflect)]
#[reflect(opaque)]
#[reflect(Clone, Debug, Hash, PartialEq, Serialize, Deserialize)]
pub struct Concept(Arc<Named>);

struct Named {
    key: ConceptKey,
    name: Box<str>,
}

/// Identifies a [`Concept`]; the same in every run, on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Reflect)]
pub struct ConceptKey(pub(super) u64);

/// A map by keys that are hashes already.
pub(super) type KeyMap<V> = HashMap<u64, V, PassHash>;

impl Concept {
    /// The concept of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let name = name.trim();
        Self(Arc::new(Named { key: ConceptKey::of(name), name: name.into() }))
    }

    /// The name, as it was first written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What identifies it.
    #[must_use]
    pub fn key(&self) -> ConceptKey {
        self.0.key
    }

    pub(super) fn id(&self) -> u64 {
        self.0.key.0
    }

    /// Whether both share one name in memory; for tests of sharing.
    #[cfg(test)]
    pub(super) fn shares(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl ConceptKey {
    /// The key of a name, without making a concept of it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let mut words = name.split_whitespace().peekable();
        if let Some(first) = words.peek()
            && is_article(first)
            && words.clone().nth(1).is_some()
        {
            words.next();
        }
        let mut hash = StableHash::default();
        for (place, word) in words.enumerate() {
            if place > 0 {
                hash.write(' ');
            }
            if word.is_ascii() {
                word.chars().for_each(|letter| hash.write(letter.to_ascii_lowercase()));
            } else {
                word.chars().flat_map(char::to_lowercase).nfd().for_each(|(letter, _)| hash.write(plain_apostrophe(letter)));
            }
        }
        Self(hash.finish())
    }
}

fn is_article(word: &str) -> bool {
    ["the", "a", "an"].iter().any(|article| word.eq_ignore_ascii_case(article))
}

pub(super) fn plain_apostrophe(letter: char) -> char {
    if matches!(letter, '\u{2019}' | '\u{02BC}' | '\u{2018}') { '\'' } else { letter }
}

/// A hash that never changes from one release to the next (64-bit FNV-1a, then mixed).
pub(super) struct StableHash(u64);

impl Default for StableHash {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl StableHash {
    pub(super) fn write(&mut self, letter: char) {
        let mut bytes = [0; 4];
        for byte in letter.encode_utf8(&mut bytes).bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    pub(super) fn finish(&self) -> u64 {
        mix(self.0)
    }
}

/// Spreads the bits of `value`.
pub(super) fn mix(mut value: u64) -> u64 {
    value ^= value >> 33;
    value = value.wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    value ^= value >> 33;
    value = value.wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    value ^ (value >> 33)
}

/// Joins two hashes; order matters.
pub(super) fn join(left: u64, right: u64) -> u64 {
    mix(left.rotate_left(23).wrapping_add(0x9E37_79B9_7F4A_7C15) ^ right)
}

impl PartialEq for Concept {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl Eq for Concept {}

impl PartialEq<str> for Concept {
    fn eq(&self, other: &str) -> bool {
        self.0.key == ConceptKey::of(other)
    }
}

impl PartialEq<&str> for Concept {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl Hash for Concept {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.id());
    }
}

impl Deref for Concept {
    type Target = str;

    fn deref(&self) -> &str {
        self.name()
    }
}

impl AsRef<str> for Concept {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl fmt::Display for Concept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl fmt::Debug for Concept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name(), formatter)
    }
}

impl Borrow<ConceptKey> for Concept {
    fn borrow(&self) -> &ConceptKey {
        &self.0.key
    }
}

impl From<&str> for Concept {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Concept {
    fn from(name: String) -> Self {
        Self::new(&name)
    }
}

impl From<&String> for Concept {
    fn from(name: &String) -> Self {
        Self::new(name)
    }
}

impl From<Arc<str>> for Concept {
    fn from(name: Arc<str>) -> Self {
        Self::new(&name)
    }
}

impl From<&Concept> for Concept {
    fn from(concept: &Concept) -> Self {
        concept.clone()
    }
}

impl From<Concept> for String {
    fn from(concept: Concept) -> Self {
        concept.name().to_owned()
    }
}

impl Serialize for Concept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Concept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_whatever_its_dress() {
        for other in ["Cellar Key", "  the   CELLAR key ", "a cellar key", "The Cellar Key"] {
            assert_eq!(Concept::from("the cellar key"), Concept::from(other), "{other:?} names the same thing");
        }
        for other in ["cellar keys", "cellarkey", "the", "key", ""] {
            assert_ne!(Concept::from("the cellar key"), Concept::from(other), "{other:?} names another thing");
        }
        assert_eq!(Concept::from("Rene\u{301}e"), Concept::from("RENÉE"), "the encoding of an accent does not matter");
        assert_ne!(Concept::from("Zoe"), Concept::from("Zoë"), "an accent does");
        assert_ne!(Concept::from("the"), Concept::from("a"), "a lone article is a name");
    }

    #[test]
    fn keys_never_change_between_runs() {
        assert_eq!(ConceptKey::of("the Gilded Oak"), ConceptKey(KEY_OF_GILDED_OAK), "saved games rest on this number");
    }

    const KEY_OF_GILDED_OAK: u64 = 3_645_941_843_996_682_536;

    #[test]
    fn is_saved_as_its_name() {
        let concept = Concept::from("the Gilded Oak");
        let text = ron::to_string(&concept).expect("a name can be written");
        assert_eq!(text, "\"the Gilded Oak\"", "a save holds names, so that people can read it");
        let back: Concept = ron::from_str(&text).expect("a name can be read");
        assert_eq!((back.name(), &back), (concept.name(), &concept), "and gives the same concept");
    }
}
