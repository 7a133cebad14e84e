use super::outbox::{Outbox, send};
use super::ticket::Ticket;
use super::{MindEvent, MindRequest, MindSettings, Priority, Progress, millis, since};
use crate::backend::{Backend, MindError, ReplySink};
use crate::brief::{Brief, Finish, Reply};
use crate::engine::kernel::give_way;
use crossbeam_channel::{Receiver, Sender};
use std::any::Any;
use std::ops::ControlFlow;
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

/// A turn that is being run.
struct Live {
    errand: Errand,
    outbox: Outbox,
    queue_ms: f32,
    start: Instant,
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
        if self.settings.gives_way {
            give_way();
        }
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
        while let Some(errand) = self.wait() {
            let ready = match backend.take() {
                Some(backend) => Ok(backend),
                None => self.build(),
            };
            let kept = match ready {
                Ok(mut ready) => {
                    let takes_several = ready.together().is_some();
                    if takes_several { self.turns(ready, errand) } else { self.turn(ready, errand) }
                }
                Err(error) => {
                    self.send(&errand, Progress::Failed(error));
                    continue;
                }
            };
            match kept {
                Some(kept) => backend = Some(kept),
                None => return Leave::Move,
            }
        }
        Leave::Stop
    }

    /// Waits for the next turn to run. `None` to stop.
    fn wait(&mut self) -> Option<Errand> {
        loop {
            if self.shared.is_stopping() {
                return None;
            }
            if let Some(errand) = self.next(|_| true) {
                return Some(errand);
            }
            // Ends with an error when the mind is dropped.
            self.waiting.push(self.inbox.recv().ok()?);
        }
    }

    /// The next turn to run, if one waits: the most urgent, of those the oldest, if it is one that may be begun.
    fn next(&mut self, may_begin: impl Fn(Priority) -> bool) -> Option<Errand> {
        self.waiting.extend(self.inbox.try_iter());
        self.waiting.retain(|errand| errand.ticket.is_waiting());
        loop {
            let urgent = self.waiting.iter().enumerate().rev().max_by_key(|(_, errand)| errand.request.priority);
            let (at, _) = urgent.filter(|(_, errand)| may_begin(errand.request.priority))?;
            let errand = self.waiting.remove(at);
            match errand.ticket.overdue() {
                Some(error) if errand.ticket.withdraw() => self.send(&errand, Progress::Failed(error)),
                None if errand.ticket.begin() => return Some(errand),
                // Its end has been told.
                _ => {}
            }
        }
    }

    /// Runs one turn; gives the backend back unless it panicked.
    fn turn(&self, mut backend: Box<dyn Backend>, errand: Errand) -> Option<Box<dyn Backend>> {
        let mut live = self.begun(errand);
        let brief: &Brief = &live.errand.request.brief;
        let result = catch_unwind(AssertUnwindSafe(|| backend.reply(brief, &mut live.outbox)));
        match result {
            Ok(result) => {
                self.end(live, result);
                Some(backend)
            }
            Err(panic) => {
                self.give_up(backend, vec![live], &*panic);
                None
            }
        }
    }

    /// Runs a turn, and others that come meanwhile at its side, until none is left; gives the backend back unless it panicked.
    fn turns(&mut self, mut backend: Box<dyn Backend>, first: Errand) -> Option<Box<dyn Backend>> {
        let most = self.settings.together.max(1);
        let mut live: Vec<Live> = Vec::new();
        let mut next = Some(first);
        loop {
            loop {
                // Someone who waits for an answer is let in beside as many as there may be.
                let (count, stopping) = (live.len(), self.shared.is_stopping());
                let room = |priority| !stopping && count < if priority == Priority::Player { 2 * most } else { most };
                let Some(errand) = next.take().or_else(|| self.next(room)) else { break };
                let turn = self.begun(errand);
                let request = &turn.errand.request;
                let urgent = request.priority == Priority::Player;
                let begun = catch_unwind(AssertUnwindSafe(|| backend.together().map(|t| t.begin(&request.brief, urgent))));
                match begun {
                    Ok(Some(Ok(()))) => live.push(turn),
                    Ok(Some(Err(error))) => self.end(turn, Err(error)),
                    Ok(None) => self.end(turn, Err(MindError::Model { message: "the backend takes no more turns".into() })),
                    Err(panic) => {
                        live.push(turn);
                        self.give_up(backend, live, &*panic);
                        return None;
                    }
                }
            }
            if live.is_empty() {
                return Some(backend);
            }
            let mut sink = |turn, text: &str| match live.iter_mut().find(|live| live.errand.ticket.turn == turn) {
                Some(live) => live.outbox.chunk(text),
                None => ControlFlow::Break(()),
            };
            let stepped = catch_unwind(AssertUnwindSafe(|| backend.together().map(|t| t.step(&mut sink)).unwrap_or_default()));
            match stepped {
                Ok(ended) => {
                    for (turn, result) in ended {
                        if let Some(at) = live.iter().position(|live| live.errand.ticket.turn == turn) {
                            self.end(live.remove(at), result);
                        }
                    }
                }
                Err(panic) => {
                    self.give_up(backend, live, &*panic);
                    return None;
                }
            }
        }
    }

    fn begun(&self, errand: Errand) -> Live {
        let (queue_ms, start) = (millis(errand.ticket.waited()), Instant::now());
        self.send(&errand, Progress::Started);
        let outbox = Outbox::new(&self.events, &self.shared, &errand.ticket, start);
        Live { errand, outbox, queue_ms, start }
    }

    /// Tells of a turn's end.
    fn end(&self, mut live: Live, result: Result<Reply, MindError>) {
        live.outbox.flush();
        let progress = match result {
            Ok(mut reply) => {
                if live.outbox.broke {
                    reply.finish = Finish::Interrupted;
                    reply.text = std::mem::take(&mut live.outbox.spoken);
                }
                finished(reply, live.queue_ms, live.start, live.outbox.first_token_ms)
            }
            Err(error) => Progress::Failed(error),
        };
        self.send(&live.errand, progress);
    }

    /// Tells of a panic to all whose turns it ended.
    fn give_up(&self, backend: Box<dyn Backend>, live: Vec<Live>, panic: &(dyn Any + Send)) {
        // What panicked once may panic again when it is dropped.
        drop(catch_unwind(AssertUnwindSafe(|| drop(backend))));
        for live in live {
            self.end(live, Err(MindError::Panicked { message: message(panic) }));
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
