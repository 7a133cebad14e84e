//! Samples of speech: `mes_example` and the first greeting.

use super::card::Card;
use super::macros::resolve;
use super::prose::{cut, spoken};
use super::report::Report;

/// The most samples a persona takes, and the longest line of one, in characters.
const MAX_SAMPLES: usize = 12;
const MAX_LINE: usize = 300;
/// The line that a greeting answers.
const GREETED: &str = "Hello.";

#[derive(Clone, Copy, PartialEq)]
enum Speaker {
    Player,
    Character,
}

/// Lines by the player and the character's replies; the first greeting is the first reply.
pub(super) fn samples(card: &Card, report: &mut Report) -> Vec<(String, String)> {
    let place = format!("{}mes_example", card.place);
    let mut samples: Vec<(String, String)> = greeting(card, report).into_iter().collect();
    for (line, reply) in exchanges(card, &place, report) {
        let [line, reply] = [line, reply].map(|text| aloud(&text, card, &place, report));
        if line.is_empty() || reply.is_empty() {
            report.left_out(&place, "an exchange in which one side says nothing aloud");
        } else if samples.len() == MAX_SAMPLES {
            report.left_out(&place, format!("a persona takes {MAX_SAMPLES} samples of speech"));
        } else {
            samples.push((line, reply));
        }
    }
    samples
}

fn greeting(card: &Card, report: &mut Report) -> Option<(String, String)> {
    if card.first_mes.trim().is_empty() {
        return None;
    }
    let place = format!("{}first_mes", card.place);
    let said = aloud(&card.first_mes, card, &place, report);
    if said.is_empty() {
        report.left_out(place, "nothing in it is said aloud");
        return None;
    }
    report.guessed(place, format!("taken as the answer to \"{GREETED}\""));
    Some((GREETED.into(), said))
}

/// What is said aloud in a text, cut to what a sample takes.
fn aloud(text: &str, card: &Card, place: &str, report: &mut Report) -> String {
    let text = resolve(text, &card.name, place, report);
    let said = spoken(&text);
    if said.chars().filter(|letter| letter.is_alphanumeric()).count() < text.chars().filter(|l| l.is_alphanumeric()).count() {
        report.shortened(place, "gestures and narration are left out: a persona's samples are what is said aloud");
    }
    let line = cut(&said, MAX_LINE);
    if line.len() < said.len() {
        report.shortened(place, format!("a sample takes {MAX_LINE} characters"));
    }
    line.to_owned()
}

/// Lines by the player that the character answers, as they stand in the card.
fn exchanges(card: &Card, place: &str, report: &mut Report) -> Vec<(String, String)> {
    let mut exchanges = Vec::new();
    let mut asked: Option<String> = None;
    for (speaker, text) in speeches(card, place, report) {
        match (speaker, asked.take()) {
            (Some(Speaker::Player), _) => asked = Some(text),
            (Some(Speaker::Character), Some(line)) => exchanges.push((line, text)),
            (Some(Speaker::Character), None) => report.left_out(place, "a line that answers nothing by the player"),
            (None, _) => {}
        }
    }
    exchanges
}

/// Who says what; None where a new talk starts.
fn speeches(card: &Card, place: &str, report: &mut Report) -> Vec<(Option<Speaker>, String)> {
    let mut speeches: Vec<(Option<Speaker>, String)> = Vec::new();
    for line in card.mes_example.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if line.eq_ignore_ascii_case("<start>") {
            speeches.push((None, String::new()));
        } else if let Some((speaker, said)) = speaker(line, card) {
            speeches.push((Some(speaker), said.trim().to_owned()));
        } else if let Some((Some(_), said)) = speeches.last_mut() {
            said.push('\n');
            said.push_str(line);
        } else {
            report.left_out(place, "text that nobody says");
        }
    }
    speeches
}

fn speaker<'a>(line: &'a str, card: &Card) -> Option<(Speaker, &'a str)> {
    let (name, said) = line.split_once(':')?;
    let name = name.trim_matches(['*', ' ']).to_lowercase();
    let is_character = ["{{char}}", "<bot>", "<char>"].contains(&name.as_str())
        || name == card.name.to_lowercase()
        || name == card.full_name.to_lowercase();
    let is_player = ["{{user}}", "<user>", "user", "you"].contains(&name.as_str());
    if is_character { Some((Speaker::Character, said)) } else { is_player.then_some((Speaker::Player, said)) }
}
