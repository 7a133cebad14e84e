//! One turn under way: from tokens to what is spoken.

use super::Prompt;
use super::form::SayReader;
use super::spoken::{Spoken, note_names};
use crate::brief::{Brief, Finish, Reply, TurnId, TurnStats};
use crate::engine::scheduler::News;
use crate::engine::stream::TextStream;
use crate::engine::tokenizer::Tokenizer;
use crate::prompt::ReplyForm;
use std::ops::ControlFlow;

/// A turn, and what has been said of it.
#[derive(Debug)]
pub(super) struct Turn {
    pub brief: Brief,
    reply: Reply,
    stream: TextStream,
    voice: Voice,
    most: usize,
    /// Whether nothing is handed on before it has ended.
    is_silent: bool,
}

/// What takes speech out of what is written.
#[derive(Debug)]
enum Voice {
    Tags(Spoken),
    Json(SayReader),
}

impl Voice {
    fn push(&mut self, text: &str) -> String {
        match self {
            Self::Tags(spoken) => spoken.push(text),
            Self::Json(reader) => reader.push(text),
        }
    }

    fn finish(&mut self) -> String {
        match self {
            Self::Tags(spoken) => spoken.finish(),
            Self::Json(_) => String::new(),
        }
    }
}

/// Asked after each token whether a turn shall go on.
pub(super) type Sink<'a> = &'a mut dyn FnMut(TurnId, &str) -> ControlFlow<()>;

impl Turn {
    pub(super) fn new(brief: &Brief, prompt: &Prompt, stops: Vec<String>, form: ReplyForm, is_silent: bool) -> Self {
        let stats = TurnStats { prompt_tokens: prompt.ids.len(), ..TurnStats::default() };
        Self {
            reply: Reply { emotion: brief.mood, stats, ..Reply::default() },
            stream: TextStream::new(stops),
            voice: match form {
                ReplyForm::Tags => Voice::Tags(Spoken::new(&brief.persona.name)),
                ReplyForm::Json => Voice::Json(SayReader::default()),
            },
            most: prompt.max_reply,
            brief: brief.clone(),
            is_silent,
        }
    }

    /// Whether it shall not go on.
    pub(super) fn is_broken_off(&mut self, sink: Sink) -> bool {
        let is_broken_off = sink(self.brief.turn, "").is_break();
        if is_broken_off {
            self.reply.finish = Finish::Interrupted;
        }
        is_broken_off
    }

    /// Whether it came to an end by itself.
    pub(super) fn is_whole(&self) -> bool {
        self.reply.finish == Finish::default()
    }

    /// Tokens that have been written.
    pub(super) fn tokens(&self) -> usize {
        self.reply.stats.reply_tokens
    }

    /// Takes in what has come of its text.
    pub(super) fn hear(&mut self, news: News, tokenizer: &Tokenizer, sink: Sink) -> ControlFlow<()> {
        let News::Token(id, _) = news else { return ControlFlow::Continue(()) };
        if tokenizer.is_end(id) {
            return ControlFlow::Break(());
        }
        self.reply.stats.reply_tokens += 1;
        let text = self.voice.push(&self.stream.push(&tokenizer.bytes(id)));
        self.reply.text += &text;
        if sink(self.brief.turn, if self.is_silent { "" } else { &text }).is_break() {
            self.reply.finish = Finish::Interrupted;
            return ControlFlow::Break(());
        }
        if self.stream.is_stopped() {
            return ControlFlow::Break(());
        }
        if self.reply.stats.reply_tokens == self.most {
            self.reply.finish = Finish::Length;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    /// The whole reply, with what was held back of its text.
    pub(super) fn reply(mut self, computed: usize, sink: Sink) -> Reply {
        if self.reply.finish != Finish::Interrupted {
            let rest = self.voice.push(&self.stream.finish()) + &self.voice.finish();
            // The reply is at its end: whether to go on is no question any more.
            self.reply.text += &rest;
            let _ = sink(self.brief.turn, if self.is_silent { &self.reply.text } else { &rest });
        } else if self.is_silent {
            // Nothing of it was heard.
            self.reply.text.clear();
        }
        self.reply.stats.computed_tokens = computed;
        match &self.voice {
            Voice::Tags(spoken) => spoken.note(&self.brief, &mut self.reply),
            Voice::Json(reader) => reader.note(&self.brief, &mut self.reply),
        }
        note_names(&self.brief, &mut self.reply);
        self.reply
    }
}
