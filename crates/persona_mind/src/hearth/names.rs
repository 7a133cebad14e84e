//! Names in and out: a typed line becomes a line with slots.

use std::ops::Range;

/// A line in which names have become slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slotted {
    /// The line in lower case, with `{1}` to `{3}` for names, `{N}` for the character's own and `{Y}` for the speaker's.
    pub text: String,
    /// What `{1}`, `{2}` and `{3}` stand for: known concepts by their own name, unknown ones as typed.
    pub mentions: Vec<String>,
}

/// Names that may be mentioned.
#[derive(Clone, Debug, Default)]
pub struct Names {
    names: Vec<Name>,
}

#[derive(Clone, Debug)]
struct Name {
    words: Vec<String>,
    slot: Slot,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    Own,
    Speaker,
    Concept(String),
}

struct Word {
    span: Range<usize>,
    lower: String,
    capital: bool,
    starts_sentence: bool,
}

const MAX_MENTIONS: usize = 3;

impl Names {
    /// Names of the character, of the speaker and of all concepts of a brief.
    #[must_use]
    pub fn new<'a>(own: &str, speaker: &str, concepts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = Self::default();
        for (name, slot) in [(own, Slot::Own), (speaker, Slot::Speaker)] {
            names.add(name, slot);
        }
        for concept in concepts {
            names.add(concept, Slot::Concept(concept.to_owned()));
        }
        names.add_short_forms();
        // Longest first, so that "the Gilded Oak inn" is not taken for "the Gilded Oak".
        names.names.sort_by_key(|name| std::cmp::Reverse(name.words.len()));
        names
    }

    fn add(&mut self, name: &str, slot: Slot) {
        let words = key(name);
        if !words.is_empty() && !self.names.iter().any(|n| n.words == words) {
            self.names.push(Name { words, slot });
        }
    }

    /// "key" for "the cellar key" and "Marta" for "Marta Holt", where only one name has that word there.
    fn add_short_forms(&mut self) {
        let long: Vec<Name> = self.names.iter().filter(|n| n.words.len() > 1).cloned().collect();
        for name in &long {
            for word in [name.words.first(), name.words.last()].into_iter().flatten() {
                let shared = self.names.iter().filter(|n| n.words.contains(word)).count() > 1;
                if !shared && word.len() > 2 && !COMMON.contains(&word.as_str()) {
                    self.names.push(Name { words: vec![word.clone()], slot: name.slot.clone() });
                }
            }
        }
    }

    /// Puts slots for the names in a line.
    #[must_use]
    pub fn slotted(&self, line: &str) -> Slotted {
        self.replace(line, str::to_lowercase, |slot, mentions: &mut Vec<String>| match slot {
            Slot::Own => Some("{N}".to_owned()),
            Slot::Speaker => Some("{Y}".to_owned()),
            Slot::Concept(name) => number(mentions, &name),
        })
    }

    /// The text with `{name}` for every name, as history keeps it.
    #[must_use]
    pub fn anonymous(&self, line: &str) -> String {
        self.replace(line, str::to_owned, |_, _| Some("{name}".to_owned())).text
    }

    /// The known concepts that a text names, in order.
    #[must_use]
    pub fn concepts_in(&self, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.replace(text, str::to_owned, |slot, _| {
            if let Slot::Concept(name) = slot {
                found.push(name);
            }
            None
        });
        found
    }

    /// Replaces names by what `slot_text` gives, and what is between them by what `between` makes of it.
    fn replace(
        &self,
        line: &str,
        between: fn(&str) -> String,
        mut slot_text: impl FnMut(Slot, &mut Vec<String>) -> Option<String>,
    ) -> Slotted {
        let words = words(line);
        let shouting = !line.chars().any(char::is_lowercase);
        let mut slotted = Slotted::default();
        let (mut at, mut copied) = (0, 0);
        while at < words.len() {
            let article = usize::from(ARTICLES.contains(&words[at].lower.as_str()));
            let known = self.known_at(&words[at + article..]).map(|(n, slot)| (n + article, slot));
            let found = known.or_else(|| if shouting { None } else { unknown_at(line, &words[at..]) });
            let Some((count, slot)) = found else {
                at += 1;
                continue;
            };
            if let Some(text) = slot_text(slot, &mut slotted.mentions) {
                slotted.text += &between(&line[copied..words[at].span.start]);
                slotted.text += &text;
                copied = words[at + count - 1].span.end;
            }
            at += count;
        }
        slotted.text += &between(&line[copied..]);
        slotted
    }

    fn known_at(&self, words: &[Word]) -> Option<(usize, Slot)> {
        let fits = |name: &&Name| name.words.len() <= words.len() && name.words.iter().zip(words).all(|(n, w)| *n == w.lower);
        self.names.iter().find(fits).map(|name| (name.words.len(), name.slot.clone()))
    }
}

/// Words too common to stand for a longer name.
const COMMON: [&str; 16] =
    ["old", "big", "new", "the", "day", "way", "one", "all", "red", "from", "with", "you", "what", "who", "time", "good"];
const ARTICLES: [&str; 3] = ["the", "a", "an"];

/// Capitalised words inside a sentence are a name, if an unknown one.
fn unknown_at(line: &str, words: &[Word]) -> Option<(usize, Slot)> {
    let is_name = |w: &Word| w.capital && w.lower != "i" && !w.starts_sentence;
    let count = words.iter().take_while(|w| is_name(w)).take(3).count();
    let last = words.get(count.checked_sub(1)?)?;
    Some((count, Slot::Concept(line[words[0].span.start..last.span.end].to_owned())))
}

fn number(mentions: &mut Vec<String>, name: &str) -> Option<String> {
    let known = mentions.iter().position(|m| m == name);
    let index = known.or_else(|| {
        (mentions.len() < MAX_MENTIONS).then(|| {
            mentions.push(name.to_owned());
            mentions.len() - 1
        })
    })?;
    Some(format!("{{{}}}", index + 1))
}

/// The words of a name in lower case, without its article.
fn key(name: &str) -> Vec<String> {
    let mut words: Vec<String> = words(name).into_iter().map(|w| w.lower).collect();
    if words.len() > 1 && ARTICLES.contains(&words[0].as_str()) {
        words.remove(0);
    }
    words
}

/// The same name, whatever its article and case.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    key(a) == key(b)
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut starts_sentence = true;
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() || (c == '-' && start.is_some()) {
            start.get_or_insert(i);
            continue;
        }
        if let Some(from) = start.take() {
            let word = &text[from..i];
            let capital = word.chars().next().is_some_and(char::is_uppercase);
            words.push(Word { span: from..i, lower: word.to_lowercase(), capital, starts_sentence });
            starts_sentence = false;
        }
        starts_sentence |= matches!(c, '.' | '!' | '?' | ':' | '"');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, text: &str, mentions: &[&str]) {
        let names = Names::new("Marta", "Pip", ["the cellar key", "Tobin", "the Gilded Oak", "strong ale"]);
        let slotted = names.slotted(line);
        assert_eq!(slotted.text, text, "text of `{line}`");
        assert_eq!(slotted.mentions, mentions, "mentions of `{line}`");
    }

    #[test]
    fn known_names_become_slots_whatever_their_article_and_case() {
        check("Where is the Cellar Key?", "where is {1}?", &["the cellar key"]);
        check("is tobin's mother in the gilded oak", "is {1}'s mother in {2}", &["Tobin", "the Gilded Oak"]);
        check("Marta, Pip wants an ale", "{N}, {Y} wants {1}", &["strong ale"]);
        check("the key, the key!", "{1}, {1}!", &["the cellar key"]);
    }

    #[test]
    fn unknown_names_are_capitals_inside_a_sentence() {
        check("Who is Old Zarbo?", "who is {1}?", &["Old Zarbo"]);
        check("Nonsense! What do I know", "nonsense! what do i know", &[]);
        check("WHERE IS IT", "where is it", &[]);
    }

    #[test]
    fn history_keeps_no_names() {
        let names = Names::new("Marta", "Pip", ["Tobin"]);
        assert_eq!(names.anonymous("Tobin and Zed like Marta."), "{name} and {name} like {name}.");
        assert_eq!(names.concepts_in("I saw Tobin with a stranger"), ["Tobin"]);
    }
}
