//! Facts as sentences, and in the mouth of the one they are about.

/// The fact as a sentence with slots, in the first person where it is about the character itself.
pub(super) fn claim(predicate: &str, about_self: bool) -> String {
    if about_self { format!("I {} {{O}}", first_person(predicate)) } else { format!("{{S}} {predicate} {{O}}") }
}

/// Words that may stand before the verb.
const BEFORE_VERBS: [&str; 16] = [
    "never",
    "always",
    "often",
    "once",
    "secretly",
    "still",
    "also",
    "usually",
    "sometimes",
    "only",
    "nearly",
    "really",
    "now",
    "rarely",
    "just",
    "already",
];

/// "is married to" as "am married to", "owns" as "own", "never eats with his wife" as "never eat with my wife".
pub(crate) fn first_person(predicate: &str) -> String {
    let words: Vec<&str> = predicate.split_whitespace().collect();
    let verb = words.iter().position(|word| !BEFORE_VERBS.contains(word)).unwrap_or(0);
    let said = words.iter().enumerate().map(|(i, word)| if i == verb { bare_verb(word) } else { (*word).to_owned() });
    own(&said.collect::<Vec<_>>().join(" "))
}

/// What belongs to the one who speaks: "her left knee" as "my left knee". After the name of another it is the other's.
pub(super) fn own(words: &str) -> String {
    let mut other = false;
    let said = words.split(' ').map(|word| {
        other |= names_another(word);
        match word {
            "his" | "her" | "their" if !other => "my",
            "himself" | "herself" | "themselves" if !other => "myself",
            word => word,
        }
    });
    said.collect::<Vec<_>>().join(" ")
}

/// Whether words name someone: "reminds Walter to take".
pub(super) fn names_another(words: &str) -> bool {
    words.split(' ').any(|word| word.starts_with(char::is_uppercase) && word != "I")
}

/// The verb as "I" takes it.
fn bare_verb(verb: &str) -> String {
    match verb {
        "is" => return "am".to_owned(),
        "has" => return "have".to_owned(),
        "was" | "does" | "goes" => return verb.strip_suffix("es").unwrap_or(verb).to_owned(),
        "isn't" => return "am not".to_owned(),
        "doesn't" => return "don't".to_owned(),
        "hasn't" => return "haven't".to_owned(),
        _ => {}
    }
    match verb.strip_suffix("es") {
        Some(stem) if ["ss", "x", "zz", "ch", "sh"].iter().any(|end| stem.ends_with(end)) => stem.to_owned(),
        Some(stem) if stem.ends_with('i') && stem.len() > 2 => format!("{}y", &stem[..stem.len() - 1]),
        _ => verb.strip_suffix('s').filter(|stem| !stem.ends_with('s')).unwrap_or(verb).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_about_itself_is_in_the_first_person() {
        for (third, first) in [
            ("is married to", "am married to"),
            ("owns", "own"),
            ("misses", "miss"),
            ("despises", "despise"),
            ("catches", "catch"),
            ("owes money to", "owe money to"),
            ("was wounded in", "was wounded in"),
            ("carries", "carry"),
            ("fought in", "fought in"),
            ("never goes out with", "never go out with"),
            ("hides from her sister in", "hide from my sister in"),
            ("hurt himself on", "hurt myself on"),
            ("reminds Walter to take his", "remind Walter to take his"),
        ] {
            assert_eq!(first_person(third), first, "first person of `{third}`");
        }
        assert_eq!(claim("loves", false), "{S} loves {O}");
        assert_eq!(claim("is afraid of his", true), "I am afraid of my {O}");
    }
}
