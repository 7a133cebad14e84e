//! What authors' tools are made of (feature `authoring`): authored files on disk, and authors' tests.
//!
//! A `*.persona_test.ron` says what characters live through and what must come of it: who knows what, who keeps what to
//! themselves, what is remembered. `persona test` runs such files, and so can a game's own tests:
//!
//! ```no_run
//! use bevy_persona::authoring::run_file;
//! use bevy_persona::prelude::*;
//!
//! let report = run_file("assets/personas/tests/secrets.persona_test.ron", &BackendChoice::Builtin).expect("the file is right");
//! assert!(report.is_right(), "{report}");
//! ```
//!
//! All chance is seeded and game time stands still between steps, so a file gives the same result each time.

mod cast;
mod expect;
mod files;
mod junit;
mod play;
mod report;
mod runner;
mod step;
mod test_file;
mod words;

pub use files::{Authored, asset_folder};
pub use junit::junit;
pub use report::{CaseReport, Failure, Report, Skip};
pub use runner::{Runner, TestError, find_tests, run_file};
pub use step::{Band, Step, Triple};
pub use test_file::{Actor, ParsedTest, PlacedStep, TestCase, parse_test};
pub use words::{how_known, source_in_words};
