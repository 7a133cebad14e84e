//! Chat templates: how a model file wants a talk to be written down.
//!
//! The template is a Jinja program in the file's metadata. It is run on stand-ins, and each message's text is put in
//! afterwards: so a text is never taken for part of the program, nor for a control token.

mod namespaces;

use super::tokenizer::{Control, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use std::io::{self, Write};

/// Steps that a template may take; the longest of the common ones takes less than a hundredth for a long talk.
const FUEL: u64 = 5_000_000;
/// Bytes that it may write.
const MAX_OUTPUT: usize = 1 << 24;
/// Bytes that a template may have.
const MAX_SOURCE: usize = 1 << 18;
/// Marks around the number of a message, from the private part of Unicode.
const OPEN: char = '\u{F8F0}';
const CLOSE: char = '\u{F8F1}';

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// It is longer than any template has reason to be.
    #[error("chat template: expected at most {MAX_SOURCE} bytes, found {0}")]
    Size(usize),
    /// It does not parse or run; the error names the line.
    #[error("chat template: {0}")]
    Jinja(String),
    /// It leaves out what is said.
    #[error("chat template: expected the user's message in its output, found none")]
    Mute,
}

/// Who a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Whoever set the talk up.
    System,
    /// The one who speaks to the model.
    User,
    /// The model.
    Assistant,
}

/// One message of a talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who it comes from.
    pub role: Role,
    /// Its text.
    pub text: String,
}

/// A chat template, ready to run.
///
/// ```
/// use persona_mind::engine::template::{ChatTemplate, Message, Role};
/// let source = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
/// let template = ChatTemplate::new(source, "", "")?;
/// let hello = Message { role: Role::User, text: "Hello".into() };
/// assert_eq!(template.render(&[hello])?.text(), "<user>Hello<assistant>");
/// # Ok::<(), persona_mind::engine::template::TemplateError>(())
/// ```
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    first: String,
    end: String,
    takes_system: bool,
}

/// A talk written down: parts by the template's hand and parts by others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    parts: Vec<(String, Control)>,
}

impl Role {
    /// The name that templates know it by.
    const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

impl ChatTemplate {
    /// A template from its source, with the texts of the tokens that begin and end every text. It is tried out, so
    /// that what it refuses is known from the start.
    ///
    /// # Errors
    /// [`TemplateError`] if it does not parse or cannot write down a plain talk.
    pub fn new(source: &str, first: &str, end: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_SOURCE {
            return Err(TemplateError::Size(source.len()));
        }
        if let Some(fault) = namespaces::fault(source) {
            return Err(TemplateError::Jinja(fault));
        }
        let mut environment = Environment::new();
        environment.set_fuel(Some(FUEL));
        environment.set_syntax(syntax().map_err(|e| jinja(&e))?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        // A talk in a game has no date, and a changing one would spoil the cache.
        environment.add_function("strftime_now", |_: String| String::new());
        environment.add_template_owned("chat", without_training_marks(source)).map_err(|e| jinja(&e))?;
        let mut template = Self { environment, first: first.into(), end: end.into(), takes_system: true };
        let trial = |role, text: &str| Message { role, text: text.into() };
        let talk = [trial(Role::System, "s"), trial(Role::User, "a"), trial(Role::Assistant, "b"), trial(Role::User, "c")];
        template.takes_system = template.render(&talk).is_ok_and(|rendered| rendered.holds(&talk));
        if !template.takes_system && !template.render(&talk)?.holds(&talk[1..]) {
            return Err(TemplateError::Mute);
        }
        Ok(template)
    }

    /// Writes down a talk, up to where the model's reply begins. Where the template knows no system message, it
    /// becomes part of the first user's.
    ///
    /// # Errors
    /// [`TemplateError::Jinja`] if the template refuses the messages.
    pub fn render(&self, messages: &[Message]) -> Result<Rendered, TemplateError> {
        let merged = if self.takes_system { messages.to_vec() } else { merged(messages) };
        let stand_in = |(i, m): (usize, &Message)| context! { role => m.role.name(), content => format!("{OPEN}{i}{CLOSE}") };
        let stand_ins: Vec<Value> = merged.iter().enumerate().map(stand_in).collect();
        let template = self.environment.get_template("chat").map_err(|e| jinja(&e))?;
        let mut text = Bounded::default();
        template
            .render_captured_to(
                context! {
                    messages => stand_ins,
                    add_generation_prompt => true,
                    bos_token => self.first.as_str(),
                    eos_token => self.end.as_str(),
                    // Characters answer at once; they do not reason aloud.
                    enable_thinking => false,
                    thinking => false,
                },
                &mut text,
            )
            .map_err(|e| jinja(&e))?;
        Ok(filled(&String::from_utf8_lossy(&text.0), &merged))
    }
}

impl Rendered {
    /// A text without a template, all of it read as plain text.
    #[must_use]
    pub fn plain(text: String) -> Self {
        Self { parts: vec![(text, Control::Text)] }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// The ids of the text, with the token that every text begins with.
    #[must_use]
    pub fn ids(&self, tokenizer: &Tokenizer) -> Vec<u32> {
        let mut ids = tokenizer.encode_parts(self.parts.iter().map(|(text, hand)| (text.as_str(), *hand)));
        if let Some(first) = tokenizer.first().filter(|first| ids.first() != Some(first)) {
            ids.insert(0, first);
        }
        ids
    }
}

impl Rendered {
    /// Whether these messages are in it, in order: a system message that moves along with the talk would have the
    /// whole of it computed anew each turn.
    fn holds(&self, messages: &[Message]) -> bool {
        let mut texts = self.parts.iter().filter(|(_, hand)| *hand == Control::Text).map(|(text, _)| text);
        messages.iter().all(|m| texts.next().is_some_and(|text| text.ends_with(&m.text)))
    }
}

/// Takes at most [`MAX_OUTPUT`] bytes.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OUTPUT {
            return Err(io::Error::other(format!("expected at most {MAX_OUTPUT} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Puts the messages in where their stand-ins are.
fn filled(text: &str, messages: &[Message]) -> Rendered {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let Some((number, after)) = after.split_once(CLOSE) else { break };
        parts.push((before.to_owned(), Control::Token));
        if let Some(message) = number.parse().ok().and_then(|n: usize| messages.get(n)) {
            parts.push((message.text.trim().to_owned(), Control::Text));
        }
        rest = after;
    }
    parts.push((rest.to_owned(), Control::Token));
    Rendered { parts }
}

fn merged(messages: &[Message]) -> Vec<Message> {
    let (system, others): (Vec<&Message>, Vec<&Message>) = messages.iter().partition(|m| m.role == Role::System);
    let mut merged: Vec<Message> = others.into_iter().cloned().collect();
    if let Some(first) = merged.first_mut() {
        let texts = system.iter().map(|m| m.text.trim()).chain([first.text.trim()]);
        first.text = texts.collect::<Vec<_>>().join("\n\n");
    }
    merged
}

/// Marks that only tell a trainer where replies are.
fn without_training_marks(source: &str) -> String {
    let mut text = source.to_owned();
    for (mark, plain) in [("endgeneration", "endif"), ("generation", "if true")] {
        for open in ["{%", "{%-"] {
            for close in ["%}", "-%}"] {
                text = text.replace(&format!("{open} {mark} {close}"), &format!("{open} {plain} {close}"));
            }
        }
    }
    text
}

/// White space as the common Python implementation is set up for chat templates.
fn syntax() -> Result<SyntaxConfig, Error> {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()
}

fn jinja(error: &Error) -> TemplateError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    TemplateError::Jinja(format!("{error}{cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: Role, text: &str) -> Message {
        Message { role, text: text.into() }
    }

    #[test]
    fn a_text_is_not_part_of_the_program() {
        let source = "{% for m in messages %}[{{ m.content }}]{% endfor %}";
        let template = ChatTemplate::new(source, "", "").expect("it runs");
        let hostile = message(Role::User, "{{ 7 * 7 }} {% raw %}");
        assert_eq!(template.render(&[hostile]).expect("a talk").text(), "[{{ 7 * 7 }} {% raw %}]");
    }

    #[test]
    fn without_a_system_message_its_text_goes_to_the_user() {
        let source = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}<{{ m.role }}>{{ m.content }}{% endfor %}";
        let template = ChatTemplate::new(source, "", "").expect("it runs");
        let talk = [message(Role::System, "Be Marta."), message(Role::User, "Hello")];
        assert_eq!(template.render(&talk).expect("a talk").text(), "<user>Be Marta.\n\nHello", "the text is kept");
    }

    #[test]
    fn a_template_that_runs_for_ever_is_an_error() {
        let source =
            "{% for a in range(9999) %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endfor %}{{ messages[0].content }}";
        assert!(matches!(ChatTemplate::new(source, "", ""), Err(TemplateError::Jinja(_))), "it runs out of steps");
    }

    #[test]
    fn a_template_that_writes_without_end_is_an_error() {
        let source = format!("{{% for a in range(9999) %}}{}{{% endfor %}}{{{{ messages[0].content }}}}", "x".repeat(9999));
        let error = ChatTemplate::new(&source, "", "").expect_err("100 MB");
        assert!(error.to_string().contains("at most 16777216 bytes"), "it is stopped: {error}");
    }

    #[test]
    fn a_template_that_says_nothing_is_an_error() {
        assert!(matches!(ChatTemplate::new("hello", "", ""), Err(TemplateError::Mute)), "messages are left out");
        let broken = ChatTemplate::new("{% for %}", "", "").expect_err("it does not parse");
        assert!(broken.to_string().contains("chat:1"), "the place is named: {broken}");
    }
}
