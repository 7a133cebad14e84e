//! What is remembered of talk and of what happened, and what is forgotten.

use crate::support::{briefs, card, component};
use bevy::prelude::*;
use bevy_persona::knowledge::{Concept, End, Felt, Habit, Pattern, Rule, Rules};
use bevy_persona::mind::backend::{Scripted, SeenBriefs};
use bevy_persona::mind::brief::{View, VisibleThing};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use std::sync::Arc;

const DAY: f64 = 86_400.0;

fn app() -> (App, SeenBriefs, Entity) {
    let seen = SeenBriefs::default();
    let mut app = test_app(Scripted::default().otherwise("So be it.").record(&seen));
    let marta = app.spawn_npc(card("Marta"));
    (app, seen, marta)
}

fn pass(app: &mut App, seconds: f64) {
    app.world_mut().resource_mut::<GameClock>().seconds += seconds;
    app.update();
}

/// Lore in which thieves are not liked, and theft makes a thief.
fn law() -> Arc<LoreLayer> {
    let rule = Rule {
        one: true,
        lasting: true,
        felt: Some(Felt { towards: End::Object, trust: -0.3, ..default() }),
        habit: Some(Habit { of: End::Object, times: 2, is: ("is".into(), "a thief".into()) }),
        ..default()
    };
    Arc::new(LoreLayer::default().with_rules(Rules::new([("was stolen by".into(), rule)])))
}

fn theft(app: &mut App, thing: &str, thief: &str) {
    app.world_mut().trigger(Happened::new(Fact::new(thing, "was stolen by", thief), Vec3::new(0.0, 1.0, -2.0)));
    app.update();
}

#[test]
fn a_talk_is_remembered_the_next_day() {
    let (mut app, seen, marta) = app();
    app.world_mut().get_mut::<Knowledge>(marta).expect("she knows things").learn(Fact::new("the mill", "is", "old"));
    app.converse(marta, "Is the mill haunted? I would like to see it.").expect("she answers");
    app.world_mut().trigger(EndConversation { entity: marta, partner: None });
    app.update();
    let episode = component::<Memory>(&app, marta).episodes()[0].clone();
    assert_eq!(episode.what, "The player and I spoke of the mill.", "one episode of one talk");
    pass(&mut app, DAY);
    app.converse(marta, "What did we speak of yesterday?").expect("she answers");
    let brief = briefs(&seen).pop().expect("a brief was sent");
    let told: Vec<_> = brief.episodes.iter().map(|one| (one.what.as_str(), one.when.as_str())).collect();
    assert_eq!(told, [("The player and I spoke of the mill.", "yesterday")], "it comes to mind with its time");
    assert!(brief.history.is_empty(), "as memory, not as what was just said");
}

#[test]
fn what_a_speaker_says_of_themselves_is_known_as_hearsay() {
    let (mut app, _, marta) = app();
    app.converse(marta, "I come from Carrow, and I am looking for my sister.").expect("she answers");
    let fact = component::<Knowledge>(&app, marta).get("player", "comes from", "Carrow").expect("she has noted it");
    assert_eq!(fact.source.teller().map(Concept::name), Some("player"), "as what the player says");
    app.converse(marta, "Where do you come from?").expect("she answers");
    let about = component::<Knowledge>(&app, marta).about("player");
    assert_eq!(about.len(), 2, "a question says nothing of who asks: {about:?}");
    app.world_mut().resource_mut::<MemorySettings>().notes = false;
    app.converse(marta, "I live in Thorn.").expect("she answers");
    assert!(!component::<Knowledge>(&app, marta).contains("player", "lives in", "Thorn"), "a game may do without");
}

#[test]
fn deeds_move_feelings_and_make_a_reputation() {
    let (mut app, _, _) = app();
    let senses = Senses { sight: Sight::Told, ..default() };
    let there = app.spawn_npc(card("Tobin"));
    let away = app.spawn_npc(card("Bram"));
    for (who, at) in [(there, Vec3::ZERO), (away, Vec3::new(500.0, 0.0, 0.0))] {
        app.world_mut().entity_mut(who).insert((senses.clone(), Transform::from_translation(at)));
        app.world_mut().get_mut::<Knowledge>(who).expect("he knows things").set_lore(vec![law()]);
    }
    app.update();
    theft(&mut app, "the cup", "Kessa");
    let trust = |app: &App, who| component::<Feelings>(app, who).get("Kessa").trust;
    assert!((trust(&app, there) + 0.3).abs() < 1e-6, "who saw it trusts her less");
    assert_eq!(trust(&app, away), 0.0, "who did not does not know");
    assert!(!component::<Knowledge>(&app, there).contains("Kessa", "is", "a thief"), "once is an accident");
    theft(&mut app, "the spoon", "Kessa");
    assert!(component::<Knowledge>(&app, there).contains("Kessa", "is", "a thief"), "twice is a habit");
    assert!(!component::<Knowledge>(&app, away).contains("Kessa", "is", "a thief"), "to those who saw it");
}

#[test]
fn who_tells_what_is_not_so_is_trusted_less() {
    let (mut app, _, _) = app();
    let (liar, tobin) = (app.spawn_npc(card("Kessa")), app.spawn_npc(card("Tobin")));
    for (who, at) in [(liar, Vec3::new(500.0, 0.0, 0.0)), (tobin, Vec3::ZERO)] {
        app.world_mut().entity_mut(who).insert((Senses { sight: Sight::Told, ..default() }, Transform::from_translation(at)));
        app.world_mut().get_mut::<Knowledge>(who).expect("they know things").set_lore(vec![law()]);
    }
    let lie = Fact::new("the cup", "was stolen by", "Ilka").with_belief(Belief::Untrue);
    app.world_mut().get_mut::<Knowledge>(liar).expect("she knows things").learn(lie);
    let tale = ["the cup", "was stolen by", "Ilka"].map(str::to_owned);
    app.world_mut().trigger(Tell { entity: liar, to: tobin, fact: tale });
    app.update();
    assert!(component::<Knowledge>(&app, tobin).contains("the cup", "was stolen by", "Ilka"), "he believes her");
    theft(&mut app, "the cup", "Bram");
    let knowledge = component::<Knowledge>(&app, tobin);
    assert!(!knowledge.contains("the cup", "was stolen by", "Ilka"), "until he sees who did it");
    assert!(knowledge.contains("the cup", "was stolen by", "Bram"), "which he knows now");
    assert!(component::<Feelings>(&app, tobin).get("Kessa").trust < -0.1, "and Kessa is a liar to him");
}

#[test]
fn what_is_seen_is_known_until_it_is_seen_elsewhere() {
    let (mut app, _, marta) = app();
    let kitchen = (Area::new("the kitchen", Vec3::splat(3.0)), Transform::from_xyz(10.0, 0.0, 0.0));
    let cellar = (Area::new("the cellar", Vec3::splat(3.0)), Transform::from_xyz(-10.0, 0.0, 0.0));
    app.world_mut().spawn(kitchen);
    app.world_mut().spawn(cellar);
    let tobin = app.spawn_npc(card("Tobin"));
    app.world_mut().entity_mut(tobin).insert((Thing::new("Tobin", "person"), Transform::default()));
    let jug = app.world_mut().spawn((Thing::new("the blue jug", "jug"), Transform::from_xyz(9.0, 1.0, 0.0))).id();
    app.update();
    let look = |app: &mut App| {
        let things = vec![VisibleThing { name: "the blue jug".into(), ..default() }];
        app.world_mut().trigger(Viewed { entity: marta, view: View { picture: None, things } });
        pass(app, 60.0);
    };
    let now = |app: &App| {
        let facts = component::<Knowledge>(app, marta).matching(&Pattern::new().subject("the blue jug"));
        facts.iter().map(|f| format!("{} {}", f.predicate, f.object)).collect::<Vec<_>>()
    };
    look(&mut app);
    assert_eq!(now(&app), ["is in the kitchen"], "where she saw it");
    app.world_mut().entity_mut(jug).insert(Transform::from_xyz(-9.0, 1.0, 0.0));
    app.update();
    assert_eq!(now(&app), ["is in the kitchen"], "she does not know that it was moved");
    look(&mut app);
    assert_eq!(now(&app), ["is in the cellar"], "until she sees it");
    app.world_mut().entity_mut(jug).insert(ChildOf(tobin));
    app.update();
    look(&mut app);
    assert_eq!(now(&app), ["is held by Tobin"], "or who has it");
}

#[test]
fn memories_fade_and_stay_inside_the_budget() {
    let (mut app, _, marta) = app();
    {
        let mut memory = app.world_mut().get_mut::<Memory>(marta).expect("she remembers");
        memory.set_authored(vec![Episode::new("My husband drowned.", -1000.0 * DAY)]);
        for i in 0..400 {
            let importance = if i == 7 { 1.0 } else { 0.3 };
            let what = format!("Stranger number {i} paid for a bed and a bowl of soup and left before the sun was up.");
            memory.add(Episode::new(what, f64::from(i) * 3600.0).with([format!("stranger {i}")]).important(importance));
        }
        let mut knowledge = app.world_mut().get_mut::<Knowledge>(marta).expect("she knows things");
        knowledge.set_authored(vec![Fact::new("Marta", "owns", "the inn")]);
        knowledge.learn(Fact::new("the duke", "is", "ill").with_source(Source::Told("Kessa".into())).with_confidence(0.4));
    }
    app.world_mut().resource_mut::<MemorySettings>().budget = 8 << 10;
    pass(&mut app, 17.0 * DAY);
    let memory = component::<Memory>(&app, marta);
    let bytes: usize = memory.episodes().iter().map(Episode::bytes).sum();
    assert!(bytes <= 9 << 10, "{bytes} bytes are kept of a budget of 8 KiB");
    assert!(memory.episodes().len() > 10, "and no fewer than fit: {}", memory.episodes().len());
    assert!(memory.episodes().iter().any(|e| e.is_authored), "what the author wrote stays");
    assert!(memory.episodes().iter().any(|e| e.what.contains("number 7 ")), "and what mattered");
    let knows = |app: &App, what: [&str; 3]| component::<Knowledge>(app, marta).contains(what[0], what[1], what[2]);
    assert!(knows(&app, ["the duke", "is", "ill"]), "a rumour is still about");
    pass(&mut app, 200.0 * DAY);
    assert!(!knows(&app, ["the duke", "is", "ill"]), "but not after half a year");
    assert!(knows(&app, ["Marta", "owns", "the inn"]), "the author's facts stay");
}
