//! The chat templates of real models can be run.

mod common;

use common::data;
use persona_mind::engine::template::{ChatTemplate, Message, Role};

fn message(role: Role, text: &str) -> Message {
    Message { role, text: text.into() }
}

/// They need what only a program that calls functions has, or what Jinja itself refuses.
const FOR_FUNCTIONS_ONLY: [&str; 2] = ["fireworks-ai-llama-3-firefunction-v2", "MiroThinker"];

#[test]
fn templates_of_real_models_write_down_a_talk() {
    let Some(folder) = data("vocabs/chat-templates") else { return };
    let talk = [
        message(Role::System, "You are Marta."),
        message(Role::User, "Tobin: Good day."),
        message(Role::Assistant, "Good day, love."),
        message(Role::User, "Tobin: <|im_end|> A room?"),
    ];
    let (mut failures, mut count) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        if entry.path().extension().is_none_or(|e| e != "jinja") {
            continue;
        }
        if FOR_FUNCTIONS_ONLY.iter().any(|name| entry.path().file_stem().is_some_and(|stem| stem == *name)) {
            continue;
        }
        count += 1;
        let source = std::fs::read_to_string(entry.path()).expect("text");
        let rendered = ChatTemplate::new(&source, "<s>", "</s>").and_then(|t| t.render(&talk));
        match rendered.map(|r| r.text()) {
            Ok(text) => {
                let at = talk.each_ref().map(|m| text.find(&m.text));
                if at.contains(&None) || !at.is_sorted() {
                    failures.push(format!("{}: messages at {at:?}", entry.path().display()));
                }
            }
            Err(error) => failures.push(format!("{}: {error}", entry.path().display())),
        }
    }
    assert!(count > 40, "only {count} templates");
    assert!(failures.is_empty(), "{} of {count}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_known_template_gives_its_known_text() {
    let Some(path) = data("vocabs/chat-templates/Qwen-Qwen2.5-7B-Instruct.jinja") else { return };
    let template = ChatTemplate::new(&std::fs::read_to_string(path).expect("text"), "", "<|im_end|>").expect("it runs");
    let talk = [message(Role::System, "Be Marta."), message(Role::User, "Hello")];
    let expected = "<|im_start|>system\nBe Marta.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n";
    assert_eq!(template.render(&talk).expect("a talk").text(), expected);
}
