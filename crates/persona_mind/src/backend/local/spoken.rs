//! What a model writes, less what is not speech: reasoning, tags for mood and action, the speaker's own label.

use crate::brief::{Brief, Emotion, Reply};

/// A tag is no longer than this, in bytes; more is speech that happens to hold a bracket.
const MAX_TAG: usize = 48;

/// Turns written text into spoken text as it comes, and keeps the tags.
#[derive(Debug)]
pub(super) struct Spoken {
    label: String,
    held: String,
    begun: bool,
    /// Whether a blank would be one too many: one came before a tag.
    spaced: bool,
    tags: Vec<String>,
}

/// What the text that is held may be.
enum Next {
    /// The first so many bytes are speech.
    Speech(usize),
    /// The first so many bytes are not spoken.
    Skip(usize),
    /// The first so many bytes are a tag in brackets.
    Tag(usize),
    /// It depends on what follows.
    Wait,
}

impl Spoken {
    pub(super) fn new(name: &str) -> Self {
        Self { label: format!("{name}:"), held: String::new(), begun: false, spaced: false, tags: Vec::new() }
    }

    /// Takes written text and gives what of it is certainly spoken.
    pub(super) fn push(&mut self, text: &str) -> String {
        self.held += text;
        let mut out = String::new();
        loop {
            match self.next() {
                Next::Wait => return out,
                Next::Skip(n) => drop(self.held.drain(..n)),
                Next::Tag(n) => {
                    let tag: String = self.held.drain(..n).collect();
                    self.tags.push(tag[1..n - 1].trim().to_owned());
                }
                Next::Speech(n) => {
                    self.spaced = self.held[..n].ends_with(' ');
                    out.extend(self.held.drain(..n));
                    self.begun = true;
                }
            }
        }
    }

    /// What was held back, at the end.
    pub(super) fn finish(&mut self) -> String {
        let rest = std::mem::take(&mut self.held);
        if rest.starts_with("<think>") || rest.starts_with('[') { String::new() } else { rest }
    }

    /// Writes down in the reply what the tags say.
    pub(super) fn note(&self, brief: &Brief, reply: &mut Reply) {
        let mood = |tag: &String| Emotion::ALL.iter().find(|mood| mood.name().eq_ignore_ascii_case(tag));
        if let Some(mood) = self.tags.iter().find_map(mood) {
            reply.emotion = *mood;
        }
        let offered = |tag: &String| brief.actions.iter().find(|action| action.name.eq_ignore_ascii_case(tag));
        reply.action = self.tags.iter().find_map(offered).map(|action| action.name.clone());
    }

    fn next(&self) -> Next {
        let held = self.held.as_str();
        if held.is_empty() {
            return Next::Wait;
        }
        if !self.begun {
            let space = held.len() - held.trim_start().len();
            if space > 0 {
                return Next::Skip(space);
            }
            for (mark, end) in [("<think>", "</think>"), (self.label.as_str(), "")] {
                if held.starts_with(mark) {
                    return held.find(end).map_or(Next::Wait, |at| Next::Skip((at + end.len()).max(mark.len())));
                }
                if mark.starts_with(held) {
                    return Next::Wait;
                }
            }
        }
        if self.spaced && held.starts_with(' ') {
            return Next::Skip(1);
        }
        match held.find('[') {
            None => Next::Speech(held.len()),
            Some(0) => tag(held),
            Some(at) => Next::Speech(at),
        }
    }
}

/// Writes down which facts and things the reply speaks of by name.
pub(super) fn note_names(brief: &Brief, reply: &mut Reply) {
    let text = reply.text.to_lowercase();
    let speaks_of = |name: &str| !name.is_empty() && text.contains(without_article(&name.to_lowercase()));
    let used = |(i, fact): (usize, &crate::brief::BriefFact)| fact.object.as_deref().is_some_and(speaks_of).then_some(i);
    reply.used_facts = brief.facts.iter().enumerate().filter_map(used).collect();
    let things = brief.view.iter().flat_map(|view| view.things.iter().enumerate());
    reply.used_things = things.filter(|(_, thing)| speaks_of(&thing.name)).map(|(i, _)| i).collect();
}

fn tag(held: &str) -> Next {
    match held.find([']', '\n']) {
        Some(at) if held.as_bytes()[at] == b']' && at < MAX_TAG => Next::Tag(at + 1),
        None if held.len() < MAX_TAG => Next::Wait,
        _ => Next::Speech(1),
    }
}

fn without_article(name: &str) -> &str {
    ["the ", "a ", "an "].iter().find_map(|article| name.strip_prefix(article)).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brief::OfferedAction;

    /// Speech and tags of a text that comes in pieces of `step` characters.
    fn speech(text: &str, step: usize) -> (String, Vec<String>) {
        let mut spoken = Spoken::new("Marta");
        let characters: Vec<char> = text.chars().collect();
        let mut out: String = characters.chunks(step).map(|piece| spoken.push(&piece.iter().collect::<String>())).collect();
        out += &spoken.finish();
        (out, spoken.tags)
    }

    #[test]
    fn only_speech_is_spoken_however_it_comes() {
        for step in 1..9 {
            let (text, tags) =
                speech("<think>\nHm [x].\n</think>\n\n[Happy] [give_item] Marta: Here, love. [wave] Mind the step.", step);
            assert_eq!(text, "Here, love. Mind the step.", "in pieces of {step}");
            assert_eq!(tags, ["Happy", "give_item", "wave"], "in pieces of {step}");
        }
    }

    #[test]
    fn brackets_that_are_no_tags_stay() {
        let long = format!("[{}] aye", "a word ".repeat(20));
        assert_eq!(speech(&long, 3).0, long, "too long for a tag");
        assert_eq!(speech("One [two\nthree] four", 2).0, "One [two\nthree] four", "a tag is on one line");
        assert_eq!(speech("Martha: no", 1).0, "Martha: no", "another's label is a word");
    }

    #[test]
    fn tags_that_mean_nothing_here_do_nothing() {
        let mut spoken = Spoken::new("Marta");
        spoken.push("[smiles] [attack] [angry] No.");
        let action = OfferedAction { name: "wave".into(), description: String::new() };
        let brief = Brief { actions: vec![action], ..Brief::default() };
        let mut reply = Reply { text: "No.".into(), ..Reply::default() };
        spoken.note(&brief, &mut reply);
        assert_eq!((reply.emotion, reply.action), (Emotion::Angry, None), "the mood is known, the action was not offered");
    }
}
