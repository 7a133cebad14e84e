//! Hearth as a way of answering turns.

use super::Hearth;
use super::asides::dressed;
use super::file::ModelFile;
use super::plan::{Plan, Planner, names_of};
use super::script::{Choice, Prompt, Script};
use super::talk::{Chance, Wording};
use crate::backend::{Backend, MindError, ReplySink};
use crate::brief::{Brief, Finish, Reply, TurnStats};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;

/// Candidates that are worded before the best is taken as it is.
const CANDIDATES: usize = 4;
/// The history that the model was trained to read.
const HISTORY: usize = 3;

impl Backend for Hearth {
    fn name(&self) -> &str {
        "builtin"
    }

    fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
        let plan = self.planner().plan(brief).map_err(failed)?;
        if let Some(line) = refusal(brief, &plan) {
            return Ok(speak(line, &Wording::default(), sink));
        }
        let prompt = self.prompt_of(brief, &plan);
        let (logits, computed) = self.speaker.prefill(brief.conversation, &prompt).map_err(failed)?;
        let mut chance = Chance {
            rng: ChaCha8Rng::seed_from_u64(brief.seed),
            temperature: 0.3 + 0.5 * brief.persona.improvisation.clamp(0.0, 1.0),
            max_tokens: brief.max_tokens.clamp(8, 96),
        };
        let manner = (brief.persona.register, is_long(brief));
        let replies: Vec<&str> = brief.history.iter().map(|exchange| exchange.reply.as_str()).collect();
        let mut best: Option<Wording> = None;
        let mut interrupted = false;
        for _ in 0..CANDIDATES {
            let mut keep_on = || {
                let flow = sink.chunk("");
                interrupted |= flow.is_break();
                flow
            };
            let wording = self
                .speaker
                .word(&prompt, &logits, &plan, manner, &self.file.vocab, &mut chance, &replies, &mut keep_on)
                .map_err(failed)?;
            let good = is_sound(&wording, &plan);
            if good || best.is_none() {
                best = Some(wording);
            }
            if good || interrupted {
                break;
            }
        }
        let wording = best.unwrap_or_default();
        let mut reply = if interrupted {
            Reply { finish: Finish::Interrupted, ..Reply::default() }
        } else {
            let text = dressed(&wording.text, brief, plan.tone, &self.speaker.phrasebook, &mut chance.rng);
            speak(&text, &wording, sink)
        };
        reply.action = plan.action.clone();
        reply.used_facts = plan.fact.into_iter().collect();
        reply.used_things = plan.things;
        reply.stats = TurnStats {
            prompt_tokens: computed.prompt,
            computed_tokens: computed.fresh,
            reply_tokens: wording.tokens,
            ..TurnStats::default()
        };
        Ok(reply)
    }

    fn prompt(&self, brief: &Brief) -> String {
        match self.planner().plan(brief) {
            Ok(plan) => {
                let history = anonymous_history(brief);
                let mut names: Vec<_> = plan.names.iter().map(|(slot, name)| format!("{slot} = {name}")).collect();
                names.sort();
                format!("{}\n{}", script(brief, &plan, &history).text(), names.join("\n"))
            }
            Err(error) => format!("no prompt: {error}"),
        }
    }
}

impl Hearth {
    fn planner(&self) -> Planner<'_> {
        Planner { reader: &self.reader, eye: &self.eye, gaze: &self.gaze, vocab: &self.file.vocab }
    }

    fn prompt_of(&self, brief: &Brief, plan: &Plan) -> Prompt {
        script(brief, plan, &anonymous_history(brief)).prompt(&self.file.vocab)
    }
}

fn script<'a>(brief: &Brief, plan: &'a Plan, history: &'a [(String, String)]) -> Script<'a> {
    Script {
        register: brief.persona.register,
        long: is_long(brief),
        history,
        tone: plan.tone,
        intent: &plan.intent,
        choice: &plan.choice,
        line: &plan.line,
    }
}

/// Whether the character likes to talk.
fn is_long(brief: &Brief) -> bool {
    brief.persona.verbosity > 0.5
}

/// The latest exchanges without names. It grows at the end and drops whole blocks from the front, so that a cache
/// stays right for several turns.
fn anonymous_history(brief: &Brief) -> Vec<(String, String)> {
    let names = names_of(brief, std::iter::empty());
    let skip = brief.history.len().saturating_sub(HISTORY).next_multiple_of(HISTORY);
    let recent = brief.history.iter().skip(skip);
    recent
        .map(|e| {
            (names.anonymous(super::plan::start_of(&e.line)).to_lowercase(), names.anonymous(super::plan::start_of(&e.reply)))
        })
        .collect()
}

/// A line that the author wrote, where the talk leaves the character's bounds.
fn refusal<'a>(brief: &'a Brief, plan: &Plan) -> Option<&'a str> {
    let bounds = &brief.persona.boundaries;
    let outside = !bounds.never_discuss.is_empty() && plan.intent == "out_of_world";
    if outside { bounds.any_refusal(brief.seed) } else { bounds.refusal(&brief.line, brief.seed) }
}

/// Whether a candidate says what the plan chose, and comes to an end.
fn is_sound(wording: &Wording, plan: &Plan) -> bool {
    let says = |slot: &str| wording.slots.iter().any(|s| s == slot);
    let complete = wording.ended && !wording.text.is_empty();
    complete
        && match &plan.choice {
            Choice::Fact { certainty: super::script::Certainty::Guarded, .. } => !says("{O}") && !says("{S}"),
            Choice::Fact { about_self, .. } => says("{O}") && (*about_self || says("{S}")),
            Choice::Things(things) if plan.intent == "see" && !things.is_empty() => says("{A}"),
            _ => true,
        }
}

/// Hands a checked reply to the sink word by word.
fn speak(text: &str, wording: &Wording, sink: &mut dyn ReplySink) -> Reply {
    let mut reply = Reply { emotion: wording.emotion, ..Reply::default() };
    for word in text.split_inclusive(' ') {
        reply.text += word;
        if sink.chunk(word) == ControlFlow::Break(()) {
            reply.finish = Finish::Interrupted;
            break;
        }
    }
    reply
}

fn failed(error: candle_core::Error) -> MindError {
    MindError::Model { message: error.to_string() }
}

impl Hearth {
    /// A model from the bytes of its file.
    ///
    /// # Errors
    /// [`MindError::Start`], with the key or tensor at fault.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MindError> {
        let file =
            ModelFile::read(std::io::Cursor::new(bytes)).map_err(|e| MindError::Start { message: format!("Hearth: {e}") })?;
        Self::new(file).map_err(|e| MindError::Start { message: format!("Hearth: {e}") })
    }
}
