//! What a model has read of a conversation it does not read again.
#![cfg(feature = "builtin")]

use crate::support::card;
use bevy::prelude::*;
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};

fn hearth() -> App {
    let mut app = test_app(BackendChoice::Builtin);
    app.world_mut().resource_mut::<DialogueSettings>().seed = Some(5);
    app
}

#[test]
fn the_second_turn_computes_only_what_is_new() {
    let mut app = hearth();
    let marta = app.spawn_npc(card("Marta"));
    let first = app.converse(marta, "Good day to you.").expect("she answers").figures;
    assert_eq!(first.computed_tokens, first.prompt_tokens, "the first turn has all to read: {first:?}");
    assert!(first.prompt_tokens > 0 && first.reply_tokens > 0, "tokens are counted: {first:?}");
    let second = app.converse(marta, "And how are you?").expect("she answers").figures;
    assert!(second.prompt_tokens > first.prompt_tokens, "the prompt has grown: {first:?}, then {second:?}");
    assert!(second.computed_tokens > 0, "what is new is read: {second:?}");
    assert!(second.computed_tokens < second.prompt_tokens, "and only that: {second:?}");
}

#[test]
fn an_exchange_is_read_once() {
    let mut app = hearth();
    let marta = app.spawn_npc(card("Marta"));
    let lines = ["Good day to you.", "And how are you?", "Who lives in the mill by the river?", "Fine weather."];
    let figures = lines.map(|line| app.converse(marta, line).expect("she answers").figures);
    let known = figures.map(|figures| figures.prompt_tokens - figures.computed_tokens);
    // What stands before the line changes from turn to turn, so the latest exchange is read once more as history.
    assert!(known[2] > figures[0].prompt_tokens, "the third turn knows the first exchange: {figures:?}");
    assert!(known[3] > figures[1].prompt_tokens, "the fourth knows the first two: {figures:?}");
}

#[test]
fn another_conversation_in_between_costs_nothing() {
    let mut app = hearth();
    let (marta, tobin) = (app.spawn_npc(card("Marta")), app.spawn_npc(card("Tobin")));
    app.converse(marta, "Good day to you.").expect("she answers");
    let other = app.converse(tobin, "Good day to you.").expect("he answers").figures;
    let again = app.converse(marta, "And how are you?").expect("she answers").figures;
    assert!(other.computed_tokens > 0, "the other is read: {other:?}");
    assert!(again.computed_tokens < again.prompt_tokens, "what was read before is still known: {again:?}");
}
