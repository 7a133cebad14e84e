//! Whatever goes wrong comes as an event, and the next turn works.

use crate::support::{FALLBACK, briefs, card, component, ends, failure, link, reply, run_to_ends, run_until, said, slow};
use bevy::prelude::*;
use bevy_persona::mind::backend::{Gate, Scripted, SeenBriefs};
use bevy_persona::mind::brief::Reply;
use bevy_persona::mind::worker::MindSettings;
use bevy_persona::mind::{Backend, Brief, MindError, ReplySink};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{Notice, PersonaTestApp, test_app, test_app_with};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_panic_in_a_backend_is_a_failed_turn_and_the_next_one_works() {
    let backend = Scripted::default().panic_on("boom", "the model cracked").otherwise("All is well.");
    let mut app = test_app(backend);
    let marta = app.spawn_npc(card("Marta"));

    let failed = app.converse(marta, "Say boom.").expect_err("the backend panics");
    assert_eq!(failed.error, TurnError::Panicked { message: "the model cracked".into() }, "the game is told why");
    assert_eq!(failed.fallback, FALLBACK, "the player gets the authored line");
    assert!(component::<DialogueHistory>(&app, marta).talks().iter().all(|talk| talk.exchanges.is_empty()), "nothing was said");

    for line in ["And now?", "And again?"] {
        let replied = app.converse(marta, line).expect("the backend has been built anew");
        assert_eq!(replied.text, "All is well.", "the next turn is as good as any");
    }
    assert_eq!(link(&app).counters().panics, 1, "the panic is counted");
    app.converse(marta, "boom").expect_err("it may panic again");
    assert!(app.converse(marta, "Well?").is_ok(), "and is built anew again");
}

#[test]
fn a_panic_costs_no_turn_but_its_own() {
    let gate = Gate::closed();
    let backend = Scripted::default().panic_on("boom", "cracked").otherwise("one two").with_gate(gate.clone());
    let mut app = test_app(backend);
    let (marta, tobin) = (app.spawn_npc(card("Marta")), app.spawn_npc(card("Tobin")));
    app.say(marta, "Hello.");
    app.say(tobin, "boom");
    app.say(tobin, "Hello.");
    gate.open();
    let ends = run_to_ends(&mut app, tobin, 2);
    assert!(matches!(failure(&ends[0]).error, TurnError::Panicked { .. }), "the first turn meets the panic: {:?}", ends[0]);
    assert_eq!(reply(&ends[1]).text, "one two", "the line that waited behind it is answered");
    assert_eq!(reply(&run_to_ends(&mut app, marta, 1)[0]).text, "one two", "another character's turn is not lost");
}

#[test]
fn what_was_said_before_a_panic_is_not_remembered() {
    struct Faulty;
    impl Backend for Faulty {
        fn name(&self) -> &str {
            "faulty"
        }

        fn reply(&mut self, _: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
            let _ = sink.chunk("The gold is ");
            panic!("cracked");
        }

        fn prompt(&self, _: &Brief) -> String {
            String::new()
        }
    }
    let mut app = test_app(BackendChoice::custom(|| Ok(Box::new(Faulty))));
    let marta = app.spawn_npc(card("Marta"));
    let failed = app.converse(marta, "Where is the gold?").expect_err("the backend panics");
    assert_eq!(failed.error, TurnError::Panicked { message: "cracked".into() }, "the turn fails in mid-reply");
    assert_eq!(said(&app, marta), "The gold is ", "what came before it was told");
    assert!(component::<DialogueHistory>(&app, marta).with("player").is_empty(), "but half a reply is not remembered");
}

#[test]
fn a_full_queue_is_an_event_and_holds_nothing_up() {
    let gate = Gate::closed();
    let settings = MindSettings { queue_capacity: 1, ..MindSettings::default() };
    let mut app = test_app_with(MindPlugin::new(slow(&gate)).with_settings(settings));
    let npcs = [0, 1, 2, 3].map(|i| app.spawn_npc(card(&format!("Guard {i}"))));
    app.say(npcs[0], "Halt!");
    run_until(&mut app, "the first turn runs", |_| gate.holds());
    for npc in &npcs[1..] {
        app.say(*npc, "Halt!");
    }
    // The gate is shut, so a plugin that waited for room would wait for ever.
    for &late in &npcs[2..] {
        let end = &run_to_ends(&mut app, late, 1)[0];
        assert_eq!(failure(end).error, TurnError::QueueFull { capacity: 1 }, "there is no room for it");
        assert_eq!(failure(end).fallback, FALLBACK, "the player gets the authored line");
    }
    assert!(ends(&app, npcs[0]).is_empty() && ends(&app, npcs[1]).is_empty(), "those that had room still wait");
    assert_eq!(link(&app).counters().refused, 2, "refused turns are counted");

    gate.open();
    for &early in &npcs[..2] {
        assert_eq!(reply(&run_to_ends(&mut app, early, 1)[0]).text, "one two three four", "those that had room are answered");
    }
    assert!(app.converse(npcs[3], "And now?").is_ok(), "and there is room again");
    for npc in npcs {
        let turns: Vec<_> = ends(&app, npc).iter().map(Notice::turn).collect();
        assert_eq!(turns.len(), if npc == npcs[3] { 2 } else { 1 }, "each line has one end: {turns:?}");
    }
}

#[test]
fn more_lines_than_may_wait_are_events() {
    let gate = Gate::closed();
    let mut app = test_app(slow(&gate));
    app.world_mut().resource_mut::<DialogueSettings>().max_waiting = 2;
    let marta = app.spawn_npc(card("Marta"));
    app.say(marta, "first");
    run_until(&mut app, "the first turn runs", |_| gate.holds());
    for line in ["second", "third", "fourth"] {
        app.say(marta, line);
    }
    let refused = run_to_ends(&mut app, marta, 1);
    assert_eq!(refused.len(), 1, "one line is too many, and that is told while the others wait");
    assert_eq!(failure(&refused[0]).error, TurnError::TooManyLines { limit: 2 }, "with the reason");
    gate.open();
    let ends = run_to_ends(&mut app, marta, 4);
    let lines: Vec<_> = ends[1..].iter().map(|end| reply(end).line.as_str()).collect();
    assert_eq!(lines, ["first", "second", "third"], "the others are answered in their order");
}

#[test]
fn a_turn_that_waits_past_its_deadline_fails_and_others_go_on() {
    let gate = Gate::closed();
    let seen = SeenBriefs::default();
    let mut app = test_app(slow(&gate).record(&seen));
    let (first, late) = (app.spawn_npc(card("First")), app.spawn_npc(card("Late")));
    app.world_mut().resource_mut::<DialogueSettings>().deadline = None;
    app.say(first, "Hello.");
    run_until(&mut app, "the first turn runs", |_| gate.holds());
    app.world_mut().resource_mut::<DialogueSettings>().deadline = Some(Duration::from_millis(1));
    app.say(late, "Quick!");
    let failed = failure(&run_to_ends(&mut app, late, 1)[0]).clone();
    assert!(
        matches!(failed.error, TurnError::DeadlinePassed { waited_ms, deadline_ms: 1 } if waited_ms >= 1),
        "found {:?}",
        failed.error
    );
    assert_eq!(failed.fallback, FALLBACK, "the player gets the authored line");
    assert!(ends(&app, first).is_empty(), "the mind has not moved: the game learns of it all the same");
    gate.open();
    assert_eq!(reply(&run_to_ends(&mut app, first, 1)[0]).text, "one two three four", "a turn that runs has no deadline");
    app.world_mut().resource_mut::<DialogueSettings>().deadline = None;
    assert!(app.converse(late, "Slowly, then.").is_ok(), "the next turn works");
    let lines: Vec<_> = briefs(&seen).into_iter().map(|brief| brief.line).collect();
    assert_eq!(lines, ["Hello.", "Slowly, then."], "what came too late was never begun");
}

#[test]
fn a_line_to_what_is_no_character_fails() {
    let mut app = test_app(Scripted::default());
    let rock = app.world_mut().spawn(Name::new("a rock")).id();
    app.say(rock, "Hello, rock.");
    let failed = failure(&run_to_ends(&mut app, rock, 1)[0]).clone();
    assert_eq!(failed.error, TurnError::NotACharacter, "a rock has no ears");
    assert!(!failed.fallback.is_empty(), "something can be shown");

    app.world_mut().despawn(rock);
    app.say(rock, "Where are you?");
    app.world_mut().trigger(Interrupt { entity: rock });
    app.world_mut().trigger(EndConversation { entity: rock, partner: None });
    app.run_frames(2);
    assert_eq!(ends(&app, rock).len(), 2, "nor has what is not there any more; that is told too");
    assert_eq!(failure(&ends(&app, rock)[1]).error, TurnError::NotACharacter, "in the same words");
}

#[test]
fn an_error_of_the_model_is_a_failed_turn() {
    let error = MindError::Model { message: "overflow in layer 3".into() };
    let mut app = test_app(Scripted::default().fail_on("sum", error).otherwise("Aye."));
    let marta = app.spawn_npc(card("Marta"));
    let failed = app.converse(marta, "The sum?").expect_err("the model fails");
    assert!(failed.error.to_string().contains("overflow in layer 3"), "the reason is told: {}", failed.error);
    assert_eq!(failed.fallback, FALLBACK, "the player gets the authored line");
    assert!(app.converse(marta, "Well?").is_ok(), "the next turn works");
}

#[test]
fn a_backend_that_cannot_start_fails_each_turn_until_it_can() {
    let is_there = Arc::new(AtomicBool::new(false));
    let now = is_there.clone();
    let mut app = test_app(BackendChoice::custom(move || {
        if !now.load(Ordering::Relaxed) {
            return Err(MindError::Start { message: "models/none.gguf: no such file".into() });
        }
        Ok(Box::new(Scripted::default().otherwise("Here I am.")))
    }));
    let marta = app.spawn_npc(card("Marta"));
    for _ in 0..2 {
        let failed = app.converse(marta, "Are you there?").expect_err("there is no model");
        assert_eq!(failed.error, TurnError::Start { message: "models/none.gguf: no such file".into() }, "the file is named");
        assert_eq!(failed.fallback, FALLBACK, "the player gets the authored line");
    }
    is_there.store(true, Ordering::Relaxed);
    assert_eq!(app.converse(marta, "And now?").map(|replied| replied.text).as_deref(), Ok("Here I am."), "now it can");
}

#[test]
fn a_model_file_that_is_missing_is_named() {
    let mut app = test_app(BackendChoice::Local(PathBuf::from("no/such/model.gguf")));
    let marta = app.spawn_npc(card("Marta"));
    let failed = app.converse(marta, "Are you there?").expect_err("there is no model");
    assert!(matches!(&failed.error, TurnError::Start { .. }), "the backend is what is missing: {:?}", failed.error);
    assert!(failed.error.to_string().contains("no/such/model.gguf"), "with its path: {}", failed.error);
}

#[test]
fn a_character_without_a_persona_fails_and_one_that_loads_waits() {
    let mut app = test_app(Scripted::default().otherwise("Aye."));
    let nobody = app.world_mut().spawn(Npc::default()).id();
    let failed = app.converse(nobody, "Who are you?").expect_err("there is no persona");
    assert!(matches!(failed.error, TurnError::NoPersona { .. }), "found {:?}", failed.error);
    let handle = app.world().resource::<AssetServer>().load("personas/no_such.persona.ron");
    let unknown = app.world_mut().spawn(Npc::new(handle)).id();
    let failed = app.converse(unknown, "Who are you?").expect_err("there is no such file");
    assert!(failed.error.to_string().contains("personas/no_such.persona.ron"), "the file is named: {}", failed.error);
    let handle = app.world().resource::<AssetServer>().load("personas/marta.persona.ron");
    let marta = app.world_mut().spawn(Npc::new(handle)).id();
    assert!(app.converse(marta, "Who are you?").is_ok(), "a line waits for a persona that is on its way");
}
