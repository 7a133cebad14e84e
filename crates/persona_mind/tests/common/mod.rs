//! Where the data of others is, which is not part of the repository.

use std::path::PathBuf;

/// A file for tests only, or none, after saying that the test is skipped.
pub fn data(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("PERSONA_TEST_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not here (set PERSONA_TEST_DATA)", path.display());
    }
    path.exists().then_some(path)
}
