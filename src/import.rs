//! Character cards and lorebooks of other tools as personas and lore of this plugin.
//!
//! Read are character cards V1, [V2](https://github.com/malfoyslastname/character-card-spec-v2) and
//! [V3](https://github.com/kwaroran/character-card-spec-v3), as JSON, in PNG and APNG files and in `.charx` archives, and
//! lorebooks by themselves, those of V3 and SillyTavern's world info. What is written is text that [`parse_persona`] and
//! [`parse_lore`] take. A [`Report`] names each field that could not be carried over, and each guess.
//!
//! Files are taken as hostile: all sizes are bounded before memory is taken, and nothing in a file is executed or fetched.
//!
//! [`parse_persona`]: crate::persona::parse_persona
//! [`parse_lore`]: crate::persona::parse_lore
//!
//! ```
//! use bevy_persona::import::import;
//!
//! let card = br#"{"name": "Marta", "description": "{{char}} is an innkeeper.", "personality": "warm, proud"}"#;
//! let imported = import(card, "marta.json")?;
//! assert!(imported.persona.is_some_and(|persona| persona.contains("traits: [Warm, Proud]")));
//! # Ok::<(), bevy_persona::import::ImportError>(())
//! ```

mod book;
mod card;
mod charx;
mod error;
mod examples;
mod json;
mod lore;
mod macros;
mod manner;
mod persona;
mod png;
mod prose;
mod report;
mod shape;
#[cfg(test)]
mod tests;
mod write;

pub use error::ImportError;
pub use report::{Note, NoteKind, Report};

use card::Content;
use error::Origin;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The largest file, in bytes: archives hold pictures and sounds too.
const MAX_FILE: usize = 256 << 20;
/// The longest name of a file that is made of a character's name, in characters.
const MAX_STEM: usize = 48;

/// A card or lorebook as files of ours.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What the file is, such as "character card V2".
    pub form: &'static str,
    /// The name for its files, without folder and ending: lower-case letters, digits and `_`.
    pub stem: String,
    /// The text of the persona; none for a lorebook by itself.
    pub persona: Option<String>,
    /// The text of the lore, which the persona knows as `lore/STEM.lore.ron`; none where there is none.
    pub lore: Option<String>,
    /// What could not be carried over, and what was guessed.
    pub report: Report,
}

/// Reads a file of 256 MiB at most and imports it.
///
/// # Errors
/// [`ImportError`] if it cannot be read, is too large, or is not what its format says.
pub fn import_file(path: &Path) -> Result<Imported, ImportError> {
    let shown = path.display().to_string();
    let failed = |error: std::io::Error| ImportError::Read { path: shown.clone(), reason: error.to_string() };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    import(&bytes, &shown)
}

/// Imports a card or lorebook; `path` is for errors, and names what has no name of its own.
///
/// # Errors
/// [`ImportError`] with the place of the first thing that is too large or not what its format says.
pub fn import(bytes: &[u8], path: &str) -> Result<Imported, ImportError> {
    let origin = Origin(path);
    origin.fits("the file", bytes.len(), MAX_FILE)?;
    let mut report = Report::default();
    let unpacked;
    let (text, place) = if bytes.starts_with(png::SIGNATURE) {
        let (text, chunk) = png::card(bytes, origin, &mut report)?;
        unpacked = text;
        (unpacked.as_slice(), chunk)
    } else if bytes.starts_with(charx::SIGNATURE) {
        unpacked = charx::card(bytes, origin, &mut report)?;
        (unpacked.as_slice(), "card.json")
    } else if bytes.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'{' | 0xEF)) {
        (bytes, "JSON")
    } else {
        let found = bytes[..bytes.len().min(8)].escape_ascii().to_string();
        return Err(origin.invalid("the first bytes", "PNG, a zip archive or a JSON object", format!("`{found}`")));
    };
    Ok(match card::read(json::parse(text, place, origin)?, origin, &mut report)? {
        Content::Card(card) => {
            let draft = persona::draft(&card, &mut report);
            let lore = card.book.as_ref().map(|book| lore::draft(book, &draft.name, &mut report));
            let lore = lore.filter(|lore| !lore.facts.is_empty()).map(|lore| write::lore(&lore));
            let stem = stem(&draft.name, path);
            let knows = lore.is_some().then(|| format!("lore/{stem}.lore.ron"));
            let persona = Some(write::persona(&draft, knows.as_deref()));
            Imported { form: card.form, stem, persona, lore, report }
        }
        Content::Book(book) => {
            let lore = Some(write::lore(&lore::draft(&book, "the character", &mut report)));
            Imported { form: "lorebook", stem: stem(&book.name, path), persona: None, lore, report }
        }
    })
}

/// A name for files: that of the character, else that of the file.
fn stem(name: &str, path: &str) -> String {
    let file = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = |name: &str| {
        let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
        let joined = words.collect::<Vec<_>>().join("_").to_lowercase();
        joined.chars().take(MAX_STEM).collect::<String>().trim_matches('_').to_owned()
    };
    [plain(name), plain(&file), "character".to_owned()].into_iter().find(|stem| !stem.is_empty()).unwrap_or_default()
}

/// Inflates what is compressed, and stops at the first byte that is too many.
fn inflate(packed: impl Read, limit: usize, place: &str, origin: Origin) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    let read = packed.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| origin.invalid(place, "compressed data", error.to_string()))?;
    origin.fits(place, bytes.len(), limit)?;
    Ok(bytes)
}
