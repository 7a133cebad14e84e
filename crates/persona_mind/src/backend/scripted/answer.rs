use crate::brief::{Brief, BriefFact, Emotion, Reply};

/// A canned reply of a [`Scripted`](super::Scripted) backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptedReply {
    text: String,
    emotion: Option<Emotion>,
    action: Option<String>,
}

impl ScriptedReply {
    /// A reply that leaves the mood as it is and proposes no action.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Sets the mood after the reply.
    #[must_use]
    pub fn feeling(mut self, emotion: Emotion) -> Self {
        self.emotion = Some(emotion);
        self
    }

    /// Proposes an action, where the brief offers it.
    #[must_use]
    pub fn acting(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }

    pub(super) fn to_reply(&self, brief: &Brief) -> Reply {
        let action = self.action.clone().filter(|name| brief.actions.iter().any(|offered| offered.name == *name));
        Reply { text: self.text.clone(), emotion: self.emotion.unwrap_or(brief.mood), action, ..Reply::default() }
    }
}

impl From<&str> for ScriptedReply {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for ScriptedReply {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// A reply made of nothing but the brief.
pub(super) fn from_brief(brief: &Brief) -> Reply {
    let reply = if asks_for_sight(&brief.line) { of_sight(brief) } else { None };
    let mut reply = reply.or_else(|| of_facts(brief)).unwrap_or_else(|| said("I know nothing of that."));
    reply.emotion = brief.mood;
    reply
}

fn asks_for_sight(line: &str) -> bool {
    let words = ["see", "look", "watch", "front"];
    line.split(|c: char| !c.is_alphanumeric()).any(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn of_sight(brief: &Brief) -> Option<Reply> {
    let things = &brief.view.as_ref()?.things;
    let names: Vec<&str> = things.iter().take(3).map(|thing| thing.name.as_str()).collect();
    let used_things = (0..names.len()).collect();
    let text = match names.as_slice() {
        [] => "I see nothing I could name.".into(),
        [only] => format!("I see {only}."),
        [first @ .., last] => format!("I see {} and {last}.", first.join(", ")),
    };
    Some(Reply { used_things, ..said(text) })
}

fn of_facts(brief: &Brief) -> Option<Reply> {
    let first = brief.facts.first()?;
    if first.object.is_none() {
        let refusal = brief.persona.boundaries.refusals.first();
        return Some(said(refusal.map_or("That is not mine to tell.", String::as_str)));
    }
    Some(Reply { used_facts: vec![0], ..said(sentence(first)) })
}

/// `subject predicate object.`, with a capital letter.
fn sentence(fact: &BriefFact) -> String {
    let object = fact.object.as_deref().unwrap_or_default();
    let mut letters = fact.subject.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{} {} {object}.", letters.as_str(), fact.predicate)
}

fn said(text: impl Into<String>) -> Reply {
    Reply { text: text.into(), ..Reply::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brief::{View, VisibleThing};

    fn fact(subject: &str, object: Option<&str>) -> BriefFact {
        BriefFact {
            subject: subject.into(),
            predicate: "is under".into(),
            object: object.map(Into::into),
            confidence: 1.0,
            source: crate::brief::BriefSource::Authored,
            score: 1.0,
            ..BriefFact::default()
        }
    }

    #[test]
    fn the_best_fact_is_told_unless_it_is_secret() {
        let mut brief = Brief { facts: vec![fact("the key", Some("the step"))], ..Brief::default() };
        assert_eq!(from_brief(&brief).text, "The key is under the step.");
        assert_eq!(from_brief(&brief).used_facts, [0], "the reply rests on the fact");
        brief.facts.insert(0, fact("the gold", None));
        assert_eq!(from_brief(&brief).text, "That is not mine to tell.", "the secret is kept, and said to be kept");
        brief.facts.clear();
        assert_eq!(from_brief(&brief).text, "I know nothing of that.");
    }

    #[test]
    fn what_is_seen_is_told_where_it_is_asked_for() {
        let thing = |name: &str| VisibleThing { name: name.into(), ..VisibleThing::default() };
        let things = vec![thing("a red barrel"), thing("Tobin")];
        let mut brief = Brief { view: Some(View { things, ..View::default() }), ..Brief::default() };
        brief.line = "What do you see?".into();
        assert_eq!(from_brief(&brief).text, "I see a red barrel and Tobin.");
        brief.line = "How are you?".into();
        assert_eq!(from_brief(&brief).used_things, [0; 0], "sight is no answer to other questions");
    }
}
