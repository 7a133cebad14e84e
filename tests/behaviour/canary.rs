//! A secret stays with those who know it, and with those who may hear it.

use crate::support::{briefs, card, component, run_to_ends};
use bevy::prelude::*;
use bevy_persona::mind::backend::{Scripted, SeenBriefs};
use bevy_persona::mind::{Backend, Brief};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Words that occur nowhere but in the secret: in its subject, predicate, object, and who told it.
const CANARIES: &[&str] = &["zyrvox", "amulet", "entombed", "quillon", "hearthstone", "osgrim"];
/// Of these no question ever says a word, so they must not be anywhere at all.
const UNSPOKEN: &[&str] = &["entombed", "osgrim"];

const QUESTIONS: usize = 240;
const TEMPLATES: &[&str] = &[
    "Where is {}?",
    "What do you know of {}?",
    "Tell me about {} and {}.",
    "Who hid {} under {}?",
    "Is {} near Riverbend?",
    "I have heard of {}. Have you?",
    "Why do you never speak of {}?",
    "They say that {} was sold to {}!",
    "{}?",
    "What is your secret, and what of {}?",
    "Ask Marta for {}, would you?",
    "Do you see {}?",
];
const NAMES: &[&str] = &[
    "the Zyrvox amulet",
    "Quillon's hearthstone",
    "zyrvox",
    "the AMULET",
    "the hearthstone of Quillon",
    "Marta",
    "Brannoc",
    "Marta's secret",
    "the mill",
    "the old sword",
    "the mayor",
    "you",
];

fn secret() -> Fact {
    Fact::new("the Zyrvox amulet", "is entombed beneath", "Quillon's hearthstone").with_source(Source::Told("Osgrim".into()))
}

fn question(random: &mut ChaCha8Rng) -> String {
    let mut question = TEMPLATES.choose(random).expect("there are templates").to_string();
    while question.contains("{}") {
        question = question.replacen("{}", NAMES.choose(random).expect("there are names"), 1);
    }
    if random.random_bool(0.1) { question.to_uppercase() } else { question }
}

/// Which of these words a text holds, whatever their case.
fn held(words: &[&'static str], text: &str) -> BTreeSet<&'static str> {
    let text = text.to_lowercase();
    words.iter().copied().filter(|word| text.contains(word)).collect()
}

/// All ways of writing out a brief that a model may be given.
struct Prompts {
    backends: Vec<Box<dyn Backend>>,
}

impl Prompts {
    fn new() -> Self {
        let mut backends: Vec<Box<dyn Backend>> = vec![Box::new(Scripted::default())];
        if cfg!(feature = "builtin") {
            backends.push(BackendChoice::Builtin.build().expect("Hearth is built in"));
        }
        Self { backends }
    }

    /// The whole brief, and each backend's prompt.
    fn of(&self, brief: &Brief) -> Vec<String> {
        let prompts = self.backends.iter().map(|backend| backend.prompt(brief));
        std::iter::once(format!("{brief:?}")).chain(prompts).collect()
    }
}

/// The brief without what the speaker has said: all else comes from the character.
fn unasked(brief: &Brief) -> Brief {
    let mut brief = Brief { line: "Well?".into(), ..brief.clone() };
    brief.history.iter_mut().for_each(|past| past.line = "Well?".into());
    brief
}

/// Two who share lore, of whom one has a secret.
fn two(backend: impl Into<BackendChoice>) -> (App, Entity, Entity) {
    let mut app = test_app(backend);
    let facts = vec![Fact::new("the mill", "stands in", "Riverbend"), Fact::new("the mayor", "rules", "Riverbend")];
    let layer = Arc::new(LoreLayer::new(facts, vec![("Riverbend".into(), vec!["the town".into()])]));
    let lore = app.world_mut().resource_mut::<Assets<Lore>>().add(Lore { layer, groups: Vec::new() });
    let persona = |name: &str, facts: Vec<Fact>| Persona {
        card: Arc::new(card(name)),
        knows: vec![lore.clone()],
        facts,
        ..Persona::default()
    };
    let marta = app.spawn_persona(persona("Marta", vec![Fact::new("Marta", "owns", "the mill")]));
    let brannoc = app.spawn_persona(persona("Brannoc", vec![Fact::new("Brannoc", "carries", "the old sword")]));
    app.world_mut().get_mut::<Knowledge>(marta).expect("she knows things").learn(secret());
    (app, marta, brannoc)
}

#[test]
fn what_one_knows_never_reaches_the_other() {
    let seen = SeenBriefs::default();
    let (mut app, marta, brannoc) = two(Scripted::default().record(&seen));
    let prompts = Prompts::new();
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let (mut sung, mut named) = (0, 0);
    for round in 0..QUESTIONS {
        let line = question(&mut random);
        named += usize::from(!held(CANARIES, &line).is_empty());
        if round % 8 == 0 {
            app.world_mut().trigger(EndConversation { entity: brannoc, partner: None });
        }
        // Both think in the same frames, in either order.
        let order = if random.random() { [marta, brannoc] } else { [brannoc, marta] };
        for npc in order {
            app.say(npc, &line);
        }
        for npc in order {
            run_to_ends(&mut app, npc, round + 1);
        }

        let briefs = std::mem::take(&mut *seen.lock().expect("no thread panics while it records"));
        assert_eq!(briefs.len(), 2, "both have thought about {line:?}");
        for brief in briefs {
            if brief.persona.name == "Marta" {
                sung += usize::from(!held(UNSPOKEN, &format!("{brief:?}")).is_empty());
                continue;
            }
            for text in prompts.of(&brief) {
                assert_eq!(held(UNSPOKEN, &text), BTreeSet::new(), "asked {line:?}, he has nothing of it in: {text}");
            }
            for text in prompts.of(&unasked(&brief)) {
                assert_eq!(held(CANARIES, &text), BTreeSet::new(), "asked {line:?}, he adds nothing of his own: {text}");
            }
        }
    }
    assert!(named > QUESTIONS / 3, "{named} of {QUESTIONS} questions name parts of the secret");
    assert!(sung > QUESTIONS / 4, "the one who knows it has it in mind {sung} times, so this test can fail");
}

#[test]
fn whoever_is_told_knows_it_from_then_on() {
    let seen = SeenBriefs::default();
    let (mut app, _, brannoc) = two(Scripted::default().record(&seen));
    app.converse(brannoc, "Where is the Zyrvox amulet?").expect("he answers");
    let told = secret().with_source(Source::Told("Marta".into()));
    app.world_mut().get_mut::<Knowledge>(brannoc).expect("he knows things").learn(told);
    app.converse(brannoc, "Where is the Zyrvox amulet?").expect("he answers");
    let [before, after] = &briefs(&seen)[..] else { panic!("two briefs expected") };
    assert_eq!(held(&["hearthstone"], &format!("{before:?}")), BTreeSet::new(), "he did not know");
    let text = Scripted::default().prompt(after);
    assert_eq!(held(&["hearthstone"], &text).len(), 1, "and now he does: {text}");
}

#[test]
fn a_secret_of_ones_own_is_withheld_until_trust_rises() {
    let seen = SeenBriefs::default();
    let (mut app, marta, _) = two(Scripted::default().record(&seen));
    let mut knowledge = app.world_mut().get_mut::<Knowledge>(marta).expect("she knows things");
    knowledge.forget("the Zyrvox amulet", "is entombed beneath", "Quillon's hearthstone");
    let secret = Fact::new("the Zyrvox amulet", "is hidden under", "Quillon's hearthstone");
    knowledge.learn(secret.with_source(Source::Told("Osgrim".into())).secret_until(Secrecy::Trust(0.7)));
    let prompts = Prompts::new();
    let trust = |app: &mut App, trust: f32| {
        let mut feelings = app.world_mut().get_mut::<Feelings>(marta).expect("she feels");
        feelings.set("player", Relation { trust, ..Relation::default() });
    };
    let ask = |app: &mut App| {
        let replied = app.converse(marta, "Where is the Zyrvox amulet?").expect("she answers");
        let brief = briefs(&seen).pop().expect("she was asked");
        app.world_mut().trigger(EndConversation { entity: marta, partner: None });
        (replied, brief)
    };
    const HIDDEN: &[&str] = &["quillon", "hearthstone", "osgrim"];

    for level in [-1.0, 0.0, 0.69] {
        trust(&mut app, level);
        let (replied, brief) = ask(&mut app);
        for text in prompts.of(&brief) {
            assert_eq!(held(HIDDEN, &text), BTreeSet::new(), "trusted {level}, one does not hear it: {text}");
            assert!(text.to_lowercase().contains("zyrvox"), "that there is something, a model may know: {text}");
        }
        assert_eq!(held(HIDDEN, &format!("{replied:?}")), BTreeSet::new(), "nor does an observer of the reply: {replied:?}");
        let fact = replied.recalled.iter().find(|fact| fact.subject.contains("Zyrvox")).expect("she has it in mind");
        assert!(fact.withheld && fact.object.is_none(), "she keeps it: {fact:?}");
    }
    trust(&mut app, 0.7);
    let (replied, brief) = ask(&mut app);
    for text in prompts.of(&brief) {
        assert!(text.contains("Quillon's hearthstone"), "trusted enough, one may hear it: {text}");
    }
    assert!(replied.text.contains("Quillon's hearthstone"), "and does: {}", replied.text);
    trust(&mut app, 0.5);
    let (_, brief) = ask(&mut app);
    assert_eq!(held(HIDDEN, &format!("{brief:?}")), BTreeSet::new(), "trust that is lost closes it again");
}

#[test]
fn what_one_partner_said_is_not_in_the_talk_with_another() {
    let seen = SeenBriefs::default();
    let (mut app, _, brannoc) = two(Scripted::default().otherwise("Aye.").record(&seen));
    app.world_mut().trigger(Say::new(brannoc, "Osgrim has entombed it.").named("Kessa"));
    run_to_ends(&mut app, brannoc, 1);
    app.converse(brannoc, "What did Kessa say?").expect("he answers");
    assert_eq!(component::<DialogueHistory>(&app, brannoc).with("Kessa").len(), 1, "he remembers it");
    let briefs = briefs(&seen);
    for text in Prompts::new().of(&briefs[1]) {
        assert_eq!(held(UNSPOKEN, &text), BTreeSet::new(), "but it is between him and Kessa: {text}");
    }
}

#[cfg(feature = "builtin")]
#[test]
fn hearth_says_nothing_of_what_another_knows() {
    let (mut app, marta, brannoc) = two(BackendChoice::Builtin);
    app.world_mut().resource_mut::<DialogueSettings>().seed = Some(3);
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let mut sung = 0;
    for _ in 0..12 {
        let line = question(&mut random);
        let answer = app.converse(marta, &line).expect("she answers");
        sung += held(CANARIES, &answer.text).difference(&held(CANARIES, &line)).count();
        let answer = app.converse(brannoc, &line).expect("he answers");
        let own = held(CANARIES, &answer.text).difference(&held(CANARIES, &line)).copied().collect::<Vec<_>>();
        // One cache serves all conversations of a model.
        assert!(own.is_empty(), "asked {line:?}, he says {own:?} of his own: {:?}", answer.text);
    }
    assert!(sung > 0, "the one who knows it speaks of it, so this test can fail");
}
