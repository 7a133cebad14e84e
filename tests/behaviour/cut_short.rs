//! What is cut short ends cleanly: replies of those who go, change, or are told to stop.

use crate::support::{
    about, briefs, card, component, ends, failure, link, reply, run_to_ends, run_to_words, run_until, said, slow,
};
use bevy::prelude::*;
use bevy_persona::mind::backend::{Gate, SeenBriefs};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{Notice, PersonaTestApp, test_app};
use std::sync::Arc;

#[test]
fn a_character_that_is_despawned_mid_reply_frees_the_mind() {
    let gate = Gate::closed();
    let mut app = test_app(slow(&gate));
    let (gone, stays) = (app.spawn_npc(card("Gone")), app.spawn_npc(card("Stays")));
    app.say(gone, "Hello.");
    app.say(stays, "Hello.");
    gate.release(1);
    run_to_words(&mut app, gone, "one ");
    app.world_mut().despawn(gone);
    let told = about(&app, gone);
    // The gate lets nothing pass, so the turn can only end by being broken off.
    run_until(&mut app, "the turn of the one who is gone ends", |app| link(app).counters().interrupted == 1);
    gate.release(4);
    let end = &run_to_ends(&mut app, stays, 1)[0];
    assert_eq!(reply(end).text, "one two three four", "the next one has the mind to itself");
    assert_eq!(about(&app, gone), told, "nothing is told of one who is gone");
    assert_eq!(link(&app).depth(), 0, "nothing waits any more");
}

#[test]
fn despawning_a_character_whose_lines_wait_ends_them_without_a_word() {
    let gate = Gate::closed();
    let seen = SeenBriefs::default();
    let mut app = test_app(slow(&gate).record(&seen));
    let (busy, gone) = (app.spawn_npc(card("Busy")), app.spawn_npc(card("Gone")));
    app.say(busy, "Hello.");
    run_until(&mut app, "the first turn runs", |_| gate.holds());
    app.say(gone, "queued at the mind");
    app.say(gone, "not even begun");
    run_until(&mut app, "a turn waits", |app| link(app).depth() == 1);
    app.world_mut().despawn(gone);
    assert_eq!(link(&app).depth(), 0, "its place in the queue is free at once");
    gate.open();
    run_to_ends(&mut app, busy, 1);
    assert!(app.converse(busy, "Still there?").is_ok(), "others go on");
    assert!(ends(&app, gone).is_empty(), "no end is told of one who is gone");
    let lines: Vec<_> = briefs(&seen).into_iter().map(|brief| brief.line).collect();
    assert_eq!(lines, ["Hello.", "Still there?"], "the mind never worked for it");
}

#[test]
fn removing_the_character_component_is_no_panic() {
    let gate = Gate::closed();
    let mut app = test_app(slow(&gate));
    let marta = app.spawn_npc(card("Marta"));
    app.say(marta, "Hello.");
    gate.release(1);
    run_to_words(&mut app, marta, "one ");
    app.world_mut().entity_mut(marta).remove_with_requires::<Npc>();
    run_until(&mut app, "the turn ends", |app| link(app).counters().interrupted == 1);
    app.run_frames(3);
    assert!(ends(&app, marta).is_empty(), "what is no character any more says nothing");
    app.say(marta, "Hello?");
    assert_eq!(failure(&run_to_ends(&mut app, marta, 1)[0]).error, TurnError::NotACharacter, "and cannot be spoken to");
}

#[test]
fn a_persona_edited_mid_reply_counts_from_the_next_brief_and_keeps_what_was_lived_through() {
    let gate = Gate::closed();
    let seen = SeenBriefs::default();
    let mut app = test_app(slow(&gate).record(&seen));
    let before = Persona {
        card: Arc::new(PersonaCard { about: "Young.".into(), ..card("Marta") }),
        facts: vec![Fact::new("Marta", "sells", "beer")],
        feelings: vec![("player".into(), Relation { trust: 0.1, ..Relation::default() })],
        ..Persona::default()
    };
    let marta = app.spawn_persona(before.clone());
    let world = app.world_mut();
    let lived = Fact::new("Tobin", "broke", "the jug").with_source(Source::Witnessed);
    world.get_mut::<Knowledge>(marta).expect("she knows things").learn(lived.clone());
    world.get_mut::<Feelings>(marta).expect("she feels").set("player", Relation { trust: 0.6, ..Relation::default() });
    gate.release(4);
    app.converse(marta, "What of beer and the jug?").expect("she answers");

    app.say(marta, "And what else?");
    gate.release(2);
    run_to_words(&mut app, marta, "one two three fourone two ");
    let handle = component::<Npc>(&app, marta).persona.clone();
    let mut personas = app.world_mut().resource_mut::<Assets<Persona>>();
    let after = Persona {
        card: Arc::new(PersonaCard { about: "Old.".into(), ..card("Marta the Elder") }),
        facts: vec![Fact::new("Marta", "sells", "wine")],
        ..before
    };
    *personas.get_mut(&handle).expect("the persona is there") = after;
    run_until(&mut app, "the edit is applied", |app| component::<Knowledge>(app, marta).contains("Marta", "sells", "wine"));

    gate.open();
    let ends = run_to_ends(&mut app, marta, 2);
    assert_eq!(reply(&ends[1]).text, "one two three four", "the reply under way goes on");
    let knowledge = component::<Knowledge>(&app, marta);
    assert_eq!(knowledge.get("Tobin", "broke", "the jug"), Some(lived.clone()), "what she has witnessed stays");
    assert!(!knowledge.contains("Marta", "sells", "beer"), "what the author took out is gone");
    assert_eq!(component::<Feelings>(&app, marta).get("player").trust, 0.6, "feelings that have grown stay");
    assert_eq!(component::<DialogueHistory>(&app, marta).with("player").len(), 2, "what was said stays");

    app.converse(marta, "What do you sell, and what of the jug?").expect("she answers");
    let briefs = briefs(&seen);
    let about: Vec<_> = briefs.iter().map(|brief| brief.persona.about.as_str()).collect();
    assert_eq!(about, ["Young.", "Young.", "Old."], "the next brief holds the new card");
    let objects: Vec<_> = briefs[2].facts.iter().filter_map(|fact| fact.object.as_deref()).collect();
    assert!(objects.contains(&"wine") && objects.contains(&"the jug"), "with new and lived facts: {objects:?}");
    assert!(!objects.contains(&"beer"), "without the old one: {objects:?}");
    assert_eq!(briefs[2].conversation, briefs[0].conversation, "and the conversation goes on");
    assert_eq!(briefs[2].history.len(), 2, "with all that was said");
}

#[test]
fn an_interrupt_on_the_first_token_ends_the_reply_with_it() {
    let gate = Gate::closed();
    let mut app = test_app(slow(&gate));
    let marta = app.spawn_npc(card("Marta"));
    app.add_observer(|started: On<ReplyStarted>, mut commands: Commands| {
        commands.trigger(Interrupt { entity: started.entity });
    });
    app.say(marta, "Tell me all.");
    gate.release(1);
    let replied = reply(&run_to_ends(&mut app, marta, 1)[0]).clone();
    assert_eq!((replied.text.as_str(), replied.finish), ("one ", Finish::Interrupted), "one word was said");
    assert_eq!(said(&app, marta), "one ", "and told, though the interrupt came before its chunk");
    let history = component::<DialogueHistory>(&app, marta);
    assert_eq!(history.with("player").last().map(|last| last.reply.as_str()), Some("one "), "and remembered");
    assert!(!component::<Turns>(&app, marta).is_busy(), "she is free");
}

#[test]
fn an_interrupt_before_the_first_token_leaves_no_reply() {
    let gate = Gate::closed();
    let mut app = test_app(slow(&gate));
    let marta = app.spawn_npc(card("Marta"));
    app.say(marta, "Tell me all.");
    app.say(marta, "No, wait.");
    run_until(&mut app, "the first turn runs", |_| gate.holds());
    app.world_mut().trigger(Interrupt { entity: marta });
    let replied = reply(&run_to_ends(&mut app, marta, 1)[0]).clone();
    assert_eq!((replied.text.as_str(), replied.finish), ("", Finish::Interrupted), "nothing was said");
    assert_eq!(about(&app, marta).iter().filter(|notice| matches!(notice, Notice::ReplyStarted(_))).count(), 0, "nor begun");
    gate.open();
    assert_eq!(reply(&run_to_ends(&mut app, marta, 2)[1]).line, "No, wait.", "the line that waited is answered next");
    let lines: Vec<_> = component::<DialogueHistory>(&app, marta).with("player").iter().map(|past| past.line.clone()).collect();
    assert_eq!(lines, ["No, wait."], "a line without a reply is not remembered");
}

#[test]
fn ending_a_conversation_mid_reply_drops_all_of_it() {
    let gate = Gate::closed();
    let seen = SeenBriefs::default();
    let mut app = test_app(slow(&gate).record(&seen));
    let marta = app.spawn_npc(card("Marta"));
    gate.release(4);
    app.converse(marta, "Good day.").expect("she answers");
    app.say(marta, "Tell me all.");
    app.say(marta, "And more.");
    gate.release(1);
    run_to_words(&mut app, marta, "one two three fourone ");
    app.world_mut().trigger(EndConversation { entity: marta, partner: Some("player".into()) });

    let ends = run_to_ends(&mut app, marta, 3);
    assert_eq!((reply(&ends[1]).text.as_str(), reply(&ends[1]).finish), ("one ", Finish::Interrupted), "it stops in mid-reply");
    assert_eq!((reply(&ends[2]).text.as_str(), reply(&ends[2]).finish), ("", Finish::Interrupted), "the other is not begun");
    assert!(component::<DialogueHistory>(&app, marta).talks().is_empty(), "nothing of it is remembered");

    gate.open();
    app.converse(marta, "Good day again.").expect("she answers");
    let briefs = briefs(&seen);
    let lines: Vec<_> = briefs.iter().map(|brief| brief.line.as_str()).collect();
    assert_eq!(lines, ["Good day.", "Tell me all.", "Good day again."], "the line that waited never reached the mind");
    assert!(briefs[2].history.is_empty(), "the next line begins anew");
    assert_eq!(briefs[1].conversation, briefs[0].conversation, "the first two were one conversation");
    assert_ne!(briefs[2].conversation, briefs[0].conversation, "the third is another");
}

#[test]
fn ending_the_talk_with_one_leaves_the_talk_with_another() {
    let gate = Gate::closed();
    let mut app = test_app(slow(&gate));
    let marta = app.spawn_npc(card("Marta"));
    let tobin = app.world_mut().spawn(Name::new("Tobin")).id();
    app.say(marta, "Tell me all.");
    app.world_mut().trigger(Say::new(marta, "Mother?").by(tobin));
    gate.release(1);
    run_to_words(&mut app, marta, "one ");
    app.world_mut().trigger(EndConversation { entity: marta, partner: Some("Tobin".into()) });
    gate.open();
    let ends = run_to_ends(&mut app, marta, 2);
    assert_eq!(reply(&ends[0]).text, "one two three four", "the talk with the player goes on");
    assert_eq!((reply(&ends[1]).finish, reply(&ends[1]).speaker), (Finish::Interrupted, Some(tobin)), "Tobin's is over");
    let history = component::<DialogueHistory>(&app, marta);
    assert_eq!((history.with("player").len(), history.with("Tobin").len()), (1, 0), "and so is what is remembered");
}
