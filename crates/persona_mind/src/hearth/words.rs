//! Text as the reader sees it: words, each as the parts it is made of.
//!
//! A word is the sum of what stands for the whole word, for its runs of three and four letters, and for the pair it makes
//! with the word before (Bojanowski et al. 2017, arXiv 1607.04606). So "hsuband" is near "husband", and a word that
//! was never seen is near those that are spelled like it. Parts are numbered by hashing, so there is no table of words.

use super::vocab::SLOTS;

/// How many numbers there are for parts; 0 stands for nothing.
pub const PARTS: usize = 1 << 15;

/// The most parts of one word.
pub const MOST_PARTS: usize = 20;

/// A word: the numbers of its parts, at most [`MOST_PARTS`].
pub type Word = Vec<u32>;

/// The words of a text, in lower case; a slot such as `{1}` is a word of its own, and so is a question mark.
///
/// ```
/// use persona_mind::hearth::words::words;
/// assert_eq!(words("Who's {S}?").len(), 3, "who's, the slot, the question mark");
/// assert!(words("...").is_empty());
/// ```
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut before = "";
    let text = text.to_lowercase();
    split(&text)
        .map(|word| {
            let parts = parts(word, before);
            before = word;
            parts
        })
        .collect()
}

/// Pieces that are words: runs of letters, digits and apostrophes; slots; question marks.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !is_letter(c) && c != '?' && c != '{');
        let first = rest.chars().next()?;
        let slot = SLOTS.iter().find(|s| rest.get(..s.len()).is_some_and(|start| start.eq_ignore_ascii_case(s)));
        let end = match slot {
            Some(slot) => slot.len(),
            None if is_letter(first) => rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len()),
            None => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
    .filter(|word| *word != "{")
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '\''
}

fn parts(word: &str, before: &str) -> Word {
    let mut parts = vec![number(word, "", 1)];
    if !before.is_empty() {
        parts.push(number(before, word, 2));
    }
    if word.starts_with('{') || word == "?" {
        return parts;
    }
    let bounded: Vec<char> = std::iter::once('<').chain(word.chars()).chain(std::iter::once('>')).collect();
    for size in [3, 4] {
        for run in bounded.windows(size) {
            let run: String = run.iter().collect();
            parts.push(number(&run, "", 3));
        }
    }
    parts.truncate(MOST_PARTS);
    parts
}

/// FNV-1a (Fowler, Noll and Vo), folded into the range of parts; never 0.
fn number(a: &str, b: &str, kind: u8) -> u32 {
    let bytes = std::iter::once(kind).chain(a.bytes()).chain(std::iter::once(0)).chain(b.bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (1 + (hash ^ (hash >> 29)) % (PARTS as u64 - 1)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_and_question_marks_are_words() {
        let found: Vec<&str> = split("where does {s}'s wife,  {1} live?").collect();
        assert_eq!(found, ["where", "does", "{s}", "'s", "wife", "{1}", "live", "?"]);
        assert_eq!(split("{what} ¿qué?").collect::<Vec<_>>(), ["what", "qué", "?"], "an unknown slot is a plain word");
    }

    #[test]
    fn a_misspelt_word_shares_parts_with_the_right_one() {
        let shared = |a: &str, b: &str| {
            let (a, b) = (words(a).remove(0), words(b).remove(0));
            a.iter().filter(|part| b.contains(part)).count()
        };
        assert!(shared("husband", "husbandd") >= 8, "one letter too many leaves most parts");
        assert_eq!(shared("husband", "goat"), 0, "other words share nothing");
    }

    #[test]
    fn any_text_is_taken() {
        for text in ["", "{", "{{{1}", "é̂'", "\u{0}\u{fffd}", &"x".repeat(100_000)] {
            for word in words(text) {
                assert!((1..=MOST_PARTS).contains(&word.len()), "parts of a word of {text:.9}");
                assert!(word.iter().all(|part| (1..PARTS as u32).contains(part)), "numbers of parts of {text:.9}");
            }
        }
    }
}
