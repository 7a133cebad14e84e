//! The authors' command: talk to a character, and make the data and the weights of Hearth.

mod persona {
    pub mod bench;
    pub mod chat;
    pub mod check;
    pub mod data;
    pub mod eval;
    mod events;
    pub mod gguf;
    pub mod import;
    pub mod inspect;
    pub mod recall;
    pub mod say;
    pub mod scenes;
    mod stage;
    mod table;
    pub mod test;
    pub mod train;
}

use clap::Parser;
use std::process::ExitCode;

/// Characters who see, hear, know, remember and speak in character.
#[derive(Parser, Debug)]
#[command(version)]
enum Command {
    /// Check personas and lore; exit status 1 on errors
    Check(persona::check::CheckArgs),
    /// Run authors' tests of characters; exit status 1 where one fails
    Test(persona::test::TestArgs),
    /// Show what a line brings to a character's mind, and what almost came
    Recall(persona::recall::RecallArgs),
    /// Show what the characters of a saved game know, remember and feel
    Inspect(persona::inspect::InspectArgs),
    /// Make personas and lore of character cards and lorebooks
    Import(persona::import::ImportArgs),
    /// Talk with a character in the terminal
    Chat(persona::chat::ChatArgs),
    /// Say one line to a character and print what comes of it
    Say(persona::say::SayArgs),
    /// Ask a mind questions written by hand and count the right answers
    Eval(persona::eval::EvalArgs),
    /// Measure what the plugin costs a game
    #[command(subcommand)]
    Bench(persona::bench::BenchCommand),
    /// Make model files
    #[command(subcommand)]
    Gguf(persona::gguf::GgufCommand),
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
        Command::Check(args) => persona::check::run(&args),
        Command::Test(args) => persona::test::run(&args),
        Command::Recall(args) => persona::recall::run(&args),
        Command::Inspect(args) => persona::inspect::run(&args),
        Command::Import(args) => persona::import::run(&args),
        Command::Chat(args) => persona::chat::run(&args),
        Command::Bench(command) => persona::bench::run(&command),
        Command::Say(args) => persona::say::run(&args),
        Command::Eval(args) => persona::eval::run(&args),
        Command::Gguf(command) => persona::gguf::run(&command),
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
