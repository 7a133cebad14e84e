//! What an import could not carry over, and what it guessed.

use std::collections::HashMap;
use std::fmt;

/// After so many notes, further ones are only counted.
const MAX_NOTES: usize = 1000;
/// The longest text from the file that a note shows, in characters.
const MAX_SHOWN: usize = 80;

/// What became of a part of the file that was not carried over as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// There is no place for it.
    LeftOut,
    /// Only a part of it was taken.
    Shortened,
    /// It was taken as something that the file does not say outright.
    Guessed,
}

/// One thing to know about an import.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Note {
    /// What became of it.
    pub kind: NoteKind,
    /// The field, such as `data.system_prompt`.
    pub place: String,
    /// Why.
    pub why: String,
}

/// What an import could not carry over, and what it guessed; its text is for the author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Notes in the order in which they came, and how often each.
    notes: Vec<(Note, usize)>,
    places: HashMap<Note, usize>,
    uncounted: usize,
}

impl Report {
    /// The notes, and how often each was made.
    pub fn notes(&self) -> impl Iterator<Item = (&Note, usize)> {
        self.notes.iter().map(|(note, count)| (note, *count))
    }

    pub(super) fn left_out(&mut self, place: impl Into<String>, why: impl Into<String>) {
        self.add(NoteKind::LeftOut, place.into(), why.into());
    }

    pub(super) fn shortened(&mut self, place: impl Into<String>, why: impl Into<String>) {
        self.add(NoteKind::Shortened, place.into(), why.into());
    }

    pub(super) fn guessed(&mut self, place: impl Into<String>, why: impl Into<String>) {
        self.add(NoteKind::Guessed, place.into(), why.into());
    }

    fn add(&mut self, kind: NoteKind, place: String, why: String) {
        let note = Note { kind, place, why };
        if let Some(&at) = self.places.get(&note) {
            self.notes[at].1 += 1;
        } else if self.notes.len() < MAX_NOTES {
            self.places.insert(note.clone(), self.notes.len());
            self.notes.push((note, 1));
        } else {
            self.uncounted += 1;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.notes.is_empty() {
            return writeln!(f, "Everything was carried over.");
        }
        let kinds = [
            (NoteKind::LeftOut, "Not carried over:"),
            (NoteKind::Shortened, "Carried over in part:"),
            (NoteKind::Guessed, "Guessed; please check:"),
        ];
        for (kind, title) in kinds {
            let mut notes = self.notes.iter().filter(|(note, _)| note.kind == kind).peekable();
            if notes.peek().is_some() {
                writeln!(f, "{title}")?;
            }
            for (note, count) in notes {
                let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
                writeln!(f, "  {}{times}: {}", note.place, note.why)?;
            }
        }
        if self.uncounted > 0 {
            writeln!(f, "And {} notes more.", self.uncounted)?;
        }
        Ok(())
    }
}

/// Text from the file as a note or an error shows it: short, on one line, without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
