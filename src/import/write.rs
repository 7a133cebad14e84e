//! Personas and lore in RON, laid out as people write them.

use super::lore::{self, Triple};
use super::persona;
use persona_mind::brief::Register;
use std::fmt::Write as _;

/// A persona's file. `lore` is the path of its lore.
pub(super) fn persona(draft: &persona::Draft, lore: Option<&str>) -> String {
    let mut file = format!("Persona(\n    name: {},\n", quoted(&draft.name));
    let mut field = |name: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(file, "    {name}: {value},");
    };
    if !draft.role.is_empty() {
        field("role", quoted(&draft.role));
    }
    if !draft.about.is_empty() {
        field("about", quoted(&draft.about));
    }
    if !draft.traits.is_empty() {
        let names: Vec<&str> = draft.traits.iter().map(|one| one.name()).collect();
        field("traits", format!("[{}]", names.join(", ")));
    }
    if !draft.samples.is_empty() || draft.register != Register::default() {
        let pairs = draft.samples.iter().map(|(line, reply)| format!("({}, {})", quoted(line), quoted(reply)));
        field("speech", format!("(register: {}, examples: {})", draft.register.name(), list(pairs, 1)));
    }
    if let Some(lore) = lore {
        field("knows", format!("[{}]", quoted(lore)));
    }
    if !draft.facts.is_empty() {
        field("facts", list(draft.facts.iter().map(fact), 1));
    }
    file + ")\n"
}

/// A file of lore.
pub(super) fn lore(draft: &lore::Draft) -> String {
    let facts = list(draft.facts.iter().map(fact), 1);
    let alias = |(name, others): (&String, &Vec<String>)| {
        let others: Vec<String> = others.iter().map(|other| quoted(other)).collect();
        format!("{}: [{}]", quoted(name), others.join(", "))
    };
    if draft.aliases.is_empty() {
        return format!("Lore(\n    facts: {facts},\n)\n");
    }
    let aliases: String = draft.aliases.iter().map(alias).fold(String::new(), |all, one| format!("{all}        {one},\n"));
    format!("Lore(\n    facts: {facts},\n    aliases: {{\n{aliases}    }},\n)\n")
}

fn fact(fact: &Triple) -> String {
    let [subject, predicate, object] = fact.each_ref().map(|part| quoted(part));
    format!("({subject}, {predicate}, {object})")
}

/// A list with one item a line, indented by so many steps.
fn list(items: impl Iterator<Item = String>, steps: usize) -> String {
    let indent = "    ".repeat(steps);
    let lines = items.fold(String::new(), |all, item| format!("{all}{indent}    {item},\n"));
    if lines.is_empty() { "[]".into() } else { format!("[\n{lines}{indent}]") }
}

/// A text in quotation marks: the escapes that Rust writes are RON's too.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(text in proptest::prelude::any::<String>()) {
            let back: String = ron::from_str(&quoted(&text)).expect("what is written can be read");
            proptest::prop_assert_eq!(back, text);
        }
    }

    #[test]
    fn odd_texts_come_back_as_they_were() {
        for text in
            ["\"quoted\" \\ back\\slash", "a\r\n\tb\0", "\u{301}\u{200D}\u{202E}\u{FEFF}\u{10FFFF}", "{{}} // no comment /* */"]
        {
            let back: String = ron::from_str(&quoted(text)).expect("what is written can be read");
            assert_eq!(back, text, "the text comes back from {}", quoted(text));
        }
    }
}
