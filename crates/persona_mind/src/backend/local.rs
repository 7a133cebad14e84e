//! Language models from GGUF files and Hugging Face folders, run here.

mod candidates;
mod form;
mod sessions;
mod spoken;
mod turn;

use super::{Backend, MindError, ReplySink, Together};
use crate::brief::{Brief, Finish, Reply, TurnId};
use crate::engine::grammar::{Constraint, Vocabulary};
use crate::engine::model::{Model, ModelError, ModelSettings};
use crate::engine::sampler::{Sampler, Sampling};
use crate::engine::scheduler::{Ended, Request, Scheduler, TextId};
use crate::engine::template::{ChatTemplate, Rendered};
use crate::prompt::{self, Extent, ReplyForm};
use candidates::Candidate;
use sessions::{Kept, Sessions};
use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::path::Path;
use turn::{Sink, Turn};

/// Exchanges that are left out at a time when a talk outgrows the model, so that the rest stays in the cache for a while.
const BLOCK: usize = 4;

/// A language model from a GGUF file or a Hugging Face folder, of any [`Family`](crate::engine::family::Family).
///
/// The prompt follows the file's own chat template; a file without one is taken to go on with texts. What has been computed
/// for a conversation is kept, so that its next turn costs only what is new; a new conversation begins with what it shares
/// with another, such as the character sheet. Several turns are taken on [together](Together): a token of each costs
/// little more than one of a single turn.
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
    scheduler: Scheduler,
    turns: Vec<(TextId, Turn)>,
    /// Replies to each line, of which one is spoken.
    candidates: usize,
    /// Those that have ended before others of their turn.
    finished: Vec<Candidate>,
    /// Turns that the persona's bounds answer.
    refusals: Vec<(TurnId, Reply)>,
    form: ReplyForm,
    /// Made when replies are held to a form.
    vocabulary: Option<Vocabulary>,
}

/// Bytes of what has been computed for conversations, where nothing else is set.
const CACHE_BYTES: usize = 256 << 20;

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
        Self::open_with(path, ModelSettings::default())
    }

    /// [`Local::open`] with another length of texts, other caches or other threads.
    ///
    /// # Errors
    /// As [`Local::open`].
    pub fn open_with(path: &Path, settings: ModelSettings) -> Result<Self, MindError> {
        Self::new(Model::open_with(path, settings)).map_err(|error| named(path, error))
    }

    /// Reads a GGUF model from anything that can be read and sought.
    ///
    /// # Errors
    /// [`MindError::Start`] with place, expected and found.
    pub fn read<R: Read + Seek>(source: R) -> Result<Self, MindError> {
        Self::new(Model::read(source))
    }

    /// Has replies written in this form, in place of tags. As JSON no other action can be proposed than those that the brief
    /// offers, and actions have arguments.
    ///
    /// # Errors
    /// [`MindError::Start`] if the model's vocabulary cannot be held to a form.
    pub fn with_form(mut self, form: ReplyForm) -> Result<Self, MindError> {
        let vocabulary = || Vocabulary::new(&self.model.tokenizer, self.model.decoder.shape().vocab);
        self.vocabulary = match form {
            ReplyForm::Tags => None,
            ReplyForm::Json => Some(vocabulary().map_err(|error| MindError::Start { message: error.to_string() })?),
        };
        self.form = form;
        Ok(self)
    }

    /// Keeps at most so many bytes of what has been computed for conversations that rest; 256 MiB by default. What gives way is
    /// computed again.
    #[must_use]
    pub fn with_cache_bytes(mut self, bytes: usize) -> Self {
        self.sessions = Sessions::new(bytes);
        self
    }

    /// Has so many replies written to each line, at once, and the one spoken that the model holds to be likeliest, by the mean of
    /// its tokens; 1 by default, at most 16. The prompt is read once for all. Speech then comes at the end, in one piece.
    #[must_use]
    pub fn with_candidates(mut self, count: usize) -> Self {
        self.candidates = count.clamp(1, 16);
        self
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
        let (sessions, scheduler) = (Sessions::new(CACHE_BYTES), Scheduler::default());
        Ok(Self {
            model,
            template,
            sampling: None,
            sessions,
            scheduler,
            turns: Vec::new(),
            candidates: 1,
            finished: Vec::new(),
            refusals: Vec::new(),
            form: ReplyForm::Tags,
            vocabulary: None,
        })
    }

    fn rendered(&self, brief: &Brief, extent: Extent) -> Result<Rendered, MindError> {
        match &self.template {
            Some(template) => template.render(&prompt::messages(brief, extent, self.form)).map_err(|e| model_failed(&e)),
            None => Ok(Rendered::plain(prompt::transcript(brief, extent, self.form))),
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

    fn sampler(&self, brief: &Brief, seed: u64) -> Sampler {
        let improvisation = brief.persona.improvisation.clamp(0.0, 1.0);
        let usual = Sampling { temperature: 0.5 + 0.4 * improvisation, ..Sampling::default() };
        Sampler::new(Sampling { seed, ..self.sampling.clone().unwrap_or(usual) })
    }

    /// Texts that show that the model goes on to write the other's part.
    fn stops(&self, brief: &Brief) -> Vec<String> {
        match self.template {
            Some(_) => vec![format!("\n{}:", brief.speaker), "\n(You know".to_owned()],
            None => vec!["\n".to_owned()],
        }
    }
}

const CONTINUE: ControlFlow<()> = ControlFlow::Continue(());

impl Together for Local {
    fn begin(&mut self, brief: &Brief, urgent: bool) -> Result<(), MindError> {
        if let Some(line) = brief.persona.boundaries.refusal(&brief.line, brief.seed) {
            self.refusals.push((brief.turn, Reply { text: line.to_owned(), emotion: brief.mood, ..Reply::default() }));
            return Ok(());
        }
        let prompt = self.fitted(brief)?;
        let kept = self.sessions.take(brief.conversation, &prompt.ids);
        let (cached, cache) =
            kept.map(|kept| (kept.ids, kept.cache)).unwrap_or_else(|| (Vec::new(), self.model.decoder.new_cache()));
        for candidate in 0..self.candidates {
            let constraint = self.vocabulary.as_ref().map(|vocabulary| Constraint::new(vocabulary, &form::grammar(brief)));
            let constraint = constraint.transpose().map_err(|error| model_failed(&error))?;
            let stops = if constraint.is_some() { Vec::new() } else { self.stops(brief) };
            let turn = Turn::new(brief, &prompt, stops, self.form, self.candidates > 1);
            let request = Request {
                ids: prompt.ids.clone(),
                cache: cache.clone(),
                cached: cached.clone(),
                sampler: self.sampler(brief, brief.seed.wrapping_add(candidate as u64)),
                constraint,
                urgent,
            };
            let id = self.scheduler.add(&self.model.decoder, request).map_err(|error| model_failed(&error))?;
            self.turns.push((id, turn));
        }
        Ok(())
    }

    fn step(&mut self, sink: &mut dyn FnMut(TurnId, &str) -> ControlFlow<()>) -> Vec<(TurnId, Result<Reply, MindError>)> {
        let mut ended = Vec::new();
        for (turn, mut reply) in self.refusals.drain(..) {
            if sink(turn, &reply.text).is_break() {
                reply.finish = Finish::Interrupted;
            }
            ended.push((turn, Ok(reply)));
        }
        // Those that are interrupted while others are read are not told of by the scheduler.
        let asked: Vec<TextId> = self.turns.iter_mut().filter_map(|(id, turn)| turn.is_broken_off(sink).then_some(*id)).collect();
        for id in asked {
            if let Some(text) = self.scheduler.take(id) {
                ended.extend(self.end(id, text, sink));
            }
        }
        let Self { scheduler, turns, model, .. } = self;
        let stepped = scheduler.step(&model.decoder, |id, news| {
            let turn = turns.iter_mut().find(|(other, _)| *other == id);
            turn.map_or(ControlFlow::Break(()), |(_, turn)| turn.hear(news, &model.tokenizer, sink))
        });
        match stepped {
            Ok(texts) => {
                for (id, text) in texts {
                    ended.extend(self.end(id, text, sink));
                }
            }
            // What has been computed may not be what the tokens say.
            Err(error) => {
                self.scheduler = Scheduler::default();
                self.finished.clear();
                let mut failed: Vec<TurnId> = self.turns.drain(..).map(|(_, turn)| turn.brief.turn).collect();
                failed.dedup();
                ended.extend(failed.into_iter().map(|turn| (turn, Err(model_failed(&error)))));
            }
        }
        ended
    }
}

impl Local {
    /// Makes the reply of a text that has ended, if it is the last of its turn, and keeps what was computed.
    fn end(&mut self, id: TextId, text: Ended, sink: Sink) -> Option<(TurnId, Result<Reply, MindError>)> {
        let at = self.turns.iter().position(|(other, _)| *other == id)?;
        let (_, turn) = self.turns.remove(at);
        let ended = turn.brief.turn;
        self.finished.push(Candidate { turn, text });
        if self.turns.iter().any(|(_, turn)| turn.brief.turn == ended) {
            return None;
        }
        let of_turn = self.finished.extract_if(.., |candidate| candidate.turn.brief.turn == ended).collect();
        let Candidate { turn, text } = candidates::best(of_turn)?;
        let conversation = turn.brief.conversation;
        let reply = match &text.failure {
            Some(failure) => Err(model_failed(failure)),
            None => Ok(turn.reply(text.computed, sink)),
        };
        self.sessions.put(conversation, Kept { ids: text.ids, cache: text.cache }, self.scheduler.bytes());
        Some((ended, reply))
    }
}

impl Backend for Local {
    fn name(&self) -> &str {
        "local"
    }

    fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
        self.begin(brief, true)?;
        loop {
            let ended = Together::step(self, &mut |turn, text| if turn == brief.turn { sink.chunk(text) } else { CONTINUE });
            if let Some((_, reply)) = ended.into_iter().find(|(turn, _)| *turn == brief.turn) {
                return reply;
            }
        }
    }

    fn together(&mut self) -> Option<&mut dyn Together> {
        Some(self)
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
