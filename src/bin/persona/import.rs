//! `persona import`: personas and lore from character cards and lorebooks.

use bevy_persona::authoring::Authored;
use bevy_persona::import::{Imported, import_file};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Makes personas and lore of character cards (JSON, PNG, .charx) and lorebooks (JSON), with a report of what could
/// not be carried over; the exit status is 1 if a file cannot be imported.
#[derive(clap::Args, Debug)]
pub(crate) struct ImportArgs {
    /// The files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The game's asset folder: personas and their reports go to DIR/personas, lore to DIR/lore
    #[arg(long, value_name = "DIR", default_value = "assets")]
    out: PathBuf,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: &ImportArgs) -> Result<(), Box<dyn Error>> {
    let errors: Vec<String> = args.files.iter().filter_map(|path| import(path, args).err()).collect();
    for error in &errors {
        eprintln!("{error}");
    }
    match (errors.len(), args.files.len()) {
        (0, _) => Ok(()),
        (wrong, all) => Err(format!("{wrong} of {all} files cannot be imported").into()),
    }
}

fn import(path: &Path, args: &ImportArgs) -> Result<(), String> {
    let imported = import_file(path).map_err(|error| error.to_string())?;
    let Imported { form, stem, persona, lore, report } = &imported;
    let [personas, lores] = ["personas", "lore"].map(|folder| args.out.join(folder));
    let beside = if persona.is_some() { &personas } else { &lores };
    let report = format!("{}: {form}\n\n{report}", path.display());
    let files = [
        (lores.join(format!("{stem}.lore.ron")), lore.as_ref()),
        (personas.join(format!("{stem}.persona.ron")), persona.as_ref()),
        (beside.join(format!("{stem}.import.txt")), Some(&report)),
    ];
    let files: Vec<_> = files.iter().filter_map(|(path, text)| Some((path, (*text)?))).collect();
    if let Some((there, _)) = files.iter().find(|(file, _)| !args.force && file.exists()) {
        return Err(format!("{}: {} is there; --force replaces it", path.display(), there.display()));
    }
    for (file, text) in &files {
        write(file, text, args.force).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    println!("{report}");
    for (file, _) in files.iter().filter(|(file, _)| file.extension().is_some_and(|ending| ending == "ron")) {
        Authored::read(file).map_err(|error| error.to_string())?;
        println!("{} is right", file.display());
    }
    println!();
    Ok(())
}

fn write(file: &Path, text: &str, force: bool) -> std::io::Result<()> {
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(force).create_new(!force);
    options.open(file)?.write_all(text.as_bytes())
}
