//! What has been computed for conversations, inside a budget of bytes.

use crate::brief::ConversationId;
use crate::engine::decoder::Cache;

/// Tokens that must be the same for a new conversation to begin as a copy of another.
const WORTH_COPYING: usize = 16;

/// A text as far as it has been computed.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub ids: Vec<u32>,
    pub cache: Cache,
}

/// What is kept by conversation, the latest last. What is over the budget goes, and is computed again when it is needed.
#[derive(Debug)]
pub(super) struct Sessions {
    kept: Vec<(ConversationId, Kept)>,
    budget: usize,
}

impl Sessions {
    pub(super) fn new(budget: usize) -> Self {
        Self { kept: Vec::new(), budget }
    }

    /// What was kept of the conversation; of a new one a copy of what begins most like `ids`.
    pub(super) fn take(&mut self, conversation: ConversationId, ids: &[u32]) -> Option<Kept> {
        if let Some(at) = self.kept.iter().position(|(id, _)| *id == conversation) {
            return Some(self.kept.remove(at).1);
        }
        let alike = |kept: &Kept| kept.ids.iter().zip(ids).take_while(|(a, b)| a == b).count();
        let (same, kept) = self.kept.iter().map(|(_, kept)| (alike(kept), kept)).max_by_key(|(same, _)| *same)?;
        (same >= WORTH_COPYING).then(|| kept.start(same))
    }

    /// Keeps the conversation; the ones that have rested longest give way. `running` bytes are taken elsewhere.
    pub(super) fn put(&mut self, conversation: ConversationId, kept: Kept, running: usize) {
        self.kept.retain(|(id, _)| *id != conversation);
        self.kept.push((conversation, kept));
        while self.bytes() + running > self.budget && !self.kept.is_empty() {
            self.kept.remove(0);
        }
    }

    /// Bytes of all that is kept.
    fn bytes(&self) -> usize {
        self.kept.iter().map(|(_, kept)| kept.cache.share()).sum()
    }
}

impl Kept {
    /// A copy of the first tokens, so many or somewhat fewer ([`Cache::truncate`]).
    fn start(&self, length: usize) -> Self {
        let mut cache = self.cache.clone();
        let length = cache.truncate(length);
        Self { ids: self.ids[..length].to_vec(), cache }
    }
}
