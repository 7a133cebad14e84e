//! What a language model is told: a [`Brief`] as the messages of a talk.
//!
//! The order keeps a model's cache useful: the character sheet and the talk so far come first and only grow at the end;
//! what is recalled, seen and felt this turn stands in the last message, with the line itself.

mod sheet;
mod turn;

use crate::brief::{Brief, Exchange};
use crate::engine::template::{Message, Role};

/// How a model writes mood and action beside what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyForm {
    /// As tags in brackets before the speech, as it likes: any model can, small ones forget it at times.
    #[default]
    Tags,
    /// As JSON that the engine holds it to: no other action than those offered can be written, and actions have arguments.
    Json,
}

/// How much of a brief goes into a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Exchanges left out at the beginning.
    pub skipped_exchanges: usize,
    /// Recalled facts, of the best.
    pub facts: usize,
}

impl Extent {
    /// The whole brief.
    pub const WHOLE: Self = Self { skipped_exchanges: 0, facts: usize::MAX };
}

/// The messages of a brief.
///
/// ```
/// use persona_mind::{Brief, brief::PersonaCard, prompt::{Extent, ReplyForm, messages}};
/// let persona = PersonaCard { name: "Marta".into(), role: "innkeeper of the Gilded Oak".into(), ..PersonaCard::default() };
/// let brief = Brief { persona: persona.into(), speaker: "Tobin".into(), line: "A room?".into(), ..Brief::default() };
/// let messages = messages(&brief, Extent::WHOLE, ReplyForm::Tags);
/// assert!(messages[0].text.starts_with("You are Marta, innkeeper of the Gilded Oak."));
/// assert!(messages[1].text.ends_with("Tobin: A room?"));
/// ```
#[must_use]
pub fn messages(brief: &Brief, extent: Extent, form: ReplyForm) -> Vec<Message> {
    let message = |role, text| Message { role, text };
    let mut messages = vec![message(Role::System, sheet::sheet(brief, form))];
    for exchange in brief.history.iter().skip(extent.skipped_exchanges) {
        messages.push(message(Role::User, heard(&exchange.speaker, &exchange.line)));
        messages.push(message(Role::Assistant, said(exchange)));
    }
    let now = turn::context(brief, extent.facts, form);
    messages.push(message(Role::User, format!("{now}\n\n{}", heard(&brief.speaker, &brief.line))));
    messages
}

/// The same for a model that has learned to go on with texts, not to chat: it ends where the reply begins.
#[must_use]
pub fn transcript(brief: &Brief, extent: Extent, form: ReplyForm) -> String {
    let mut text = String::new();
    for message in messages(brief, extent, form) {
        match message.role {
            Role::Assistant => text += &format!("{}: {}\n", brief.persona.name, message.text),
            Role::System | Role::User => text += &format!("{}\n", message.text),
        }
    }
    text + &brief.persona.name + ":"
}

fn heard(speaker: &str, line: &str) -> String {
    format!("{}: {line}", name_of(speaker))
}

fn said(exchange: &Exchange) -> String {
    // Interrupted before the first word.
    if exchange.reply.is_empty() { "...".to_owned() } else { exchange.reply.clone() }
}

fn name_of(speaker: &str) -> &str {
    if speaker.is_empty() { "Stranger" } else { speaker }
}
