use super::thread::Shared;
use super::ticket::Ticket;
use super::{MindEvent, Progress, since};
use crate::backend::ReplySink;
use crate::brief::TurnId;
use crossbeam_channel::{SendTimeoutError, Sender, TrySendError};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a worker that waits for room looks whether it shall stop.
const PATIENCE: Duration = Duration::from_millis(5);

/// Sends an event, waiting for room until the mind is shut down.
pub(super) fn send(events: &Sender<MindEvent>, shared: &Shared, turn: TurnId, progress: Progress) {
    let mut event = MindEvent { turn, progress };
    while !shared.is_stopping() {
        match events.send_timeout(event, PATIENCE) {
            Ok(()) | Err(SendTimeoutError::Disconnected(_)) => return,
            Err(SendTimeoutError::Timeout(unsent)) => event = unsent,
        }
    }
}

/// The sink of one turn: passes chunks on, merging them where they are not fetched fast enough.
pub(super) struct Outbox {
    events: Sender<MindEvent>,
    shared: Arc<Shared>,
    ticket: Ticket,
    start: Instant,
    /// Text that is not sent yet.
    pending: String,
    /// All text that was taken.
    pub spoken: String,
    /// Time to the first text, in milliseconds.
    pub first_token_ms: Option<f32>,
    /// Whether the sink broke the reply off.
    pub broke: bool,
}

impl Outbox {
    pub fn new(events: &Sender<MindEvent>, shared: &Arc<Shared>, ticket: &Ticket, start: Instant) -> Self {
        let (events, shared, ticket) = (events.clone(), shared.clone(), ticket.clone());
        let (pending, spoken) = (String::new(), String::new());
        Self { events, shared, ticket, start, pending, spoken, first_token_ms: None, broke: false }
    }

    /// Sends what is left.
    pub fn flush(&mut self) {
        let text = std::mem::take(&mut self.pending);
        if !text.is_empty() {
            send(&self.events, &self.shared, self.ticket.turn, Progress::Chunk(text));
        }
    }

    /// Sends the pending text if there is ample room.
    fn pass_on(&mut self) {
        let capacity = self.events.capacity().unwrap_or(usize::MAX);
        // The last quarter is for beginnings and ends, so that those need not wait.
        if self.events.len() >= capacity - capacity / 4 {
            return;
        }
        let progress = Progress::Chunk(std::mem::take(&mut self.pending));
        if let Err(TrySendError::Full(event)) = self.events.try_send(MindEvent { turn: self.ticket.turn, progress })
            && let Progress::Chunk(text) = event.progress
        {
            self.pending = text;
        }
    }
}

impl ReplySink for Outbox {
    fn chunk(&mut self, text: &str) -> ControlFlow<()> {
        if self.broke || self.ticket.is_interrupted() || self.shared.is_stopping() {
            self.broke = true;
            return ControlFlow::Break(());
        }
        if !text.is_empty() {
            self.first_token_ms.get_or_insert_with(|| since(self.start));
            self.spoken.push_str(text);
            self.pending.push_str(text);
            self.pass_on();
        }
        ControlFlow::Continue(())
    }
}
