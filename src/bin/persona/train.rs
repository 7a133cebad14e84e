//! `persona train`: Hearth's vocabulary, talk, eye, and model file.

use super::data::CONTENT;
use bevy_persona::mind::hearth::eye::Eye;
use bevy_persona::mind::hearth::file::ModelFile;
use bevy_persona::mind::hearth::gaze::Gaze;
use bevy_persona::mind::train::TrainSettings;
use bevy_persona::mind::train::content::Content;
use bevy_persona::mind::train::curve::svg;
use bevy_persona::mind::train::export::export;
use bevy_persona::mind::train::lesson::{Lesson, Speaker, Task, Understanding};
use bevy_persona::mind::train::lexicon::Lexicon;
use bevy_persona::mind::train::look::{Look, Seeing};
use bevy_persona::mind::train::run::Point;
use bevy_persona::mind::train::scenes::{Scene, SceneFile};
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
        /// The vocabulary: what `tokens` wrote, or a model file (GGUF)
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
    /// The vocabulary: what `tokens` wrote, or a model file (GGUF)
    #[arg(long)]
    tokens: PathBuf,
    /// Folder of the written content
    #[arg(long, default_value = CONTENT)]
    content: PathBuf,
    /// A game's own content besides: a folder with `relations`, `things.ron` and `nouns.ron`, each if need be
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// Training on scenes.
#[derive(clap::Args, Debug)]
pub(crate) struct SceneArgs {
    /// Scenes to learn from; may be given often
    #[arg(long, required = true)]
    scenes: Vec<PathBuf>,
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
    /// Model file (GGUF) whose parameters a new run begins with, to train it further
    #[arg(long)]
    from: Option<PathBuf>,
    /// Into how many parts each thread cuts its samples, to take less memory
    #[arg(long, default_value_t = 1)]
    accumulate: usize,
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
            accumulate: self.accumulate,
            rate: self.rate,
            replies: self.replies,
            seed: self.seed,
            checkpoint: self.checkpoint.clone(),
            every: self.every,
        }
    }

    /// The model file to begin with; none for a run that goes on.
    fn first(&self) -> Result<Option<ModelFile>, Box<dyn Error>> {
        self.from.as_ref().filter(|_| !self.checkpoint.exists()).map(|from| model(from)).transpose()
    }

    /// Prints the points of the curve, and keeps it beside the checkpoint as JSON and as SVG.
    fn report(&self) -> Result<impl FnMut(Point) + use<>, Box<dyn Error>> {
        let bar = ProgressBar::new(self.steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} steps, {per_sec}, {eta} left") {
            bar.set_style(style);
        }
        let (json, picture) = (self.checkpoint.with_extension("json"), self.checkpoint.with_extension("svg"));
        let mut points: Vec<Point> = match std::fs::read_to_string(&json) {
            Ok(text) if self.checkpoint.exists() => serde_json::from_str(&text)?,
            _ => Vec::new(),
        };
        Ok(move |point: Point| {
            let figures: Vec<String> = point.figures.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
            let line = format!("step {}: loss {:.3}; on what it never saw: {}", point.step, point.loss, figures.join(", "));
            bar.suspend(|| println!("{line}"));
            bar.set_position(point.step as u64);
            points.retain(|earlier| earlier.step < point.step);
            points.push(point);
            let text = serde_json::to_string(&points).unwrap_or_default();
            for (path, text) in [(&json, text), (&picture, svg(&points))] {
                if let Err(error) = std::fs::write(path, text) {
                    eprintln!("{}: {error}", path.display());
                }
            }
        })
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
    let mut content = Content::load(&args.content)?;
    args.data.as_ref().map_or(Ok(()), |folder| content.add(folder))?;
    let report = args.run.report()?;
    let mut task = Task::<L>::new(Arc::new(content), &pieces(&args.tokens)?, &settings)?;
    args.run.first()?.map_or(Ok(()), |model| task.begin_with(model))?;
    Ok(task.train(&settings, report)?)
}

/// The vocabulary of a file that `tokens` wrote, or of a model file.
fn pieces(path: &Path) -> Result<Pieces, Box<dyn Error>> {
    if path.extension().is_some_and(|end| end == "gguf") {
        return Ok(Pieces::from(&model(path)?));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

fn model(path: &Path) -> Result<ModelFile, Box<dyn Error>> {
    let file = std::fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(ModelFile::read(std::io::BufReader::new(file)).map_err(|error| format!("{}: {error}", path.display()))?)
}

fn see<S: Seeing>(args: &SceneArgs) -> Result<(), Box<dyn Error>> {
    let files = args.scenes.iter().map(|path| SceneFile::read(path)).collect::<Result<Vec<_>, _>>()?;
    let scenes: Vec<Scene> = files.into_iter().flat_map(|file| file.scenes).collect();
    let held_out = SceneFile::read(&args.held_out)?.scenes;
    let (settings, report) = (args.run.settings(), args.run.report()?);
    let mut look = Look::<S>::new(&settings)?;
    args.run.first()?.map_or(Ok(()), |model| look.begin_with(model))?;
    Ok(look.train(&settings, &scenes, &held_out, report)?)
}
