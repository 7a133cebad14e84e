/// Why a card or lorebook cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// Something in the file is larger than any card needs.
    #[error("{path}: {place}: at most {limit} {unit} expected, found {found}")]
    TooLarge {
        /// The file.
        path: String,
        /// Where in it.
        place: String,
        /// How many are allowed.
        limit: usize,
        /// Of what.
        unit: &'static str,
        /// How many were found; reading stops at the first too many.
        found: usize,
    },
    /// Something in the file is not as its format says.
    #[error("{path}: {place}: {expected} expected, found {found}")]
    Invalid {
        /// The file.
        path: String,
        /// Where in it.
        place: String,
        /// What the format says.
        expected: String,
        /// What stands there.
        found: String,
    },
}

/// The file that is imported, for errors.
#[derive(Clone, Copy)]
pub(super) struct Origin<'a>(pub &'a str);

impl Origin<'_> {
    pub fn invalid(self, place: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> ImportError {
        ImportError::Invalid { path: self.0.into(), place: place.into(), expected: expected.into(), found: found.into() }
    }

    /// At most `limit` bytes.
    pub fn fits(self, place: &str, found: usize, limit: usize) -> Result<(), ImportError> {
        self.count(place, found, limit, "bytes")
    }

    pub fn count(self, place: &str, found: usize, limit: usize, unit: &'static str) -> Result<(), ImportError> {
        if found <= limit {
            return Ok(());
        }
        Err(ImportError::TooLarge { path: self.0.into(), place: place.into(), limit, unit, found })
    }
}
