//! Sentences of a plain shape as facts: "X is Y", "X is the Y of Z", "X lives in Y".

/// The most words of an object: what is longer tells more than one thing.
const MAX_WORDS: usize = 10;
/// The longest relation and object together, in characters.
const MAX_LENGTH: usize = 200;

const BE: [&str; 4] = ["is", "are", "was", "were"];
const PLACES: [&str; 14] =
    ["in", "on", "at", "near", "under", "above", "behind", "beside", "between", "inside", "outside", "beyond", "below", "within"];
const PREPOSITIONS: [&str; 11] = ["by", "to", "from", "of", "for", "with", "as", "into", "about", "after", "against"];
/// Participles that do not end in "ed" or "en".
const PARTICIPLES: [&str; 14] =
    ["known", "built", "made", "born", "found", "held", "kept", "led", "lost", "sworn", "bound", "sold", "taught", "brought"];
/// Verbs that need a preposition to say something of another thing.
const STAYING: [&str; 20] = [
    "lives", "live", "lived", "dwells", "dwell", "lies", "lie", "stands", "stand", "works", "work", "worked", "comes", "come",
    "came", "belongs", "belong", "leads", "fought", "stays",
];
/// Verbs that say something of another thing by themselves.
const ACTING: [&str; 36] = [
    "owns", "own", "rules", "rule", "leads", "lead", "serves", "serve", "guards", "guard", "hates", "hate", "loves", "love",
    "likes", "like", "fears", "fear", "wants", "want", "seeks", "seek", "sells", "sell", "worships", "worship", "protects",
    "protect", "killed", "built", "founded", "made", "wears", "carries", "speaks", "teaches",
];
/// Words that make one sentence of two.
const JOINING: [&str; 13] =
    ["who", "which", "that", "where", "whose", "if", "when", "while", "unless", "because", "but", "or", "than"];
const PRONOUNS: [&str; 4] = ["it", "he", "she", "they"];

/// A sentence about a thing: what stands between it and the other thing, and the other thing.
pub(super) struct Plain<'a> {
    pub predicate: String,
    pub object: &'a str,
}

/// What follows the name of a thing that a sentence starts with; `with_pronoun` where "it" is that thing too.
pub(super) fn after_name<'a>(sentence: &'a str, names: &[String], with_pronoun: bool) -> Option<&'a str> {
    let sentence = without_article(sentence);
    let pronouns = PRONOUNS.iter().filter(|_| with_pronoun).copied();
    let names = names.iter().map(|name| without_article(name)).chain(pronouns);
    let rests = names.filter_map(|name| {
        let rest = without_prefix(sentence, name)?;
        rest.starts_with(' ').then(|| rest.trim_start())
    });
    rests.min_by_key(|rest| rest.len())
}

/// The fact that the rest of a sentence states, if its shape is plain.
pub(super) fn plain(rest: &str) -> Option<Plain<'_>> {
    let rest = rest.trim_end_matches(['.', '!', '。', '！']).trim_end();
    let words: Vec<&str> = rest.split(' ').filter(|word| !word.is_empty()).collect();
    let count = predicate(&words)?;
    let object = skip_words(rest, count);
    let object_words = &words[count..];
    let is_plain = rest.chars().nth(MAX_LENGTH).is_none()
        && (1..=MAX_WORDS).contains(&object_words.len())
        && !object.contains([',', ';', ':', '(', ')', '"', '?', '—'])
        && !object_words.iter().any(|word| JOINING.contains(&word.to_lowercase().as_str()))
        && object.chars().any(char::is_alphanumeric);
    is_plain.then(|| Plain { predicate: words[..count].join(" ").to_lowercase(), object })
}

/// "is" or its like, and all that follows: for sentences that say more than one thing of what they are about.
pub(super) fn being(rest: &str) -> Option<Plain<'_>> {
    let rest = rest.trim_end_matches(['.', '!', '。', '！']).trim_end();
    let first = rest.split(' ').next()?.to_lowercase();
    let object = skip_words(rest, 1);
    let says = BE.contains(&first.as_str()) && object.chars().any(char::is_alphanumeric) && !rest.ends_with('?');
    says.then_some(Plain { predicate: first, object })
}

/// How many words the relation takes; None where none is known.
fn predicate(words: &[&str]) -> Option<usize> {
    let word = |place: usize| words.get(place).map(|word| word.to_lowercase()).unwrap_or_default();
    let [first, second, third] = [word(0), word(1), word(2)];
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    let joins = |word: &String| is(&PLACES, word) || is(&PREPOSITIONS, word);
    if is(&BE, &first) {
        // "is the Y of Z", with a Y of one to three words.
        let of = (3..=5).find(|&place| word(place) == "of").filter(|_| second == "the");
        let is_participle = second.ends_with("ed") || second.ends_with("en") || is(&PARTICIPLES, &second);
        return Some(match of {
            Some(of) => of + 1,
            None if second == "not" || is(&PLACES, &second) || second == "from" => 2,
            None if is_participle && joins(&third) => 3,
            None => 1,
        });
    }
    match () {
        () if is(&STAYING, &first) && joins(&second) => Some(2),
        () if is(&ACTING, &first) && !joins(&second) => Some(1),
        () => None,
    }
}

fn skip_words(text: &str, count: usize) -> &str {
    (0..count).fold(text, |rest, _| rest.split_once(' ').map_or("", |(_, rest)| rest.trim_start()))
}

/// A name without "the", "a" or "an" before it.
pub(super) fn without_article(name: &str) -> &str {
    let articles = ["the ", "a ", "an "];
    articles.iter().find_map(|article| without_prefix(name, article)).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// What follows a prefix, whatever the case of its letters.
pub(super) fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut letters = text.chars();
    for expected in prefix.chars() {
        let found = letters.next()?;
        if found != expected && !found.to_lowercase().eq(expected.to_lowercase()) {
            return None;
        }
    }
    Some(letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(sentence: &str, expected: Option<(&str, &str)>) {
        let names = ["the old mill".to_owned(), "Marta".to_owned()];
        let found = after_name(sentence, &names, true).and_then(plain);
        let found = found.as_ref().map(|plain| (plain.predicate.as_str(), plain.object));
        assert_eq!(found, expected, "{sentence}");
    }

    #[test]
    fn plain_sentences_are_facts() {
        reads("Marta is a widow.", Some(("is", "a widow")));
        reads("The old mill is the home of the monks.", Some(("is the home of", "the monks")));
        reads("Old Mill lies near Riverbend.", Some(("lies near", "Riverbend")));
        reads("She lives in the Gilded Oak!", Some(("lives in", "the Gilded Oak")));
        reads("It was built by the monks.", Some(("was built by", "the monks")));
        reads("Marta is not a witch.", Some(("is not", "a witch")));
        reads("Marta owns the Gilded Oak.", Some(("owns", "the Gilded Oak")));
    }

    #[test]
    fn other_sentences_are_not() {
        reads("Marta is a widow, and counts every candle.", None);
        reads("Marta lives in the inn if it rains.", None);
        reads("Tobin is her son.", None);
        reads("Martas are rare.", None);
        reads("Marta is", None);
        reads("Marta sleeps.", None);
        reads("Marta is who?", None);
    }
}
