//! Light English stemming: forms of one word become one string, which need not be a word.

use std::borrow::Cow;

/// Cuts the endings of number, tense and the like off a folded word.
pub(super) fn stem(word: &mut String) {
    if !word.is_ascii() {
        return;
    }
    if let Some(base) = irregular(word) {
        word.clear();
        word.push_str(base);
    } else if word.len() > 3 {
        cut_plural(word);
        cut_tense(word);
    }
    if word.len() > 3 && word.ends_with('e') {
        word.pop();
    }
}

/// What a stem derives from, where that is another word: "own" of "owner", "friend" of "friendly".
pub(super) fn root(stem: &str) -> Option<Cow<'_, str>> {
    if !stem.is_ascii() || stem.len() < 5 {
        return None;
    }
    let cut = ["er", "or", "ly"].iter().find_map(|ending| stem.strip_suffix(ending))?;
    if !has_vowel(cut) {
        return None;
    }
    let mut root = cut.to_owned();
    undouble(&mut root);
    if root.ends_with('i') {
        root.pop();
        root.push('y');
    }
    Some(Cow::Owned(root))
}

fn cut_plural(word: &mut String) {
    if word.ends_with("ies") {
        let kept = if word.len() > 4 { 3 } else { 1 };
        word.truncate(word.len() - kept);
        if kept == 3 {
            word.push('y');
        }
    } else if ["sses", "shes", "ches", "xes", "zes", "oes"].iter().any(|ending| word.ends_with(ending)) {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|ending| word.ends_with(ending)) {
        word.pop();
    }
}

fn cut_tense(word: &mut String) {
    if word.ends_with("ied") {
        let kept = if word.len() > 4 { 3 } else { 1 };
        word.truncate(word.len() - kept);
        if kept == 3 {
            word.push('y');
        }
        return;
    }
    let cut = if word.len() > 4 && word.ends_with("ed") && !word.ends_with("eed") {
        2
    } else if word.len() > 5 && word.ends_with("ing") {
        3
    } else {
        return;
    };
    let rest = word.len() - cut;
    if has_vowel(&word[..rest]) {
        word.truncate(rest);
        undouble(word);
    }
}

fn has_vowel(word: &str) -> bool {
    word.contains(['a', 'e', 'i', 'o', 'u', 'y'])
}

/// "stopp" to "stop"; "sell" and "pass" stay.
fn undouble(word: &mut String) {
    let bytes = word.as_bytes();
    let &[.., before, last] = bytes else {
        return;
    };
    let is_kept = match last {
        b's' | b'z' => true,
        b'l' => bytes.len() <= 5,
        _ => has_vowel(&word[word.len() - 1..]) && last != b'y',
    };
    if before == last && !is_kept {
        word.pop();
    }
}

fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "men" => "man",
        "women" => "woman",
        "children" => "child",
        "wives" => "wife",
        "knives" => "knife",
        "thieves" => "thief",
        "wolves" => "wolf",
        "loaves" => "loaf",
        "lives" | "lived" | "living" => "live",
        "mice" => "mouse",
        "feet" => "foot",
        "teeth" => "tooth",
        "geese" => "goose",
        "sold" => "sell",
        "bought" => "buy",
        "stole" | "stolen" => "steal",
        "kept" => "keep",
        "hid" | "hidden" | "hiding" => "hide",
        "told" => "tell",
        "made" => "make",
        "knew" | "known" => "know",
        "went" | "gone" => "go",
        "saw" | "seen" => "see",
        "fought" => "fight",
        "taught" => "teach",
        "gave" | "given" => "give",
        "took" | "taken" => "take",
        "wrote" | "written" => "write",
        "spoke" | "spoken" => "speak",
        "slept" => "sleep",
        "lost" => "lose",
        "found" => "find",
        "won" => "win",
        "built" => "build",
        "met" => "meet",
        "came" => "come",
        "ate" | "eaten" => "eat",
        "drank" | "drunk" => "drink",
        "broke" | "broken" => "break",
        "brought" => "bring",
        "caught" => "catch",
        "fell" | "fallen" => "fall",
        "grew" | "grown" => "grow",
        "heard" => "hear",
        "led" => "lead",
        "owed" | "owes" => "owe",
        "paid" => "pay",
        "ran" => "run",
        "sang" | "sung" => "sing",
        "sent" => "send",
        "slew" | "slain" => "slay",
        "stood" => "stand",
        "swore" | "sworn" => "swear",
        "thought" => "think",
        "wore" | "worn" => "wear",
        "died" | "dies" | "dying" => "die",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stemmed(word: &str) -> String {
        let mut word = word.to_owned();
        stem(&mut word);
        word
    }

    #[test]
    fn forms_of_a_word_meet() {
        for forms in [
            &["key", "keys"][..],
            &["story", "stories"],
            &["hide", "hides", "hid", "hidden", "hiding"],
            &["marry", "marries", "married", "marrying"],
            &["brew", "brews", "brewed", "brewing"],
            &["stop", "stopped", "stopping", "stops"],
            &["sell", "sells", "sold", "selling"],
            &["travel", "travelled", "travelling", "traveled"],
            &["church", "churches"],
            &["house", "houses"],
            &["live", "lives", "lived", "living"],
            &["bake", "baked", "baking", "bakes"],
            &["pass", "passes", "passed"],
        ] {
            for form in forms {
                assert_eq!(stemmed(form), stemmed(forms[0]), "{form:?} is a form of {:?}", forms[0]);
            }
        }
    }

    #[test]
    fn other_words_stay_apart() {
        for (one, two) in [("king", "kin"), ("ring", "r"), ("bed", "b"), ("corner", "corn"), ("bus", "bu"), ("this", "thi")] {
            assert_ne!(stemmed(one), stemmed(two), "{one:?} is not {two:?}");
        }
    }

    #[test]
    fn doers_know_their_deeds() {
        for (doer, deed) in [("owner", "own"), ("baker", "bake"), ("robber", "rob"), ("sailor", "sail"), ("carrier", "carry")] {
            assert_eq!(root(&stemmed(doer)).as_deref(), Some(stemmed(deed).as_str()), "{doer:?} comes from {deed:?}");
        }
        assert_eq!(root("river").as_deref(), Some("riv"), "a false root is harmless: no word has it");
        assert_eq!(root("her"), None, "short words have none");
    }
}
