//! What a character is like and how it speaks, by plain lists of words.

use persona_mind::brief::{Register, Trait};

/// The most traits a persona takes.
pub(super) const MAX_TRAITS: usize = 6;

/// Words for our traits, besides their own names.
const TRAITS: &[(Trait, &[&str])] = &[
    (
        Trait::Warm,
        &["kind", "kindhearted", "kind-hearted", "caring", "gentle", "friendly", "compassionate", "nurturing", "loving"],
    ),
    (Trait::Cold, &["aloof", "distant", "detached", "icy", "emotionless"]),
    (Trait::Shrewd, &["cunning", "calculating", "astute", "clever"]),
    (Trait::Proud, &["arrogant", "haughty", "vain", "conceited"]),
    (Trait::Humble, &["modest", "unassuming"]),
    (Trait::Brave, &["courageous", "fearless", "bold", "valiant"]),
    (Trait::Timid, &["shy", "fearful", "nervous", "anxious", "cowardly", "bashful"]),
    (Trait::Talkative, &["chatty", "garrulous", "outgoing"]),
    (Trait::Taciturn, &["quiet", "silent", "laconic", "reserved", "stoic"]),
    (Trait::Curious, &["inquisitive", "nosy"]),
    (Trait::Suspicious, &["distrustful", "paranoid", "wary", "mistrustful"]),
    (Trait::Trusting, &["naive", "naïve", "gullible"]),
    (Trait::Witty, &["humorous", "funny", "sarcastic", "joking"]),
    (Trait::Grave, &["serious", "stern", "solemn", "humorless", "humourless"]),
    (Trait::Hotheaded, &["hot-headed", "hot-tempered", "short-tempered", "irascible", "fiery", "impulsive"]),
    (Trait::Patient, &["calm", "even-tempered", "tolerant"]),
    (Trait::Generous, &["giving", "selfless"]),
    (Trait::Greedy, &["avaricious", "stingy", "miserly"]),
    (Trait::Loyal, &["faithful", "devoted", "steadfast"]),
    (Trait::Sly, &["deceitful", "devious", "secretive", "manipulative", "sneaky"]),
    (Trait::Honest, &["truthful", "blunt", "sincere", "frank"]),
    (Trait::Cheerful, &["optimistic", "happy", "joyful", "bubbly", "merry", "upbeat"]),
    (Trait::Gloomy, &["pessimistic", "melancholic", "melancholy", "brooding", "morose"]),
    (Trait::Pious, &["devout", "religious"]),
    (Trait::Bookish, &["studious", "scholarly", "erudite"]),
    (Trait::Diligent, &["hardworking", "hard-working", "industrious"]),
    (Trait::Lazy, &["idle", "slothful"]),
];

/// Words that turn the next ones round.
const NEGATIONS: [&str; 8] = ["not", "never", "no", "isn't", "hardly", "without", "isn’t", "rarely"];

/// The trait that a word names.
fn named(word: &str) -> Option<Trait> {
    let word = word.to_lowercase();
    let own = Trait::ALL.iter().find(|one| one.name().eq_ignore_ascii_case(&word)).copied();
    own.or_else(|| TRAITS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(one, _)| *one))
}

/// The traits that a text names, in order; those after "not" are not among them.
pub(super) fn traits(text: &str) -> Vec<Trait> {
    let is_part = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '\'' | '’');
    let words: Vec<&str> = text.split(|letter| !is_part(letter)).filter(|word| !word.is_empty()).collect();
    let mut traits = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let before = &words[place.saturating_sub(2)..place];
        let is_negated = before.iter().any(|word| NEGATIONS.contains(&word.to_lowercase().as_str()));
        if let Some(found) = named(word).filter(|found| !is_negated && !traits.contains(found)) {
            traits.push(found);
        }
    }
    traits
}

/// Words and phrases that tell a way of speaking.
const REGISTERS: &[(Register, &[&str])] = &[
    (Register::Rustic, &["aye", "nought", "naught", "lass", "lad", "lassie", "ye", "yer", "reckon"]),
    (
        Register::Courtly,
        &["thou", "thee", "thy", "thine", "milord", "milady", "my lord", "my lady", "your grace", "prithee", "hath"],
    ),
    (Register::Gruff, &["bah", "hmph", "grr", "tch", "spit it out"]),
    (Register::Scholarly, &["indeed", "furthermore", "moreover", "hypothesis", "fascinating", "precisely", "theory"]),
    (Register::Streetwise, &["ain't", "gonna", "gotta", "wanna", "dude", "bro", "yo", "gimme"]),
    (Register::Formal, &["sir", "madam", "ma'am", "certainly", "at your service", "may i assist", "how may i"]),
    (Register::Playful, &["hehe", "teehee", "haha", "silly", "yay", "giggle", "hee hee"]),
];

/// The way of speaking of these replies, and the words that tell it: at least two different ones, and more than of any other way.
pub(super) fn register<'a>(replies: impl Iterator<Item = &'a str>) -> Option<(Register, Vec<&'static str>)> {
    let words = |text: &str| {
        let is_part = |letter: char| letter.is_alphanumeric() || letter == '\'';
        text.replace('’', "'")
            .to_lowercase()
            .split(|letter| !is_part(letter))
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let said = replies.map(|reply| format!(" {} ", words(reply))).collect::<String>();
    let told =
        |marks: &[&'static str]| marks.iter().filter(|mark| said.contains(&format!(" {mark} "))).copied().collect::<Vec<_>>();
    let mut told: Vec<(Register, Vec<&'static str>)> = REGISTERS.iter().map(|(one, marks)| (*one, told(marks))).collect();
    told.sort_by_key(|(_, marks)| std::cmp::Reverse(marks.len()));
    let next = told.get(1).map_or(0, |(_, marks)| marks.len());
    told.into_iter().next().filter(|(_, marks)| marks.len() >= 2 && marks.len() > next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_are_named_by_words() {
        assert_eq!(
            traits("Kind, cunning; she is not brave and never shy"),
            [Trait::Warm, Trait::Shrewd],
            "negated words do not count"
        );
        assert_eq!(traits("warm + WARM + caring"), [Trait::Warm], "each trait comes once");
        assert_eq!(traits("heartwarming"), [], "a part of a word names nothing");
    }

    #[test]
    fn a_register_takes_evidence() {
        let found = |text: &'static str| register(std::iter::once(text)).map(|(register, _)| register);
        assert_eq!(found("Aye, lass, the road is long."), Some(Register::Rustic), "two words of the country");
        assert_eq!(found("Aye, the road is long."), None, "one word is no evidence");
        assert_eq!(found("Aye, lass. Certainly, sir."), None, "two ways at once tell nothing");
    }
}
