//! The conversations that are kept in memory.

use crate::brief::ConversationId;
use crate::engine::decoder::Decoder;
use crate::engine::session::Session;

/// Conversations kept; the one that has rested longest gives way.
const MAX_SESSIONS: usize = 8;
/// Tokens that must be the same for a new conversation to begin as a copy of another.
const WORTH_COPYING: usize = 16;

/// Sessions by conversation, the latest last.
#[derive(Debug, Default)]
pub(super) struct Sessions(Vec<(ConversationId, Session)>);

impl Sessions {
    /// The conversation's session; for a new one a copy of the session that begins most like `ids`.
    pub(super) fn take(&mut self, conversation: ConversationId, ids: &[u32], decoder: &Decoder) -> Session {
        if let Some(at) = self.0.iter().position(|(id, _)| *id == conversation) {
            return self.0.remove(at).1;
        }
        let alike = |session: &Session| session.ids().iter().zip(ids).take_while(|(a, b)| a == b).count();
        let best = self.0.iter().map(|(_, session)| (alike(session), session)).max_by_key(|(same, _)| *same);
        match best {
            Some((same, session)) if same >= WORTH_COPYING => session.start(same),
            _ => Session::new(decoder),
        }
    }

    pub(super) fn put(&mut self, conversation: ConversationId, session: Session) {
        if self.0.len() == MAX_SESSIONS {
            self.0.remove(0);
        }
        self.0.push((conversation, session));
    }
}
