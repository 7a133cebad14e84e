//! What a character says before and behind what it has to say, in its way of speaking: "Aye, well."

use super::phrasebook::{CLOSER, OPENER, Phrasebook};
use super::vocab::Tone;
use crate::brief::Brief;
use rand::Rng;
use rand::seq::IndexedRandom;

/// Of a character that says little and of one that says much, how often something stands before and behind.
const BEFORE: [f64; 2] = [0.15, 0.5];
const BEHIND: [f64; 2] = [0.1, 0.4];
/// Replies in which the same is not said again.
const LATELY: usize = 12;

/// A reply with what stands before and behind it, if anything does. The author's own phrases stand behind.
pub(super) fn dressed<'a>(text: &'a str, brief: &'a Brief, tone: Tone, book: &'a Phrasebook, rng: &mut impl Rng) -> String {
    let card = &brief.persona;
    let verbosity = f64::from(card.verbosity.clamp(0.0, 1.0));
    let is_new = |phrase: &&str| !text.contains(phrase) && !is_said_lately(phrase, brief);
    let mut chosen = |[least, most]: [f64; 2], phrases: Vec<&'a str>, at_start: bool| {
        let is_wanted = rng.random_bool(least + (most - least) * verbosity) && !is_aside(text, at_start);
        if is_wanted { phrases.choose(rng).copied() } else { None }
    };
    let own = card.catchphrases.iter().map(String::as_str);
    let before = chosen(BEFORE, book.phrases(card.register, OPENER, tone).filter(is_new).collect(), true);
    let behind = chosen(BEHIND, own.chain(book.phrases(card.register, CLOSER, tone)).filter(is_new).collect(), false);
    [before, Some(text), behind].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whether a text begins, or ends, with a sentence of a word or two, which is an aside by itself.
fn is_aside(text: &str, at_start: bool) -> bool {
    let mut sentences = text.split_inclusive(['.', '!', '?', ':']).filter(|sentence| sentence.chars().any(char::is_alphanumeric));
    let sentence = if at_start { sentences.next() } else { sentences.next_back() };
    sentence.is_some_and(|sentence| sentence.split_whitespace().count() <= 2)
}

fn is_said_lately(phrase: &str, brief: &Brief) -> bool {
    brief.history.iter().rev().take(LATELY).any(|exchange| exchange.reply.contains(phrase))
}

/// Whether a written line, with slots, stands in one of these replies.
pub(super) fn is_said(line: &str, replies: &[&str]) -> bool {
    let mut fixed = line.split(['{', '<']).map(|part| part.rsplit(['}', '>']).next().unwrap_or_default());
    let fixed: Vec<&str> = fixed.by_ref().map(str::trim).filter(|part| part.len() > 3).collect();
    !fixed.is_empty() && replies.iter().any(|reply| fixed.iter().all(|part| reply.contains(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_with_an_aside_takes_no_other() {
        assert!(is_aside("Tch. I hate the mayor.", true) && !is_aside("Tch. I hate the mayor.", false));
        assert!(is_aside("I am what I am. Shove off.", false) && is_aside("No.", true) && !is_aside("", true));
    }

    #[test]
    fn a_line_is_known_again_with_names_in_it() {
        let replies = ["Aye, well. I know old Tobin from the mill, aye."];
        assert!(is_said("I know old {1} from the mill, aye.", &replies));
        assert!(!is_said("I know young {1} from the mill.", &replies) && !is_said("{1}!", &replies) && !is_said("", &replies));
    }
}
