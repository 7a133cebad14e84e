//! A backend without a model: canned replies, and the last tier to fall back on.

mod answer;
mod gate;

pub use answer::ScriptedReply;
pub use gate::Gate;

use super::{Backend, MindError, ReplySink};
use crate::brief::{Brief, Finish, Reply, TurnStats};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

/// Briefs that a [`Scripted`] backend was given, in order.
pub type SeenBriefs = Arc<Mutex<Vec<Brief>>>;

/// A backend that answers from a list of canned replies, word by word.
///
/// It needs no weights, so a game and its tests run with it on any machine, with the same events as
/// with a model. The first rule whose pattern fits the line wins; a line that no rule fits is answered
/// with what the character sees (where the line asks for that), with the best recalled fact that may
/// be told, or with a shrug.
///
/// It can also be told to [fail](Self::fail_on), to [panic](Self::panic_on), to [wait](Self::with_gate)
/// and to [keep the briefs](Self::record) it was given, for tests of what happens around a model. All
/// clones share the gate and the record.
///
/// ```
/// use persona_mind::{Backend, Brief, backend::{Scripted, ScriptedReply}, brief::Emotion};
///
/// let mut marta = Scripted::default()
///     .on("Good day.", "Good day to you.")
///     .on_containing("room", ScriptedReply::new("For honest coin, always.").feeling(Emotion::Happy));
/// let brief = Brief { line: "Have you a ROOM?".into(), max_tokens: 32, ..Brief::default() };
/// let reply = marta.reply(&brief, &mut ())?;
/// assert_eq!(reply.text, "For honest coin, always.");
/// assert_eq!(reply.emotion, Emotion::Happy);
/// # Ok::<(), persona_mind::MindError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scripted {
    rules: Vec<(Pattern, Outcome)>,
    otherwise: Option<Outcome>,
    gate: Option<Gate>,
    seen: Option<SeenBriefs>,
}

#[derive(Clone, Debug)]
enum Pattern {
    Exact(String),
    Contains(String),
}

#[derive(Clone, Debug)]
enum Outcome {
    Say(ScriptedReply),
    Fail(MindError),
    Panic(String),
}

impl Scripted {
    /// Answers a line that is exactly this, whatever its case and the space around it.
    #[must_use]
    pub fn on(self, line: &str, reply: impl Into<ScriptedReply>) -> Self {
        self.rule(Pattern::exact(line), Outcome::Say(reply.into()))
    }

    /// Answers a line that contains this, whatever its case.
    #[must_use]
    pub fn on_containing(self, part: &str, reply: impl Into<ScriptedReply>) -> Self {
        self.rule(Pattern::contains(part), Outcome::Say(reply.into()))
    }

    /// Answers any line that no rule fits, in place of what the backend would make of the brief.
    #[must_use]
    pub fn otherwise(mut self, reply: impl Into<ScriptedReply>) -> Self {
        self.otherwise = Some(Outcome::Say(reply.into()));
        self
    }

    /// Fails on a line that contains this.
    #[must_use]
    pub fn fail_on(self, part: &str, error: MindError) -> Self {
        self.rule(Pattern::contains(part), Outcome::Fail(error))
    }

    /// Panics on a line that contains this, as a faulty model would.
    #[must_use]
    pub fn panic_on(self, part: &str, message: &str) -> Self {
        self.rule(Pattern::contains(part), Outcome::Panic(message.into()))
    }

    /// Waits at a gate before every word.
    #[must_use]
    pub fn with_gate(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Keeps each brief in `seen`.
    #[must_use]
    pub fn record(mut self, seen: &SeenBriefs) -> Self {
        self.seen = Some(seen.clone());
        self
    }

    fn rule(mut self, pattern: Pattern, outcome: Outcome) -> Self {
        self.rules.push((pattern, outcome));
        self
    }

    /// What to do with a brief; `None` where neither rule nor default is set.
    fn outcome(&self, brief: &Brief) -> Option<&Outcome> {
        let line = normal(&brief.line);
        let rule = self.rules.iter().find(|(pattern, _)| pattern.fits(&line));
        rule.map(|(_, outcome)| outcome).or(self.otherwise.as_ref())
    }

    fn speak(&self, mut reply: Reply, brief: &Brief, sink: &mut dyn ReplySink) -> Reply {
        let text = std::mem::take(&mut reply.text);
        for word in text.split_inclusive(' ') {
            if reply.stats.reply_tokens == brief.max_tokens {
                reply.finish = Finish::Length;
                break;
            }
            if self.wait(sink).is_break() || sink.chunk(word).is_break() {
                reply.finish = Finish::Interrupted;
                break;
            }
            reply.text.push_str(word);
            reply.stats.reply_tokens += 1;
        }
        reply.text.truncate(reply.text.trim_end().len());
        reply
    }

    fn wait(&self, sink: &mut dyn ReplySink) -> ControlFlow<()> {
        self.gate.as_ref().map_or(ControlFlow::Continue(()), |gate| gate.pass(sink))
    }
}

impl Backend for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
        if let Some(seen) = &self.seen {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(brief.clone());
        }
        let mut reply = match self.outcome(brief) {
            Some(Outcome::Say(canned)) => canned.to_reply(brief),
            Some(Outcome::Fail(error)) => return Err(error.clone()),
            Some(Outcome::Panic(message)) => panic!("{message}"),
            None => answer::from_brief(brief),
        };
        let words = self.prompt(brief).split_whitespace().count();
        reply.stats = TurnStats { prompt_tokens: words, computed_tokens: words, ..TurnStats::default() };
        Ok(self.speak(reply, brief, sink))
    }

    /// The whole brief as text, field by field; a picture by its size.
    fn prompt(&self, brief: &Brief) -> String {
        format!("{brief:#?}")
    }
}

impl Pattern {
    fn exact(line: &str) -> Self {
        Self::Exact(normal(line))
    }

    fn contains(part: &str) -> Self {
        Self::Contains(normal(part))
    }

    fn fits(&self, line: &str) -> bool {
        match self {
            Self::Exact(whole) => line == whole,
            Self::Contains(part) => line.contains(part.as_str()),
        }
    }
}

fn normal(line: &str) -> String {
    line.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brief::{BriefFact, OfferedAction};

    fn brief(line: &str) -> Brief {
        Brief { line: line.into(), max_tokens: 64, ..Brief::default() }
    }

    fn text(backend: &mut Scripted, brief: &Brief) -> String {
        backend.reply(brief, &mut ()).expect("the script answers").text
    }

    #[test]
    fn the_first_fitting_rule_answers() {
        let mut backend = Scripted::default().on(" Hello ", "one").on_containing("HELL", "two").otherwise("three");
        assert_eq!(text(&mut backend, &brief("hello")), "one", "the whole line fits the first rule");
        assert_eq!(text(&mut backend, &brief("What the hell?")), "two", "a part of the line fits the second");
        assert_eq!(text(&mut backend, &brief("Bye.")), "three", "nothing fits, so the default answers");
    }

    #[test]
    fn words_come_one_by_one_and_add_up() {
        struct Words(Vec<String>);
        impl ReplySink for Words {
            fn chunk(&mut self, text: &str) -> ControlFlow<()> {
                self.0.push(text.into());
                if self.0.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            }
        }
        let mut words = Words(Vec::new());
        let mut backend = Scripted::default().otherwise("a b c d e");
        let reply = backend.reply(&brief("x"), &mut words).unwrap();
        assert_eq!(words.0, ["a ", "b ", "c "], "each word is one token");
        assert_eq!(reply.finish, Finish::Interrupted, "the sink broke the reply off");
    }

    #[test]
    fn a_reply_ends_at_the_limit_of_tokens() {
        let mut backend = Scripted::default().otherwise("a b c d e");
        let reply = backend.reply(&Brief { max_tokens: 2, ..brief("x") }, &mut ()).unwrap();
        assert_eq!((reply.text.as_str(), reply.finish), ("a b", Finish::Length), "two tokens fit");
    }

    #[test]
    fn only_offered_actions_are_proposed() {
        let canned = ScriptedReply::new("Here.").acting("give_item");
        let mut backend = Scripted::default().otherwise(canned);
        let mut brief = brief("Give it to me.");
        assert_eq!(backend.reply(&brief, &mut ()).unwrap().action, None, "the action is not offered");
        brief.actions.push(OfferedAction { name: "give_item".into(), description: String::new() });
        let action = backend.reply(&brief, &mut ()).unwrap().action;
        assert_eq!(action.as_deref(), Some("give_item"), "the action is offered");
    }

    #[test]
    fn briefs_are_kept_and_printed_whole() {
        let seen = SeenBriefs::default();
        let mut backend = Scripted::default().record(&seen);
        let mut brief = brief("Who are you?");
        brief.facts.push(BriefFact {
            subject: "Tobin".into(),
            predicate: "is the son of".into(),
            object: Some("Marta".into()),
            confidence: 1.0,
            source: crate::brief::BriefSource::Told("Old Bess".into()),
            score: 1.0,
            ..BriefFact::default()
        });
        text(&mut backend, &brief);
        let prompt = backend.prompt(&seen.lock().unwrap()[0]);
        for part in ["Who are you?", "Tobin", "is the son of", "Marta", "Old Bess"] {
            assert!(prompt.contains(part), "{part} is in the prompt");
        }
    }

    #[test]
    fn failures_come_as_asked() {
        let error = MindError::Model { message: "overflow".into() };
        let mut backend = Scripted::default().fail_on("sum", error.clone());
        assert_eq!(backend.reply(&brief("The sum?"), &mut ()), Err(error), "the rule fails the turn");
    }
}
