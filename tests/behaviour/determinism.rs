//! The same seed and the same turns give the same replies.

use crate::support::{briefs, card};
use bevy::prelude::*;
use bevy_persona::mind::backend::{Scripted, SeenBriefs};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};

const LINES: &[&str] =
    &["Good day.", "Who are you?", "What do you sell?", "Where is Tobin?", "And how are you today?", "Farewell."];

fn talk(backend: impl Into<BackendChoice>, seed: Option<u64>) -> Vec<(String, Emotion)> {
    let mut app = test_app(backend);
    app.world_mut().resource_mut::<DialogueSettings>().seed = seed;
    let marta = app.spawn_npc(PersonaCard { improvisation: 1.0, verbosity: 0.8, ..card("Marta") });
    let mut knowledge = app.world_mut().get_mut::<Knowledge>(marta).expect("she knows things");
    knowledge.learn(Fact::new("Marta", "sells", "strong ale"));
    knowledge.learn(Fact::new("Tobin", "is in", "the cellar"));
    let replies = LINES.iter().map(|line| app.converse(marta, line).expect("she answers"));
    replies.map(|replied| (replied.text, replied.emotion)).collect()
}

fn seeds(seed: Option<u64>) -> Vec<u64> {
    let seen = SeenBriefs::default();
    talk(Scripted::default().record(&seen), seed);
    briefs(&seen).into_iter().map(|brief| brief.seed).collect()
}

#[test]
fn each_turn_has_a_seed_of_its_own_that_follows_from_the_games() {
    let first = seeds(Some(7));
    assert_eq!(first, seeds(Some(7)), "the same seed gives the same seeds");
    assert_ne!(first, seeds(Some(8)), "another gives others");
    assert_ne!(seeds(None), seeds(None), "without one they are drawn");
    let mut different = first.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), LINES.len(), "no two turns of a game share one: {first:?}");
}

#[cfg(feature = "builtin")]
#[test]
fn hearth_says_the_same_with_the_same_seed() {
    let first = talk(BackendChoice::Builtin, Some(7));
    assert_eq!(talk(BackendChoice::Builtin, Some(7)), first, "another run of the game says the same");
    assert!(first.iter().all(|(text, _)| !text.is_empty()), "it says something: {first:?}");
    let others = (8..12).any(|seed| talk(BackendChoice::Builtin, Some(seed)) != first);
    assert!(others, "of four other seeds one at least gives another talk than {first:?}");
}

#[cfg(feature = "builtin")]
#[test]
fn frames_do_not_change_what_is_said() {
    let slowly = |frames: usize| {
        let mut app = test_app(BackendChoice::Builtin);
        app.world_mut().resource_mut::<DialogueSettings>().seed = Some(7);
        let marta = app.spawn_npc(PersonaCard { improvisation: 1.0, ..card("Marta") });
        LINES
            .iter()
            .map(|line| {
                app.run_frames(frames);
                app.converse(marta, line).expect("she answers").text
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(slowly(0), slowly(50), "how long the player thinks does not matter");
}
