//! The character sheet: the same from turn to turn.

use super::ReplyForm;
use crate::brief::{Brief, Emotion, PersonaCard, Register};

pub(super) fn sheet(brief: &Brief, form: ReplyForm) -> String {
    let card = &*brief.persona;
    let parts = [identity(card), manner(card), bounds(card), rules(card, form), samples(card)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn identity(card: &PersonaCard) -> String {
    let role = if card.role.is_empty() { String::new() } else { format!(", {}", card.role) };
    let mut text = format!("You are {}{role}. You are not playing {0}: this is your life.", card.name);
    if !card.about.is_empty() {
        text += &format!("\n{}", card.about);
    }
    text
}

fn manner(card: &PersonaCard) -> String {
    let mut lines = Vec::new();
    if !card.traits.is_empty() {
        let traits: Vec<_> = card.traits.iter().map(|t| t.name().to_lowercase()).collect();
        lines.push(format!("Your nature: {}.", traits.join(", ")));
    }
    lines.push(format!("Your way of speaking: {}. {}", register(card.register), length(card.verbosity)));
    if !card.language.is_empty() && card.language != "en" {
        lines.push(format!("You speak the language with the tag \"{}\", whatever others speak.", card.language));
    }
    if !card.catchphrases.is_empty() {
        lines.push(format!("Now and then, not every time, you say: {}.", quoted(&card.catchphrases)));
    }
    let mut goals: Vec<_> = card.goals.iter().collect();
    goals.sort_by_key(|goal| std::cmp::Reverse(goal.priority));
    if !goals.is_empty() {
        let goals: Vec<_> = goals.iter().map(|goal| goal.text.as_str()).collect();
        lines.push(format!("What you want: to {}.", goals.join("; to ")));
    }
    lines.join("\n")
}

fn bounds(card: &PersonaCard) -> String {
    let bounds = &card.boundaries;
    if bounds.never_discuss.is_empty() {
        return String::new();
    }
    let mut text = format!("You never talk of {}.", bounds.never_discuss.join(", nor of "));
    if !bounds.refusals.is_empty() {
        text += &format!(" Asked about it, you say something like: {}.", quoted(&bounds.refusals));
    }
    text
}

fn rules(card: &PersonaCard, form: ReplyForm) -> String {
    let invention = match card.improvisation {
        x if x < 0.2 => "Anything else you do not know, and you say so in your own way.",
        x if x < 0.6 => {
            "Anything else you do not know, and you say so in your own way; small talk about your day is yours to make up."
        }
        _ => {
            "You may make up small things of daily life, but no names, places or great events; of those you say that you do not know."
        }
    };
    let mood = |mood: &Emotion| if form == ReplyForm::Json { mood.name().to_owned() } else { format!("[{}]", mood.name()) };
    let moods = Emotion::ALL.iter().map(mood).collect::<Vec<_>>().join(if form == ReplyForm::Json { ", " } else { " " });
    let form = match form {
        ReplyForm::Tags => format!("Begin with your mood in brackets, one of {moods}."),
        ReplyForm::Json => format!(
            "Write it as JSON: {{\"say\": your words, \"emotion\": your mood, \"action\": null or what you do}}. Your mood is one of {moods}."
        ),
    };
    format!(
        "Rules:\n\
         - Answer with the words you speak aloud and nothing else: no narration, no gestures, no lists, no quotation marks.\n\
         - You know what stands under \"You know\" and what was said in this talk. {invention}\n\
         - Where you are not sure, sound unsure. Where someone told you, say who, if it matters.\n\
         - {form}"
    )
}

fn samples(card: &PersonaCard) -> String {
    if card.examples.is_empty() {
        return String::new();
    }
    let sample = |(line, answer): &(String, String)| format!("Someone: {line}\n{}: {answer}", card.name);
    let samples: Vec<_> = card.examples.iter().map(sample).collect();
    format!("How you sound:\n{}", samples.join("\n"))
}

fn quoted(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\"{line}\"")).collect::<Vec<_>>().join(" or ")
}

fn register(register: Register) -> &'static str {
    match register {
        Register::Plain => "plain, everyday words",
        Register::Rustic => "country talk, homely and earthy, with \"aye\", \"love\" and \"nought\"",
        Register::Courtly => "the court's: polite, formal, with titles and well turned sentences",
        Register::Gruff => "gruff: few words, rough ones, no courtesies",
        Register::Scholarly => "learned and precise, a little dry",
        Register::Streetwise => "street slang, quick and sly",
        Register::Formal => "correct and obliging, as in good service",
        Register::Playful => "light and teasing, full of fun",
    }
}

fn length(verbosity: f32) -> &'static str {
    match verbosity {
        x if x < 0.2 => "You say as little as you can: one short sentence.",
        x if x < 0.5 => "One or two short sentences.",
        x if x < 0.8 => "Two or three sentences.",
        _ => "You like to talk: up to five sentences.",
    }
}
