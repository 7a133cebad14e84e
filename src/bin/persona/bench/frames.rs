//! `persona bench frames`: what characters cost a frame, idle and talking.

use super::quantile;
use bevy::prelude::*;
use bevy_persona::mind::backend::Local;
use bevy_persona::mind::brief::PersonaCard;
use bevy_persona::mind::engine::kernel::PoolSettings;
use bevy_persona::mind::engine::model::ModelSettings;
use bevy_persona::prelude::*;
use bevy_persona::test_app::{Notice, PersonaTestApp, test_app};
use std::time::{Duration, Instant};

#[derive(clap::Args, Debug)]
pub(crate) struct FramesArgs {
    /// Frames measured in each case
    #[arg(long, default_value_t = 1200)]
    frames: usize,
    /// Characters that stand by
    #[arg(long, default_value_t = 100)]
    npcs: usize,
    /// Frames a second
    #[arg(long, default_value_t = 60.0)]
    rate: f64,
    /// Milliseconds of a game's own work in each frame, on the main thread
    #[arg(long, default_value_t = 4.0)]
    work_ms: f64,
    /// What answers: builtin, or the path of a GGUF model
    #[arg(long)]
    model: Option<std::path::PathBuf>,
    /// Characters that talk at once, each without a pause
    #[arg(long, default_value_t = 1)]
    talkers: usize,
    /// Threads of a GGUF model
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// Upper ends of the histogram's rows, in milliseconds beyond the game's own work.
const EDGES: [f64; 9] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 16.7];

/// What is measured side by side.
#[derive(Clone, Copy, PartialEq)]
enum Case {
    Empty,
    Idle,
    Talking,
}

impl Case {
    const ALL: [Self; 3] = [Self::Empty, Self::Idle, Self::Talking];

    fn name(self) -> &'static str {
        match self {
            Self::Empty => "none",
            Self::Idle => "idle",
            Self::Talking => "talking",
        }
    }
}

struct Measured {
    case: Case,
    /// Time of each frame on the main thread, in milliseconds, sorted.
    frames: Vec<f64>,
    replies: usize,
}

pub(crate) fn run(args: &FramesArgs) {
    let measured: Vec<Measured> = Case::ALL.iter().map(|case| measure(*case, args)).collect();
    if args.json {
        let case = |m: &Measured| {
            let [half, most, last] = quantiles(m);
            serde_json::json!({ "case": m.case.name(), "frames": m.frames.len(), "replies": m.replies,
                "median_ms": half, "p99_ms": most, "max_ms": last })
        };
        println!("{}", serde_json::json!(measured.iter().map(case).collect::<Vec<_>>()));
    } else {
        print(&measured, args);
    }
}

fn measure(case: Case, args: &FramesArgs) -> Measured {
    let mut app = test_app(backend(args));
    let npcs = if case == Case::Empty { 0 } else { args.npcs.max(args.talkers) };
    let card = |i: usize| PersonaCard { name: format!("Villager {i}"), ..PersonaCard::default() };
    let characters: Vec<Entity> = (0..npcs).map(|i| app.spawn_npc(card(i))).collect();
    app.run_frames(30);
    let length = Duration::from_secs_f64(1.0 / args.rate.max(1.0));
    let work = Duration::from_secs_f64(args.work_ms.max(0.0) / 1000.0);
    let (mut frames, mut replies) = (Vec::with_capacity(args.frames), 0);
    let mut silent: Vec<Entity> = if case == Case::Talking { characters[..args.talkers].to_vec() } else { Vec::new() };
    for frame in 0..args.frames {
        let start = Instant::now();
        for (i, character) in silent.drain(..).enumerate() {
            app.say(character, LINES[(frame + i) % LINES.len()]);
        }
        let before = app.notices().len();
        app.update();
        let own = start.elapsed();
        silent.extend(app.notices()[before..].iter().filter(|notice| notice.is_end()).map(Notice::entity));
        replies += silent.len();
        // The game's own work takes the processor as a game would, and then the frame waits for its time.
        let worked = Instant::now();
        while worked.elapsed() < work {
            std::hint::spin_loop();
        }
        frames.push((own + worked.elapsed().saturating_sub(work)).as_secs_f64() * 1000.0);
        std::thread::sleep(length.saturating_sub(start.elapsed()));
    }
    frames.sort_by(f64::total_cmp);
    Measured { case, frames, replies }
}

fn backend(args: &FramesArgs) -> BackendChoice {
    let Some(path) = args.model.clone() else { return BackendChoice::Builtin };
    let pool = PoolSettings { threads: args.threads.max(1), ..PoolSettings::default() };
    BackendChoice::custom(move || {
        let settings = ModelSettings { pool, ..ModelSettings::default() };
        Ok(Box::new(Local::open_with(&path, settings)?))
    })
}

/// Lines whose answers take a model some work.
const LINES: [&str; 4] = ["Good evening!", "How are you today?", "What do you want?", "Tell me who you are."];

fn quantiles(measured: &Measured) -> [f64; 3] {
    [0.5, 0.99, 1.0].map(|share| quantile(&measured.frames, share))
}

fn print(measured: &[Measured], args: &FramesArgs) {
    println!(
        "Frames by their time on the main thread beside {} ms of a game's own work, at {} frames a second.",
        args.work_ms, args.rate
    );
    println!(
        "Characters: none, {} idle, and {0} of whom {} talk without a pause ({} replies).\n",
        args.npcs.max(args.talkers),
        args.talkers,
        measured[2].replies
    );
    println!("{:>10} {:>9} {:>9} {:>9}", "ms", "none", "idle", "talking");
    let mut low = 0.0;
    for high in EDGES.into_iter().chain([f64::INFINITY]) {
        let count = |m: &Measured| m.frames.iter().filter(|ms| (low..high).contains(*ms)).count();
        let name = if high.is_finite() { format!("< {high}") } else { format!(">= {low}") };
        let counts: Vec<String> = measured.iter().map(|m| format!("{:>9}", count(m))).collect();
        println!("{name:>10} {}", counts.join(" "));
        low = high;
    }
    for (i, name) in ["median", "99 %", "most"].iter().enumerate() {
        let values: Vec<String> = measured.iter().map(|m| format!("{:>9.3}", quantiles(m)[i])).collect();
        println!("{name:>10} {}", values.join(" "));
    }
}
