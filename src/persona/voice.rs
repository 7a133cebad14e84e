use serde::Deserialize;

/// How a character sounds, as its file tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Voice {
    /// Not at all.
    #[default]
    Silent,
    /// Speech-like sounds without words, one for each syllable.
    Babble {
        /// Height of the voice, a factor of 0.5..=2 to the usual.
        #[serde(default = "usual")]
        pitch: f32,
        /// Pace, a factor of 0.5..=2 to the usual.
        #[serde(default = "usual")]
        speed: f32,
    },
}

fn usual() -> f32 {
    1.0
}
