//! `persona bench`: what the plugin costs a game.

mod engine;
mod frames;
mod game;
mod knowledge;
mod life;
mod plot;
mod recall;
mod village;

use std::error::Error;

/// Measurements to repeat on one's own machine.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum BenchCommand {
    /// Time of frames on the main thread: without characters, with idle ones, and while one of them talks
    Frames(frames::FramesArgs),
    /// How quick a language model runs: prompts, one text, several together, the fifth turn of a talk, memory
    Engine(engine::EngineArgs),
    /// What knowing costs a crowd: memory, recall, witnesses, saves, and how each grows
    Knowledge(knowledge::KnowledgeArgs),
    /// Whether what matters for a line comes to mind: generated questions, and sets by others
    Recall(recall::RecallArgs),
    /// A long game at speed: whether memories stay inside their budget and what mattered is kept
    Game(game::GameArgs),
}

pub(crate) fn run(command: &BenchCommand) -> Result<(), Box<dyn Error>> {
    match command {
        BenchCommand::Frames(args) => {
            frames::run(args);
            Ok(())
        }
        BenchCommand::Engine(args) => engine::run(args),
        BenchCommand::Knowledge(args) => knowledge::run(args),
        BenchCommand::Recall(args) => recall::run(args),
        BenchCommand::Game(args) => game::run(args),
    }
}

/// The value below which this share of sorted values lies; 0 where there are none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    sorted.get(((sorted.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or_default()
}

/// The processor and the kind of build, for those who compare figures.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let build = if cfg!(debug_assertions) { "development" } else { "release" };
    format!("{}, {cores} cores, {build} build", if model.is_empty() { std::env::consts::ARCH } else { model })
}
