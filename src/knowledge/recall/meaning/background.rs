//! Reading on a thread of its own, for what takes longer than a frame has time.

use super::{Asked, Relations};
use crate::knowledge::concept::Concept;
use bevy::prelude::*;
use crossbeam_channel::{Receiver, Sender};
use persona_mind::meaning::Meaning;
use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The most lines that are kept: more than characters are spoken to at once.
const LINES: usize = 64;
/// The most texts that wait to be read; the others are asked for again.
const WAITING: usize = 4096;

enum Task {
    Line(String),
    Relation(Concept),
}

/// The game's end of the thread.
pub(super) struct Background {
    tasks: Sender<Task>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Set when it has been opened; `None` where that failed.
    meaning: OnceLock<Option<Box<dyn Meaning>>>,
    /// Lines, and what they ask for where they have been read; the latest last.
    lines: Mutex<VecDeque<(String, Option<Asked>)>>,
}

impl Background {
    /// `None` where the system gives no thread, which is logged.
    pub(super) fn start<M: Meaning + 'static, E: Error>(
        open: impl FnOnce() -> Result<M, E> + Send + 'static,
        relations: Relations,
    ) -> Option<Self> {
        let (tasks, inbox) = crossbeam_channel::bounded(WAITING);
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        let work = move || {
            let opened = open().inspect_err(|error| error!("facts are found by their words alone: {error}"));
            let meaning = opened.ok().map(|meaning| Box::new(meaning) as Box<dyn Meaning>);
            if let Some(meaning) = theirs.meaning.get_or_init(|| meaning) {
                theirs.run(&**meaning, &inbox, &relations);
            }
        };
        let thread = std::thread::Builder::new().name("persona-recall".into()).spawn(work);
        if let Err(error) = &thread {
            error!("no thread to read by, facts are found by their words alone: {error}");
        }
        thread.ok().map(|_| Self { tasks, shared })
    }

    /// What reads, once it has been opened.
    pub(super) fn meaning(&self) -> Option<&dyn Meaning> {
        self.shared.meaning.get()?.as_deref()
    }

    /// Whether a line has been read, or never will be.
    pub(super) fn is_ready(&self, line: &str) -> bool {
        if matches!(self.shared.meaning.get(), Some(None)) {
            return true;
        }
        let mut lines = self.shared.lines();
        if let Some((_, asked)) = lines.iter().find(|(known, _)| known == line) {
            return asked.is_some();
        }
        let sent = self.tasks.try_send(Task::Line(line.to_owned()));
        if sent.is_ok() {
            if lines.len() >= LINES {
                lines.pop_front();
            }
            lines.push_back((line.to_owned(), None));
        }
        sent.is_err_and(|error| error.is_disconnected())
    }

    pub(super) fn read(&self, line: &str) -> Option<Asked> {
        self.shared.lines().iter().find(|(known, _)| known == line)?.1.clone()
    }

    /// Whether it will be read; else it is to be asked for again.
    pub(super) fn ask_for_relation(&self, relation: &Concept) -> bool {
        self.tasks.try_send(Task::Relation(relation.clone())).is_ok()
    }
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, VecDeque<(String, Option<Asked>)>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until the game's end is gone.
    fn run(&self, meaning: &dyn Meaning, inbox: &Receiver<Task>, relations: &Relations) {
        for task in inbox {
            match task {
                Task::Line(line) => {
                    let asked = Asked::new(&line, meaning);
                    if let Some(entry) = self.lines().iter_mut().find(|(known, _)| *known == line) {
                        entry.1 = Some(asked);
                    }
                }
                Task::Relation(relation) => {
                    let vector = meaning.relation(&relation).into();
                    relations.write().unwrap_or_else(PoisonError::into_inner).insert(relation.id(), vector);
                }
            }
        }
    }
}
