//! Questions in other words than what is known.

use crate::support::{briefs, card, run_to_ends};
use bevy::prelude::*;
use bevy_persona::knowledge::{Meanings, RecallQuery, RecallReason};
use bevy_persona::mind::backend::{Scripted, SeenBriefs};
use bevy_persona::mind::meaning::Meaning;
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

/// Knows of marriage alone, and notes on which thread it reads.
struct Matchmaker {
    is_elsewhere: Arc<AtomicBool>,
    game: std::thread::ThreadId,
}

impl Meaning for Matchmaker {
    fn line(&self, text: &str) -> Vec<f32> {
        self.is_elsewhere.fetch_or(std::thread::current().id() != self.game, Ordering::Relaxed);
        vec![f32::from(text.contains("wife"))]
    }

    fn relation(&self, words: &str) -> Vec<(u32, f32)> {
        vec![(0, f32::from(words.contains("married")))]
    }
}

/// More facts than come to mind, of which one is about a marriage.
fn smith(app: &mut App) -> Entity {
    let smith = app.spawn_npc(card("Hob"));
    app.world_mut().resource_mut::<DialogueSettings>().max_facts = 3;
    let mut knowledge = app.world_mut().get_mut::<Knowledge>(smith).expect("he knows things");
    knowledge.learn(Fact::new("Hob", "is married to", "Greta"));
    for tool in 0..20 {
        knowledge.learn(Fact::new("Hob", "has made", format!("hook {tool}")));
    }
    smith
}

fn knows_of_greta(seen: &SeenBriefs) -> bool {
    briefs(seen).pop().is_some_and(|brief| brief.facts.iter().any(|fact| fact.object.as_deref() == Some("Greta")))
}

#[test]
fn a_turn_waits_for_a_meaning_that_is_read_elsewhere() {
    let seen = SeenBriefs::default();
    let mut app = test_app(Scripted::default().otherwise("Aye.").record(&seen));
    let smith = smith(&mut app);
    let (go, opened) = mpsc::channel();
    let reader = Matchmaker { is_elsewhere: Arc::default(), game: std::thread::current().id() };
    let is_elsewhere = reader.is_elsewhere.clone();
    app.insert_resource(Meanings::in_background(move || {
        opened.recv().expect("the test lets it go on");
        Ok::<_, Infallible>(reader)
    }));
    app.say(smith, "You got a wife?");
    for _ in 0..20 {
        app.update();
    }
    assert!(briefs(&seen).is_empty(), "the line has not been read, and no frame waits for that");
    go.send(()).expect("the thread waits");
    run_to_ends(&mut app, smith, 1);
    assert!(is_elsewhere.load(Ordering::Relaxed), "it is read on another thread");
    // Relations are read after the first line that met them.
    app.converse(smith, "Tell me of your wife, then.").expect("he answers");
    assert!(knows_of_greta(&seen), "what is meant comes to mind in other words");
}

#[test]
fn where_nothing_can_be_opened_words_are_enough() {
    let seen = SeenBriefs::default();
    let mut app = test_app(Scripted::default().otherwise("Aye.").record(&seen));
    let smith = smith(&mut app);
    app.insert_resource(Meanings::in_background(|| Err::<Matchmaker, _>(std::io::Error::other("no such folder"))));
    app.converse(smith, "To whom are you married?").expect("he answers all the same");
    assert!(knows_of_greta(&seen), "by the word");
}

#[cfg(feature = "builtin")]
#[test]
fn the_built_in_lexicon_finds_what_is_meant() {
    let mut knowledge = Knowledge::default();
    for tool in 0..100 {
        knowledge.learn(Fact::new("Hob", "has made", format!("hook {tool}")));
    }
    for (subject, relation, object) in [
        ("Hob", "is married to", "Greta"),
        ("Hob", "works at", "the lower forge"),
        ("Hob", "owes money to", "the ferryman"),
        ("Hob", "is the brother of", "Jost"),
        ("Jost", "has a fear of", "geese"),
        ("Jost", "was born in", "Carrow"),
    ] {
        knowledge.learn(Fact::new(subject, relation, object));
    }
    let meanings = Meanings::default();
    for (line, object, among) in [("You got a wife, smith?", "Greta", 1), ("Are you in debt with anyone?", "the ferryman", 1)] {
        let query = RecallQuery { line, own_name: "Hob", speaker: "player", max_facts: among, ..RecallQuery::default() };
        let found = knowledge.recall(&RecallQuery { meanings: Some(&meanings), ..query.clone() });
        let hit = found.iter().find(|one| one.fact.object.name() == object);
        let hit = hit.unwrap_or_else(|| panic!("{line} {found:#?}"));
        assert_eq!(hit.reason, RecallReason::Meaning, "{line} shares no word with it");
        let by_words = knowledge.recall(&query);
        assert!(by_words.iter().all(|one| one.fact.object.name() != object), "{line}: by words alone it is not found");
    }
    let line = "What scares your brother?";
    let query = RecallQuery { line, own_name: "Hob", max_facts: 2, meanings: Some(&meanings), ..RecallQuery::default() };
    let mut found: Vec<String> = knowledge.recall(&query).iter().map(|one| one.fact.object.to_string()).collect();
    found.sort();
    assert_eq!(found, ["Jost", "geese"], "who the brother is, and what scares him");
}
