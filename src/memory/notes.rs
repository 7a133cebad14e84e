//! What speakers say of themselves, read by rules.

use crate::knowledge::{Concept, Fact, Source};

/// Ways of saying something of oneself, with the relation it comes to.
const SAYINGS: &[(&str, &str)] = &[
    ("my name is", "is called"),
    ("my name's", "is called"),
    ("i am called", "is called"),
    ("i'm called", "is called"),
    ("they call me", "is called"),
    ("call me", "is called"),
    ("i am from", "comes from"),
    ("i'm from", "comes from"),
    ("i come from", "comes from"),
    ("i hail from", "comes from"),
    ("i was born in", "was born in"),
    ("i grew up in", "grew up in"),
    ("i live in", "lives in"),
    ("i live at", "lives at"),
    ("i live with", "lives with"),
    ("i work as", "works as"),
    ("i work for", "works for"),
    ("i work at", "works at"),
    ("i serve", "serves"),
    ("i own", "owns"),
    ("i am looking for", "is looking for"),
    ("i'm looking for", "is looking for"),
    ("i seek", "is looking for"),
    ("i'm searching for", "is looking for"),
    ("i am searching for", "is looking for"),
    ("i have lost", "has lost"),
    ("i've lost", "has lost"),
    ("i lost", "has lost"),
    ("i found", "has found"),
    ("i've found", "has found"),
    ("i am afraid of", "is afraid of"),
    ("i'm afraid of", "is afraid of"),
    ("i fear", "is afraid of"),
    ("i love", "loves"),
    ("i like", "likes"),
    ("i hate", "hates"),
    ("i can't stand", "hates"),
    ("i am married to", "is married to"),
    ("i'm married to", "is married to"),
    ("i promise to", "has promised to"),
    ("i swear to", "has promised to"),
    ("my favourite colour is", "likes the colour"),
    ("i am a", "is a"),
    ("i'm a", "is a"),
    ("i am an", "is an"),
    ("i'm an", "is an"),
    ("i am the", "is the"),
    ("i'm the", "is the"),
];

/// Whom or what one may have.
const OWN: &[&str] = &[
    "brother", "sister", "wife", "husband", "mother", "father", "son", "daughter", "friend", "master", "uncle", "aunt", "dog",
    "cat", "horse", "ship",
];

/// How sure a character is of what someone says of themselves.
const SURE: f32 = 0.7;
/// The most words of what is said.
const WORDS: usize = 8;
/// The most facts of one line.
const FACTS: usize = 4;

/// What a line says of its speaker. Questions, and what speaks of no one by these rules, say nothing.
pub(super) fn notes(speaker: &str, line: &str, now: f64) -> Vec<Fact> {
    let sentences = line.split_inclusive(['.', '!', '?', ';', '\n']).filter(|sentence| !sentence.ends_with('?'));
    let clauses = sentences.flat_map(|sentence| sentence.split([',', ':'])).flat_map(|clause| clause.split(" and "));
    let facts = clauses.filter_map(|clause| said(clause.trim()));
    facts
        .take(FACTS)
        .map(|(predicate, object)| {
            let told = Source::Told(Concept::from(speaker));
            Fact::new(speaker, predicate, object).with_source(told).with_confidence(SURE).at(now)
        })
        .collect()
}

fn said(clause: &str) -> Option<(String, String)> {
    let clause = clause.replace('\u{2019}', "'");
    // Lower case of these letters keeps the length, so that what follows can be taken as it was written.
    let plain = clause.to_ascii_lowercase();
    let plain = plain.as_str();
    let rest = |found: &str| clause.get(clause.len() - found.len()..);
    for (saying, predicate) in SAYINGS {
        let after = plain.split_once(saying).filter(|(before, _)| before.is_empty() || before.ends_with(' '));
        if let Some((_, after)) = after.filter(|(_, after)| after.starts_with(' ')) {
            return object(rest(after)?).map(|object| ((*predicate).to_owned(), object));
        }
    }
    let (_, after) = plain.split_once("my ").filter(|(before, _)| before.is_empty() || before.ends_with(' '))?;
    let (who, _) = after.split_once(' ')?;
    OWN.contains(&who).then_some(())?;
    let named =
        [" is called ", " is named ", "'s name is "].iter().find_map(|form| after.strip_prefix(who)?.strip_prefix(form))?;
    object(rest(named)?).map(|object| (format!("has a {who} called"), object))
}

/// What stands in the object's place, bounded; nothing where nothing is left, or where the speaker goes on to say otherwise.
fn object(text: &str) -> Option<String> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'' && c != '"');
    let words: Vec<&str> =
        text.split_whitespace().take_while(|word| !["but", "because", "so", "who", "which"].contains(word)).collect();
    let is_open = matches!(words.first(), None | Some(&("not" | "you" | "it" | "that" | "this" | "to" | "how" | "when")));
    (!is_open && words.len() <= WORDS).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_oneself_is_noted() {
        let noted = |line: &str| {
            let facts = notes("player", line, 5.0);
            facts.iter().map(|f| format!("{} {}", f.predicate, f.object)).collect::<Vec<_>>()
        };
        assert_eq!(noted("Hello, my name is Ilka and I come from Carrow."), ["is called Ilka", "comes from Carrow"]);
        assert_eq!(noted("I’m looking for the silver cup, have you seen it?"), Vec::<String>::new(), "a question as a whole");
        assert_eq!(noted("I'm looking for the silver cup. Have you seen it?"), ["is looking for the silver cup"]);
        assert_eq!(noted("my brother is called Old Bram"), ["has a brother called Old Bram"]);
        assert_eq!(noted("Well, I am a tinker but times are bad"), ["is a tinker"]);
        for nothing in ["I am not a thief.", "I like it.", "Who are you?", "", "   ", "İstanbul my name is", "I love you"] {
            assert_eq!(noted(nothing), Vec::<String>::new(), "{nothing:?} says nothing");
        }
    }

    #[test]
    fn any_line_is_read() {
        for line in ["İ am from İstanbul my name is İ", &"my dog is called x and ".repeat(5000), "my \u{0301}brother is called y"]
        {
            assert!(notes("player", line, 0.0).len() <= FACTS, "few facts of one line");
        }
    }
}
