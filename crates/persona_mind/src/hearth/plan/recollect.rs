//! What the character has lived through, as an answer.

use super::Plan;
use crate::brief::{Brief, BriefEpisode};
use crate::hearth::names::same;
use crate::hearth::script::{Certainty, Choice};

/// An episode must matter so much for the line to be told: one of the day that it names, or one that holds much of its words.
const MATTERS: f32 = 1.0;

/// The episode that answers a line that no fact answers, or that asks to remember.
pub(super) fn episode(brief: &Brief, fact: Option<usize>) -> Option<&BriefEpisode> {
    let best = brief.episodes.first().filter(|episode| episode.score >= MATTERS)?;
    (fact.is_none() || asks_to_remember(&brief.line)).then_some(best)
}

fn asks_to_remember(line: &str) -> bool {
    const ASKING: [&str; 12] = [
        "remember",
        "recall",
        "remind",
        "forgotten",
        "happen",
        "last time",
        "did we speak",
        "did we talk",
        "did we do",
        "did i tell",
        "did i say",
        "were you doing",
    ];
    let line = line.to_lowercase();
    ASKING.iter().any(|words| line.contains(words))
}

/// Tells an episode as what the character itself did.
pub(super) fn choose_episode(plan: &mut Plan, brief: &Brief, episode: &BriefEpisode) {
    "fact".clone_into(&mut plan.intent);
    plan.choice = Choice::Fact { predicate: "remembers".into(), about_self: true, certainty: Certainty::Sure };
    plan.claim = Some("{O}".into());
    plan.names.insert("{O}".into(), told(episode, &brief.speaker));
}

/// "yesterday you and I spoke of the mill", of what is kept as "The player and I spoke of the mill."
fn told(episode: &BriefEpisode, speaker: &str) -> String {
    let what = episode.what.trim_end_matches(['.', '!']);
    let (with, rest) = what.split_once(" and I ").unwrap_or_default();
    let what = if !with.is_empty() && same(with, speaker) { format!("you and I {rest}") } else { small(what) };
    if episode.when.is_empty() { what } else { format!("{} {what}", episode.when) }
}

/// Without the capital of a sentence's first word, where that is no name.
fn small(sentence: &str) -> String {
    let first = sentence.split(' ').next().unwrap_or_default();
    if ["A", "An", "The", "Someone", "They", "We", "There", "It"].contains(&first) {
        return first.to_lowercase() + &sentence[first.len()..];
    }
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_episode_is_told_to_whom_it_was_lived_with() {
        let told = |what: &str, when: &str, speaker: &str| {
            told(&BriefEpisode { what: what.into(), when: when.into(), score: 1.0 }, speaker)
        };
        assert_eq!(told("The player and I spoke of the mill.", "yesterday", "player"), "yesterday you and I spoke of the mill");
        assert_eq!(told("Kessa and I spoke of eels.", "two days ago", "player"), "two days ago Kessa and I spoke of eels");
        assert_eq!(told("A stranger broke the jug.", "", "player"), "a stranger broke the jug");
    }

    #[test]
    fn a_fact_is_better_than_a_memory_unless_that_is_asked_for() {
        let brief = |line: &str, score: f32| Brief {
            line: line.into(),
            episodes: vec![BriefEpisode { what: "We sang.".into(), when: "yesterday".into(), score }],
            ..Brief::default()
        };
        assert!(episode(&brief("Where is the mill?", 2.0), Some(0)).is_none(), "a fact answers it");
        assert!(episode(&brief("Where is the mill?", 2.0), None).is_some(), "no fact does");
        assert!(episode(&brief("Do you remember the mill?", 2.0), Some(0)).is_some(), "it asks to remember");
        assert!(episode(&brief("Do you remember the mill?", 0.4), None).is_none(), "what hardly matters is not told");
    }
}
