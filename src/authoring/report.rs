use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What came of a test file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The file.
    pub path: PathBuf,
    /// Its cases, in order.
    pub cases: Vec<CaseReport>,
}

/// What came of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Line of the file, from 1.
    pub line: usize,
    /// What was not as expected, in the order of the file.
    pub failures: Vec<Failure>,
    /// Expectations that could not be tried.
    pub skipped: Vec<Skip>,
    /// How long it took, in real time.
    pub took: Duration,
}

/// A step that was not as expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// Line of the file, from 1.
    pub line: usize,
    /// The step, as it is written.
    pub step: String,
    /// What was expected.
    pub expected: String,
    /// What came.
    pub found: String,
}

/// An expectation that could not be tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    /// Line of the file, from 1.
    pub line: usize,
    /// Why.
    pub why: String,
}

impl Report {
    /// Whether nothing has failed.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.cases.iter().all(CaseReport::is_right)
    }

    /// How many cases have failed.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.is_right()).count()
    }

    /// How many expectations could not be tried.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.cases.iter().map(|case| case.skipped.len()).sum()
    }
}

impl CaseReport {
    /// Whether nothing has failed.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.failures.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        for case in &self.cases {
            write!(f, "\n  {}  {}", if case.is_right() { "ok    " } else { "FAILED" }, case.name)?;
            for skip in &case.skipped {
                write!(f, "\n          line {}: not tried, {}", skip.line, skip.why)?;
            }
            for failure in &case.failures {
                write!(f, "\n{failure}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, step, expected, found } = self;
        write!(f, "          line {line}: {step}\n            expected  {expected}\n            found     {found}")
    }
}
