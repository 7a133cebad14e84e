//! What characters that stand by cost a frame: `cargo bench --bench frames`.

#![expect(missing_docs, reason = "criterion's macro makes a public function")]

use bevy_persona::mind::backend::Scripted;
use bevy_persona::mind::brief::PersonaCard;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// One whole frame of an app with the plugin: the difference to none is what the characters cost.
fn idle(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame_with_idle_npcs");
    for npcs in [0, 100, 1000] {
        let mut app = test_app(Scripted::default());
        for i in 0..npcs {
            app.spawn_npc(PersonaCard { name: format!("Villager {i}"), ..PersonaCard::default() });
        }
        app.run_frames(10);
        group.bench_function(BenchmarkId::from_parameter(npcs), |bencher| bencher.iter(|| app.update()));
    }
    group.finish();
}

criterion_group!(benches, idle);
criterion_main!(benches);
