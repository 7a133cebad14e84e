//! `persona bench knowledge`: what knowing costs a crowd.

use super::plot::{Line, svg};
use super::{machine, quantile, village};
use bevy::prelude::*;
use bevy_persona::knowledge::{LoreLayer, Meanings, RecallQuery};
use bevy_persona::mind::backend::Scripted;
use bevy_persona::perception::Occluder;
use bevy_persona::prelude::*;
use bevy_persona::snapshot::Snapshot;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

#[derive(clap::Args, Debug)]
pub(crate) struct KnowledgeArgs {
    /// Characters of the crowd
    #[arg(long, default_value_t = 10_000)]
    npcs: usize,
    /// Facts of each one's own
    #[arg(long, default_value_t = 200)]
    facts: usize,
    /// Facts of the lore that all share
    #[arg(long, default_value_t = 2_000)]
    lore: usize,
    /// Facts of the one character that recall is measured with
    #[arg(long, default_value_t = 10_000)]
    recall: usize,
    /// Happenings a second, at 60 frames a second, in one square kilometre
    #[arg(long, default_value_t = 1_000)]
    happenings: usize,
    /// Characters that are saved and loaded
    #[arg(long, default_value_t = 1_000)]
    saved: usize,
    /// Facts of one character up to which growth is measured, in powers of ten from 100
    #[arg(long, default_value_t = 1_000_000)]
    largest: usize,
    /// Where the picture of the growth is written
    #[arg(long)]
    svg: Option<PathBuf>,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// One figure, beside what it shall not be above.
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    target: Option<f64>,
}

impl Figure {
    fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, target: None }
    }

    fn below(self, target: f64) -> Self {
        Self { target: Some(target), ..self }
    }
}

/// People whom facts are about.
const PEOPLE: usize = 600;
const LINES: [&str; 8] = [
    "Do you know Bram of Carrow 3?",
    "Who owes you money?",
    "Tell me about Greta of the mill 1 and her friends, please",
    "hello there",
    "Who is afraid of Pia of Thorn 2?",
    "Where does Hob of the old pier 0 live?",
    "Has anyone sold a horse lately?",
    "What do you think of Jost?",
];

pub(crate) fn run(args: &KnowledgeArgs) -> Result<(), Box<dyn Error>> {
    let lore = Arc::new(village::lore(args.lore, PEOPLE));
    let (crowd, mut figures) = crowd(args, &lore);
    figures.extend(recall(args, &lore));
    figures.extend(frames(args, crowd));
    figures.extend(saves(args, &lore)?);
    let growth = growth(args.largest);
    if let Some(path) = &args.svg {
        std::fs::write(path, svg(&growth, "facts of one character", "milliseconds"))?;
    }
    if args.json {
        println!("{}", json(&figures, &growth));
    } else {
        print(&figures, &growth);
    }
    Ok(())
}

/// Minds that live over the same lore, and the memory that each own fact takes, by what the system has given the process.
fn crowd(args: &KnowledgeArgs, lore: &Arc<LoreLayer>) -> (Vec<Knowledge>, Vec<Figure>) {
    let before = resident();
    let start = Instant::now();
    let mind = |who: usize| {
        let mut knowledge = Knowledge::default();
        knowledge.set_lore(vec![lore.clone()]);
        for fact in village::lived(who, args.facts, PEOPLE) {
            knowledge.learn(fact);
        }
        knowledge
    };
    let minds: Vec<Knowledge> = (0..args.npcs).map(mind).collect();
    let taken = start.elapsed().as_secs_f64();
    let facts: usize = minds.iter().map(|mind| mind.own().len()).sum();
    let mut figures = vec![Figure::new("learning, a fact", taken / facts.max(1) as f64 * 1e6, "us")];
    if let Some((before, after)) = before.zip(resident()) {
        let a_fact = after.saturating_sub(before) as f64 / facts.max(1) as f64;
        figures.insert(
            0,
            Figure::new(format!("memory of {facts} facts of {} characters, a fact", args.npcs), a_fact, "B").below(64.0),
        );
    }
    (minds, figures)
}

/// Bytes of memory that the process has, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// The relations' meanings, as a game has them.
static MEANINGS: LazyLock<Meanings> = LazyLock::new(Meanings::default);

fn query(line: &str) -> RecallQuery<'_> {
    RecallQuery {
        line,
        context: &["I came with Mina of the hills 1.", "Did you now?"],
        own_name: "Anna of the mill 0",
        speaker: "the stranger",
        in_view: &["the lantern", "Finn of Thorn 0"],
        meanings: Some(&MEANINGS),
        ..Default::default()
    }
}

/// One character that knows much.
fn scholar(facts: usize) -> Knowledge {
    let mut knowledge = Knowledge::default();
    let mut number = 0;
    while knowledge.own().len() < facts {
        knowledge.learn(village::fact(number, facts / 4 + PEOPLE));
        number += 1;
    }
    knowledge
}

/// Milliseconds of so many recalls, sorted.
fn recalls(knowledge: &Knowledge, count: usize) -> Vec<f64> {
    let mut times: Vec<f64> = Vec::with_capacity(count);
    black_box(knowledge.recall(&query(LINES[0])));
    for line in LINES.iter().cycle().take(count) {
        times.push(milliseconds(|| black_box(knowledge.recall(&query(line)))));
    }
    times.sort_by(f64::total_cmp);
    times
}

fn milliseconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_secs_f64() * 1e3
}

fn recall(args: &KnowledgeArgs, lore: &Arc<LoreLayer>) -> Vec<Figure> {
    let mut knowledge = scholar(args.recall);
    knowledge.set_lore(vec![lore.clone()]);
    let times = recalls(&knowledge, 2000);
    let what = format!("recall among {} facts and lore", args.recall);
    vec![
        Figure::new(format!("{what}, median"), quantile(&times, 0.5), "ms").below(0.3),
        Figure::new(format!("{what}, 99th percentile"), quantile(&times, 0.99), "ms").below(1.0),
    ]
}

/// The side of the ground that a crowd stands on, in metres.
const GROUND: f32 = 1000.0;
const FRAMES: usize = 300;

/// Frames with and without happenings.
fn frames(args: &KnowledgeArgs, minds: Vec<Knowledge>) -> Vec<Figure> {
    let mut app = test_app(Scripted::default());
    // A game of this size does not cast rays against all its meshes.
    app.insert_resource(Occluder::new(|_, line| line.from.x.signum() != line.to.x.signum()));
    let mut random = Random(7);
    for (i, mind) in minds.into_iter().enumerate() {
        let place = Transform::from_translation(random.place()).with_rotation(Quat::from_rotation_y(random.next() * 6.3));
        app.world_mut().spawn((
            Name::new(village::name(i)),
            Npc::default(),
            mind,
            Senses { sight: Sight::Told, ..default() },
            place,
        ));
    }
    app.init_resource::<Known>().add_observer(|_: On<Witnessed>, mut known: ResMut<Known>| known.0 += 1);
    app.run_frames(30);
    let times = |app: &mut App, random: &mut Random, rate: usize| {
        let mut times: Vec<f64> = Vec::with_capacity(FRAMES);
        for frame in 0..FRAMES {
            let count = rate * (frame + 1) / 60 - rate * frame / 60;
            for _ in 0..count {
                let number = (random.next() * 1e6) as usize;
                app.world_mut().trigger(Happened::new(village::fact(number, PEOPLE), random.place() + Vec3::Y));
            }
            times.push(milliseconds(|| app.update()));
        }
        times.sort_by(f64::total_cmp);
        times
    };
    let idle = times(&mut app, &mut random, 0);
    let busy = times(&mut app, &mut random, args.happenings);
    let known = app.world().resource::<Known>().0;
    let what = format!("frame of {} characters", args.npcs);
    let busy_what = format!("{what}, {} happenings a second", args.happenings);
    vec![
        Figure::new(format!("{what} where nothing happens, median"), quantile(&idle, 0.5), "ms"),
        Figure::new(format!("{busy_what}, median"), quantile(&busy, 0.5), "ms").below(2.0),
        Figure::new(format!("{busy_what}, 99th percentile"), quantile(&busy, 0.99), "ms"),
        Figure::new("witnesses of a happening", known as f64 / (args.happenings * FRAMES / 60).max(1) as f64, ""),
    ]
}

/// How many have witnessed something.
#[derive(Resource, Default)]
struct Known(usize);

/// Numbers for places: xorshift (Marsaglia 2003).
struct Random(u64);

impl Random {
    /// 0..1.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }

    fn place(&mut self) -> Vec3 {
        Vec3::new(self.next() - 0.5, 0.0, self.next() - 0.5) * GROUND
    }
}

/// How long a save takes, with the disk, and a load.
fn saves(args: &KnowledgeArgs, lore: &Arc<LoreLayer>) -> Result<Vec<Figure>, Box<dyn Error>> {
    let mut app = test_app(Scripted::default());
    for who in 0..args.saved {
        let mut knowledge = Knowledge::default();
        knowledge.set_lore(vec![lore.clone()]);
        village::lived(who, args.facts, PEOPLE).for_each(|fact| {
            knowledge.learn(fact);
        });
        app.world_mut().spawn((Name::new(village::name(who)), Npc::default(), knowledge));
    }
    app.update();
    let path = std::env::temp_dir().join(format!("persona-bench-{}.npcs", std::process::id()));
    let (mut takes, mut saves, mut loads, mut restores) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        let start = Instant::now();
        let snapshot = Snapshot::take(app.world_mut());
        takes.push(start.elapsed().as_secs_f64() * 1e3);
        snapshot.save(&path)?;
        saves.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        let loaded = Snapshot::load(&path)?;
        loads.push(start.elapsed().as_secs_f64() * 1e3);
        loaded.snapshot.restore(app.world_mut());
        restores.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let size = std::fs::metadata(&path)?.len() as f64 / 1e6;
    std::fs::remove_file(&path)?;
    let _ = std::fs::remove_file(path.with_extension("npcs.bak"));
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        quantile(times, 0.5)
    };
    let what = format!("{} characters of {} facts", args.saved, args.facts);
    Ok(vec![
        Figure::new(format!("save of {what}, with the disk"), median(&mut saves), "ms").below(200.0),
        Figure::new("of that on the world, before a thread can take over", median(&mut takes), "ms"),
        Figure::new(format!("load of {what}"), median(&mut restores), "ms").below(200.0),
        Figure::new("of that from the disk, which a thread can do", median(&mut loads), "ms"),
        Figure::new("size of the save", size, "MB"),
    ])
}

/// Milliseconds by how much one character knows.
fn growth(largest: usize) -> Vec<Line> {
    let names = ["recall, median", "first recall", "learn", "forget one", "recall after"];
    let mut lines = names.map(|name| Line { name: name.to_owned(), points: Vec::new() });
    let mut count = 100;
    while count <= largest {
        let mut knowledge = scholar(count);
        knowledge.release();
        let first = milliseconds(|| knowledge.recall(&query(LINES[0])));
        let recall = quantile(&recalls(&knowledge, 64), 0.5);
        let news: Vec<Fact> = (0..64).map(|i| village::fact(5_000_000 + i, count / 4 + PEOPLE)).collect();
        let learn = milliseconds(|| {
            news.iter().for_each(|fact| {
                knowledge.learn(fact.clone());
            });
        }) / news.len() as f64;
        let Fact { subject, predicate, object, .. } = &news[0];
        let forget = milliseconds(|| knowledge.forget(subject, predicate, object));
        let after = milliseconds(|| knowledge.recall(&query(LINES[0])));
        for (line, value) in lines.iter_mut().zip([recall, first, learn, forget, after]) {
            line.points.push((count as f64, value));
        }
        count *= 10;
    }
    lines.into()
}

fn json(figures: &[Figure], growth: &[Line]) -> serde_json::Value {
    let figure = |f: &Figure| serde_json::json!({ "what": f.what, "value": f.value, "unit": f.unit, "target": f.target });
    let line = |line: &Line| serde_json::json!({ "what": line.name, "facts_and_ms": line.points });
    serde_json::json!({
        "machine": machine(),
        "figures": figures.iter().map(figure).collect::<Vec<_>>(),
        "growth": growth.iter().map(line).collect::<Vec<_>>(),
    })
}

fn print(figures: &[Figure], growth: &[Line]) {
    println!("{}\n\n| what | found | wanted |\n|---|---:|---:|", machine());
    for Figure { what, value, unit, target } in figures {
        let target = target.map_or_else(String::new, |target| format!("<= {target} {unit}"));
        println!("| {what} | {value:.3} {unit} | {target} |");
    }
    let names: Vec<&str> = growth.iter().map(|line| line.name.as_str()).collect();
    println!("\n| facts of one character; ms | {} |\n|---:|{}", names.join(" | "), "---:|".repeat(names.len()));
    for (row, (count, _)) in growth.first().map_or(&[][..], |line| &line.points).iter().enumerate() {
        let values: Vec<String> =
            growth.iter().map(|line| line.points.get(row).map_or_else(String::new, |p| format!("{:.4}", p.1))).collect();
        println!("| {count} | {} |", values.join(" | "));
    }
}
