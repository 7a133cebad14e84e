//! Personas and lore on disk.

use bevy_persona::persona::{ParsedPersona, PersonaError, parse_lore, parse_persona};
use std::path::{Path, PathBuf};

/// The ends of names by which files are told apart.
const PERSONA: &str = ".persona.ron";
const LORE: &str = ".lore.ron";

/// What a file is.
pub(crate) enum Authored {
    Persona(Box<ParsedPersona>),
    Lore,
}

impl Authored {
    /// Reads a file and checks all that it says, its paths of lore too.
    ///
    /// # Errors
    /// File, line, column, what was expected and what was found.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        let file = if shown.ends_with(LORE) {
            parse_lore(&text, &shown).map(|_| Self::Lore)
        } else if shown.ends_with(PERSONA) {
            persona(&text, path, &shown)
        } else {
            return Err(format!("{shown}: a name that ends in {PERSONA} or {LORE} expected"));
        };
        file.map_err(|error| error.to_string())
    }
}

fn persona(text: &str, path: &Path, shown: &str) -> Result<Authored, PersonaError> {
    let parsed = parse_persona(text, shown)?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = folders_above(&absolute).find_map(|folder| {
        let there = lore_in(&folder);
        parsed.knows.iter().any(|lore| there.contains(lore)).then_some(there)
    });
    // Where no path fits, those are named that lie where the first one points to.
    let there =
        there.unwrap_or_else(|| folders_above(&absolute).map(|f| lore_in(&f)).find(|l| !l.is_empty()).unwrap_or_default());
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    parsed.check_lore(text, shown, &names)?;
    Ok(Authored::Persona(Box::new(parsed)))
}

/// The folder that a persona's paths of lore start from: the nearest above it in which they are found.
///
/// # Errors
/// If the persona cannot be read.
pub(crate) fn asset_folder(persona: &Path) -> Result<PathBuf, String> {
    let Authored::Persona(parsed) = Authored::read(persona)? else {
        return Err(format!("{}: a name that ends in {PERSONA} expected", persona.display()));
    };
    let holds = |folder: &PathBuf| parsed.knows.iter().all(|lore| folder.join(lore).is_file());
    folders_above(persona).find(holds).ok_or_else(|| format!("{}: its lore was not found", persona.display()))
}

fn folders_above(path: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    path.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>().into_iter()
}

/// Paths of lore in a folder and in those directly below it.
fn lore_in(folder: &Path) -> Vec<String> {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = entries(folder).collect();
    let below: Vec<PathBuf> = found.iter().filter(|path| path.is_dir()).flat_map(|path| entries(path)).collect();
    found.extend(below);
    let relative = |path: &PathBuf| Some(path.strip_prefix(folder).ok()?.to_string_lossy().replace('\\', "/"));
    let mut lore: Vec<String> = found.iter().filter_map(relative).filter(|path| path.ends_with(LORE)).collect();
    lore.sort();
    lore
}
