use bevy::prelude::*;

/// How characters remember and forget. A resource; may be changed at any time.
#[derive(Resource, Clone, Debug, PartialEq, Reflect)]
#[reflect(Resource, Default, Debug, PartialEq)]
pub struct MemorySettings {
    /// Whether conversations become episodes. Default true.
    pub episodes: bool,
    /// Whether what speakers say of themselves is noted. Default true.
    pub notes: bool,
    /// The most bytes of what one character has lived through, facts and episodes together. Default 32 KiB.
    pub budget: usize,
    /// Days of game time in which an episode halves in strength; hearsay takes four times as long. Default 10.
    pub half_life_days: f64,
    /// Seconds of game time between two times of forgetting of one character. Default 6 hours.
    pub sweep_every: f64,
    /// How many characters forget in one frame at most. Default 16.
    pub sweeps_a_frame: usize,
    /// The most episodes a turn recalls. Default 3.
    pub max_episodes: usize,
}

impl Default for MemorySettings {
    fn default() -> Self {
        Self {
            episodes: true,
            notes: true,
            budget: 32 << 10,
            half_life_days: 10.0,
            sweep_every: 6.0 * 3600.0,
            sweeps_a_frame: 16,
            max_episodes: 3,
        }
    }
}
