//! The background thread that runs a backend, with bounded queues.
//!
//! A [`Mind`] owns one named thread. [`Mind::submit`] hands it turns, [`Mind::try_recv`] takes what
//! became of them; neither ever waits. Of the turns that wait, the one of the highest [`Priority`]
//! runs first, and of those the oldest. A turn that runs is never pushed aside. A backend that can takes on several turns
//! [together](Backend::together); with one that cannot, a player's line waits until a background turn has ended, or the game
//! interrupts that one.
//!
//! Each turn that was taken ends in exactly one [`Progress::Finished`] or [`Progress::Failed`]. The
//! chunks before it, joined, are the text of an interrupted reply, and of any other but for space at
//! its ends. Where the events are not fetched for long, chunks are merged; nothing is dropped.
//!
//! ```
//! use persona_mind::{Brief, backend::Scripted, brief::TurnId};
//! use persona_mind::worker::{Mind, MindRequest, MindSettings, Progress};
//!
//! let mut mind = Mind::start(|| Ok(Box::new(Scripted::default().otherwise("Well met."))), MindSettings::default())?;
//! let brief = Brief { turn: TurnId(1), line: "Hello".into(), max_tokens: 32, ..Brief::default() };
//! mind.submit(MindRequest::new(brief))?;
//! let reply = loop {
//!     match mind.try_recv().map(|event| event.progress) {
//!         Some(Progress::Finished(reply)) => break reply,
//!         _ => std::thread::yield_now(), // a game would render a frame
//!     }
//! };
//! assert_eq!(reply.text, "Well met.");
//! mind.shutdown();
//! # Ok::<(), persona_mind::MindError>(())
//! ```

mod outbox;
#[cfg(test)]
mod tests;
mod thread;
mod ticket;

use crate::backend::{Backend, MindError};
use crate::brief::{Brief, Finish, Reply, TurnId};
use crossbeam_channel::{Receiver, Sender};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thread::{Errand, Shared, Worker};
use ticket::Ticket;

/// How a [`Mind`] is set up.
#[derive(Clone)]
pub struct MindSettings {
    /// The most turns that wait; at least 1. Default 64.
    pub queue_capacity: usize,
    /// The most events that wait to be fetched; at least 4. Default 1024.
    pub event_capacity: usize,
    /// The most turns that a backend takes on together, where it can ([`Backend::together`]); at least 1. Turns that someone
    /// waits for are taken in beside as many. Default 8.
    pub together: usize,
    /// The name of the thread, as a debugger shows it. Default `persona-mind`.
    pub thread_name: String,
    /// Whether the thread stands behind all of normal priority, such as a game's; on Linux, elsewhere it is as any thread.
    /// Default true.
    pub gives_way: bool,
    /// Runs first on each thread of the mind, for example to set its priority with the calls of another
    /// operating system, for which the standard library has none.
    pub on_thread_start: Option<Arc<dyn Fn() + Send + Sync>>,
}

/// One turn to be run.
#[derive(Debug)]
pub struct MindRequest {
    /// What the model may know.
    pub brief: Box<Brief>,
    /// How urgent it is.
    pub priority: Priority,
    /// How long the turn may wait before it is begun; `None` for as long as it takes.
    pub deadline: Option<Duration>,
}

/// How urgent a turn is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Chatter between characters.
    Background,
    /// Someone waits for the answer.
    #[default]
    Player,
}

/// News of one turn.
#[derive(Clone, Debug, PartialEq)]
pub struct MindEvent {
    /// The turn.
    pub turn: TurnId,
    /// What happened.
    pub progress: Progress,
}

/// How far a turn has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The model has begun to work on it.
    Started,
    /// More of the reply; never empty.
    Chunk(String),
    /// The reply is complete, or was interrupted.
    Finished(Box<Reply>),
    /// There is no reply.
    Failed(MindError),
}

/// Counts over the life of a [`Mind`], for diagnostics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MindCounters {
    /// Turns taken.
    pub submitted: u64,
    /// Turns refused because the queue was full.
    pub refused: u64,
    /// Turns that ended in a reply, interrupted ones too.
    pub finished: u64,
    /// Turns whose reply was interrupted.
    pub interrupted: u64,
    /// Turns that failed.
    pub failed: u64,
    /// Panics of the backend; after each it was built anew.
    pub panics: u64,
}

/// The owner's end of the mind's thread.
///
/// Dropping it tells the thread to stop and does not wait: the thread ends within one token of the
/// running turn, or as soon as the backend that it is building is there. Turns that wait are dropped.
/// [`shutdown`](Self::shutdown) waits for that end.
pub struct Mind {
    shared: Arc<Shared>,
    errands: Sender<Errand>,
    events: Receiver<MindEvent>,
    /// Ends of turns that this end knows before the worker does.
    early: VecDeque<MindEvent>,
    open: Vec<Ticket>,
    counters: MindCounters,
    capacity: usize,
}

impl Mind {
    /// Starts the thread, which builds its backend at once with `factory`.
    ///
    /// Where the factory fails, each turn tries it again, and fails with [`MindError::Start`] for as long as
    /// it fails. After a panic of the backend the factory builds a new one, on a new thread.
    ///
    /// # Errors
    /// [`MindError::Start`] if the operating system gives no thread.
    pub fn start(
        factory: impl Fn() -> Result<Box<dyn Backend>, MindError> + Send + 'static,
        settings: MindSettings,
    ) -> Result<Self, MindError> {
        let capacity = settings.queue_capacity.max(1);
        // Turns that were interrupted while they waited hold their place until the worker sees them, so
        // there are more places than turns may wait.
        let (errands, inbox) = crossbeam_channel::bounded(capacity * 2);
        let (sender, events) = crossbeam_channel::bounded(settings.event_capacity.max(4));
        let shared = Arc::new(Shared::default());
        let worker = Worker::new(Box::new(factory), inbox, sender, shared.clone(), settings);
        thread::spawn(worker).map_err(|refused| MindError::Start { message: refused.0.to_string() })?;
        let (early, open) = (VecDeque::new(), Vec::new());
        Ok(Self { shared, errands, events, early, open, counters: MindCounters::default(), capacity })
    }

    /// Hands a turn to the mind. Never waits.
    ///
    /// # Errors
    /// [`MindError::QueueFull`] if as many turns wait as may; [`MindError::ShutDown`] if the thread has ended.
    /// There is no event for a turn that was not taken.
    pub fn submit(&mut self, request: MindRequest) -> Result<(), MindError> {
        let full = MindError::QueueFull { capacity: self.capacity };
        if self.depth() >= self.capacity {
            self.counters.refused += 1;
            return Err(full);
        }
        let ticket = Ticket::new(request.brief.turn, request.deadline);
        match self.errands.try_send(Errand { request, ticket: ticket.clone() }) {
            Ok(()) => {
                self.counters.submitted += 1;
                self.open.push(ticket);
                Ok(())
            }
            Err(refused) => {
                self.counters.refused += 1;
                Err(if refused.is_full() { full } else { MindError::ShutDown })
            }
        }
    }

    /// Ends a turn, whether it runs or waits.
    ///
    /// A running turn ends within one token, with what has been said; one that waits ends at once, with an
    /// empty reply. Both are [`Progress::Finished`] with [`Finish::Interrupted`]. A turn that has ended, or is not
    /// known, is left alone.
    pub fn interrupt(&mut self, turn: TurnId) {
        let Some(ticket) = self.open.iter().find(|ticket| ticket.turn == turn) else { return };
        if ticket.interrupt() {
            let mut reply = Reply { finish: Finish::Interrupted, ..Reply::default() };
            reply.stats.queue_ms = millis(ticket.waited());
            self.early.push_back(MindEvent { turn, progress: Progress::Finished(Box::new(reply)) });
        }
    }

    /// Takes the next event, if there is one. Never waits.
    pub fn try_recv(&mut self) -> Option<MindEvent> {
        self.expire();
        let event = self.early.pop_front().or_else(|| self.events.try_recv().ok());
        let event = event.or_else(|| self.orphan())?;
        self.count(&event);
        Some(event)
    }

    /// Turns that wait to be begun.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.iter().filter(|ticket| ticket.is_waiting()).count()
    }

    /// Turns that have not ended, as far as events were fetched: those that wait and the one that runs.
    #[must_use]
    pub fn open_turns(&self) -> usize {
        self.open.len()
    }

    /// Counts over the life of this mind.
    #[must_use]
    pub fn counters(&self) -> MindCounters {
        self.counters
    }

    /// Stops the thread and waits for its end, which comes within one token of the running turn.
    pub fn shutdown(self) {
        let shared = self.shared.clone();
        drop(self);
        shared.join();
    }

    /// Ends the turns whose deadline passed while they waited, even when the worker is busy.
    fn expire(&mut self) {
        if self.open.iter().all(|ticket| ticket.deadline.is_none()) {
            return;
        }
        for ticket in &self.open {
            if let Some(error) = ticket.overdue().filter(|_| ticket.withdraw()) {
                self.early.push_back(MindEvent { turn: ticket.turn, progress: Progress::Failed(error) });
            }
        }
    }

    /// A turn that can have no other end, since the thread has gone.
    fn orphan(&self) -> Option<MindEvent> {
        let ticket = self.open.first().filter(|_| self.shared.has_ended() && self.events.is_empty())?;
        Some(MindEvent { turn: ticket.turn, progress: Progress::Failed(MindError::ShutDown) })
    }

    fn count(&mut self, event: &MindEvent) {
        match &event.progress {
            Progress::Started | Progress::Chunk(_) => return,
            Progress::Finished(reply) => {
                self.counters.finished += 1;
                self.counters.interrupted += u64::from(reply.finish == Finish::Interrupted);
            }
            Progress::Failed(error) => {
                self.counters.failed += 1;
                self.counters.panics += u64::from(matches!(error, MindError::Panicked { .. }));
            }
        }
        self.open.retain(|ticket| ticket.turn != event.turn);
    }
}

impl Drop for Mind {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl MindRequest {
    /// A turn that someone waits for, without a deadline.
    #[must_use]
    pub fn new(brief: impl Into<Box<Brief>>) -> Self {
        Self { brief: brief.into(), priority: Priority::Player, deadline: None }
    }
}

impl Default for MindSettings {
    fn default() -> Self {
        Self {
            queue_capacity: 64,
            event_capacity: 1024,
            together: 8,
            thread_name: "persona-mind".into(),
            gives_way: true,
            on_thread_start: None,
        }
    }
}

impl std::fmt::Debug for MindSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MindSettings")
            .field("queue_capacity", &self.queue_capacity)
            .field("event_capacity", &self.event_capacity)
            .field("together", &self.together)
            .field("gives_way", &self.gives_way)
            .field("thread_name", &self.thread_name)
            .finish_non_exhaustive()
    }
}

fn millis(time: Duration) -> f32 {
    time.as_secs_f32() * 1000.0
}

fn since(start: Instant) -> f32 {
    millis(start.elapsed())
}
