//! The trainer of Hearth, and the generator of its data.

pub mod content;
pub mod curve;
pub mod export;
#[cfg(all(test, feature = "builtin"))]
mod gradients;
pub mod lesson;
pub mod lexicon;
pub mod look;
pub mod optim;
pub mod run;
pub mod sample;
pub mod scenes;
mod settings;
pub mod speaker;
pub mod tokens;
pub mod workers;

pub use settings::TrainSettings;
