//! When the plugin's systems run.

use bevy::prelude::*;

/// The stages of a turn, in order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RolePlaySystems {
    /// Takes what the mind has produced and turns it into events. Runs in [`PreUpdate`].
    Receive,
    /// Asks for views and collects those that have arrived. Runs in [`PostUpdate`].
    Perceive,
    /// Finds the facts that matter for the line that was said. Runs in [`PostUpdate`].
    Recall,
    /// Sends briefs to the mind. Runs in [`PostUpdate`].
    Think,
    /// Writes what was said into history. Runs in [`PreUpdate`], after [`Receive`](Self::Receive).
    Emit,
}
