//! `persona bench engine`: how quick a language model runs here.

use super::machine;
use crate::persona::table::Table;
use bevy_persona::mind::engine::decoder::{Cache, Decoder, Input, Piece, Rows};
use bevy_persona::mind::engine::kernel::{PoolSettings, Priority};
use bevy_persona::mind::engine::model::{Model, ModelSettings};
use bevy_persona::mind::engine::session::Session;
use serde_json::{Value, json};
use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

#[derive(clap::Args, Debug)]
pub(crate) struct EngineArgs {
    /// The model: a GGUF file, such as `persona gguf random` writes, or a Hugging Face folder
    #[arg(long)]
    model: PathBuf,
    /// Threads that compute
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Tokens of the prompt
    #[arg(long, default_value_t = 256)]
    prompt: usize,
    /// Tokens that each text goes on by
    #[arg(long, default_value_t = 64)]
    generate: usize,
    /// How many texts go on together
    #[arg(long, value_delimiter = ',', default_value = "1,2,4,8,16")]
    streams: Vec<usize>,
    /// How often each is measured
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// The fifth turn of a talk: tokens of the character sheet, of what is recalled for a turn, of a line and of a reply.
pub(super) const TURN: [usize; 4] = [1000, 120, 30, 40];
const TURNS: usize = 5;
/// Tokens of each text before it goes on.
const BEFORE: usize = 64;

/// The least, the median and the most of what was measured.
struct Spread {
    name: String,
    unit: &'static str,
    values: Vec<f64>,
}

pub(crate) fn run(args: &EngineArgs) -> Result<(), Box<dyn Error>> {
    // As a program that does nothing else, like those that it is compared with.
    let pool = PoolSettings { threads: args.threads.max(1), priority: Priority::Normal, ..PoolSettings::default() };
    let start = Instant::now();
    let model = Model::open_with(&args.model, ModelSettings { pool, ..ModelSettings::default() })?;
    let load = start.elapsed();
    let decoder = &model.decoder;
    let mut found = vec![one("load", "s", load.as_secs_f64())];
    found.extend(memory("VmRSS:").map(|bytes| one("memory after loading", "MB", bytes)));
    let prompt = ids(decoder, 0, args.prompt.max(1));
    found.push(args.rates("prompt", prompt.len(), || {
        let mut cache = decoder.new_cache();
        timed(|| go_on(decoder, std::slice::from_mut(&mut cache), &prompt))
    })?);
    let mut text = decoder.new_cache();
    go_on(decoder, std::slice::from_mut(&mut text), &ids(decoder, 1, BEFORE))?;
    for &streams in args.streams.iter().filter(|streams| **streams > 0) {
        found.push(args.rates(&format!("{streams} together"), streams * args.generate, || {
            let mut caches = vec![text.clone(); streams];
            timed(|| ids(decoder, 2, args.generate).iter().try_for_each(|id| go_on(decoder, &mut caches, &[*id])))
        })?);
    }
    let fifth = (0..args.repeat.max(1)).map(|_| Ok(fifth_turn(decoder)?.as_secs_f64() * 1e3));
    found.push(Spread {
        name: "first token of the fifth turn".into(),
        unit: "ms",
        values: fifth.collect::<Result<_, Box<dyn Error>>>()?,
    });
    found.extend(memory("VmHWM:").map(|bytes| one("memory at most", "MB", bytes)));
    args.print(&mut found);
    Ok(())
}

impl EngineArgs {
    /// Tokens a second, measured several times.
    fn rates(
        &self,
        name: &str,
        tokens: usize,
        mut run: impl FnMut() -> Result<Duration, Box<dyn Error>>,
    ) -> Result<Spread, Box<dyn Error>> {
        let values = (0..self.repeat.max(1)).map(|_| Ok(tokens as f64 / run()?.as_secs_f64()));
        Ok(Spread { name: name.into(), unit: "tok/s", values: values.collect::<Result<_, Box<dyn Error>>>()? })
    }

    fn print(&self, found: &mut [Spread]) {
        found.iter_mut().for_each(|spread| spread.values.sort_by(f64::total_cmp));
        let of = |spread: &Spread| {
            let middle = spread.values[spread.values.len() / 2];
            [spread.values[0], middle, spread.values[spread.values.len() - 1]]
        };
        if self.json {
            let figures: Vec<Value> = found
                .iter()
                .map(|spread| {
                    let [least, median, most] = of(spread);
                    json!({ "name": spread.name, "unit": spread.unit, "least": least, "median": median, "most": most })
                })
                .collect();
            let (machine, threads) = (machine(), self.threads);
            println!(
                "{}",
                json!({ "machine": machine, "model": self.model, "threads": threads, "n": self.repeat, "figures": figures })
            );
            return;
        }
        println!("{}\n{}, {} threads, n {}\n", machine(), self.model.display(), self.threads, self.repeat);
        let mut table = Table::new(["", "median", "least", "most", "unit"]);
        for spread in found.iter() {
            let [least, median, most] = of(spread).map(|value| format!("{value:.1}"));
            let (least, most) = if spread.values.len() > 1 { (least, most) } else { Default::default() };
            table.row([spread.name.clone(), median, least, most, spread.unit.into()]);
        }
        println!("{table}");
    }
}

fn one(name: &str, unit: &'static str, value: f64) -> Spread {
    Spread { name: name.into(), unit, values: vec![value] }
}

/// Tokens that are no words: how long a step takes does not depend on them.
fn ids(decoder: &Decoder, kind: u32, count: usize) -> Vec<u32> {
    let vocab = decoder.shape().vocab as u32;
    (0..count as u32).map(|at| (at * 37 + kind * 1009 + 11) % vocab).collect()
}

fn go_on(decoder: &Decoder, caches: &mut [Cache], ids: &[u32]) -> Result<(), Box<dyn Error>> {
    let piece = |cache| Piece { input: Input::Ids(ids), rows: Rows::Last, cache };
    let mut pieces: Vec<Piece> = caches.iter_mut().map(piece).collect();
    decoder.step(&mut pieces)?;
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// From the fifth line of a talk to the first token of its reply; what stays the same is not computed again.
fn fifth_turn(decoder: &Decoder) -> Result<Duration, Box<dyn Error>> {
    let [sheet, context, line, reply] = TURN;
    let mut history = ids(decoder, 3, sheet);
    let mut session = Session::new(decoder);
    let mut taken = Duration::ZERO;
    for turn in 0..TURNS as u32 {
        let (context, line) = (ids(decoder, 10 + turn, context), ids(decoder, 20 + turn, line));
        let prompt = [history.as_slice(), &context, &line].concat();
        let start = Instant::now();
        session.advance(decoder, &prompt, || ControlFlow::Continue(()))?;
        taken = start.elapsed();
        let reply = ids(decoder, 30 + turn, reply);
        for id in &reply {
            session.push(decoder, *id)?;
        }
        history.extend(line.into_iter().chain(reply));
    }
    Ok(taken)
}

/// Megabytes of this process, where the system tells.
fn memory(key: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.trim().trim_end_matches("kB").trim().parse::<f64>().ok().map(|kilobytes| kilobytes / 1024.0)
}
