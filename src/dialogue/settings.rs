use bevy::prelude::*;
use std::time::Duration;

/// Limits of talk. A resource; may be changed at any time and counts for turns that begin later.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_persona::prelude::*;
///
/// App::new().insert_resource(DialogueSettings { seed: Some(7), max_reply_tokens: 48, ..default() });
/// ```
#[derive(Resource, Clone, Debug, PartialEq, Reflect)]
#[reflect(Resource, Default, Debug, PartialEq)]
pub struct DialogueSettings {
    /// The most characters of a line; longer ones fail. Default 4096.
    pub max_line_chars: usize,
    /// The most lines that wait for one character. Default 8.
    pub max_waiting: usize,
    /// How long a turn waits for a view before it goes on without one, in real time. Default 1.5 s.
    pub look_timeout: Duration,
    /// How long a turn may wait in the mind's queue. Default 60 s.
    pub deadline: Option<Duration>,
    /// Game time after which a conversation is over by itself. Default 10 minutes.
    pub conversation_gap: Duration,
    /// The most facts a turn recalls. Default 24.
    pub max_facts: usize,
    /// The most tokens the recalled facts may take. Default 400.
    pub max_fact_tokens: usize,
    /// The most tokens of a reply. Default 96.
    pub max_reply_tokens: usize,
    /// Seed of all chance: with the same seed, the same turns in the same order have the same replies.
    /// `None` (the default) draws one when the game starts.
    pub seed: Option<u64>,
}

impl Default for DialogueSettings {
    fn default() -> Self {
        Self {
            max_line_chars: 4096,
            max_waiting: 8,
            look_timeout: Duration::from_millis(1500),
            deadline: Some(Duration::from_secs(60)),
            conversation_gap: Duration::from_secs(600),
            max_facts: 24,
            max_fact_tokens: 400,
            max_reply_tokens: 96,
            seed: None,
        }
    }
}
