//! Figures for Bevy's [`DiagnosticsStore`](bevy::diagnostic::DiagnosticsStore).

use crate::dialogue::{Look, Replied};
use crate::mind_link::MindLink;
use crate::schedule::RolePlaySystems;
use bevy::diagnostic::{Diagnostic, DiagnosticPath, Diagnostics, RegisterDiagnostic};
use bevy::prelude::*;

/// Measures the mind: [`QUEUE_DEPTH`](Self::QUEUE_DEPTH) every frame, the rest after each reply.
#[derive(Clone, Copy, Debug, Default)]
pub struct PersonaDiagnosticsPlugin;

impl PersonaDiagnosticsPlugin {
    /// Turns that wait for the mind.
    pub const QUEUE_DEPTH: DiagnosticPath = DiagnosticPath::const_new("persona/queue_depth");
    /// Milliseconds from the start of the model's work to the first text of a reply.
    pub const FIRST_TOKEN_MS: DiagnosticPath = DiagnosticPath::const_new("persona/first_token_ms");
    /// Tokens a second of a reply, after the first one.
    pub const TOKENS_PER_SECOND: DiagnosticPath = DiagnosticPath::const_new("persona/tokens_per_second");
    /// Views that turns went without, over the whole run.
    pub const MISSED_VIEWS: DiagnosticPath = DiagnosticPath::const_new("persona/missed_views");
}

impl Plugin for PersonaDiagnosticsPlugin {
    fn build(&self, app: &mut App) {
        app.register_diagnostic(Diagnostic::new(Self::QUEUE_DEPTH))
            .register_diagnostic(Diagnostic::new(Self::FIRST_TOKEN_MS).with_suffix(" ms"))
            .register_diagnostic(Diagnostic::new(Self::TOKENS_PER_SECOND).with_suffix("/s"))
            .register_diagnostic(Diagnostic::new(Self::MISSED_VIEWS))
            .add_observer(on_replied)
            .add_systems(PreUpdate, measure_queue.after(RolePlaySystems::Receive));
    }
}

fn measure_queue(link: Res<MindLink>, mut diagnostics: Diagnostics) {
    diagnostics.add_measurement(&PersonaDiagnosticsPlugin::QUEUE_DEPTH, || link.depth() as f64);
}

fn on_replied(replied: On<Replied>, mut diagnostics: Diagnostics, mut missed: Local<u64>) {
    let figures = &replied.figures;
    if replied.look == Look::InVain {
        *missed += 1;
        diagnostics.add_measurement(&PersonaDiagnosticsPlugin::MISSED_VIEWS, || *missed as f64);
    }
    if figures.reply_tokens > 0 {
        let first = f64::from(figures.first_token_ms);
        diagnostics.add_measurement(&PersonaDiagnosticsPlugin::FIRST_TOKEN_MS, || first);
    }
    if let Some(rate) = figures.tokens_per_second() {
        diagnostics.add_measurement(&PersonaDiagnosticsPlugin::TOKENS_PER_SECOND, || f64::from(rate));
    }
}
