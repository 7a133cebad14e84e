use crate::backend::MindError;
use crate::brief::TurnId;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const INTERRUPTED: u8 = 2;

/// One turn as both ends of the mind see it. Who takes it out of waiting sends the event of its end.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub turn: TurnId,
    pub deadline: Option<Duration>,
    submitted: Instant,
    state: Arc<AtomicU8>,
}

impl Ticket {
    pub fn new(turn: TurnId, deadline: Option<Duration>) -> Self {
        Self { turn, deadline, submitted: Instant::now(), state: Arc::new(AtomicU8::new(WAITING)) }
    }

    /// Takes the turn out of waiting to run it; false where it was taken out before.
    pub fn begin(&self) -> bool {
        self.leave_waiting(RUNNING)
    }

    /// Takes the turn out of waiting to end it; false where it was taken out before.
    pub fn withdraw(&self) -> bool {
        self.leave_waiting(INTERRUPTED)
    }

    /// Interrupts the turn; true where it still waited, so that the worker will not tell of its end.
    pub fn interrupt(&self) -> bool {
        self.state.swap(INTERRUPTED, Ordering::Relaxed) == WAITING
    }

    pub fn is_waiting(&self) -> bool {
        self.state.load(Ordering::Relaxed) == WAITING
    }

    pub fn is_interrupted(&self) -> bool {
        self.state.load(Ordering::Relaxed) == INTERRUPTED
    }

    pub fn waited(&self) -> Duration {
        self.submitted.elapsed()
    }

    /// The error of a turn that has waited past its deadline.
    pub fn overdue(&self) -> Option<MindError> {
        let (deadline, waited) = (self.deadline?, self.waited());
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        (waited > deadline).then(|| MindError::DeadlinePassed { waited_ms: ms(waited), deadline_ms: ms(deadline) })
    }

    fn leave_waiting(&self, state: u8) -> bool {
        // The flag carries no data of its own: what the worker reads came through the channel.
        self.state.compare_exchange(WAITING, state, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
