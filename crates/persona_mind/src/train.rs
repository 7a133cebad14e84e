//! The trainer of Hearth, and the generator of its data.

pub mod content;
pub mod export;
pub mod look;
pub mod optim;
pub mod sample;
pub mod scenes;
pub mod speaker;
pub mod task;
pub mod tokens;
pub mod workers;
