//! `persona check`: whether personas, lore and authors' tests are as they should be.

use bevy_persona::authoring::Authored;
use bevy_persona::persona::PersonaError;
use std::error::Error;
use std::path::PathBuf;

/// Checks personas (*.persona.ron), lore (*.lore.ron) and the form of tests (`*.persona_test.ron`); the exit status is 1 if anything
/// is wrong.
#[derive(clap::Args, Debug)]
pub(crate) struct CheckArgs {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

pub(crate) fn run(args: &CheckArgs) -> Result<(), Box<dyn Error>> {
    let errors: Vec<PersonaError> = args.files.iter().filter_map(|path| Authored::read(path).err()).collect();
    for error in &errors {
        eprintln!("{error}");
    }
    match (errors.len(), args.files.len()) {
        (0, 1) => println!("1 file is right"),
        (0, all) => println!("{all} files are right"),
        (wrong, all) => return Err(format!("{wrong} of {all} files cannot be used").into()),
    }
    Ok(())
}
