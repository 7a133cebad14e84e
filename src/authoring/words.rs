//! What is known, in an author's words.

use super::step::Triple;
use crate::clock::GameClock;
use crate::knowledge::{Belief, Fact, Knowledge, Source};

/// How a fact was learned: "told by Kessa", "was there".
#[must_use]
pub fn source_in_words(source: &Source) -> String {
    match source {
        Source::Authored => "authored".into(),
        Source::Witnessed => "was there".into(),
        Source::Told(teller) => format!("told by {teller}"),
        Source::Inferred => "concluded".into(),
        Source::Seen => "seen".into(),
    }
}

/// All that is special about a fact: "told by Kessa yesterday, sureness 0.64, doubted".
#[must_use]
pub fn how_known(fact: &Fact, clock: &GameClock) -> String {
    let mut how = source_in_words(&fact.source);
    if fact.source.is_lived() {
        how = format!("{how} {}", clock.since(fact.learned_at));
    }
    if fact.confidence < 1.0 {
        how = format!("{how}, sureness {:.2}", fact.confidence);
    }
    if let Some(until) = fact.until {
        how = format!("{how}, no longer so since {}", clock.since(until));
    }
    match fact.belief {
        Belief::Held => how,
        Belief::Doubted => format!("{how}, doubted"),
        Belief::Untrue => format!("{how}, a lie"),
    }
}

/// A fact as a sentence without a full stop.
pub(super) fn sentence([subject, predicate, object]: &Triple) -> String {
    format!("{subject} {predicate} {object}")
}

/// The most facts that a failure lists.
const LISTED: usize = 4;

/// What a character knows instead of a fact, for the message of a failure.
pub(super) fn instead(knowledge: &Knowledge, [subject, _, object]: &Triple, clock: &GameClock) -> String {
    let mut about = knowledge.about(subject);
    about.extend(knowledge.about(object).into_iter().filter(|fact| fact.subject.name() != subject));
    if about.is_empty() {
        return format!("nothing known of {subject} or {object}");
    }
    let shown: Vec<String> = about
        .iter()
        .take(LISTED)
        .map(|fact| format!("{} {} {} ({})", fact.subject, fact.predicate, fact.object, how_known(fact, clock)))
        .collect();
    let more = about.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("known are: {}{more}", shown.join("; "))
}

/// Whether a text contains a phrase, whatever the case and the kind of apostrophe.
pub(super) fn contains(text: &str, phrase: &str) -> bool {
    plain(text).contains(&plain(phrase))
}

/// Whether a text names a concept: its words as whole words, without a leading article.
pub(super) fn names(text: &str, name: &str) -> bool {
    let words = |text: &str| {
        let text = plain(text);
        text.split(|c: char| !c.is_alphanumeric() && c != '\'')
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (text, mut name) = (words(text), words(name));
    if name.len() > 1 && ["the", "a", "an"].contains(&name[0].as_str()) {
        name.remove(0);
    }
    !name.is_empty() && text.windows(name.len()).any(|window| window == name)
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace(['\u{2019}', '\u{2018}'], "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_whole_words() {
        assert!(names("Under the THIRD step, love.", "the third step"), "whatever the case and the article");
        assert!(names("By the mayor\u{2019}s men.", "the mayor's men"), "with any apostrophe");
        assert!(!names("He will.", "ill"), "not inside other words");
        assert!(!names("anything", "the"), "an article alone is a word like others");
    }
}
