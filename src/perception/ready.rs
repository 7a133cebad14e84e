//! Whether the renderer has drawn all there is to draw.
//!
//! Pipelines are compiled in the background, and until one is ready the renderer leaves out what needs it, without a word. So
//! the eye numbers its frames, and the renderer notes the last number at which it still had pipelines to compile.

use bevy::prelude::*;
use bevy::render::extract_resource::{ExtractResource, ExtractResourcePlugin};
use bevy::render::render_resource::PipelineCache;
use bevy::render::{Render, RenderApp, RenderSystems};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Shared with the renderer; absent where there is none.
#[derive(Resource, Clone, Default, ExtractResource)]
pub(super) struct Pipelines {
    /// The frame that is being drawn.
    frame: u64,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The last frame that lacked something.
    lacking: AtomicU64,
    /// Pipelines that were missing in that frame.
    missing: AtomicUsize,
    /// As many are missing for good, for want of a shader.
    given_up: AtomicUsize,
}

impl Pipelines {
    /// Numbers a frame that will be drawn; from 1.
    pub(super) fn next_frame(&mut self) -> u64 {
        self.frame += 1;
        self.frame
    }

    /// Whether all was drawn in the frame with this number.
    pub(super) fn all_drawn(&self, frame: u64) -> bool {
        self.shared.lacking.load(Ordering::Acquire) < frame
    }

    /// Waits no more for those that are missing now.
    pub(super) fn give_up(&self) {
        self.shared.given_up.store(self.shared.missing.load(Ordering::Acquire), Ordering::Release);
    }
}

pub(super) fn build(app: &mut App) {
    if app.get_sub_app(RenderApp).is_none() {
        return;
    }
    app.init_resource::<Pipelines>().add_plugins(ExtractResourcePlugin::<Pipelines>::default());
    if let Some(render) = app.get_sub_app_mut(RenderApp) {
        render.add_systems(Render, note.in_set(RenderSystems::Cleanup).run_if(resource_exists::<Pipelines>));
    }
}

fn note(pipelines: Res<Pipelines>, cache: Res<PipelineCache>) {
    let missing = cache.waiting_pipelines().count();
    if missing > pipelines.shared.given_up.load(Ordering::Acquire) {
        pipelines.shared.missing.store(missing, Ordering::Release);
        pipelines.shared.lacking.store(pipelines.frame, Ordering::Release);
    }
}
