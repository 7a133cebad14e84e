//! `persona train`: Hearth's vocabulary, talk, eye, and model file.

use super::data::CONTENT;
use bevy_persona::mind::hearth::eye::Eye;
use bevy_persona::mind::hearth::gaze::Gaze;
use bevy_persona::mind::train::TrainSettings;
use bevy_persona::mind::train::content::Content;
use bevy_persona::mind::train::export::export;
use bevy_persona::mind::train::lesson::{Lesson, Speaker, Task, Understanding};
use bevy_persona::mind::train::lexicon::Lexicon;
use bevy_persona::mind::train::look::{Look, Seeing};
use bevy_persona::mind::train::scenes::SceneFile;
use bevy_persona::mind::train::tokens::Pieces;
use indicatif::{ProgressBar, ProgressStyle};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The steps that lead to a model file, in order.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum TrainCommand {
    /// Learn the vocabulary from generated text
    Tokens {
        /// Number of tokens
        #[arg(long, default_value_t = 4096)]
        size: usize,
        /// Folder of the written content
        #[arg(long, default_value = CONTENT)]
        content: PathBuf,
        /// File to write (JSON)
        #[arg(long)]
        out: PathBuf,
    },
    /// Learn what words speak for, as the reader's first parameters
    Lexicon {
        /// Folder of the written content
        #[arg(long, default_value = CONTENT)]
        content: PathBuf,
        /// How often each line is seen
        #[arg(long, default_value_t = 15)]
        rounds: usize,
        /// Seed of order and first parameters
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Checkpoint to write, from which the reader goes on (safetensors)
        #[arg(long)]
        checkpoint: PathBuf,
    },
    /// Train the reader, which finds what a line means and which fact answers it
    Reader(TalkArgs),
    /// Train the speaker, which words the reply
    Speaker(TalkArgs),
    /// Train the eye, which finds things, on scenes of 96 pixels a side that `persona scenes` has rendered
    Eye(SceneArgs),
    /// Train the gaze, which says what a thing looks like, on scenes of 192 pixels a side or more
    Gaze(SceneArgs),
    /// Put vocabulary and checkpoints into a model file, matrices in 8 bits
    Export {
        /// The vocabulary
        #[arg(long)]
        tokens: PathBuf,
        /// Folder of the written content
        #[arg(long, default_value = CONTENT)]
        content: PathBuf,
        /// Checkpoints of reader, speaker and eye; a part without one is taken from a model file (GGUF) among them
        #[arg(long = "checkpoint", required = true)]
        checkpoints: Vec<PathBuf>,
        /// File to write (GGUF)
        #[arg(long, default_value = "crates/persona_mind/models/hearth.gguf")]
        out: PathBuf,
    },
}

/// Training on samples of talk.
#[derive(clap::Args, Debug)]
pub(crate) struct TalkArgs {
    /// The vocabulary
    #[arg(long)]
    tokens: PathBuf,
    /// Folder of the written content
    #[arg(long, default_value = CONTENT)]
    content: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

/// Training on scenes.
#[derive(clap::Args, Debug)]
pub(crate) struct SceneArgs {
    /// Scenes to learn from
    #[arg(long)]
    scenes: PathBuf,
    /// Scenes to measure on
    #[arg(long)]
    held_out: PathBuf,
    #[command(flatten)]
    run: RunArgs,
}

/// A training run.
#[derive(clap::Args, Debug)]
pub(crate) struct RunArgs {
    /// Checkpoint to write, and to take up where it exists (safetensors)
    #[arg(long)]
    checkpoint: PathBuf,
    /// Steps in all
    #[arg(long, default_value_t = 3000)]
    steps: usize,
    /// The step to go on from
    #[arg(long, default_value_t = 0)]
    first_step: usize,
    /// Samples a step
    #[arg(long, default_value_t = 48)]
    batch: usize,
    /// Threads; set `CANDLE_NUM_THREADS=1` so that each stays by itself
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Highest learning rate
    #[arg(long, default_value_t = 0.002)]
    rate: f32,
    /// The most replies that are learned of an intent in one register and tone
    #[arg(long, default_value_t = 8)]
    replies: usize,
    /// Seed of data and first parameters
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps between checkpoints and measurements
    #[arg(long, default_value_t = 100)]
    every: usize,
}

impl RunArgs {
    fn settings(&self) -> TrainSettings {
        TrainSettings {
            batch: self.batch,
            threads: self.threads,
            steps: self.steps,
            first_step: self.first_step,
            rate: self.rate,
            replies: self.replies,
            seed: self.seed,
            checkpoint: self.checkpoint.clone(),
            every: self.every,
        }
    }

    fn bar(&self) -> ProgressBar {
        let bar = ProgressBar::new(self.steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} steps, {eta} left") {
            bar.set_style(style);
        }
        bar.set_position(self.first_step as u64);
        bar
    }
}

pub(crate) fn run(command: &TrainCommand) -> Result<(), Box<dyn Error>> {
    match command {
        TrainCommand::Tokens { size, content, out } => {
            let pieces = Pieces::learn(&Content::load(content)?, *size, 30_000).map_err(|e| e.to_string())?;
            println!("{} tokens, {} merges", pieces.tokens.len(), pieces.merges.len());
            Ok(std::fs::write(out, serde_json::to_string(&pieces)?)?)
        }
        TrainCommand::Lexicon { content, rounds, seed, checkpoint } => {
            let content = Content::load(content)?;
            let mut lexicon = Lexicon::new(&content, *seed);
            lexicon.learn(&content, *rounds, *seed, |round, loss, found| {
                println!("round {round}: loss {loss:.3}; relations of unseen questions {found:.3}");
            });
            Ok(lexicon.save(checkpoint)?)
        }
        TrainCommand::Reader(args) => talk::<Understanding>(args),
        TrainCommand::Speaker(args) => talk::<Speaker>(args),
        TrainCommand::Eye(args) => see::<Eye>(args),
        TrainCommand::Gaze(args) => see::<Gaze>(args),
        TrainCommand::Export { tokens, content, checkpoints, out } => {
            Ok(export(&Content::load(content)?, &pieces(tokens)?, checkpoints, out)?)
        }
    }
}

fn talk<L: Lesson>(args: &TalkArgs) -> Result<(), Box<dyn Error>> {
    let settings = args.run.settings();
    let task = Task::<L>::new(Arc::new(Content::load(&args.content)?), &pieces(&args.tokens)?, &settings)?;
    let bar = args.run.bar();
    task.train(&settings, |step, loss, figures| {
        let figures: Vec<String> = figures.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
        bar.suspend(|| println!("step {step}: loss {loss:.3}; on unseen wordings: {}", figures.join(", ")));
        bar.set_position(step as u64);
    })?;
    Ok(())
}

fn pieces(path: &Path) -> Result<Pieces, Box<dyn Error>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

fn see<S: Seeing>(args: &SceneArgs) -> Result<(), Box<dyn Error>> {
    let (scenes, held_out) = (SceneFile::read(&args.scenes)?, SceneFile::read(&args.held_out)?);
    let (settings, bar) = (args.run.settings(), args.run.bar());
    Look::<S>::new(&settings)?.train(&settings, &scenes, &held_out, |step, loss, measure| {
        bar.suspend(|| println!("step {step}: loss {loss:.3}, {measure:?}"));
        bar.set_position(step as u64);
    })?;
    Ok(())
}
