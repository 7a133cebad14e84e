use super::outbox::{Outbox, send};
use super::ticket::Ticket;
use super::{MindEvent, MindRequest, MindSettings, Progress, millis, since};
use crate::backend::{Backend, MindError};
use crate::brief::{Brief, Finish, Reply};
use crossbeam_channel::{Receiver, Sender};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

pub(super) type Factory = Box<dyn Fn() -> Result<Box<dyn Backend>, MindError> + Send>;

/// A request on its way.
#[derive(Debug)]
pub(super) struct Errand {
    pub request: MindRequest,
    pub ticket: Ticket,
}

/// What both ends of a mind share beside the channels.
#[derive(Default)]
pub(super) struct Shared {
    stopping: AtomicBool,
    ended: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Whether the last thread has ended, for whatever reason.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Waits for the thread, and for those that took over from it.
    pub fn join(&self) {
        while let Some(handle) = self.slot().take() {
            // A panic that got past the worker's own guards has been printed; there is no more to do.
            drop(handle.join());
        }
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.thread.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker's end. It outlives its thread: after a panic it moves to a new one.
pub(super) struct Worker {
    factory: Factory,
    inbox: Receiver<Errand>,
    /// Taken from the inbox, oldest first.
    waiting: Vec<Errand>,
    events: Sender<MindEvent>,
    shared: Arc<Shared>,
    settings: MindSettings,
}

/// Why a worker left its thread.
enum Leave {
    Stop,
    /// The backend panicked: go on, but on another thread.
    Move,
}

/// Puts a worker on a new thread; gives it back where the system has none to give.
pub(super) fn spawn(worker: Worker) -> Result<(), Box<(std::io::Error, Option<Worker>)>> {
    let shared = worker.shared.clone();
    let name = worker.settings.thread_name.clone();
    // The closure is lost when the thread cannot be had, so the worker waits beside it.
    let parcel = Arc::new(Mutex::new(Some(worker)));
    let theirs = parcel.clone();
    let mut slot = shared.slot();
    let spawned = Builder::new().name(name).spawn(move || {
        let worker = theirs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            worker.live();
        }
    });
    match spawned {
        Ok(handle) => {
            *slot = Some(handle);
            Ok(())
        }
        Err(error) => Err(Box::new((error, parcel.lock().unwrap_or_else(PoisonError::into_inner).take()))),
    }
}

/// Marks the end of the last thread, also when a panic is the cause.
struct EndGuard(Option<Arc<Shared>>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.ended.store(true, Ordering::Release);
        }
    }
}

impl Worker {
    pub fn new(
        factory: Factory,
        inbox: Receiver<Errand>,
        events: Sender<MindEvent>,
        shared: Arc<Shared>,
        settings: MindSettings,
    ) -> Self {
        Self { factory, inbox, waiting: Vec::new(), events, shared, settings }
    }

    /// Runs turns on the present thread until the mind is dropped or a backend panics.
    fn live(mut self) {
        let mut guard = EndGuard(Some(self.shared.clone()));
        if let Some(hook) = &self.settings.on_thread_start {
            hook();
        }
        loop {
            match self.run() {
                Leave::Stop => return,
                Leave::Move => match spawn(self) {
                    Err(refused) => match refused.1 {
                        Some(worker) => self = worker,
                        None => return,
                    },
                    Ok(()) => {
                        guard.0 = None;
                        return;
                    }
                },
            }
        }
    }

    fn run(&mut self) -> Leave {
        let mut backend = self.build().ok();
        while let Some(errand) = self.next() {
            if let Some(error) = errand.ticket.overdue() {
                if errand.ticket.withdraw() {
                    self.send(&errand, Progress::Failed(error));
                }
                continue;
            }
            if !errand.ticket.begin() {
                continue;
            }
            let ready = match backend.take() {
                Some(backend) => Ok(backend),
                None => self.build(),
            };
            match ready {
                Ok(ready) => match self.turn(ready, &errand) {
                    Some(kept) => backend = Some(kept),
                    None => return Leave::Move,
                },
                Err(error) => self.send(&errand, Progress::Failed(error)),
            }
        }
        Leave::Stop
    }

    /// Waits for the next turn to run: the most urgent, of those the oldest. `None` to stop.
    fn next(&mut self) -> Option<Errand> {
        loop {
            if self.shared.is_stopping() {
                return None;
            }
            self.waiting.extend(self.inbox.try_iter());
            self.waiting.retain(|errand| errand.ticket.is_waiting());
            let urgent = self.waiting.iter().enumerate().rev().max_by_key(|(_, errand)| errand.request.priority);
            if let Some((at, _)) = urgent {
                return Some(self.waiting.remove(at));
            }
            // Ends with an error when the mind is dropped.
            self.waiting.push(self.inbox.recv().ok()?);
        }
    }

    /// Runs one turn; gives the backend back unless it panicked.
    fn turn(&self, mut backend: Box<dyn Backend>, errand: &Errand) -> Option<Box<dyn Backend>> {
        let queue_ms = millis(errand.ticket.waited());
        let start = Instant::now();
        self.send(errand, Progress::Started);
        let mut outbox = Outbox::new(&self.events, &self.shared, &errand.ticket, start);
        let brief: &Brief = &errand.request.brief;
        let result = catch_unwind(AssertUnwindSafe(|| backend.reply(brief, &mut outbox)));
        outbox.flush();
        match result {
            Ok(Ok(mut reply)) => {
                if outbox.broke {
                    reply.finish = Finish::Interrupted;
                    reply.text = std::mem::take(&mut outbox.spoken);
                }
                self.send(errand, finished(reply, queue_ms, start, outbox.first_token_ms));
                Some(backend)
            }
            Ok(Err(error)) => {
                self.send(errand, Progress::Failed(error));
                Some(backend)
            }
            Err(panic) => {
                // What panicked once may panic again when it is dropped.
                drop(catch_unwind(AssertUnwindSafe(|| drop(backend))));
                self.send(errand, Progress::Failed(MindError::Panicked { message: message(&*panic) }));
                None
            }
        }
    }

    fn build(&self) -> Result<Box<dyn Backend>, MindError> {
        match catch_unwind(AssertUnwindSafe(|| (self.factory)())) {
            Ok(Err(error @ MindError::Start { .. })) => Err(error),
            Ok(Err(error)) => Err(MindError::Start { message: error.to_string() }),
            Ok(Ok(backend)) => Ok(backend),
            Err(panic) => Err(MindError::Start { message: format!("the factory panicked: {}", message(&*panic)) }),
        }
    }

    fn send(&self, errand: &Errand, progress: Progress) {
        send(&self.events, &self.shared, errand.ticket.turn, progress);
    }
}

fn finished(mut reply: Reply, queue_ms: f32, start: Instant, first_token_ms: Option<f32>) -> Progress {
    reply.stats.queue_ms = queue_ms;
    reply.stats.total_ms = since(start);
    reply.stats.first_token_ms = first_token_ms.unwrap_or(reply.stats.total_ms);
    Progress::Finished(Box::new(reply))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}
