//! Small changes that make lines look as players type them, and slots look as the model says them.

use rand::Rng;
use rand::seq::IndexedRandom;

const OPENERS: [&str; 18] = [
    "hey, ",
    "say, ",
    "excuse me, ",
    "tell me, ",
    "so ",
    "and ",
    "well, ",
    "please, ",
    "um, ",
    "ok, ",
    "{N}, ",
    "hey {N}, ",
    "{N}: ",
    "now then, ",
    "pray, ",
    "good {N}, ",
    "listen, ",
    "one question: ",
];
const CLOSERS: [&str; 10] =
    [" please", ", {N}", ", friend", ", then", " exactly", ", do you know", " again", "...", "!", ", if I may ask"];

/// A line as typed: lower case, sometimes with an address, a courtesy or a slip of the finger.
pub fn line(text: &str, rng: &mut impl Rng) -> String {
    let mut line = text.to_lowercase();
    line = restore_slots(&line);
    if rng.random_bool(0.5) {
        line.truncate(line.trim_end_matches(['?', '.', '!']).len());
    }
    if rng.random_bool(0.12) {
        line.insert_str(0, OPENERS.choose(rng).copied().unwrap_or_default());
    }
    if rng.random_bool(0.08) {
        let end = line.trim_end_matches(['?', '.', '!']).len();
        line.insert_str(end, CLOSERS.choose(rng).copied().unwrap_or_default());
    }
    if rng.random_bool(0.1) { slip(&line, rng) } else { line }
}

/// A question with a pronoun for its slot: "{S}'s wife" becomes "his wife".
pub fn pronoun(question: &str, slot: &str, person: bool, rng: &mut impl Rng) -> String {
    let all: &[(&str, &str)] =
        if person { &[("he", "his"), ("she", "her"), ("they", "their")] } else { &[("it", "its"), ("that", "its")] };
    let (word, possessive) = all.choose(rng).copied().unwrap_or(("it", "its"));
    question.replace(&format!("{slot}'s"), possessive).replace(slot, word)
}

/// A question about the one spoken to: "is {S} married" becomes "are you married".
pub fn second_person(question: &str, slot: &str) -> String {
    const FORMS: [(&str, &str); 10] = [
        ("is {}", "are you"),
        ("was {}", "were you"),
        ("has {}", "have you"),
        ("does {}", "do you"),
        ("doesn't {}", "don't you"),
        ("isn't {}", "aren't you"),
        ("{} is", "you are"),
        ("{} has", "you have"),
        ("{}'s", "your"),
        ("{}", "you"),
    ];
    in_person(question, slot, &FORMS)
}

/// A question about the one who asks: "is {S} married" becomes "am i married".
pub fn first_person(question: &str, slot: &str) -> String {
    const FORMS: [(&str, &str); 10] = [
        ("is {}", "am i"),
        ("has {}", "have i"),
        ("does {}", "do i"),
        ("doesn't {}", "don't i"),
        ("{} is", "i am"),
        ("{} has", "i have"),
        ("{}'s", "my"),
        ("to {}", "to me"),
        ("of {}", "of me"),
        ("{}", "i"),
    ];
    in_person(question, slot, &FORMS)
}

fn in_person(question: &str, slot: &str, forms: &[(&str, &str)]) -> String {
    forms.iter().fold(question.to_owned(), |line, (form, person)| line.replace(&form.replace("{}", slot), person))
}

/// A line with a remark on what a slot stands for before or after it.
pub fn remark(line: &str, slot: &str, rng: &mut impl Rng) -> String {
    const REMARKS: [&str; 14] = [
        "nice {}. ",
        "about the {}: ",
        "that {}, ",
        "i see a {}. ",
        "i hear there is a {}. ",
        "{}, eh? ",
        "{}! ",
        "i heard about the {}, ",
        "you and your {}, ",
        "what a {}, ",
        "quick, the {}, ",
        "someone said {}. ",
        "the {} here, ",
        "you with the {}: ",
    ];
    let remark = REMARKS.choose(rng).copied().unwrap_or("{}. ").replace("{}", slot);
    if rng.random_bool(0.3) { format!("{line} {}", remark.trim_end_matches([' ', ',', ':'])) } else { remark + line }
}

/// Swaps, drops or doubles one letter outside of slots.
fn slip(line: &str, rng: &mut impl Rng) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut depth = 0;
    let mut letters = Vec::new();
    for (i, c) in chars.iter().enumerate() {
        depth += i32::from(*c == '{') - i32::from(*c == '}');
        if depth == 0 && c.is_ascii_lowercase() {
            letters.push(i);
        }
    }
    let Some(at) = letters.choose(rng).copied() else { return line.to_owned() };
    let mut out = chars.clone();
    match rng.random_range(0..3) {
        0 => {
            out.remove(at);
        }
        1 => out.insert(at, chars[at]),
        _ if at + 1 < chars.len() && chars[at + 1].is_ascii_lowercase() => out.swap(at, at + 1),
        _ => {}
    }
    out.into_iter().collect()
}

/// Lower-casing has changed the slots too: `{n}` is `{N}`.
fn restore_slots(line: &str) -> String {
    ["{S}", "{O}", "{T}", "{X}", "{A}", "{B}", "{D}", "{Y}", "{N}", "{R}", "{G}"]
        .iter()
        .fold(line.to_owned(), |line, slot| line.replace(&slot.to_lowercase(), slot))
}

/// The slots of the written content as the model's own.
pub fn slots(reply: &str) -> String {
    reply.replace("{X}", "{1}")
}

/// Every name becomes `{name}`, as in history.
pub fn anonymous(text: &str) -> String {
    ["{X}", "{1}", "{S}", "{O}", "{T}", "{A}", "{B}", "{D}", "{Y}", "{N}", "{R}", "{G}"]
        .iter()
        .fold(text.to_owned(), |text, slot| text.replace(slot, "{name}"))
}
