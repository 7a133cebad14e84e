use std::path::PathBuf;

/// Why a snapshot cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file cannot be reached.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is something else.
    #[error("not a snapshot: it should begin with {expected:?}, found {found:?}")]
    NotASnapshot {
        /// The first bytes of every snapshot.
        expected: [u8; 4],
        /// The first bytes found.
        found: Vec<u8>,
    },
    /// It comes from a later release.
    #[error("version {found} of the snapshot; this release reads 1 to {newest}")]
    TooNew {
        /// The latest version that can be read.
        newest: u32,
        /// The version found.
        found: u32,
    },
    /// It is cut off.
    #[error("the snapshot should have {expected} bytes, found {found}")]
    CutOff {
        /// Bytes that it says it has.
        expected: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// It was changed on its way.
    #[error("the snapshot's checksum should be {expected:08x}, found {found:08x}")]
    Damaged {
        /// The checksum that it says it has.
        expected: u32,
        /// That of the bytes that are there.
        found: u32,
    },
    /// Its checksum is right and what it says makes no sense.
    #[error("the snapshot's content: {reason}")]
    Content {
        /// What is wrong.
        reason: String,
    },
}
