//! `persona bench game`: a long game at speed.

use super::life::{Outcome, play};
use super::machine;
use std::error::Error;

#[derive(clap::Args, Debug)]
pub(crate) struct GameArgs {
    /// Hours of play; thirty days pass in them
    #[arg(long, default_value_t = 10.0)]
    hours: f64,
    /// Characters
    #[arg(long, default_value_t = 100)]
    npcs: usize,
    /// JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// # Errors
/// If what must be kept is lost.
pub(crate) fn run(args: &GameArgs) -> Result<(), Box<dyn Error>> {
    let outcome = play(args.npcs, args.hours);
    let rows = rows(&outcome);
    if args.json {
        let all: serde_json::Map<String, serde_json::Value> = rows.into_iter().map(|(k, v)| (k.to_owned(), v.into())).collect();
        println!("{}", serde_json::json!({ "machine": machine(), "hours": args.hours, "npcs": args.npcs, "outcome": all }));
    } else {
        println!("{}; {} hours among {} characters\n", machine(), args.hours, args.npcs);
        rows.iter().for_each(|(what, value)| println!("{what:>40} {value:>12.1}"));
    }
    let is_kept = outcome.authored_lost == 0 && outcome.knows && outcome.remembers;
    is_kept.then_some(()).ok_or_else(|| "what must be kept was lost".into())
}

fn rows(outcome: &Outcome) -> Vec<(&'static str, f64)> {
    vec![
        ("seconds it took", outcome.seconds),
        ("frames", outcome.frames as f64),
        ("days of game time", outcome.days),
        ("talks", outcome.talks as f64),
        ("happenings", outcome.happenings as f64),
        ("tales", outcome.tales as f64),
        ("saves", outcome.saves as f64),
        ("loads", outcome.loads as f64),
        ("bytes kept by one at most", outcome.most_bytes as f64),
        ("bytes of the budget", outcome.budget as f64),
        ("authored facts and episodes lost", outcome.authored_lost as f64),
        ("knows of the first day (1: yes)", f64::from(u8::from(outcome.knows))),
        ("remembers the first day (1: yes)", f64::from(u8::from(outcome.remembers))),
    ]
}
