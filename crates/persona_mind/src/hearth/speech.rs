//! The model's tokens as spoken text: names for slots, colours inside names, blanks and capitals where they belong.

use super::vocab::{COLOURS, DISTANCES, SIDES, Vocab};
use std::collections::HashMap;

/// Turns tokens into text, one after the other.
pub struct Speech<'a> {
    vocab: &'a Vocab,
    names: &'a HashMap<String, String>,
    text: String,
    bytes: Vec<u8>,
    colour: Option<&'static str>,
    slots: Vec<String>,
}

impl<'a> Speech<'a> {
    /// Nothing said yet; `names` are what the slots stand for.
    #[must_use]
    pub fn new(vocab: &'a Vocab, names: &'a HashMap<String, String>) -> Self {
        Self { vocab, names, text: String::new(), bytes: Vec::new(), colour: None, slots: Vec::new() }
    }

    /// Says one more token.
    pub fn push(&mut self, id: u32) {
        match self.vocab.special_name(id) {
            None => {
                self.flush_colour();
                self.bytes.extend(self.vocab.bytes(id));
                self.flush_bytes();
            }
            Some(token) => {
                let token = token.to_owned();
                self.push_special(&token);
            }
        }
    }

    /// The slots spoken so far.
    #[must_use]
    pub fn slots(&self) -> &[String] {
        &self.slots
    }

    /// All that has been said.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.flush_colour();
        self.text.trim().to_owned()
    }

    fn push_special(&mut self, token: &str) {
        let inner = token.trim_matches(['<', '>']);
        if let Some(colour) = inner.strip_prefix("c:") {
            self.flush_colour();
            self.colour = COLOURS.into_iter().find(|c| *c == colour);
        } else if let Some(side) = inner.strip_prefix("side:") {
            let index = ["left", "middle", "right"].iter().position(|s| *s == side);
            self.word(SIDES[index.unwrap_or(1)]);
        } else if let Some(distance) = inner.strip_prefix("dist:") {
            let index = ["near", "mid", "far"].iter().position(|d| *d == distance);
            self.word(DISTANCES[index.unwrap_or(1)]);
        } else if let Some(name) = self.names.get(token) {
            self.slots.push(token.to_owned());
            let name = match self.colour.take() {
                Some(colour) => coloured(name, colour),
                None => name.clone(),
            };
            self.word(&name);
        }
    }

    fn flush_colour(&mut self) {
        if let Some(colour) = self.colour.take() {
            self.word(colour);
        }
    }

    /// A word of our own, with the blank and the capital it needs.
    fn word(&mut self, word: &str) {
        self.bytes.clear();
        let starts = self.text.trim_end().chars().next_back().is_none_or(|c| matches!(c, '.' | '!' | '?'));
        if self.text.chars().next_back().is_some_and(|c| !c.is_whitespace() && !matches!(c, '"' | '(' | '\'')) {
            self.text.push(' ');
        }
        if starts { self.text += &capital(word) } else { self.text += word }
    }

    fn flush_bytes(&mut self) {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => {
                self.text += text;
                self.bytes.clear();
            }
            // A character of several tokens: wait for the rest, but not for ever.
            Err(error) if error.error_len().is_none() && self.bytes.len() < 4 => {}
            Err(_) => self.bytes.clear(),
        }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// "the barrel" and red make "the red barrel"; a proper name stays as it is.
fn coloured(name: &str, colour: &str) -> String {
    match name.split_once(' ') {
        Some((article @ ("a" | "an"), rest)) => {
            let vowel = colour.starts_with(['a', 'e', 'i', 'o', 'u']);
            let article = if article.len() > 2 {
                article
            } else if vowel {
                "an"
            } else {
                "a"
            };
            format!("{article} {colour} {rest}")
        }
        Some((article, rest))
            if ["the", "your", "my", "his", "her", "our", "their"].contains(&article.to_lowercase().as_str()) =>
        {
            format!("{article} {colour} {rest}")
        }
        _ if name.starts_with(char::is_lowercase) => format!("{colour} {name}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hearth::vocab::special_tokens;

    #[track_caller]
    fn check(tokens: &str, text: &str) {
        let mut all = special_tokens(&[]);
        all.extend((33u8..=126).map(|b| (b as char).to_string()).chain(["\u{120}".into()]));
        let vocab = Vocab::new(all, &[], &[]).expect("letters are a vocabulary");
        let names = [("{A}", "the barrel"), ("{B}", "a mug"), ("{S}", "the cellar key"), ("{T}", "Tobin")];
        let names = names.map(|(slot, name)| (slot.to_owned(), name.to_owned())).into();
        let mut speech = Speech::new(&vocab, &names);
        vocab.encode(tokens).into_iter().for_each(|id| speech.push(id));
        assert_eq!(speech.finish(), text);
    }

    #[test]
    fn names_colours_and_places_are_written_out() {
        check("I see <c:red>{A} and <c:orange>{B}.", "I see the red barrel and an orange mug.");
        check("{S} is here. {S}'s mine", "The cellar key is here. The cellar key's mine");
        check("It is <c:blue>, and <side:left>.", "It is blue, and on the left.");
        check("<c:red>{T} told me", "Tobin told me");
    }
}
