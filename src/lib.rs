//! Characters who see, hear, know, remember and speak in character, for Bevy.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod diagnostics;
pub mod dialogue;
pub mod knowledge;
pub mod memory;
pub mod mind_link;
pub mod npc;
pub mod perception;
pub mod persona;
#[cfg(feature = "props")]
pub mod props;
pub mod schedule;
pub mod test_app;

pub use persona_mind as mind;
