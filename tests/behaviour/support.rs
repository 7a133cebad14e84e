//! What several tests need.

use bevy::prelude::*;
use bevy_persona::mind::Brief;
use bevy_persona::mind::backend::{Gate, Scripted, SeenBriefs};
use bevy_persona::mind_link::MindLink;
use bevy_persona::prelude::*;
use bevy_persona::test_app::{MAX_FRAMES, Notice, PersonaTestApp};
use std::time::Duration;

/// What a character of these tests says where there is no reply.
pub const FALLBACK: &str = "Hm? Say that again, love.";

pub fn card(name: &str) -> PersonaCard {
    PersonaCard { name: name.into(), fallbacks: vec![FALLBACK.into()], ..PersonaCard::default() }
}

/// Runs frames until it has come to something that has no notice of its own.
#[track_caller]
pub fn run_until(app: &mut App, what: &str, mut done: impl FnMut(&mut App) -> bool) {
    for _ in 0..MAX_FRAMES {
        if done(app) {
            return;
        }
        app.update();
        // Gives other threads time; what is waited for is a fact, not the passing of this time.
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("it did not come to this: {what}; notices: {:#?}", app.notices());
}

/// All notices about one character.
pub fn about(app: &App, character: Entity) -> Vec<Notice> {
    app.notices().iter().filter(|notice| notice.entity() == character).cloned().collect()
}

/// The ends of turns of one character.
pub fn ends(app: &App, character: Entity) -> Vec<Notice> {
    about(app, character).into_iter().filter(Notice::is_end).collect()
}

/// Runs frames until this many turns of a character have ended; gives their ends.
#[track_caller]
pub fn run_to_ends(app: &mut App, character: Entity, count: usize) -> Vec<Notice> {
    run_until(app, &format!("{count} turns of {character} end"), |app| ends(app, character).len() >= count);
    ends(app, character)
}

/// Runs frames until a character has said this much.
#[track_caller]
pub fn run_to_words(app: &mut App, character: Entity, words: &str) {
    run_until(app, &format!("{character} says {words:?}"), |app| said(app, character) == words);
}

/// All chunks of a character, joined.
pub fn said(app: &App, character: Entity) -> String {
    about(app, character).iter().filter_map(Notice::chunk).collect()
}

/// The briefs that a backend was given so far.
pub fn briefs(seen: &SeenBriefs) -> Vec<Brief> {
    seen.lock().expect("no thread panics while it records").clone()
}

pub fn link(app: &App) -> &MindLink {
    app.world().resource::<MindLink>()
}

pub fn component<C: Component>(app: &App, entity: Entity) -> &C {
    app.world().get::<C>(entity).expect("the character has the component")
}

/// A backend that says four words, one for each that the gate lets pass.
pub fn slow(gate: &Gate) -> Scripted {
    Scripted::default().otherwise("one two three four").with_gate(gate.clone())
}

#[track_caller]
pub fn failure(end: &Notice) -> &TurnFailed {
    end.failed().unwrap_or_else(|| panic!("a failure expected, found {end:?}"))
}

#[track_caller]
pub fn reply(end: &Notice) -> &Replied {
    end.replied().unwrap_or_else(|| panic!("a reply expected, found {end:?}"))
}
