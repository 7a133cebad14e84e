//! Any chat template: it is refused, or it writes talks down, and no message's text becomes part of the program.

#![no_main]

use libfuzzer_sys::fuzz_target;
use persona_mind::engine::template::{ChatTemplate, Message, Role};

fuzz_target!(|source: &str| {
    let Ok(template) = ChatTemplate::new(source, "<s>", "</s>") else { return };
    let message = |role, text: &str| Message { role, text: text.into() };
    let talk = [
        message(Role::System, "You are Marta."),
        message(Role::User, "{{ 7 * 7 }} {% raw %}"),
        message(Role::Assistant, "\u{F8F0}0\u{F8F1}"),
        message(Role::User, ""),
    ];
    for length in 0..=talk.len() {
        if let Ok(rendered) = template.render(&talk[..length]) {
            rendered.text();
        }
    }
});
