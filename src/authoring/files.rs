//! Personas, lore and authors' tests on disk.

use super::{ParsedTest, parse_test};
use crate::persona::{ParsedLore, ParsedPersona, PersonaError, parse_lore, parse_persona};
use std::path::{Path, PathBuf};

/// The ends of names by which files are told apart.
const PERSONA: &str = ".persona.ron";
const LORE: &str = ".lore.ron";
pub(super) const TEST: &str = ".persona_test.ron";

/// A file that an author wrote.
#[derive(Debug)]
pub enum Authored {
    /// `*.persona.ron`
    Persona(Box<ParsedPersona>),
    /// `*.lore.ron`
    Lore(Box<ParsedLore>),
    /// `*.persona_test.ron`
    Test(Box<ParsedTest>),
}

impl Authored {
    /// Reads a file by the end of its name, and checks all that it says, a persona's paths of lore too.
    ///
    /// # Errors
    /// File, line, column, what was expected and what was found.
    pub fn read(path: &Path) -> Result<Self, PersonaError> {
        let shown = path.display().to_string();
        if shown.ends_with(LORE) {
            parse_lore(&text(path)?, &shown).map(|parsed| Self::Lore(Box::new(parsed)))
        } else if shown.ends_with(PERSONA) {
            persona(&text(path)?, path, &shown).map(|parsed| Self::Persona(Box::new(parsed)))
        } else if shown.ends_with(TEST) {
            parse_test(&text(path)?, &shown).map(|parsed| Self::Test(Box::new(parsed)))
        } else {
            Err(unread(path, format!("a name that ends in {PERSONA}, {LORE} or {TEST} expected")))
        }
    }
}

/// A file's text.
pub(super) fn text(path: &Path) -> Result<String, PersonaError> {
    std::fs::read_to_string(path).map_err(|error| unread(path, error.to_string()))
}

pub(super) fn unread(path: &Path, reason: String) -> PersonaError {
    PersonaError::Read { path: path.display().to_string(), reason }
}

fn persona(text: &str, path: &Path, shown: &str) -> Result<ParsedPersona, PersonaError> {
    let parsed = parse_persona(text, shown)?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = folders_above(&absolute).find_map(|folder| {
        let there = files_in(&folder, LORE);
        parsed.knows.iter().any(|lore| there.contains(lore)).then_some(there)
    });
    // Where no path fits, those are named that lie where the first one points to.
    let there =
        there.unwrap_or_else(|| folders_above(&absolute).map(|f| files_in(&f, LORE)).find(|l| !l.is_empty()).unwrap_or_default());
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    parsed.check_lore(text, shown, &names)?;
    Ok(parsed)
}

/// The folder that a persona's paths of lore start from: the nearest above it in which they are found.
///
/// # Errors
/// If the persona cannot be read.
pub fn asset_folder(persona: &Path) -> Result<PathBuf, PersonaError> {
    match Authored::read(persona)? {
        Authored::Persona(parsed) => folder_of(persona, &parsed),
        _ => Err(unread(persona, format!("a name that ends in {PERSONA} expected"))),
    }
}

/// A persona with all its lore.
pub(super) fn with_lore(path: &Path) -> Result<(ParsedPersona, Vec<ParsedLore>), PersonaError> {
    let Authored::Persona(parsed) = Authored::read(path)? else {
        return Err(unread(path, format!("a name that ends in {PERSONA} expected")));
    };
    let folder = folder_of(path, &parsed)?;
    let lore = parsed.knows.iter().map(|lore| read_lore(&folder.join(lore))).collect::<Result<_, _>>()?;
    Ok((*parsed, lore))
}

/// A layer of lore.
pub(super) fn read_lore(path: &Path) -> Result<ParsedLore, PersonaError> {
    parse_lore(&text(path)?, &path.display().to_string())
}

fn folder_of(persona: &Path, parsed: &ParsedPersona) -> Result<PathBuf, PersonaError> {
    let holds = |folder: &PathBuf| parsed.knows.iter().all(|lore| folder.join(lore).is_file());
    folders_above(persona).find(holds).ok_or_else(|| unread(persona, "its lore was not found".into()))
}

/// A file that is named from the nearest folder above another in which it is found.
pub(super) fn above(path: &Path, name: &str) -> Option<PathBuf> {
    folders_above(path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Personas and lore that could be named from a folder above a file.
pub(super) fn names_above(path: &Path) -> Vec<String> {
    let there = |folder: PathBuf| [files_in(&folder, PERSONA), files_in(&folder, LORE)].concat();
    folders_above(path).map(there).find(|found| !found.is_empty()).unwrap_or_default()
}

fn folders_above(path: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    path.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>().into_iter()
}

/// Paths of files with such a name in a folder and in those directly below it.
fn files_in(folder: &Path, end: &str) -> Vec<String> {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries(folder).collect();
    let below: Vec<PathBuf> = found.iter().filter(|path| path.is_dir()).flat_map(|path| entries(path)).collect();
    found.extend(below);
    let relative = |path: &PathBuf| Some(path.strip_prefix(folder).ok()?.to_string_lossy().replace('\\', "/"));
    let mut files: Vec<String> = found.iter().filter_map(relative).filter(|path| path.ends_with(end)).collect();
    files.sort();
    files
}
