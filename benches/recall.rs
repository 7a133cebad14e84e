//! How long one recall takes, by how much a character knows: `cargo bench --bench recall`.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]

use bevy_persona::knowledge::{Fact, Knowledge, LoreLayer, RecallQuery};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::{hint::black_box, sync::Arc};

const RELATIONS: &[&str] = &["is a friend of", "owes money to", "lives near", "was seen with", "is afraid of", "works for"];
const LINES: &[&str] = &[
    "Do you know where Person 7 lives?",
    "Who owes you money?",
    "Tell me about Person 3 and the friends of Person 11, please",
    "hello there",
];

/// Facts about people, some of whom much is known of; every seventh is about the character itself.
fn facts(count: usize) -> Vec<Fact> {
    let people = (count / 5).max(10);
    let person = |number: usize| format!("Person {}", number % people);
    let fact = |number: usize| {
        let subject = if number.is_multiple_of(7) { "Marta".to_owned() } else { person(number * 31 % 977) };
        let object = format!("{} of house {}", person(number * 17 + number / people), number / 3);
        Fact::new(subject, RELATIONS[number % RELATIONS.len()], object).at(number as f64)
    };
    (0..count).map(fact).collect()
}

fn query(line: &str) -> RecallQuery<'_> {
    RecallQuery {
        line,
        context: &["I came with Person 5.", "Did you now?"],
        own_name: "Marta",
        speaker: "the stranger",
        in_view: &["the lantern", "Person 9"],
        ..Default::default()
    }
}

fn recall(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recall");
    for count in [50, 1_000, 10_000] {
        group.throughput(Throughput::Elements(count as u64));
        let mut own = Knowledge::default();
        for fact in facts(count) {
            own.learn(fact);
        }
        let mut lore = Knowledge::default();
        lore.set_lore(vec![Arc::new(LoreLayer::new(facts(count), Vec::new()))]);
        for (kind, knowledge) in [("own", own), ("lore", lore)] {
            group.bench_function(BenchmarkId::new(kind, count), |bencher| {
                let mut lines = LINES.iter().cycle();
                bencher.iter(|| {
                    let line = lines.next().expect("a cycle does not end");
                    black_box(knowledge.recall(&query(line)))
                });
            });
        }
    }
    group.finish();
}

fn learn(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("learn");
    for count in [1_000, 10_000] {
        let facts = facts(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("all", count), |bencher| {
            bencher.iter(|| {
                let mut knowledge = Knowledge::default();
                for fact in &facts {
                    knowledge.learn(fact.clone());
                }
                knowledge
            });
        });
        group.bench_function(BenchmarkId::new("first_recall", count), |bencher| {
            let mut knowledge = Knowledge::default();
            facts.iter().for_each(|fact| {
                knowledge.learn(fact.clone());
            });
            bencher.iter(|| {
                knowledge.release();
                knowledge.recall(&query(LINES[0])).len()
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = recall, learn
}
criterion_main!(benches);
