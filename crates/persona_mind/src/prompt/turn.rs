//! What is new this turn: what comes to mind, what is in view, how the character feels.

use super::ReplyForm;
use crate::brief::{Brief, BriefFact, BriefSource, OfferedAction, Relation, VisibleThing};

pub(super) fn context(brief: &Brief, max_facts: usize, form: ReplyForm) -> String {
    let mut parts = Vec::new();
    let facts: Vec<_> = brief.facts.iter().take(max_facts).map(|fact| format!("- {}", known(fact, brief))).collect();
    parts.push(if facts.is_empty() {
        "You know: nothing that bears on this.".into()
    } else {
        format!("You know:\n{}", facts.join("\n"))
    });
    if !brief.episodes.is_empty() {
        let episodes: Vec<_> = brief.episodes.iter().map(|one| format!("- {} ({})", one.what, one.when)).collect();
        parts.push(format!("You remember:\n{}", episodes.join("\n")));
    }
    if let Some(view) = &brief.view {
        let things: Vec<_> = view.things.iter().map(seen).collect();
        parts.push(if things.is_empty() {
            "You see nothing of note.".into()
        } else {
            format!("You see: {}.", things.join("; "))
        });
    }
    parts.push(format!("Your mood: {}. {}", brief.mood.name().to_lowercase(), feelings(brief)));
    if !brief.actions.is_empty() {
        let actions = brief.actions.iter().map(|one| action(one, form)).collect::<Vec<_>>().join(", ");
        parts.push(match form {
            ReplyForm::Tags => format!("If you mean to act, add one of these in brackets after your mood: {actions}."),
            ReplyForm::Json => format!("If you mean to act, name one of these as your action: {actions}."),
        });
    }
    format!("({})", parts.join("\n"))
}

fn known(fact: &BriefFact, brief: &Brief) -> String {
    let Some(object) = &fact.object else {
        return format!(
            "A secret that you keep from {}: what {} {}. Do not tell it, and do not make one up.",
            super::name_of(&brief.speaker),
            fact.subject,
            fact.predicate
        );
    };
    let over = if fact.until.is_empty() { String::new() } else { format!(", until {}", fact.until) };
    let fact_text = format!("{} {} {object}{over}", fact.subject, fact.predicate);
    let sure = match fact.confidence {
        _ if fact.is_doubted => "You do not believe that ",
        c if c < 0.35 => "You have a faint notion that ",
        c if c < 0.7 => "You believe, but are not sure, that ",
        _ => "",
    };
    let when = if fact.when.is_empty() { String::new() } else { format!(", {}", fact.when) };
    match &fact.source {
        BriefSource::Told(teller) => format!("{sure}{fact_text} ({teller} told you{when})."),
        BriefSource::Inferred => format!("{sure}{fact_text} (your own guess{when})."),
        BriefSource::Witnessed => format!("{sure}{fact_text} (you were there{when})."),
        BriefSource::Seen => format!("{sure}{fact_text} (you saw it{when})."),
        BriefSource::Authored => format!("{sure}{fact_text}."),
    }
}

fn seen(thing: &VisibleThing) -> String {
    let [left, _, right, _] = thing.bounds;
    let side = match f32::midpoint(left, right) {
        x if x < 0.38 => "on the left",
        x if x > 0.62 => "on the right",
        _ => "ahead",
    };
    let kind =
        if thing.kind.is_empty() || thing.name.contains(&thing.kind) { String::new() } else { format!(" (a {})", thing.kind) };
    match thing.distance {
        d if d > 0.0 => format!("{}{kind} {side}, {d:.0} steps away", thing.name),
        _ => format!("{}{kind} {side}", thing.name),
    }
}

fn feelings(brief: &Brief) -> String {
    let Relation { trust, liking, fear } = brief.relation;
    let mut words = Vec::new();
    words.extend(degree(trust, ["distrust", "are wary of", "trust", "trust fully"]));
    words.extend(degree(liking, ["hate", "dislike", "like", "love"]));
    if fear > 0.3 {
        words.push(if fear > 0.7 { "are terrified of" } else { "fear" });
    }
    let speaker = super::name_of(&brief.speaker);
    match words.split_last() {
        None => format!("You have no strong feelings about {speaker}."),
        Some((last, [])) => format!("You {last} {speaker}."),
        Some((last, first)) => format!("You {} and {last} {speaker}.", first.join(", ")),
    }
}

/// A word for -1..=1; none near 0.
fn degree(value: f32, words: [&'static str; 4]) -> Option<&'static str> {
    match value {
        x if x < -0.5 => Some(words[0]),
        x if x < -0.1 => Some(words[1]),
        x if x > 0.7 => Some(words[3]),
        x if x > 0.2 => Some(words[2]),
        _ => None,
    }
}

fn action(action: &OfferedAction, form: ReplyForm) -> String {
    let name = if form == ReplyForm::Json { action.name.clone() } else { format!("[{}]", action.name) };
    if action.description.is_empty() { name } else { format!("{name} ({})", action.description) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_no_object_and_a_rumour_its_teller() {
        let fact = |object: Option<&str>, source, confidence| BriefFact {
            subject: "the cellar key".into(),
            predicate: "is hidden under".into(),
            object: object.map(str::to_owned),
            confidence,
            source,
            score: 1.0,
            ..BriefFact::default()
        };
        let facts =
            vec![fact(None, BriefSource::Authored, 1.0), fact(Some("the stair"), BriefSource::Told("Old Bess".into()), 0.5)];
        let text = context(&Brief { speaker: "Tobin".into(), facts, ..Brief::default() }, 9, ReplyForm::Tags);
        assert!(text.contains("A secret that you keep from Tobin: what the cellar key is hidden under."), "{text}");
        assert!(
            text.contains("You believe, but are not sure, that the cellar key is hidden under the stair (Old Bess told you)."),
            "{text}"
        );
    }

    #[test]
    fn the_past_is_told_with_its_time() {
        let fact = BriefFact {
            subject: "the cup".into(),
            predicate: "is in".into(),
            object: Some("the chapel".into()),
            confidence: 1.0,
            source: BriefSource::Told("Tobin".into()),
            when: "two days ago".into(),
            until: "yesterday".into(),
            is_doubted: true,
            ..BriefFact::default()
        };
        let text = context(&Brief { facts: vec![fact], ..Brief::default() }, 9, ReplyForm::Tags);
        let expected = "You do not believe that the cup is in the chapel, until yesterday (Tobin told you, two days ago).";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn feelings_are_words() {
        let with = |trust, liking, fear| {
            feelings(&Brief { speaker: "Tobin".into(), relation: Relation { trust, liking, fear }, ..Brief::default() })
        };
        assert_eq!(with(0.0, 0.0, 0.0), "You have no strong feelings about Tobin.");
        assert_eq!(with(0.5, 0.0, 0.0), "You trust Tobin.");
        assert_eq!(with(-0.8, -0.3, 0.9), "You distrust, dislike and are terrified of Tobin.");
    }
}
