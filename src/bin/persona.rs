//! The authors' command: talk to a character, and make the data and the weights of Hearth.

mod persona {
    pub mod data;
    pub mod say;
    pub mod scenes;
    pub mod train;
}

use clap::Parser;
use std::process::ExitCode;

/// Characters who see, hear, know, remember and speak in character.
#[derive(Parser, Debug)]
#[command(version)]
enum Command {
    /// Say one line to a character and print what comes of it
    Say(persona::say::SayArgs),
    /// Print samples of Hearth's training data
    Data(persona::data::DataArgs),
    /// Render labelled scenes for Hearth's eye
    Scenes(persona::scenes::ScenesArgs),
    /// Train Hearth
    #[command(subcommand)]
    Train(persona::train::TrainCommand),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Say(args) => persona::say::run(&args),
        Command::Data(args) => persona::data::run(&args),
        Command::Scenes(args) => persona::scenes::run(&args).map_err(Into::into),
        Command::Train(command) => persona::train::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("persona: {error}");
            ExitCode::FAILURE
        }
    }
}
