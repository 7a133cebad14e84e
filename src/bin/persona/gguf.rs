//! `persona gguf`: model files.

use bevy_persona::mind::engine::random::{Precision, RandomModel};
use clap::builder::PossibleValuesParser;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Makes GGUF model files.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum GgufCommand {
    /// Write a file of random weights in the shape of a known model, for benchmarks
    Random(RandomArgs),
}

#[derive(clap::Args, Debug)]
pub(crate) struct RandomArgs {
    /// The model whose sizes it has
    #[arg(long, value_parser = PossibleValuesParser::new(RandomModel::KNOWN))]
    shape: String,
    /// How weights are stored
    #[arg(long = "type", value_enum, default_value = "q4_k_m")]
    kind: Kind,
    /// Seed: the same seed gives the same file
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file to write
    out: PathBuf,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Kind {
    #[value(name = "q4_k_m")]
    Q4KM,
    #[value(name = "q8_0")]
    Q8,
    #[value(name = "f16")]
    F16,
}

pub(crate) fn run(command: &GgufCommand) -> Result<(), Box<dyn Error>> {
    let GgufCommand::Random(args) = command;
    let model = RandomModel::known(&args.shape).ok_or_else(|| format!("no shape `{}`", args.shape))?;
    let precision = match args.kind {
        Kind::Q4KM => Precision::Q4KM,
        Kind::Q8 => Precision::Q8,
        Kind::F16 => Precision::F16,
    };
    let failed = |error: std::io::Error| format!("{}: {error}", args.out.display());
    let mut file = BufWriter::new(File::create(&args.out).map_err(failed)?);
    model.write(precision, args.seed, &mut file).and_then(|()| file.flush()).map_err(failed)?;
    Ok(())
}
