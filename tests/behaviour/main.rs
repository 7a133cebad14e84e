//! What a game can rely on, shown on the events that it gets.

mod support;

mod cache;
mod canary;
mod cut_short;
mod determinism;
mod failures;
mod files;
mod hostile;
mod input;
mod long_game;
mod meaning;
mod memory;
mod reflection;
mod sight;
mod snapshot;
mod witness;
