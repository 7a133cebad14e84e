//! What holds, what held, and what is not to be believed.

use super::*;

/// Lore of a town in which relations have rules.
fn town() -> Arc<LoreLayer> {
    let rule = |name: &str, rule: Rule| (Concept::from(name), rule);
    let rules = Rules::new([
        rule("is in", Rule { one: true, transitive: true, ..Rule::default() }),
        rule("is married to", Rule { one: true, symmetric: true, ..Rule::default() }),
        rule("is the son of", Rule { inverse: Some("is the mother of".into()), lasting: true, ..Rule::default() }),
        rule("was stolen by", Rule { one: true, lasting: true, ..Rule::default() }),
    ]);
    let facts = vec![
        Fact::new("the cup", "is in", "the chapel"),
        Fact::new("the chapel", "is in", "Riverbend"),
        Fact::new("Riverbend", "is in", "the Vale"),
        Fact::new("Anna", "is married to", "Bert"),
        Fact::new("Tobin", "is the son of", "Marta"),
    ];
    Arc::new(LoreLayer::new(facts, vec![]).with_rules(rules))
}

fn villager() -> Knowledge {
    let mut knowledge = Knowledge::default();
    knowledge.set_lore(vec![town()]);
    knowledge
}

fn saw(subject: &str, predicate: &str, object: &str, at: f64) -> Fact {
    Fact::new(subject, predicate, object).with_source(Source::Witnessed).at(at)
}

fn told(subject: &str, predicate: &str, object: &str, at: f64) -> Fact {
    Fact::new(subject, predicate, object).with_source(Source::Told("Kessa".into())).with_confidence(0.8).at(at)
}

#[test]
fn a_new_place_ends_the_old() {
    let mut marta = villager();
    let learned = marta.take_in(saw("the cup", "is in", "the inn", 50.0));
    assert_eq!(learned.ended.len(), 1, "what lore says of the cup holds no longer: {learned:?}");
    assert!(!marta.contains("the cup", "is in", "the chapel"), "it is not there any more");
    assert_eq!(marta.get("the cup", "is in", "the chapel").and_then(|fact| fact.until), Some(50.0), "but it was, until then");
    marta.take_in(saw("the cup", "is in", "the river", 90.0));
    let now = marta.matching(&Pattern::new().subject("the cup").predicate("is in"));
    assert_eq!(now.len(), 1, "it is in one place: {now:?}");
    assert_eq!(marta.matching(&Pattern::new().subject("the cup").ever()).len(), 3, "and was in two others");

    let older = marta.take_in(saw("the cup", "is in", "the smithy", 70.0).held_since(60.0));
    assert!(older.ended.is_empty() && !marta.contains("the cup", "is in", "the smithy"), "old news changes nothing");
    marta.take_in(saw("the cup", "is in", "the chapel", 95.0));
    assert!(marta.contains("the cup", "is in", "the chapel"), "what is back is back");
    assert!(!marta.contains("the cup", "is in", "the river"), "and not where it was");
}

#[test]
fn what_the_author_edits_does_not_undo_what_happened() {
    let mut marta = villager();
    let authored = vec![Fact::new("the sword", "is in", "the chest"), Fact::new("Marta", "owns", "the inn")];
    marta.set_authored(authored.clone());
    marta.take_in(saw("the sword", "is in", "the river", 50.0));
    marta.end("Marta", "owns", "the inn", 60.0);
    let before: Vec<Fact> = marta.own().iter().collect();
    marta.set_authored(authored);
    let mut after: Vec<Fact> = marta.own().iter().collect();
    after.sort_by_key(Fact::triple);
    let mut sorted = before;
    sorted.sort_by_key(Fact::triple);
    assert_eq!(after, sorted, "reading the same persona again changes nothing");
}

#[test]
fn hearsay_against_own_eyes_is_doubted() {
    let mut marta = villager();
    marta.take_in(saw("the cup", "is in", "the inn", 50.0));
    let learned = marta.take_in(told("the cup", "is in", "the well", 60.0));
    assert!(learned.is_doubted, "it was seen elsewhere, and the tale has no date");
    assert!(marta.contains("the cup", "is in", "the inn"), "own eyes count");
    let kept = marta.get("the cup", "is in", "the well").expect("the tale is kept");
    assert_eq!((kept.belief, kept.source.teller().map(Concept::name)), (Belief::Doubted, Some("Kessa")), "as what Kessa says");

    let learned = marta.take_in(told("the cup", "is in", "the mill", 80.0).held_since(70.0));
    assert!(!learned.is_doubted && marta.contains("the cup", "is in", "the mill"), "news with a date are news");
    assert_eq!(learned.ended.len(), 1, "and end what was");
}

#[test]
fn lies_about_what_lasts_are_found_out() {
    let mut marta = villager();
    assert!(!marta.take_in(told("the purse", "was stolen by", "Tobin", 10.0)).is_doubted, "she knows no better");
    let learned = marta.take_in(saw("the purse", "was stolen by", "Kessa", 20.0));
    assert_eq!(learned.disproved.len(), 1, "now she does: {learned:?}");
    assert!(!marta.contains("the purse", "was stolen by", "Tobin"), "Tobin did not do it");
    let again = marta.take_in(told("the purse", "was stolen by", "Tobin", 30.0));
    assert!(!again.is_news && !marta.contains("the purse", "was stolen by", "Tobin"), "saying it again helps nothing");
    assert!(marta.take_in(told("the purse", "was stolen by", "Ilka", 40.0)).is_doubted, "nor does another tale");
}

#[test]
fn a_marriage_ends_another_from_both_sides() {
    let mut marta = villager();
    let learned = marta.take_in(saw("Carl", "is married to", "Anna", 5.0));
    assert_eq!(learned.ended.len(), 1, "Anna was married to Bert: {learned:?}");
    assert!(!marta.contains("Anna", "is married to", "Bert"), "she is no longer");
    let of_anna = marta.following(&Pattern::new().subject("Anna").predicate("is married to"));
    assert_eq!(of_anna.iter().map(|fact| fact.object.name()).collect::<Vec<_>>(), ["Carl"], "she is Carl's");
    assert_eq!(of_anna[0].source, Source::Inferred, "which follows");
}

#[test]
fn relations_are_turned_round_and_carried_on() {
    let marta = villager();
    let objects = |pattern: Pattern| marta.following(&pattern).iter().map(|fact| fact.object.to_string()).collect::<Vec<_>>();
    assert_eq!(objects(Pattern::new().subject("Marta").predicate("is the mother of")), ["Tobin"], "by the inverse");
    assert_eq!(objects(Pattern::new().subject("Marta")), ["Tobin"], "whatever the relation");
    assert_eq!(objects(Pattern::new().subject("Bert").predicate("is married to")), ["Anna"], "by symmetry");
    assert_eq!(objects(Pattern::new().subject("the cup")), ["the chapel", "Riverbend", "the Vale"], "along a chain");
    let within = marta.following(&Pattern::new().predicate("is in").object("the Vale"));
    assert_eq!(within.len(), 3, "and backwards: {within:?}");
    assert_eq!(marta.following(&Pattern::new().subject("the cup").object("the Vale")).len(), 1, "a single thing follows too");
}

#[test]
fn cycles_and_hubs_come_to_an_end() {
    let rule = Rule { symmetric: true, transitive: true, inverse: Some("is in".into()), ..Rule::default() };
    let rules = Rules::new([(Concept::from("is in"), rule.clone()), (Concept::from("holds"), rule)]);
    let mut marta = Knowledge::default();
    marta.set_lore(vec![Arc::new(LoreLayer::default().with_rules(rules))]);
    for i in 0..3000 {
        marta.learn(Fact::new(format!("box {i}"), "is in", format!("box {}", (i * 7 + 1) % 3000)));
        marta.learn(Fact::new("the hub", "is in", format!("box {i}")));
    }
    let found = marta.following(&Pattern::new().subject("box 1").predicate("is in"));
    assert!(!found.is_empty() && found.len() < 20_000, "{} facts follow", found.len());
    assert!(marta.path("box 1", "box 2999", 4).len() <= 4, "a path is no longer than asked for");
}

#[test]
fn paths_lead_from_one_to_another() {
    let mut marta = villager();
    marta.learn(Fact::new("Marta", "is in", "Riverbend"));
    let path = marta.path("Tobin", "the Vale", 4);
    let names: Vec<_> = path.iter().map(|fact| fact.predicate.name()).collect();
    assert_eq!(names, ["is the son of", "is in", "is in"], "Tobin, Marta, Riverbend, the Vale");
    assert!(marta.path("Tobin", "the Vale", 2).is_empty(), "two steps do not lead there");
    assert!(marta.path("Tobin", "nowhere", 9).is_empty(), "nor do any to nowhere");
}

#[test]
fn a_lie_stays_the_liars_own_until_it_sees() {
    let mut kessa = villager();
    kessa.set_authored(vec![Fact::new("the purse", "was stolen by", "Tobin").with_belief(Belief::Untrue)]);
    assert!(!kessa.contains("the purse", "was stolen by", "Tobin"), "she does not believe it");
    kessa.take_in(told("the purse", "was stolen by", "Tobin", 5.0));
    assert!(!kessa.contains("the purse", "was stolen by", "Tobin"), "nor when her own tale comes back to her");
    let found = first(&kessa, &ask("Who stole the purse?"));
    assert_eq!(found.fact.belief, Belief::Untrue, "but it comes to her mind, as what it is");
}

#[test]
fn the_past_comes_to_mind_after_the_present() {
    let mut marta = villager();
    marta.take_in(saw("the cup", "is in", "the inn", 50.0));
    let recalled = marta.recall(&ask("Where is the cup?"));
    assert_eq!(texts(&recalled)[0], "the cup is in the inn", "what holds comes first");
    let before = recalled.iter().find(|one| one.fact.object == "the chapel").expect("what held comes too");
    assert_eq!(before.fact.until, Some(50.0), "as the past");
}

proptest! {
    #[test]
    fn of_one_relation_one_holds(
        facts in prop::collection::vec((0..3_usize, 0..4_usize, 0..100_u8, 0..3_u8, 0..50_u8), 1..40),
    ) {
        let mut marta = villager();
        for (subject, object, at, source, age) in facts {
            let source = [Source::Witnessed, Source::Told("Kessa".into()), Source::Seen][source as usize].clone();
            let at = f64::from(at);
            let fact = Fact::new(["the cup", "the key", "the ring"][subject], "is in", format!("place {object}"));
            marta.take_in(fact.with_source(source).at(at).held_since(at - f64::from(age)));
            for thing in ["the cup", "the key", "the ring"] {
                let holding = marta.matching(&Pattern::new().subject(thing).predicate("is in"));
                prop_assert!(holding.len() <= 1, "{thing} is in {} places: {holding:?}", holding.len());
            }
        }
        let saved = ron::to_string(&marta).expect("knowledge can be written");
        let loaded: Knowledge = ron::from_str(&saved).expect("and read");
        prop_assert_eq!(ron::to_string(&loaded).expect("again"), saved, "with what holds and what does not");
    }
}
