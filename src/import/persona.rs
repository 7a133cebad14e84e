//! A card as a persona.

use super::card::Card;
use super::examples::samples;
use super::lore::Triple;
use super::macros::resolve;
use super::manner::{MAX_TRAITS, register, traits};
use super::prose::{clean, cut, sentences};
use super::report::Report;
use super::shape::{after_name, plain, without_article};
use persona_mind::brief::{Register, Trait};

/// The longest `about`, in characters: every prompt holds it.
const MAX_ABOUT: usize = 1200;
/// The longest role, in characters.
const MAX_ROLE: usize = 80;
/// The most facts that are read from a description.
const MAX_FACTS: usize = 64;

/// What goes into a persona's file.
pub(super) struct Draft {
    pub name: String,
    pub role: String,
    pub about: String,
    pub traits: Vec<Trait>,
    pub register: Register,
    pub samples: Vec<(String, String)>,
    pub facts: Vec<Triple>,
}

pub(super) fn draft(card: &Card, report: &mut Report) -> Draft {
    if card.name != card.full_name {
        report.shortened(format!("{}name", card.place), "the character is called by its nickname");
    }
    let place = format!("{}description", card.place);
    let description = clean(&resolve(&card.description, &card.name, &place, report));
    let facts = facts(&description, &card.name);
    let samples = samples(card, report);
    let register = match register(samples.iter().map(|(_, reply)| reply.as_str())) {
        None => Register::default(),
        Some((register, words)) => {
            report.guessed("speech.register", format!("{}, by the words {}", register.name(), words.join(", ")));
            register
        }
    };
    Draft {
        name: card.name.clone(),
        role: role(&facts, report),
        about: about(&description, &place, report),
        traits: personality(card, report),
        register,
        samples,
        facts,
    }
}

fn about(description: &str, place: &str, report: &mut Report) -> String {
    let flat = description.replace('\n', " ");
    let about = cut(&flat, MAX_ABOUT);
    if about.len() < flat.len() {
        let [taken, found] = [about, &flat].map(|text| text.chars().count());
        report.shortened(place, format!("`about` takes {MAX_ABOUT} characters: {taken} of {found} were taken"));
    }
    about.to_owned()
}

/// What the description says of the character in sentences of a plain shape.
fn facts(description: &str, name: &str) -> Vec<Triple> {
    let names = [name.to_owned()];
    let mut facts: Vec<Triple> = Vec::new();
    for line in description.lines() {
        // "She" is the character only where the sentence before was about it.
        let mut was_about = false;
        for sentence in sentences(line) {
            let rest = after_name(sentence, &names, was_about);
            was_about = rest.is_some();
            let Some(fact) = rest.and_then(plain) else { continue };
            let fact = [name.to_owned(), fact.predicate, fact.object.to_owned()];
            if facts.len() < MAX_FACTS
                && !facts.iter().any(|known| known.join("\0").to_lowercase() == fact.join("\0").to_lowercase())
            {
                facts.push(fact);
            }
        }
    }
    facts
}

/// What the character is to the world: the first thing that it is said to be.
fn role(facts: &[Triple], report: &mut Report) -> String {
    let said = facts.iter().find_map(|[_, predicate, object]| match predicate.as_str() {
        "is" if without_article(object) != object => Some(without_article(object).to_owned()),
        of => of.strip_prefix("is the ").map(|what| format!("{what} {object}")),
    });
    let role = said.filter(|role| role.chars().count() <= MAX_ROLE).unwrap_or_default();
    if !role.is_empty() {
        report.guessed("role", format!("`{role}`, by the description"));
    }
    role
}

fn personality(card: &Card, report: &mut Report) -> Vec<Trait> {
    let place = format!("{}personality", card.place);
    let text = clean(&resolve(&card.personality, &card.name, &place, report));
    let mut found = Vec::new();
    for item in text.split([',', ';', '\n', '.', '/', '+']).map(str::trim).filter(|item| !item.is_empty()) {
        let named = traits(item);
        if named.is_empty() {
            report.left_out(format!("{place}, `{}`", super::report::shown(item)), "it names none of our traits");
        } else if item.split_whitespace().count() > named.len() {
            let names: Vec<&str> = named.iter().map(|one| one.name()).collect();
            report.shortened(format!("{place}, `{}`", super::report::shown(item)), format!("taken as {}", names.join(", ")));
        }
        for one in named {
            match found.len() {
                _ if found.contains(&one) => {}
                MAX_TRAITS => report.left_out(&place, format!("a persona takes {MAX_TRAITS} traits; {} is one more", one.name())),
                _ => found.push(one),
            }
        }
    }
    found
}
