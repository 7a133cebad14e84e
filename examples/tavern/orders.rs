//! What one can ask of the tavern in words: in a script, in the terminal, and in the game's own text field.

use crate::showpiece::{Change, SPOTS};
use bevy_persona::props::{PropColour, PropKind};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// Say a line, to someone named or to whom one spoke last.
    Say { to: Option<String>, line: String },
    /// Change the thing in front of the innkeeper.
    Change(Vec<Change>),
    /// Step to a place with this name.
    Walk(String),
    /// Save a picture under this name.
    Picture(Option<String>),
    /// Let the talks end and a day pass.
    Sleep,
    /// Write a heading into the transcript.
    Note(String),
    /// Print what can be asked.
    Help,
    /// Leave.
    Quit,
}

/// What can be asked, for a person at a terminal.
pub const HELP: &str = "\
  marta: TEXT, brannoc: TEXT     speak to one of them; plain TEXT goes to whom you spoke last
  /set [COLOUR] [KIND] [PLACE]   change the thing on the counter: /set blue, /set lantern, /set green book table
  /walk room|counter|table       step somewhere else
  /view [NAME]                   save a picture
  /sleep                         let the talks end and a day pass
  /help, /quit";

/// Reads a line typed by a person.
///
/// # Errors
/// What was wrong with a command, and what would be right.
pub fn typed(line: &str) -> Result<Option<Order>, String> {
    let line = line.trim();
    if line.is_empty() {
        return Ok(None);
    }
    if let Some(command) = line.strip_prefix('/') {
        let (verb, rest) = split(command);
        return match verb {
            "set" => changes(rest).map(Order::Change),
            "walk" => Ok(Order::Walk(rest.to_owned())),
            "view" | "picture" => picture(rest),
            "sleep" => Ok(Order::Sleep),
            "help" | "?" => Ok(Order::Help),
            "quit" | "exit" => Ok(Order::Quit),
            _ => Err(format!("there is no command /{verb}; expected one of\n{HELP}")),
        }
        .map(Some);
    }
    let addressed = line.split_once(':').filter(|(name, text)| is_name(name) && !text.trim().is_empty());
    Ok(Some(match addressed {
        Some((name, text)) => Order::Say { to: Some(name.trim().to_owned()), line: text.trim().to_owned() },
        None => Order::Say { to: None, line: line.to_owned() },
    }))
}

/// Reads a script: one order a line, `#` begins a comment.
///
/// # Errors
/// The number of the first line that is wrong, and why.
pub fn script(text: &str) -> Result<Vec<Order>, String> {
    let mut orders = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        orders.push(scripted(line).map_err(|why| format!("line {number}: {why}"))?);
    }
    Ok(orders)
}

fn scripted(line: &str) -> Result<Order, String> {
    let (verb, rest) = split(line);
    match verb {
        "to" => match rest.split_once(':') {
            Some((name, text)) if is_name(name) && !text.trim().is_empty() => {
                Ok(Order::Say { to: Some(name.trim().to_owned()), line: text.trim().to_owned() })
            }
            _ => Err(format!("expected `to NAME: TEXT`, found `{line}`")),
        },
        "thing" => {
            // `thing colour red` and `thing red` are the same.
            let words = rest.split_whitespace().filter(|w| !["colour", "color", "kind", "at"].contains(w));
            changes(&words.collect::<Vec<_>>().join(" ")).map(Order::Change)
        }
        "walk" => Ok(Order::Walk(rest.to_owned())),
        "picture" => picture(rest),
        "sleep" => Ok(Order::Sleep),
        "note" => Ok(Order::Note(rest.to_owned())),
        "quit" => Ok(Order::Quit),
        _ => Err(format!("expected to, thing, walk, picture, sleep, note or quit, found `{verb}`")),
    }
}

fn split(text: &str) -> (&str, &str) {
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (verb, rest.trim())
}

/// So that "Wait: what?" is a line and not an address.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    crate::talk::NAMES.iter().any(|name| name.eq_ignore_ascii_case(text))
}

/// A file name of our own: no folders, nothing odd.
fn picture(name: &str) -> Result<Order, String> {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    match (name, is_plain) {
        ("", _) => Ok(Order::Picture(None)),
        (_, true) => Ok(Order::Picture(Some(name.to_owned()))),
        _ => Err(format!("expected a picture's name of letters, digits, - and _, found `{name}`")),
    }
}

fn changes(words: &str) -> Result<Vec<Change>, String> {
    let change = |word: &str| {
        let spot = SPOTS.iter().position(|(name, _)| name.eq_ignore_ascii_case(word));
        PropColour::named(word)
            .map(Change::Colour)
            // "table" is a place here, not a piece of furniture to put on the counter.
            .or(spot.map(Change::Spot))
            .or_else(|| PropKind::named(word).map(Change::Kind))
            .ok_or_else(|| {
                let colours = PropColour::ALL.map(PropColour::name).join(" ");
                let kinds = PropKind::ALL.map(PropKind::name).join(" ");
                let spots = SPOTS.map(|(name, _)| name).join(" ");
                format!("`{word}` is none of the colours {colours}, the kinds {kinds}, the places {spots}")
            })
    };
    let all: Vec<Change> = words.split_whitespace().map(change).collect::<Result<_, _>>()?;
    if all.is_empty() { Err("expected a colour, a kind or a place".to_owned()) } else { Ok(all) }
}
