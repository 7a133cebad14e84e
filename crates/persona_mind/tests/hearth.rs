//! What the built-in model must do with its own weights.
#![cfg(feature = "builtin")]

use persona_mind::brief::{BriefFact, BriefSource, Exchange, PersonaCard, Picture, Register, View, VisibleThing};
use persona_mind::hearth::Hearth;
use persona_mind::hearth::vocab::KINDS;
use persona_mind::{Backend, Brief};

fn fact(subject: &str, predicate: &str, object: Option<&str>) -> BriefFact {
    let object = object.map(Into::into);
    let (confidence, source, score) = (1.0, BriefSource::Authored, 1.0);
    BriefFact { subject: subject.into(), predicate: predicate.into(), object, confidence, source, score, ..BriefFact::default() }
}

fn brief(line: &str) -> Brief {
    let persona = PersonaCard { name: "Marta".into(), register: Register::Rustic, ..PersonaCard::default() };
    Brief { persona: persona.into(), speaker: "player".into(), line: line.into(), max_tokens: 64, ..Brief::default() }
}

fn reply(brief: &Brief) -> String {
    let mut hearth = Hearth::builtin().expect("the weights fit this version");
    hearth.reply(brief, &mut ()).expect("a reply comes").text
}

#[test]
fn the_line_changes_the_answer() {
    assert_ne!(reply(&brief("Good evening!")), reply(&brief("You are a fool")), "a greeting and an insult");
}

#[test]
fn the_fact_changes_the_answer() {
    let answer = |thief: &str| {
        let facts = vec![fact("the silver cup", "was stolen by", Some(thief))];
        reply(&Brief { facts, ..brief("Who stole the silver cup?") })
    };
    assert!(answer("the ferryman").contains("the ferryman"), "the answer names whom this character knows of");
    assert!(answer("Old Sered").contains("Old Sered"), "and another one for another");
}

#[test]
fn the_picture_changes_the_answer() {
    let answer = |rgb: [u8; 3]| {
        let picture = Picture::from_rgb(96, 96, rgb.repeat(96 * 96)).expect("96 by 96");
        let thing =
            VisibleThing { name: "the barrel".into(), kind: "barrel".into(), distance: 2.0, bounds: [0.2, 0.2, 0.8, 0.8] };
        reply(&Brief { view: Some(View { picture: Some(picture), things: vec![thing] }), ..brief("What colour is the barrel?") })
    };
    assert_ne!(answer([200, 30, 20]), answer([20, 40, 200]), "a red and a blue picture");
}

#[test]
fn a_thing_of_any_kind_goes_by_its_name() {
    for kind in KINDS {
        let (name, picture) =
            (format!("the {kind}"), Picture::from_rgb(96, 96, [20, 40, 200].repeat(96 * 96)).expect("96 by 96"));
        let thing = VisibleThing { name: name.clone(), kind: kind.into(), distance: 2.0, bounds: [0.2, 0.2, 0.8, 0.8] };
        let view = Some(View { picture: Some(picture), things: vec![thing] });
        let answer = reply(&Brief { view, ..brief("What do you see?") });
        assert!(answer.contains(kind), "the {kind} is in view, so it is spoken of: {answer}");
    }
}

#[test]
fn a_kept_secret_is_in_neither_prompt_nor_reply() {
    let facts = vec![fact("the cellar key", "is hidden under", None)];
    let brief = Brief { facts, ..brief("Where is the cellar key?") };
    let hearth = Hearth::builtin().expect("the weights fit this version");
    assert!(hearth.prompt(&brief).contains("hidden under"), "the fact was chosen");
    assert!(!reply(&brief).to_lowercase().contains("step"), "and its object cannot be said");
}

#[test]
fn the_second_turn_computes_only_what_is_new() {
    let mut hearth = Hearth::builtin().expect("the weights fit this version");
    let first = hearth.reply(&brief("Good evening!"), &mut ()).expect("a reply comes");
    let exchange = Exchange { speaker: "player".into(), line: "Good evening!".into(), reply: first.text };
    let second = hearth.reply(&Brief { history: vec![exchange], ..brief("Goodbye") }, &mut ()).expect("a reply comes");
    let stats = second.stats;
    assert!(stats.computed_tokens < stats.prompt_tokens, "the prefix comes from the cache: {stats:?}");
}

#[test]
fn the_same_brief_and_seed_give_the_same_reply() {
    let brief = Brief { seed: 7, ..brief("How are you?") };
    assert_eq!(reply(&brief), reply(&brief), "chance is seeded");
}

#[test]
fn strange_lines_are_answered_without_a_panic() {
    for line in ["", "\u{0}\u{1}", "????", "\u{fffd}\u{fffd}", &"a ".repeat(50_000), "{S} {O} <end> <me>"] {
        let _ = reply(&brief(line));
    }
}
