use super::*;
use bevy::reflect::{
    FromReflect, PartialReflect, TypeRegistry,
    serde::{ReflectDeserializer, ReflectSerializer},
};
use proptest::prelude::*;
use serde::de::DeserializeSeed;

mod change;

fn tavern() -> Arc<LoreLayer> {
    let facts = vec![
        Fact::new("the Gilded Oak", "stands beside", "the river Wend"),
        Fact::new("the Gilded Oak", "serves", "blackberry cider"),
        Fact::new("Old Bram", "is the ferryman of", "Riverbend"),
        Fact::new("Old Bram", "drowned in", "the winter flood"),
        Fact::new("the reeve", "collects taxes for", "the duke"),
        Fact::new("the wolves", "come down from", "the Grey Hills"),
        Fact::new("the mill", "is haunted by", "the miller's daughter"),
        Fact::new("Zoë", "bakes", "the best bread in Riverbend"),
    ];
    let aliases = vec![
        ("the Gilded Oak".to_owned(), vec!["the inn".to_owned(), "the tavern".to_owned()]),
        ("Old Bram".to_owned(), vec!["the ferryman".to_owned()]),
    ];
    Arc::new(LoreLayer::new(facts, aliases))
}

fn marta() -> Knowledge {
    let mut knowledge = Knowledge::default();
    knowledge.set_lore(vec![tavern()]);
    knowledge.set_authored(vec![
        Fact::new("Marta", "owns", "the Gilded Oak"),
        Fact::new("Marta", "is the widow of", "a river captain"),
        Fact::new("Marta", "is from", "the coast"),
        Fact::new("Tobin", "is the son of", "Marta"),
        Fact::new("Tobin", "is afraid of", "the wolves"),
        Fact::new("Tobin", "sleeps in", "the hayloft"),
        Fact::new("the cellar key", "is hidden under", "the third step").secret_until(0.7),
        Fact::new("the cellar key", "opens", "the wine cellar"),
        Fact::new("Kessa", "sells", "stolen silver"),
        Fact::new("Kessa", "owes", "Marta forty pence"),
        Fact::new("the stranger", "paid for", "two nights"),
    ]);
    knowledge
}

fn ask(line: &str) -> RecallQuery<'_> {
    RecallQuery { line, own_name: "Marta", speaker: "the stranger", ..Default::default() }
}

fn texts(recalled: &[Recalled]) -> Vec<String> {
    let text = |recalled: &Recalled| {
        let Fact { subject, predicate, object, .. } = &recalled.fact;
        format!("{subject} {predicate} {object}")
    };
    recalled.iter().map(text).collect()
}

fn first(knowledge: &Knowledge, query: &RecallQuery) -> Recalled {
    knowledge.recall(query).first().expect("something is recalled").clone()
}

#[test]
fn questions_find_their_facts() {
    let table = [
        ("Who owns this inn?", "Marta owns the Gilded Oak"),
        ("who is the owner of the gilded oak", "Marta owns the Gilded Oak"),
        ("Where is the cellar key?", "the cellar key is hidden under the third step"),
        ("What do the cellar keys open?", "the cellar key opens the wine cellar"),
        ("Where did you hide the key?", "the cellar key is hidden under the third step"),
        ("Where does Tobin sleep?", "Tobin sleeps in the hayloft"),
        ("What is Tobin's fear? Is he afraid?", "Tobin is afraid of the wolves"),
        ("What has Kessa been selling?", "Kessa sells stolen silver"),
        ("Did someone steal silver?", "Kessa sells stolen silver"),
        ("Did the ferryman drown in the winter flood?", "Old Bram drowned in the winter flood"),
        ("Any wolves about?", "the wolves come down from the Grey Hills"),
        ("Is the mill haunted?", "the mill is haunted by the miller's daughter"),
        ("WHO BAKES BREAD", "Zoë bakes the best bread in Riverbend"),
        ("What can you tell me of zoe?", "Zoë bakes the best bread in Riverbend"),
        ("Where are you from?", "Marta is from the coast"),
        ("Have I paid?", "the stranger paid for two nights"),
        ("whose son is tobin", "Tobin is the son of Marta"),
        ("Who collects the taxes?", "the reeve collects taxes for the duke"),
    ];
    let marta = marta();
    for (line, expected) in table {
        let recalled = texts(&marta.recall(&ask(line)));
        assert_eq!(recalled[0], expected, "{line:?} should find its fact first, not {recalled:?}");
    }
}

#[test]
fn other_names_find_facts_everywhere() {
    let marta = marta();
    let recalled = marta.recall(&ask("tell me about the tavern"));
    for expected in ["the Gilded Oak serves blackberry cider", "Marta owns the Gilded Oak"] {
        let texts = texts(&recalled[..3]);
        assert!(texts.iter().any(|text| text == expected), "{expected:?} is about the tavern, found {texts:?}");
    }
    assert_eq!(recalled[0].reason, RecallReason::Named, "the line names it");
    assert_eq!(marta.about("the inn").len(), 3, "own facts and lore are found by another name");

    let mut knowing = marta.clone();
    knowing.add_alias("Kessa", "the Magpie");
    let about = |knowledge: &Knowledge| texts(&knowledge.recall(&ask("Who is the Magpie?")))[0].clone();
    assert!(about(&knowing).starts_with("Kessa"), "who knows the other name knows who is meant");
    assert_ne!(first(&marta, &ask("Who is the Magpie?")).reason, RecallReason::Named, "who does not does not");
}

#[test]
fn pronouns_lean_on_what_was_said() {
    let marta = marta();
    let follow = |line, context: &[&str]| first(&marta, &RecallQuery { context, ..ask(line) });
    let found = follow("Where does he sleep?", &["Have you seen Tobin?", "Not since noon."]);
    assert_eq!(texts(&[found])[0], "Tobin sleeps in the hayloft", "he is Tobin, who was named two lines ago");
    let found = follow("What does she sell?", &["Tobin is about.", "Aye.", "And Kessa?", "Her? A thief."]);
    assert_eq!(texts(&[found])[0], "Kessa sells stolen silver", "she is who was named last");
    let found = follow("Where?", &["Is there a cellar key?", "There is."]);
    assert_eq!(found.fact.subject.name(), "the cellar key", "a bare question asks on about the same");
    assert_eq!(found.reason, RecallReason::Context, "and says that it does");
    let found = follow("Is the mill haunted?", &["Have you seen Tobin?"]);
    assert_eq!(found.fact.subject.name(), "the mill", "what the line names comes before what was said");
}

#[test]
fn things_in_view_and_neighbours_count_a_little() {
    let marta = marta();
    let recalled = marta.recall(&RecallQuery { in_view: &["mill", "a mug"], ..ask("Look!") });
    assert_eq!(texts(&recalled)[0], "the mill is haunted by the miller's daughter", "what is in view comes to mind");
    assert_eq!(recalled[0].reason, RecallReason::InView, "and says why");

    let recalled = marta.recall(&RecallQuery { own_name: "", ..ask("What is Tobin afraid of?") });
    let wolves = recalled.iter().find(|recalled| recalled.fact.subject == "the wolves");
    let wolves = wolves.expect("where the wolves come from is one step away");
    assert_eq!(wolves.reason, RecallReason::Neighbour, "it shares no word with the line");
}

#[test]
fn room_that_is_left_is_filled_in_order() {
    let mut marta = marta();
    let heard = |object: &str, time| Fact::new("the smith", "quarrelled with", object).with_source(Source::Witnessed).at(time);
    marta.learn(heard("the reeve", 50.0));
    marta.learn(heard("the priest", 90.0));
    let recalled = marta.recall(&RecallQuery { max_facts: 100, max_tokens: 10_000, ..ask("xyzzy plugh") });
    let texts = texts(&recalled);
    let place = |text: &str| texts.iter().position(|other| other == text);
    let order = [
        place("Marta owns the Gilded Oak"),
        place("the smith quarrelled with the priest"),
        place("the smith quarrelled with the reeve"),
        place("Tobin sleeps in the hayloft"),
        place("the Gilded Oak serves blackberry cider"),
    ];
    assert!(order.is_sorted() && order[0].is_some(), "itself, the latest, the rest, then lore: {texts:#?}");
    assert!(recalled.iter().all(|recalled| recalled.score == 0.0), "nothing matched");
    assert!(recalled.iter().all(|recalled| recalled.reason == RecallReason::Filler), "and all say so");
    assert_eq!(marta.own().len(), 13, "this many facts are its own");
    assert!(recalled.len() > 13, "all own facts and some lore go along");
}

#[test]
fn secrets_come_back_withheld() {
    let marta = marta();
    let key = |trust| first(&marta, &RecallQuery { trust, ..ask("Where is the cellar key hidden?") });
    assert!(key(0.1).withheld, "a stranger is not told");
    assert!(!key(0.7).withheld, "a friend is");

    let mut told = Knowledge::default();
    let secret = Fact::new("the duke", "is", "a werewolf").secret_until(Secrecy::Never).with_confidence(0.9);
    told.set_lore(vec![Arc::new(LoreLayer::new(vec![secret.clone()], Vec::new()))]);
    told.learn(Fact::new("the duke", "is", "a werewolf").with_source(Source::Told("Kessa".into())));
    let found = first(&told, &RecallQuery { trust: 1.0, ..ask("Is the duke a werewolf?") });
    assert!(found.withheld, "what lore calls a secret stays one when it is heard again");
    told.set_lore(Vec::new());
    told.learn(secret);
    assert!(first(&told, &ask("Is the duke a werewolf?")).withheld, "and so does what one's own facts call one");
}

#[test]
fn budgets_hold() {
    let marta = marta();
    for max_facts in 0..8 {
        let recalled = marta.recall(&RecallQuery { max_facts, ..ask("Tell me of Tobin and the wolves") });
        assert_eq!(recalled.len(), max_facts, "there are facts enough for {max_facts}");
    }
    for max_tokens in [0, 1, 9, 30, 100] {
        let recalled = marta.recall(&RecallQuery { max_tokens, ..ask("Tell me of Tobin and the wolves") });
        let bytes: usize = texts(&recalled).iter().map(String::len).sum();
        assert!(bytes <= max_tokens * 4, "{bytes} bytes are more than {max_tokens} tokens");
    }
}

#[test]
fn duplicates_merge() {
    let mut knowledge = marta();
    let count = knowledge.iter().count();
    let again = Fact::new("tobin", "IS AFRAID OF", "wolves").with_confidence(0.4).with_source(Source::Told("Kessa".into()));
    assert!(!knowledge.learn(again), "it was known already");
    let source = knowledge.source("Tobin", "is afraid of", "the wolves");
    assert_eq!(source, Some(Source::Authored), "the surer one stays");

    let seen = Fact::new("Tobin", "is afraid of", "the wolves").with_source(Source::Witnessed).at(5.0);
    assert!(!knowledge.learn(seen), "it is still known already");
    knowledge.set_authored(Vec::new());
    let kept = knowledge.get("Tobin", "is afraid of", "the wolves").expect("what was lived through stays");
    assert_eq!((kept.source, kept.learned_at), (Source::Witnessed, 5.0), "as it was lived through");
    assert_eq!(knowledge.own().len(), 1, "all else was authored");

    let mut knowledge = marta();
    assert!(knowledge.learn(Fact::new("old bram", "drowned in", "winter flood").with_confidence(0.2)), "lore is not own");
    assert_eq!(knowledge.iter().count(), count, "but what both say is one fact");
    let confidence = knowledge.get("Old Bram", "drowned in", "the winter flood").map(|fact| fact.confidence);
    assert_eq!(confidence, Some(0.2), "and one's own counts");
    let recalled = texts(&knowledge.recall(&ask("Did Old Bram drown?")));
    assert_eq!(recalled.iter().filter(|text| text.contains("drowned")).count(), 1, "it comes to mind once");
}

#[test]
fn the_surer_layer_counts() {
    let layer = |confidence| Arc::new(LoreLayer::new(vec![Fact::new("a", "b", "c").with_confidence(confidence)], vec![]));
    let mut knowledge = Knowledge::default();
    knowledge.set_lore(vec![layer(0.3), layer(0.8), layer(0.5)]);
    let confidences: Vec<_> = knowledge.iter().map(|fact| fact.confidence).collect();
    assert_eq!(confidences, [0.8], "one fact of three layers, the surest");
    assert_eq!(knowledge.recall(&RecallQuery { own_name: "a", ..ask("a b c") }).len(), 1, "and one recalled");
}

#[test]
fn facts_are_found_by_pattern_and_source() {
    let mut marta = marta();
    let texts = |facts: Vec<Fact>| facts.iter().map(|fact| fact.object.to_string()).collect::<Vec<_>>();
    assert_eq!(texts(marta.matching(&Pattern::new().subject("old bram"))), ["Riverbend", "the winter flood"], "by subject");
    assert_eq!(texts(marta.matching(&Pattern::new().predicate("owns"))), ["the Gilded Oak"], "by relation");
    assert_eq!(marta.matching(&Pattern::new().object("wolves").subject("Kessa")).len(), 0, "by both");
    assert_eq!(marta.matching(&Pattern::new()).len(), marta.iter().count(), "by nothing");
    assert!(marta.contains("the mill", "is haunted by", "the miller's daughter"), "lore is known");

    marta.learn(Fact::new("the duke", "is", "dead").with_source(Source::Told("Kessa".into())));
    assert_eq!(marta.told_by("kessa").count(), 1, "Kessa told one thing");
    assert!(marta.forget("Duke", "is", "dead") && !marta.contains("the duke", "is", "dead"), "it can be forgotten");
    assert!(!marta.forget("Duke", "is", "dead"), "once");
}

#[test]
fn names_share_memory() {
    let layer = tavern();
    let mut knowledge = Knowledge::default();
    knowledge.set_lore(vec![layer.clone()]);
    knowledge.learn(Fact::new("gilded oak", "was sold to", "Old Bram"));
    let own = |knowledge: &Knowledge, place| knowledge.own().get(place).expect("it was learned");
    let (fact, lore) = (own(&knowledge, 0), layer.facts().collect::<Vec<_>>());
    assert!(fact.subject.shares(&lore[0].subject), "lore lends its names");
    assert!(fact.object.shares(&lore[2].subject), "all of them");
    knowledge.learn(Fact::new("Kessa", "was sold to", "Kessa"));
    let (one, two) = (own(&knowledge, 0), own(&knowledge, 1));
    assert!(one.predicate.shares(&two.predicate), "own facts share theirs");
}

#[test]
fn an_empty_mind_is_small() {
    assert!(size_of::<Knowledge>() <= 112, "a villager who knows the town takes {} bytes", size_of::<Knowledge>());
    assert_eq!(Knowledge::default().recall(&ask("Who are you?")), [], "who knows nothing recalls nothing");
}

#[test]
fn any_line_is_answered() {
    let marta = marta();
    let long = "the wolves and Tobin ".repeat(50_000);
    let odd = ["", " ", "?!", "\u{0}\u{FFFF}\u{202E}", "the the the", "狼 🐺", &long, &"x".repeat(1 << 20)];
    for line in odd {
        assert!(!marta.recall(&ask(line)).is_empty(), "{:.20?} leaves room to fill", line);
    }
    let context = vec![long.as_str(); 100];
    let query = RecallQuery { context: &context, in_view: &context, ..ask(&long) };
    assert!(!marta.recall(&query).is_empty(), "so do long talks in a crowd");
}

#[test]
fn names_of_any_script_are_found() {
    let mut knowledge = Knowledge::default();
    for (subject, object) in
        [("Ærynn Þórsdóttir", "a sword"), ("東京 の 鍵", "a key"), ("Владимир", "a horse"), ("Ελένη", "a loom")]
    {
        knowledge.learn(Fact::new(subject, "keeps", object));
    }
    for (line, object) in [
        ("what has aerynn thorsdottir got", "a sword"),
        ("東京の鍵?", "a key"),
        ("ВЛАДИМИР", "a horse"),
        ("Who is ελενη?", "a loom"),
    ] {
        assert_eq!(first(&knowledge, &ask(line)).fact.object.name(), object, "{line:?} names its keeper");
    }
}

#[test]
fn ten_thousand_facts() {
    let mut knowledge = Knowledge::default();
    for number in 0..10_000 {
        let fact = Fact::new(format!("villager {number}"), "lives at", format!("house {}", number * 7));
        knowledge.learn(fact.at(f64::from(number)));
    }
    knowledge.learn(Fact::new("villager 77", "hides", "a cursed ring").at(3.0));
    let found = first(&knowledge, &ask("Where does villager 4321 live?"));
    assert_eq!(found.fact.object.name(), "house 30247", "one fact of ten thousand is found");
    assert_eq!(first(&knowledge, &ask("Who hid the ring?")).fact.subject.name(), "villager 77", "a late one too");
    let latest = first(&knowledge, &ask("hm"));
    assert_eq!(latest.fact.subject.name(), "villager 9999", "with nothing to go by, the latest comes");
    knowledge.set_authored(Vec::new());
    assert_eq!(knowledge.iter().count(), 0, "authored facts go all at once");
}

fn registry() -> TypeRegistry {
    let mut registry = TypeRegistry::default();
    registry.register::<Knowledge>();
    registry.register::<OwnFacts>();
    registry
}

fn save(knowledge: &Knowledge) -> String {
    let registry = registry();
    ron::to_string(&ReflectSerializer::new(knowledge.as_partial_reflect(), &registry)).expect("knowledge can be written")
}

fn load(text: &str) -> Box<dyn PartialReflect> {
    let registry = registry();
    let mut reader = ron::Deserializer::from_str(text).expect("the text is RON");
    ReflectDeserializer::new(&registry).deserialize(&mut reader).expect("the text holds knowledge")
}

#[test]
fn a_save_holds_all_and_only_what_was_known() {
    let mut knowledge = marta();
    knowledge.learn(Fact::new("the duke", "is", "dead").with_source(Source::Told("Kessa".into())).at(12.5).with_confidence(0.6));
    knowledge.add_alias("Kessa", "the Magpie");
    let saved = save(&knowledge);
    assert!(saved.contains("the third step") && !saved.contains("blackberry"), "own facts are saved, lore is not");

    let loaded = Knowledge::from_reflect(&*load(&saved)).expect("it is knowledge");
    assert!(loaded.own().iter().eq(knowledge.own().iter()), "every part of every fact is back");
    assert_eq!(save(&loaded), saved, "to the byte");

    let before = knowledge.recall(&ask("Who is dead?"));
    knowledge.learn(Fact::new("Tobin", "is", "dead").with_source(Source::Witnessed));
    knowledge.forget("Marta", "owns", "the Gilded Oak");
    knowledge.apply(&*load(&saved));
    assert_eq!(save(&knowledge), saved, "loading over a living character leaves nothing newer");
    assert_eq!(knowledge.recall(&ask("Who is dead?")), before, "it recalls as it did, from its lore too");

    let text = ron::to_string(&knowledge).expect("plain serde writes it too");
    let plain: Knowledge = ron::from_str(&text).expect("and reads it");
    assert_eq!(save(&plain), saved, "with the same content");
}

const NAMES: &[&str] = &["Ann", "Bo", "the mill", "old ford", "Zoë", "the key", "a well", "Ford", "Miller", "wolf"];
const RELATIONS: &[&str] = &["likes", "is in", "owns", "is the owner of", "fears"];

fn any_fact() -> impl Strategy<Value = Fact> {
    let names = proptest::sample::select(NAMES);
    let relations = proptest::sample::select(RELATIONS);
    (names.clone(), relations, names, 0.0..1.0_f32, 0..5_u8).prop_map(|(subject, relation, object, confidence, time)| {
        Fact::new(subject, relation, object).with_confidence(confidence).at(f64::from(time)).with_source(Source::Witnessed)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn only_what_is_known_is_recalled(
        own in prop::collection::vec(any_fact(), 0..20),
        layers in prop::collection::vec(prop::collection::vec(any_fact(), 0..20), 0..4),
        line in prop::collection::vec(proptest::sample::select(NAMES), 0..5),
    ) {
        let line = line.join(" owns ");
        let unknown = Fact::new("the canary", "owns", "the mill");
        let mut knowledge = Knowledge::default();
        let mut known = own.clone();
        known.extend(layers.iter().flatten().cloned());
        knowledge.set_lore(layers.into_iter().map(|facts| Arc::new(LoreLayer::new(facts, vec![]))).collect());
        own.into_iter().for_each(|fact| { knowledge.learn(fact); });
        let mut neighbour = knowledge.clone();
        neighbour.learn(unknown.clone());

        let query = RecallQuery { max_facts: 1000, max_tokens: 100_000, in_view: &["the canary"], ..ask(&line) };
        let recalled = knowledge.recall(&query);
        for one in &recalled {
            prop_assert!(known.iter().any(|fact| fact.same_as(&one.fact)), "{:?} is not known", one.fact);
            prop_assert!(!one.fact.same_as(&unknown), "what another knows stays with them");
        }
        let mut triples: Vec<_> = recalled.iter().map(|one| one.fact.triple()).collect();
        triples.sort_unstable();
        triples.dedup();
        prop_assert_eq!(triples.len(), recalled.len(), "each fact comes once");
        prop_assert!(recalled.iter().map(|one| -one.score).is_sorted(), "the best comes first");
        prop_assert!(neighbour.recall(&query).iter().any(|one| one.fact.same_as(&unknown)), "who knows it recalls it");
    }

    #[test]
    fn recall_is_a_function_of_what_is_known(facts in prop::collection::vec(any_fact(), 1..30), at in 0_usize..30) {
        let learn = |facts: &[Fact]| {
            let mut knowledge = Knowledge::default();
            facts.iter().cloned().for_each(|fact| { knowledge.learn(fact); });
            knowledge
        };
        let mut turned = facts.clone();
        turned.rotate_left(at % facts.len());
        let (one, two) = (learn(&facts), learn(&turned));
        let query = ask("Who owns the old mill by the well?");
        prop_assert_eq!(one.recall(&query), one.clone().recall(&query), "a copy recalls the same");
        let scored = |knowledge: &Knowledge| {
            let recalled = knowledge.recall(&query);
            recalled.into_iter().filter(|one| one.score > 0.0).map(|one| (one.fact.triple(), one.score.to_bits())).collect::<Vec<_>>()
        };
        // Which of two equally sure copies is kept depends on order, but not what is found.
        prop_assert_eq!(scored(&one), scored(&two), "the order of learning does not matter");

        // An index that has grown is the index that would be built.
        let mut grown = learn(&facts[..1]);
        let _ = grown.recall(&query);
        facts[1..].iter().cloned().for_each(|fact| { grown.learn(fact); });
        let grown_recall = grown.recall(&query);
        grown.release();
        prop_assert_eq!(grown_recall, grown.recall(&query), "nothing hangs on when the index was built");
    }
}
