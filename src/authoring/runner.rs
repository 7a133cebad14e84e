//! Running files of tests, with one model for all of them.

use super::cast::Wardrobe;
use super::files::{TEST, text};
use super::play::Play;
use super::{CaseReport, Report, parse_test};
use crate::mind_link::BackendChoice;
use crate::persona::{Check, PersonaError};
use persona_mind::backend::{Backend, MindError, ReplySink};
use persona_mind::brief::{Brief, Reply};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Why tests cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The test, a persona or a layer of lore cannot be used.
    #[error(transparent)]
    File(#[from] PersonaError),
    /// The model cannot be started.
    #[error("{0}")]
    Backend(#[from] MindError),
}

/// Runs test files. All of them share one model, which is read once.
///
/// ```
/// # use bevy_persona::authoring::Runner;
/// # use bevy_persona::mind::backend::Scripted;
/// let runner = Runner::new(&Scripted::default().into()).expect("canned replies need no model").with_seed(7);
/// let missing = runner.run_file("nowhere.persona_test.ron").expect_err("there is no such file");
/// assert!(missing.to_string().starts_with("nowhere.persona_test.ron: "));
/// ```
pub struct Runner {
    mind: Recorder,
    seed: u64,
}

/// Runs one test file.
///
/// # Errors
/// [`TestError`] if the file or what it names cannot be used, with file, line and column, or if there is no such model.
/// Expectations that fail are no error, they are in the [`Report`].
pub fn run_file(path: impl AsRef<Path>, backend: &BackendChoice) -> Result<Report, TestError> {
    Runner::new(backend)?.run_file(path)
}

/// All `*.persona_test.ron` in a folder and below it, sorted; a path of a file stands for itself.
///
/// # Errors
/// If a folder cannot be read.
pub fn find_tests(path: &Path) -> Result<Vec<PathBuf>, TestError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unread = |error: std::io::Error| super::files::unread(path, error.to_string());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let below = entry.path();
        // A link to a folder above would lead round in a circle.
        if entry.file_type().map_err(unread)?.is_dir() {
            found.extend(find_tests(&below)?);
        } else if below.to_string_lossy().ends_with(TEST) {
            found.push(below);
        }
    }
    found.sort();
    Ok(found)
}

impl Runner {
    /// A runner with this model, and seed 1.
    ///
    /// # Errors
    /// If the model cannot be started.
    pub fn new(backend: &BackendChoice) -> Result<Self, TestError> {
        Ok(Self { mind: Recorder { inner: Arc::new(Mutex::new(backend.build()?)), last: Arc::default() }, seed: 1 })
    }

    /// Sets the seed of all chance: the same seed gives the same replies.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Runs all cases of a file, each with characters that have lived through nothing.
    ///
    /// # Errors
    /// [`TestError::File`] if the file or what it names cannot be used.
    pub fn run_file(&self, path: impl AsRef<Path>) -> Result<Report, TestError> {
        let path = path.as_ref();
        let (text, shown) = (text(path)?, path.display().to_string());
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut wardrobe = Wardrobe::default();
        let check = Check { text: &text, path: &shown };
        // Nothing is run of a file of which a later case cannot be.
        let cases = parse_test(&text, &shown)?.cases.into_iter();
        let cases =
            cases.map(|case| Ok((wardrobe.cast(check, &absolute, &case)?, case))).collect::<Result<Vec<_>, PersonaError>>()?;
        let reports = cases.iter().map(|(cast, case)| {
            let start = Instant::now();
            let mut report = CaseReport { name: case.name.clone(), line: case.line, ..CaseReport::default() };
            Play::new(cast, &self.mind, self.seed).run(&case.steps, &mut report);
            CaseReport { took: start.elapsed(), ..report }
        });
        Ok(Report { path: path.to_owned(), cases: reports.collect() })
    }
}

/// A model that several apps share one after the other, and the last brief it was given.
#[derive(Clone)]
pub(super) struct Recorder {
    inner: Arc<Mutex<Box<dyn Backend>>>,
    last: Arc<Mutex<Option<Brief>>>,
}

impl Recorder {
    /// Whether replies come from a model, and not from a list.
    pub fn has_model(&self) -> bool {
        self.with(|backend| backend.name() != "scripted")
    }

    /// The last brief that it was given.
    pub fn last(&self) -> Option<Brief> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Box<dyn Backend>) -> T) -> T {
        // A panic in the model is a failed turn; the next one is tried all the same.
        use_it(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Backend for Recorder {
    fn name(&self) -> &'static str {
        "recorder"
    }

    fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(brief.clone());
        self.with(|backend| backend.reply(brief, sink))
    }

    fn prompt(&self, brief: &Brief) -> String {
        self.with(|backend| backend.prompt(brief))
    }
}
