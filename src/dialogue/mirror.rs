//! Stand-ins that let values of the mind, which knows nothing of Bevy, take part in reflection.

use bevy::prelude::*;
use bevy::reflect::reflect_remote;
use persona_mind::brief::{Emotion, Finish, TurnId};

/// Reflection of [`Emotion`].
#[reflect_remote(Emotion)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Clone, Debug, Default, PartialEq)]
pub enum EmotionMirror {
    #[default]
    Neutral,
    Happy,
    Amused,
    Sad,
    Angry,
    Afraid,
    Surprised,
    Disgusted,
    Suspicious,
    Proud,
}

/// Reflection of [`Finish`].
#[reflect_remote(Finish)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Clone, Debug, Default, PartialEq)]
pub enum FinishMirror {
    #[default]
    Complete,
    Length,
    Interrupted,
}

/// Reflection of [`TurnId`].
#[reflect_remote(TurnId)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[reflect(Clone, Debug, Default, PartialEq)]
pub struct TurnIdMirror(pub u64);
