//! What leads to whom a line asks about.

use persona_mind::meaning::Meaning;

/// How many words after a possessive may name whom the line asks about.
const WORDS_OF_NOUN: usize = 3;
/// The most possessives of a line that are read.
const OWNERS: usize = 3;

/// The mean vector of what possessives may name: of one, two and three words after "your" or "Tobin's".
pub(super) fn lead(line: &str, meaning: &dyn Meaning) -> Option<Vec<f32>> {
    let line = line.to_lowercase().replace('\u{2019}', "'");
    let is_of_word = |c: char| c.is_alphanumeric() || c == '\'' || c == '-';
    let words: Vec<&str> = line.split(|c| !is_of_word(c)).filter(|word| !word.is_empty()).collect();
    let owners = (0..words.len()).filter(|at| is_possessive(words[*at])).take(OWNERS);
    let nouns = owners.flat_map(|at| (1..=WORDS_OF_NOUN).filter_map(move |count| Some((at + 1, at.checked_add(1 + count)?))));
    let mut vectors = nouns.filter_map(|(from, to)| words.get(from..to)).map(|noun| {
        // As the lexicon was taught them.
        meaning.line(&format!("your {}", noun.join(" ").trim_end_matches("'s")))
    });
    let mut sum = vectors.next()?;
    let mut count = 1.0;
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
        count += 1.0;
    }
    sum.iter_mut().for_each(|x| *x /= count);
    Some(sum)
}

fn is_possessive(word: &str) -> bool {
    const CLIPPED: [&str; 12] =
        ["what's", "who's", "where's", "when's", "why's", "how's", "that's", "it's", "there's", "here's", "he's", "she's"];
    ["your", "my", "his", "her", "their", "its", "thy"].contains(&word) || word.ends_with("'s") && !CLIPPED.contains(&word)
}
