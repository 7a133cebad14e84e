//! The threads of one engine.

use candle_core::Device;
use std::any::Any;
use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::{Builder, JoinHandle, available_parallelism};
use std::time::{Duration, Instant};

/// How threads give way to others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// As any thread.
    Normal,
    /// Behind all threads of normal priority, such as a game's. On Linux; elsewhere as any thread.
    #[default]
    Low,
}

/// The threads of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSettings {
    /// Threads that compute, the caller's among them.
    pub threads: usize,
    /// How those besides the caller's give way to others.
    pub priority: Priority,
    /// How long a thread looks out for more work before it sleeps.
    pub spin: Duration,
}

/// Two processors are left to the game, where there are more.
impl Default for PoolSettings {
    fn default() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self { threads: processors.saturating_sub(2).max(1), priority: Priority::default(), spin: Duration::from_micros(50) }
    }
}

/// Threads that compute together. Several pools in one process know nothing of each other.
#[derive(Debug)]
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held by the one whose work is being done.
    turn: Mutex<()>,
    /// Where matrices lie in place of the processor's memory.
    device: Option<Device>,
}

#[derive(Debug)]
struct Shared {
    work: UnsafeCell<Work>,
    /// Changes with each piece of work.
    epoch: AtomicUsize,
    /// Whether the work may be begun.
    open: AtomicBool,
    /// The next part to be taken.
    next: AtomicUsize,
    /// Workers that are at it.
    active: AtomicUsize,
    asleep: AtomicUsize,
    ended: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    bed: Mutex<()>,
    bell: Condvar,
    spin: Duration,
}

/// What is being done: each number below `parts` is given to `call` once.
#[derive(Clone, Copy)]
struct Work {
    call: *const (dyn Fn(usize) + Sync),
    parts: usize,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} parts", self.parts)
    }
}

// SAFETY: `work` is written by the holder of the pool's turn alone, while no worker is active and the work is not open; a worker
// reads it only between becoming active and leaving, after having seen it open. All else is made for sharing.
unsafe impl Sync for Shared {}
// SAFETY: as above; the pointer in it is used only while what it points to is borrowed by `Pool::run`.
unsafe impl Send for Shared {}

impl Pool {
    /// A pool of its own threads; of as many as the system has to give.
    #[must_use]
    pub fn new(settings: PoolSettings) -> Self {
        let shared = Arc::new(Shared::new(settings.spin));
        let spawn = |_| {
            let shared = shared.clone();
            let work = move || {
                if settings.priority == Priority::Low {
                    give_way();
                }
                shared.live();
            };
            Builder::new().name("persona-engine".into()).spawn(work).ok()
        };
        let workers = (1..settings.threads).map_while(spawn).collect();
        Self { shared, workers, turn: Mutex::new(()), device: None }
    }

    /// Has matrices lie on a device and multiplied there, by candle.
    #[must_use]
    pub(crate) fn on(mut self, device: Option<Device>) -> Self {
        self.device = device;
        self
    }

    pub(super) fn device(&self) -> Option<&Device> {
        self.device.as_ref()
    }

    /// Threads that compute, the caller's among them.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `work` with each number below `parts`, on all threads, the caller's among them; the parts are taken one by one.
    ///
    /// Work within work is done by its own thread, and so is that of a second caller at the same time.
    ///
    /// # Panics
    /// As `work` does.
    pub fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        match self.turn() {
            Some(_turn) if parts > 1 && !self.workers.is_empty() => self.shared.run(parts, work),
            _ => (0..parts).for_each(work),
        }
    }

    fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            // The panic was the work's, and has been passed on.
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.ring();
        for worker in self.workers.drain(..) {
            // Its panics were caught.
            drop(worker.join());
        }
    }
}

impl Shared {
    fn new(spin: Duration) -> Self {
        Self {
            work: UnsafeCell::new(Work { call: &|_| {}, parts: 0 }),
            epoch: AtomicUsize::new(0),
            open: AtomicBool::new(false),
            next: AtomicUsize::new(0),
            active: AtomicUsize::new(0),
            asleep: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            panic: Mutex::new(None),
            bed: Mutex::new(()),
            bell: Condvar::new(),
            spin,
        }
    }

    fn run<'a>(&self, parts: usize, work: &'a (dyn Fn(usize) + Sync + 'a)) {
        let call: *const (dyn Fn(usize) + Sync + 'a) = work;
        // SAFETY: only the lifetime changes; the pointer is not used any more when this function has returned.
        let call: *const (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(call) };
        // SAFETY: the work is not open and no worker is active, see below; and there is one turn.
        unsafe { *self.work.get() = Work { call, parts } };
        self.next.store(0, Ordering::SeqCst);
        self.open.store(true, Ordering::SeqCst);
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if self.asleep.load(Ordering::SeqCst) > 0 {
            self.ring();
        }
        let own = catch_unwind(AssertUnwindSafe(|| self.take(Work { call, parts })));
        self.open.store(false, Ordering::SeqCst);
        // Who has not begun by now finds the work closed.
        while self.active.load(Ordering::SeqCst) > 0 {
            std::hint::spin_loop();
        }
        let others = self.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = own.err().or(others) {
            resume_unwind(panic);
        }
    }

    /// Takes parts until none is left.
    fn take(&self, work: Work) {
        loop {
            let part = self.next.fetch_add(1, Ordering::Relaxed);
            if part >= work.parts {
                return;
            }
            // SAFETY: `Pool::run` borrows it until no worker is active any more.
            unsafe { (*work.call)(part) };
        }
    }

    /// A worker's life.
    fn live(&self) {
        let mut seen = 0;
        while self.await_work(&mut seen) {
            self.active.fetch_add(1, Ordering::SeqCst);
            if self.open.load(Ordering::SeqCst) {
                // SAFETY: it is open and this worker active, so that it is not being written.
                let work = unsafe { *self.work.get() };
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.take(work))) {
                    *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
                }
            }
            self.active.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Waits for work that was not seen before; false at the end.
    fn await_work(&self, seen: &mut usize) -> bool {
        let since = Instant::now();
        let mut looks = 0u32;
        loop {
            let epoch = self.epoch.load(Ordering::SeqCst);
            if self.ended.load(Ordering::SeqCst) {
                return false;
            }
            if epoch != *seen {
                *seen = epoch;
                return true;
            }
            looks += 1;
            if looks.is_multiple_of(64) && since.elapsed() >= self.spin {
                self.sleep(*seen);
            }
            std::hint::spin_loop();
        }
    }

    fn sleep(&self, seen: usize) {
        let mut bed = self.bed.lock().unwrap_or_else(PoisonError::into_inner);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while self.epoch.load(Ordering::SeqCst) == seen && !self.ended.load(Ordering::SeqCst) {
            bed = self.bell.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }

    fn ring(&self) {
        drop(self.bed.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_all();
    }
}

/// Puts the calling thread behind all of normal priority; on Linux.
#[cfg(target_os = "linux")]
pub(crate) fn give_way() {
    // SAFETY: it changes nothing but the priority of the calling thread, which Linux numbers like a process.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
}

/// Puts the calling thread behind all of normal priority; on Linux.
#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(threads: usize) -> Pool {
        Pool::new(PoolSettings { threads, spin: Duration::from_micros(5), ..PoolSettings::default() })
    }

    #[test]
    fn every_part_is_done_once() {
        for threads in 1..4 {
            let pool = pool(threads);
            for parts in [0, 1, 2, 7, 100] {
                let done: Vec<AtomicUsize> = (0..parts).map(|_| AtomicUsize::new(0)).collect();
                pool.run(parts, &|part| _ = done[part].fetch_add(1, Ordering::Relaxed));
                assert!(done.iter().all(|n| n.load(Ordering::Relaxed) == 1), "{parts} parts on {threads} threads: {done:?}");
            }
        }
    }

    #[test]
    fn work_goes_on_after_rest_and_within_work() {
        let pool = pool(3);
        let done = AtomicUsize::new(0);
        for round in 0..20 {
            if round % 5 == 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
            pool.run(4, &|_| pool.run(3, &|_| _ = done.fetch_add(1, Ordering::Relaxed)));
        }
        assert_eq!(done.load(Ordering::Relaxed), 20 * 4 * 3, "all parts of all parts");
    }

    #[test]
    fn a_panic_is_the_callers_and_the_pool_works_on() {
        let pool = pool(2);
        let result = catch_unwind(AssertUnwindSafe(|| pool.run(8, &|part| assert_ne!(part, 5, "on purpose"))));
        assert!(result.is_err(), "the panic is not lost");
        let done = AtomicUsize::new(0);
        pool.run(8, &|_| _ = done.fetch_add(1, Ordering::Relaxed));
        assert_eq!(done.load(Ordering::Relaxed), 8, "and the next work is done");
    }
}
