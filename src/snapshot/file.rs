//! The file: a header, a checksum, and never less than one whole copy on the disk.

use super::{Snapshot, SnapshotError, format};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

const MAGIC: [u8; 4] = *b"NPCS";
const NEWEST: u32 = 2;
/// Magic, version, checksum and length.
const HEADER: usize = 4 + 4 + 4 + 8;
/// The largest content, in bytes.
const LARGEST: u64 = 1 << 32;

/// A snapshot that was read from a file.
#[derive(Debug)]
pub struct Loaded {
    /// What was read.
    pub snapshot: Snapshot,
    /// Why the latest file could not be used, where it is the one before it that was read.
    pub instead_of: Option<SnapshotError>,
}

impl Snapshot {
    /// The snapshot as the bytes of a file.
    ///
    /// # Errors
    /// If a name or a text is too large to be counted.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SnapshotError> {
        let content = format::write(self)?;
        let mut bytes = Vec::with_capacity(HEADER + content.len());
        bytes.extend(MAGIC);
        bytes.extend(NEWEST.to_le_bytes());
        bytes.extend(crc32fast::hash(&content).to_le_bytes());
        bytes.extend((content.len() as u64).to_le_bytes());
        bytes.extend(content);
        Ok(bytes)
    }

    /// Reads the bytes of a file, of this or any earlier version.
    ///
    /// # Errors
    /// [`SnapshotError`]: bytes that are missing or changed are always found out.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let (magic, rest) = bytes.split_at(bytes.len().min(4));
        if magic != MAGIC {
            return Err(SnapshotError::NotASnapshot { expected: MAGIC, found: magic.to_vec() });
        }
        let whole = (HEADER as u64, bytes.len() as u64);
        let cut_off = |(expected, found): (u64, u64)| SnapshotError::CutOff { expected, found };
        let (version, rest) = rest.split_first_chunk().ok_or_else(|| cut_off(whole))?;
        let (checksum, rest) = rest.split_first_chunk().ok_or_else(|| cut_off(whole))?;
        let (length, content) = rest.split_first_chunk().ok_or_else(|| cut_off(whole))?;
        let (version, expected) = (u32::from_le_bytes(*version), u32::from_le_bytes(*checksum));
        if version == 0 || version > NEWEST {
            return Err(SnapshotError::TooNew { newest: NEWEST, found: version });
        }
        let length = u64::from_le_bytes(*length);
        if length != content.len() as u64 {
            return Err(cut_off((length.saturating_add(HEADER as u64), bytes.len() as u64)));
        }
        let found = crc32fast::hash(content);
        if found != expected {
            return Err(SnapshotError::Damaged { expected, found });
        }
        format::read(content, version)
    }

    /// Writes the snapshot beside the file and puts it in its place when it is whole; the file before it is kept with `.bak`
    /// behind its name.
    ///
    /// # Errors
    /// If the file cannot be written. What was there before still is.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SnapshotError> {
        let path = path.as_ref();
        let bytes = self.to_bytes()?;
        let new = beside(path, "new");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SnapshotError::File { path, source }
        };
        let mut file = File::create(&new).map_err(failed(&new))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(failed(&new))?;
        drop(file);
        if path.exists() {
            fs::rename(path, beside(path, "bak")).map_err(failed(path))?;
        }
        fs::rename(&new, path).map_err(failed(path))
    }

    /// Reads a file, or the one before it where the file is missing or damaged.
    ///
    /// # Errors
    /// If neither can be read; the error is the file's own.
    pub fn load(path: impl AsRef<Path>) -> Result<Loaded, SnapshotError> {
        let path = path.as_ref();
        match read(path) {
            Ok(snapshot) => Ok(Loaded { snapshot, instead_of: None }),
            Err(error) => match read(&beside(path, "bak")) {
                Ok(snapshot) => Ok(Loaded { snapshot, instead_of: Some(error) }),
                Err(_) => Err(error),
            },
        }
    }
}

fn read(path: &Path) -> Result<Snapshot, SnapshotError> {
    let failed = |source| SnapshotError::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + HEADER as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Snapshot::from_bytes(&bytes)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}
