//! Texts as words: split, folded and stemmed, for recall.

mod stem;

use super::concept::{StableHash, join, plain_apostrophe};
use stem::{root, stem};
use unicode_normalization_alignments::UnicodeNormalization;

/// How much a word says of what a text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word of substance.
    Content,
    /// A small word that still tells relations apart, such as "from" or "under".
    Light,
    /// A word that says nothing of the subject, such as "the" or "who".
    Stop,
}

/// A word of a text.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    /// Folded, not stemmed.
    pub text: String,
    /// Identifies the stem.
    pub stem: u64,
    /// Identifies what the stem derives from: "own" of "owner".
    pub root: Option<u64>,
    /// How much it says.
    pub kind: Kind,
    /// Written with a capital inside a sentence, as names are.
    pub is_proper: bool,
}

/// The first words of `text`, `limit` at most; reads no further than it must.
pub(crate) fn words(text: &str, limit: usize) -> Vec<Word> {
    let mut reader = Reader { words: Vec::new(), word: String::new(), limit, starts: true, ..Default::default() };
    for letter in text.chars() {
        if reader.words.len() >= limit {
            break;
        }
        reader.read(letter);
    }
    reader.end_word();
    reader.words.truncate(limit);
    reader.words
}

/// Identifies a run of words as a phrase; a leading article does not count.
pub(super) fn phrase(words: &[Word]) -> Option<u64> {
    let first = usize::from(words.len() > 1 && matches!(words[0].text.as_str(), "the" | "a" | "an"));
    words[first..].iter().map(|word| word.stem).reduce(join)
}

/// The longest word that is told apart by all its letters.
const LONGEST_WORD: usize = 64;

#[derive(Default)]
struct Reader {
    words: Vec<Word>,
    word: String,
    limit: usize,
    /// Whether the next word starts a sentence.
    starts: bool,
    is_capital: bool,
    /// Whether an apostrophe stands before this word, as in "don't".
    is_clipped: bool,
}

impl Reader {
    fn read(&mut self, letter: char) {
        let letter = plain_apostrophe(letter);
        if is_mark(letter) {
            return;
        }
        if !letter.is_alphanumeric() {
            self.end_word();
            self.is_clipped = letter == '\'' && self.words.last().is_some_and(|last| last.text.len() > 1 || last.text == "i");
            self.starts |= matches!(letter, '.' | '!' | '?' | ':' | '\n' | '"');
            return;
        }
        if stands_alone(letter) {
            self.end_word();
        }
        if self.word.is_empty() {
            self.is_capital = letter.is_uppercase();
        }
        if self.word.len() < LONGEST_WORD {
            fold(letter, &mut self.word);
        }
        if stands_alone(letter) {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() || self.words.len() >= self.limit {
            self.word.clear();
            return;
        }
        let text = std::mem::take(&mut self.word);
        let is_clipped = std::mem::take(&mut self.is_clipped);
        if is_clipped && matches!(text.as_str(), "s" | "t" | "re" | "ve" | "ll" | "d" | "m") {
            // "don't": what stands before the apostrophe says nothing either.
            if text == "t"
                && let Some(last) = self.words.last_mut()
            {
                last.kind = Kind::Stop;
            }
            return;
        }
        let mut stemmed = text.clone();
        stem(&mut stemmed);
        let is_proper = self.is_capital && !self.starts;
        self.starts = false;
        self.words.push(Word {
            stem: hash(&stemmed),
            root: root(&stemmed).map(|root| hash(&root)),
            kind: kind(&text),
            is_proper,
            text,
        });
    }
}

pub(super) fn hash(word: &str) -> u64 {
    let mut hash = StableHash::default();
    word.chars().for_each(|letter| hash.write(letter));
    hash.finish()
}

fn is_mark(letter: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&letter)
}

/// Scripts without spaces: each sign is taken as a word, and phrases do the rest.
fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Lower case without accents.
fn fold(letter: char, into: &mut String) {
    if letter.is_ascii() {
        into.push(letter.to_ascii_lowercase());
        return;
    }
    for lower in letter.to_lowercase().nfd().map(|(lower, _)| lower).filter(|&lower| !is_mark(lower)) {
        match lower {
            'ø' => into.push('o'),
            'ł' => into.push('l'),
            'đ' | 'ð' => into.push('d'),
            'ħ' => into.push('h'),
            'ı' => into.push('i'),
            'ß' => into.push_str("ss"),
            'æ' => into.push_str("ae"),
            'œ' => into.push_str("oe"),
            'þ' => into.push_str("th"),
            other => into.push(other),
        }
    }
}

fn kind(word: &str) -> Kind {
    match word {
        "the" | "a" | "an" | "and" | "or" | "but" | "if" | "so" | "then" | "than" | "as" | "of" | "to" | "about" | "is"
        | "are" | "am" | "was" | "were" | "be" | "been" | "being" | "do" | "does" | "did" | "done" | "doing" | "has" | "have"
        | "had" | "having" | "can" | "could" | "will" | "would" | "shall" | "should" | "may" | "might" | "must" | "ain"
        | "isn" | "don" | "didn" | "doesn" | "i" | "me" | "my" | "mine" | "myself" | "we" | "us" | "our" | "ours" | "you"
        | "your" | "yours" | "yourself" | "ye" | "thou" | "thee" | "thy" | "he" | "him" | "his" | "she" | "her" | "hers"
        | "it" | "its" | "they" | "them" | "their" | "theirs" | "this" | "that" | "these" | "those" | "there" | "here"
        | "who" | "whom" | "whose" | "what" | "which" | "where" | "when" | "why" | "how" | "all" | "any" | "some" | "no"
        | "not" | "yes" | "nor" | "only" | "just" | "too" | "very" | "also" | "please" | "tell" | "say" | "said" | "know"
        | "think" | "let" | "got" | "get" | "well" | "ok" | "okay" | "oh" | "hello" | "hi" | "hey" | "thing" | "things"
        | "something" | "anything" | "someone" | "anyone" | "much" | "many" | "now" => Kind::Stop,
        "from" | "in" | "on" | "at" | "by" | "with" | "for" | "under" | "over" | "behind" | "beside" | "near" | "inside"
        | "into" | "onto" | "out" | "up" | "down" | "through" | "between" | "before" | "after" | "since" | "without"
        | "against" | "off" | "above" | "below" | "beneath" => Kind::Light,
        _ => Kind::Content,
    }
}

/// Whether a word of a relation speaks of a place, so that it answers "where".
pub(super) fn is_of_place(word: &str) -> bool {
    matches!(
        word,
        "in" | "on"
            | "at"
            | "under"
            | "behind"
            | "beside"
            | "near"
            | "inside"
            | "above"
            | "below"
            | "beneath"
            | "between"
            | "beyond"
            | "lives"
            | "hidden"
            | "kept"
            | "stands"
            | "lies"
            | "hangs"
            | "north"
            | "south"
            | "east"
            | "west"
            | "located"
            | "stays"
            | "sleeps"
            | "dwells"
            | "went"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text, 100).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn splits_and_folds() {
        assert_eq!(texts("Where's Tobin's KEY, Marta?"), ["where", "tobin", "key", "marta"], "endings after ' go");
        assert_eq!(texts("Zoë’s café, ŁÓDŹ and Þórr"), ["zoe", "cafe", "lodz", "and", "thorr"], "accents go");
        assert_eq!(texts("cafe\u{301}"), ["cafe"], "accents go however they are encoded");
        assert_eq!(texts("D'Artagnan"), ["d", "artagnan"], "a name keeps what stands after '");
        assert_eq!(texts("東京 the 鍵"), ["東", "京", "the", "鍵"], "signs stand alone");
        assert_eq!(texts(" ... '' \u{0} "), [""; 0], "no words in signs");
    }

    #[test]
    fn a_negation_says_nothing() {
        let kinds: Vec<_> = words("I don't sell wine, I won't", 20).iter().map(|word| word.kind).collect();
        let expected = [Kind::Stop, Kind::Stop, Kind::Content, Kind::Content, Kind::Stop, Kind::Stop];
        assert_eq!(kinds, expected, "\"don\" and \"won\" are no words of substance");
    }

    #[test]
    fn names_have_capitals_inside_a_sentence() {
        let proper: Vec<_> =
            words("Will you? Ask Will. May I", 20).into_iter().filter(|word| word.is_proper).map(|word| word.text).collect();
        assert_eq!(proper, ["will", "i"], "only the second Will is written as a name");
    }

    #[test]
    fn reads_no_more_than_asked() {
        let endless = "word ".repeat(200_000);
        assert_eq!(words(&endless, 10).len(), 10, "ten words were asked for");
        assert_eq!(words(&"x".repeat(1 << 20), 10)[0].text.len(), LONGEST_WORD, "a word is bounded too");
    }

    #[test]
    fn phrases_skip_articles_and_number() {
        let of = |text| phrase(&words(text, 10));
        assert_eq!(of("the cellar key"), of("Cellar Keys"), "the same thing is meant");
        assert_ne!(of("cellar key"), of("key cellar"), "order counts");
        assert_eq!(of(""), None, "no words, no phrase");
        assert!(of("the").is_some(), "a lone article is a phrase");
    }
}
