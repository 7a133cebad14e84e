use super::ReplySink;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Holds a [`Scripted`](super::Scripted) backend before each word until a test lets it go on.
///
/// A held backend still asks its sink every few milliseconds whether to go on, as a model does between
/// tokens, so that interrupts reach it. Clones are the same gate.
///
/// ```
/// use persona_mind::{Backend, Brief, backend::{Gate, Scripted}};
///
/// let gate = Gate::closed();
/// let mut backend = Scripted::default().with_gate(gate.clone());
/// gate.open(); // without this, the reply below would never end
/// let brief = Brief { max_tokens: 8, ..Brief::default() };
/// assert!(backend.reply(&brief, &mut ()).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Words that may still pass.
    free: usize,
    open: bool,
    held: bool,
}

/// How long a held backend waits before it asks its sink again.
const PATIENCE: Duration = Duration::from_millis(1);

impl Gate {
    /// A gate that lets nothing pass yet.
    #[must_use]
    pub fn closed() -> Self {
        Self::default()
    }

    /// Lets this many more words pass.
    pub fn release(&self, words: usize) {
        self.change(|state| state.free = state.free.saturating_add(words));
    }

    /// Lets everything pass from now on.
    pub fn open(&self) {
        self.change(|state| state.open = true);
    }

    /// Lets nothing pass any more.
    pub fn close(&self) {
        self.change(|state| (state.open, state.free) = (false, 0));
    }

    /// Whether a backend waits at the gate now.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner).held
    }

    /// Waits until one word may pass, or the sink breaks.
    pub(super) fn pass(&self, sink: &mut dyn ReplySink) -> ControlFlow<()> {
        let mut state = self.inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.open && state.free == 0 {
            state.held = true;
            let waited = self.inner.changed.wait_timeout(state, PATIENCE);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if sink.chunk("").is_break() {
                state.held = false;
                return ControlFlow::Break(());
            }
        }
        state.held = false;
        state.free = state.free.saturating_sub(usize::from(!state.open));
        ControlFlow::Continue(())
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.inner.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.inner.changed.notify_all();
    }
}
