//! Language models from GGUF files and Hugging Face folders, run here.

mod sessions;
mod spoken;

use super::{Backend, MindError, ReplySink};
use crate::brief::{Brief, Finish, Reply, TurnStats};
use crate::engine::model::{Model, ModelError};
use crate::engine::sampler::{Sampler, Sampling};
use crate::engine::session::Session;
use crate::engine::stream::TextStream;
use crate::engine::template::{ChatTemplate, Rendered};
use crate::prompt::{self, Extent};
use sessions::Sessions;
use spoken::Spoken;
use std::io::{Read, Seek};
use std::path::Path;

/// Exchanges that are left out at a time when a talk outgrows the model, so that the rest stays in the cache for a while.
const BLOCK: usize = 4;

/// A language model from a GGUF file or a Hugging Face folder, of any [`Family`](crate::engine::family::Family).
///
/// The prompt follows the file's own chat template; a file without one is taken to go on with texts. What has been computed
/// for a conversation is kept, so that its next turn costs only what is new; a new conversation begins with what it shares
/// with another, such as the character sheet.
///
/// The model begins its replies with tags for mood and action, which are taken out. [`Reply::used_facts`] and
/// [`Reply::used_things`] are those whose names the reply speaks.
///
/// ```no_run
/// use persona_mind::{Backend, Brief, backend::Local};
///
/// let mut model = Local::open("qwen3-0.6b-q4_k_m.gguf".as_ref())?;
/// let reply = model.reply(&Brief { line: "Good evening!".into(), max_tokens: 48, ..Brief::default() }, &mut ())?;
/// println!("{}", reply.text);
/// # Ok::<(), persona_mind::MindError>(())
/// ```
#[derive(Debug)]
pub struct Local {
    model: Model,
    template: Option<ChatTemplate>,
    sampling: Option<Sampling>,
    sessions: Sessions,
}

/// A prompt that fits.
struct Prompt {
    ids: Vec<u32>,
    max_reply: usize,
}

impl Local {
    /// Reads a model file, or a folder ([`Model::open`]).
    ///
    /// # Errors
    /// [`MindError::Start`] with file, place, expected and found.
    pub fn open(path: &Path) -> Result<Self, MindError> {
        Self::new(Model::open(path)).map_err(|error| named(path, error))
    }

    /// Reads a GGUF model from anything that can be read and sought.
    ///
    /// # Errors
    /// [`MindError::Start`] with place, expected and found.
    pub fn read<R: Read + Seek>(source: R) -> Result<Self, MindError> {
        Self::new(Model::read(source))
    }

    /// Chooses tokens in this way, in place of one that follows the persona's improvisation. The seed is the brief's.
    #[must_use]
    pub fn with_sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = Some(sampling);
        self
    }

    fn new(model: Result<Model, ModelError>) -> Result<Self, MindError> {
        let start = |message: String| MindError::Start { message };
        let model = model.map_err(|error| start(error.to_string()))?;
        let name = |id: Option<u32>| id.map_or("", |id| model.tokenizer.name(id));
        let (first, end) = (name(model.tokenizer.first()), name(model.tokenizer.end()));
        let template = model.template.as_ref().map(|source| ChatTemplate::new(source, first, end)).transpose();
        let template = template.map_err(|error| start(error.to_string()))?;
        Ok(Self { model, template, sampling: None, sessions: Sessions::default() })
    }

    fn rendered(&self, brief: &Brief, extent: Extent) -> Result<Rendered, MindError> {
        match &self.template {
            Some(template) => template.render(&prompt::messages(brief, extent)).map_err(|e| model_failed(&e)),
            None => Ok(Rendered::plain(prompt::transcript(brief, extent))),
        }
    }

    /// The prompt, of as much of the brief as fits: first the oldest exchanges give way, then the least facts.
    fn fitted(&self, brief: &Brief) -> Result<Prompt, MindError> {
        let max_reply = brief.max_tokens.clamp(1, self.model.context / 4);
        let room = self.model.context - max_reply;
        let mut extent = Extent { skipped_exchanges: 0, facts: brief.facts.len() };
        loop {
            let ids = self.rendered(brief, extent)?.ids(&self.model.tokenizer);
            if ids.len() <= room {
                return Ok(Prompt { ids, max_reply });
            }
            if extent.skipped_exchanges < brief.history.len() {
                extent.skipped_exchanges += BLOCK;
            } else if extent.facts > 0 {
                extent.facts /= 2;
            } else {
                let message = format!("expected a prompt of at most {room} tokens, found {}", ids.len());
                return Err(MindError::TooLong { message });
            }
        }
    }

    fn sampler(&self, brief: &Brief) -> Sampler {
        let improvisation = brief.persona.improvisation.clamp(0.0, 1.0);
        let usual = Sampling { temperature: 0.5 + 0.4 * improvisation, ..Sampling::default() };
        Sampler::new(Sampling { seed: brief.seed, ..self.sampling.unwrap_or(usual) })
    }

    /// Texts that show that the model goes on to write the other's part.
    fn stops(&self, brief: &Brief) -> Vec<String> {
        match self.template {
            Some(_) => vec![format!("\n{}:", brief.speaker), "\n(You know".to_owned()],
            None => vec!["\n".to_owned()],
        }
    }

    fn speak(&self, brief: &Brief, prompt: &Prompt, session: &mut Session, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
        let advance = session.advance(&self.model.decoder, &prompt.ids, || sink.chunk("")).map_err(|e| model_failed(&e))?;
        let stats = TurnStats { prompt_tokens: prompt.ids.len(), computed_tokens: advance.computed, ..TurnStats::default() };
        let mut reply = Reply { emotion: brief.mood, stats, ..Reply::default() };
        let Some(mut logits) = advance.logits else {
            reply.finish = Finish::Interrupted;
            return Ok(reply);
        };
        let mut sampler = self.sampler(brief);
        let mut stream = TextStream::new(self.stops(brief));
        let mut spoken = Spoken::new(&brief.persona.name);
        loop {
            let id = sampler.choose(&logits, &session.ids()[prompt.ids.len()..]);
            if self.model.tokenizer.is_end(id) {
                break;
            }
            reply.stats.reply_tokens += 1;
            let text = spoken.push(&stream.push(&self.model.tokenizer.bytes(id)));
            reply.text += &text;
            if sink.chunk(&text).is_break() {
                reply.finish = Finish::Interrupted;
                break;
            }
            if stream.is_stopped() {
                break;
            }
            if reply.stats.reply_tokens == prompt.max_reply {
                reply.finish = Finish::Length;
                break;
            }
            logits = session.push(&self.model.decoder, id).map_err(|e| model_failed(&e))?;
        }
        if reply.finish != Finish::Interrupted {
            let rest = spoken.push(&stream.finish()) + &spoken.finish();
            // The reply is at its end: whether to go on is no question any more.
            let _ = sink.chunk(&rest);
            reply.text += &rest;
        }
        spoken.note(brief, &mut reply);
        Ok(reply)
    }
}

impl Backend for Local {
    fn name(&self) -> &str {
        "local"
    }

    fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
        if let Some(line) = brief.persona.boundaries.refusal(&brief.line, brief.seed) {
            let finish = if sink.chunk(line).is_break() { Finish::Interrupted } else { Finish::Complete };
            return Ok(Reply { text: line.to_owned(), emotion: brief.mood, finish, ..Reply::default() });
        }
        let prompt = self.fitted(brief)?;
        let mut session = self.sessions.take(brief.conversation, &prompt.ids, &self.model.decoder);
        let reply = self.speak(brief, &prompt, &mut session, sink);
        // After an error its cache may not be what its tokens say.
        if reply.is_ok() {
            self.sessions.put(brief.conversation, session);
        }
        reply
    }

    fn prompt(&self, brief: &Brief) -> String {
        match self.rendered(brief, Extent::WHOLE) {
            Ok(rendered) => rendered.text(),
            Err(error) => format!("no prompt: {error}"),
        }
    }
}

fn named(path: &Path, error: MindError) -> MindError {
    match error {
        MindError::Start { message } if !message.starts_with(&*path.to_string_lossy()) => {
            MindError::Start { message: format!("{}: {message}", path.display()) }
        }
        other => other,
    }
}

fn model_failed(error: &dyn std::fmt::Display) -> MindError {
    MindError::Model { message: error.to_string() }
}
