//! Witnesses, saves and growth: `cargo bench --bench knowledge`. `persona bench knowledge` measures memory and percentiles too.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]

use bevy::prelude::*;
use bevy_persona::knowledge::RecallQuery;
use bevy_persona::mind::backend::Scripted;
use bevy_persona::perception::Occluder;
use bevy_persona::prelude::*;
use bevy_persona::snapshot::Snapshot;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Happenings of a frame: 1,000 a second.
const A_FRAME: usize = 17;

fn place(random: &mut ChaCha8Rng) -> Vec3 {
    Vec3::new(random.random_range(-500.0..500.0), 0.0, random.random_range(-500.0..500.0))
}

fn fact(number: usize) -> Fact {
    Fact::new(format!("person {}", number % 601), "was seen with", format!("person {}", number * 7 % 997)).at(number as f64)
}

fn mind(facts: usize) -> Knowledge {
    let mut knowledge = Knowledge::default();
    (0..facts).for_each(|number| {
        knowledge.learn(Fact::new(format!("person {number}"), "was seen with", format!("person {}", number * 7 % 997)));
    });
    knowledge
}

/// One frame of a crowd on a square kilometre in which nothing, and in which much happens.
fn witnesses(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame_of_a_crowd");
    for npcs in [100, 1_000, 10_000] {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut app = test_app(Scripted::default());
        app.insert_resource(Occluder::new(|_, line| line.from.x.signum() != line.to.x.signum()));
        for _ in 0..npcs {
            let at = Transform::from_translation(place(&mut random));
            app.world_mut().spawn((Npc::default(), Senses { sight: Sight::Told, ..default() }, at));
        }
        app.run_frames(5);
        for happenings in [0, A_FRAME] {
            group.bench_function(BenchmarkId::new(format!("{happenings}_happenings"), npcs), |bencher| {
                bencher.iter(|| {
                    for _ in 0..happenings {
                        let fact = fact(random.random_range(0..10_000));
                        app.world_mut().trigger(Happened::new(fact, place(&mut random) + Vec3::Y));
                    }
                    app.update();
                });
            });
        }
    }
    group.finish();
}

fn saves(criterion: &mut Criterion) {
    let mut app = test_app(Scripted::default());
    for who in 0..1_000 {
        app.world_mut().spawn((Name::new(format!("person {who}")), Npc::default(), mind(200)));
    }
    app.update();
    let bytes = Snapshot::take(app.world_mut()).to_bytes().expect("it can be written");
    let mut group = criterion.benchmark_group("snapshot_of_1000_with_200_facts");
    group.bench_function("take_and_write", |bencher| bencher.iter(|| Snapshot::take(app.world_mut()).to_bytes()));
    group.bench_function("read", |bencher| bencher.iter(|| Snapshot::from_bytes(&bytes)));
    group.finish();
}

fn growth(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one_mind");
    let query = || RecallQuery { line: "Who was seen with person 7?", own_name: "person 1", ..Default::default() };
    for facts in [100, 1_000, 10_000, 100_000] {
        let knowledge = mind(facts);
        group.bench_function(BenchmarkId::new("recall", facts), |bencher| bencher.iter(|| knowledge.recall(&query())));
        group.bench_function(BenchmarkId::new("forget_and_recall", facts), |bencher| {
            let forget = |mut knowledge: Knowledge| {
                knowledge.forget("person 1", "was seen with", "person 7");
                knowledge.recall(&query())
            };
            bencher.iter_batched(|| knowledge.clone(), forget, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = witnesses, saves, growth
}
criterion_main!(benches);
