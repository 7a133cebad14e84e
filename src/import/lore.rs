//! A lorebook as a layer of lore: what an entry is about is a concept, its other keys are other names of it, and
//! its content becomes facts about it, sentence by sentence.

use super::book::{Book, Entry};
use super::macros::resolve;
use super::prose::{clean, parts, sentences};
use super::report::{Report, shown};
use super::shape::{Plain, after_name, being, plain, without_article, without_prefix};
use crate::knowledge::ConceptKey;
use std::collections::{BTreeMap, HashSet};

/// Subject, predicate, object.
pub(super) type Triple = [String; 3];

/// What stands between a thing and a sentence about it that has no plain shape.
pub(super) const DESCRIBED: &str = "is described thus:";
/// The longest object, in characters.
pub(super) const MAX_OBJECT: usize = 240;
/// The most that the facts of a book take in a file, in bytes: half of what a file of lore may.
const MAX_BYTES: usize = 1 << 19;

/// What goes into a file of lore.
#[derive(Default)]
pub(super) struct Draft {
    pub facts: Vec<Triple>,
    pub aliases: BTreeMap<String, Vec<String>>,
    seen: HashSet<String>,
    bytes: usize,
}

/// `character` is what `{{char}}` means.
pub(super) fn draft(book: &Book, character: &str, report: &mut Report) -> Draft {
    let mut draft = Draft::default();
    for entry in &book.entries {
        draft.add(entry, character, report);
    }
    draft
}

/// What an entry's sentences may be about.
struct About<'a> {
    /// Of the thing that the entry is about, the chief one first.
    names: &'a [String],
    character: &'a str,
    entry: &'a Entry,
}

impl Draft {
    fn add(&mut self, entry: &Entry, character: &str, report: &mut Report) {
        let Some(content) = without_decorators(&entry.content, &entry.place, report) else { return };
        let content = clean(&resolve(&content, character, &entry.place, report));
        if content.is_empty() {
            return report.left_out(&entry.place, "the entry says nothing");
        }
        let mut names = names(entry, character, report);
        let title = clean(&entry.title).replace('\n', " ");
        if names.is_empty() && !title.is_empty() {
            report.guessed(&entry.place, "no key names what it is about; its title was taken");
            names.push(with_small_article(&title.chars().take(MAX_OBJECT).collect::<String>()));
        }
        if names.is_empty() {
            return report.left_out(&entry.place, "neither a key nor a title names what it is about");
        }
        names[0] = spelled(&names[0], &title, &content);
        let about = About { names: &names, character, entry };
        self.say(&content, about, report);
        if names.len() > 1 && self.bytes < MAX_BYTES {
            let name = names.remove(0);
            self.bytes += names.iter().map(|name| size(name)).sum::<usize>();
            self.aliases.entry(name).or_default().extend(names);
        }
    }

    /// Adds what an entry says.
    fn say(&mut self, content: &str, about: About, report: &mut Report) {
        let About { names, character, entry } = about;
        // "It" is the thing only where the sentence before was about it.
        let mut was_about = false;
        for sentence in sentences(content) {
            let rest = after_name(sentence, names, was_about);
            was_about = rest.is_some();
            let short = |fact: &Plain| fact.object.chars().nth(MAX_OBJECT).is_none();
            if let Some(fact) = rest.and_then(|rest| plain(rest).or_else(|| being(rest))).filter(short) {
                self.push([&names[0], &fact.predicate, fact.object], entry, report);
            } else if let Some(fact) = after_name(sentence, &[character.to_owned()], false).and_then(plain) {
                self.push([character, &fact.predicate, fact.object], entry, report);
            } else {
                for part in parts(sentence, MAX_OBJECT) {
                    self.push([&names[0], DESCRIBED, part.trim_end_matches('.')], entry, report);
                }
            }
        }
    }

    fn push(&mut self, fact: [&str; 3], entry: &Entry, report: &mut Report) {
        let bytes: usize = fact.iter().map(|part| size(part)).sum();
        if self.bytes + bytes > MAX_BYTES {
            return report.left_out(&entry.place, format!("a file of lore takes {} KiB of facts", MAX_BYTES >> 10));
        }
        if self.seen.insert(fact.join("\0").to_lowercase()) {
            self.bytes += bytes;
            self.facts.push(fact.map(str::to_owned));
        }
    }
}

/// The keys, each thing's name once.
fn names(entry: &Entry, character: &str, report: &mut Report) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in &entry.keys {
        let name = clean(&resolve(key, character, &entry.place, report)).replace('\n', " ");
        if name.chars().nth(MAX_OBJECT).is_some() {
            report.left_out(format!("{}, key {}", entry.place, shown(key)), "the key is longer than any name");
        } else if !name.is_empty() && !names.iter().any(|other| ConceptKey::of(other) == ConceptKey::of(&name)) {
            names.push(name);
        }
    }
    names
}

/// Bytes that a text takes in a file.
fn size(text: &str) -> usize {
    super::write::quoted(text).len() + 8
}

/// The content without the lines that start with `@@`; None where they switch the entry off.
fn without_decorators(content: &str, place: &str, report: &mut Report) -> Option<String> {
    let (decorators, lines): (Vec<&str>, Vec<&str>) = content.lines().partition(|line| line.trim_start().starts_with("@@"));
    let name = |line: &str| line.trim_start().trim_start_matches('@').split_whitespace().next().unwrap_or_default().to_owned();
    let names: Vec<String> = decorators.iter().map(|line| name(line)).collect();
    if names.iter().any(|name| name == "dont_activate") && !names.iter().any(|name| name == "activate") {
        report.left_out(place, "the entry is switched off by @@dont_activate");
        return None;
    }
    for line in decorators {
        report.left_out(format!("{place}, {}", shown(line.trim())), "decorators say when and where a prompt holds an entry");
    }
    Some(lines.join("\n"))
}

/// "the Bog" for a title "The Bog".
fn with_small_article(title: &str) -> String {
    let name = without_article(title);
    title[..title.len() - name.len()].to_lowercase() + name
}

/// A key as the title or the content spells it: keys are often written without capitals and articles.
fn spelled(key: &str, title: &str, content: &str) -> String {
    if key.chars().any(char::is_uppercase) {
        return key.to_owned();
    }
    if ConceptKey::of(key) == ConceptKey::of(title) {
        return with_small_article(title);
    }
    let starts = content.char_indices().filter(|&(at, _)| !content[..at].ends_with(char::is_alphanumeric));
    let mut found = starts.filter_map(|(at, _)| {
        let rest = without_prefix(&content[at..], key)?;
        let spelling = &content[at..content.len() - rest.len()];
        (!rest.starts_with(char::is_alphanumeric)).then(|| (&content[..at], spelling))
    });
    let Some((before, spelling)) = found.next() else { return key.to_owned() };
    let has_article = before.to_lowercase().ends_with("the ");
    if has_article { format!("the {spelling}") } else { spelling.to_owned() }
}
