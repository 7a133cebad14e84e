//! `{{char}}`, `{{user}}` and their like, as the specification of V3 lists them, and `<BOT>`, `<USER>` of V1.

use super::report::{Report, shown};

/// What a card calls whoever plays.
const PLAYER: &str = "the player";

/// Resolves the macros of a text. What depends on chance or on another application goes into the report.
pub(super) fn resolve(text: &str, character: &str, place: &str, report: &mut Report) -> String {
    // One text for each pair of braces that is still open.
    let mut open = vec![String::with_capacity(text.len())];
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let used = if rest.starts_with("{{") {
            open.push(String::new());
            2
        } else if rest.starts_with("}}") && open.len() > 1 {
            let body = open.pop().unwrap_or_default();
            let value = value(&body, character, place, report);
            push(&mut open, &value);
            2
        } else if let Some((length, value)) = angled(rest, character) {
            push(&mut open, value);
            length
        } else {
            if let Some(last) = open.last_mut() {
                last.push(next);
            }
            next.len_utf8()
        };
        rest = &rest[used..];
    }
    // Braces that were never closed are text.
    open.join("{{")
}

fn push(open: &mut [String], value: &str) {
    let Some(last) = open.last_mut() else { return };
    let starts = || last.trim_end().chars().next_back().is_none_or(|letter| matches!(letter, '.' | '!' | '?'));
    let value = if value == PLAYER && starts() { "The player" } else { value };
    last.push_str(value);
}

/// `<USER>`, `<BOT>` and `<CHAR>`, whatever the case.
fn angled<'a>(text: &str, character: &'a str) -> Option<(usize, &'a str)> {
    let forms = [("<user>", PLAYER), ("<bot>", character), ("<char>", character)];
    let is = |form: &str| text.as_bytes().get(..form.len()).is_some_and(|head| head.eq_ignore_ascii_case(form.as_bytes()));
    forms.into_iter().find(|(form, _)| is(form)).map(|(form, value)| (form.len(), value))
}

fn value(body: &str, character: &str, place: &str, report: &mut Report) -> String {
    let name = body.split([':', ' ']).next().unwrap_or_default().trim().to_lowercase();
    match name.as_str() {
        "char" | "bot" => character.to_owned(),
        "user" => PLAYER.to_owned(),
        "random" | "pick" => {
            report.guessed(place, format!("of the choice {{{{{}}}}} the first was taken", shown(body)));
            first(body)
        }
        "newline" => "\n".to_owned(),
        "comment" | "hidden_key" | "trim" | "noop" | "" => String::new(),
        comment if comment.starts_with("//") => String::new(),
        _ => {
            report.left_out(place, format!("the macro {{{{{}}}}} has no meaning here", shown(body)));
            String::new()
        }
    }
}

/// The first of `random:A,B,C` or `random::A::B`; a comma after a backslash is part of a choice.
fn first(body: &str) -> String {
    let Some((_, list)) = body.split_once(':') else { return String::new() };
    if let Some(list) = list.strip_prefix(':').filter(|list| list.contains("::")) {
        return list.split("::").next().unwrap_or_default().trim().to_owned();
    }
    let list = list.trim_start_matches(':');
    let mut first = String::new();
    let mut letters = list.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => break,
            '\\' => first.extend(letters.next()),
            _ => first.push(letter),
        }
    }
    first.trim().to_owned()
}
