//! When the plugin's systems run.

use bevy::prelude::*;

/// The stages of a turn, in order.
///
/// What the mind has produced is taken in at the start of a frame, and new work is handed out at its end,
/// so that a line said in `Update` is on its way in the same frame.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RolePlaySystems {
    /// Takes what the mind has produced and turns it into events. Runs in [`PreUpdate`].
    Receive,
    /// Writes what was said into history. Runs in [`PreUpdate`], after [`Receive`](Self::Receive).
    Emit,
    /// Finds who saw and heard what has happened in this frame. Runs in [`PostUpdate`].
    Witness,
    /// Begins turns, asks for views and collects those that have arrived. Runs in [`PostUpdate`], after
    /// [`Witness`](Self::Witness).
    Perceive,
    /// Finds the facts that matter for the line that was said. Runs in [`PostUpdate`], after
    /// [`Perceive`](Self::Perceive).
    Recall,
    /// Sends briefs to the mind. Runs in [`PostUpdate`], after [`Recall`](Self::Recall).
    Think,
}

/// Puts the sets in order.
pub(crate) fn configure(app: &mut App) {
    use RolePlaySystems::{Emit, Perceive, Recall, Receive, Think, Witness};
    app.configure_sets(PreUpdate, (Receive, Emit).chain());
    app.configure_sets(PostUpdate, (Witness, Perceive, Recall, Think).chain());
}
