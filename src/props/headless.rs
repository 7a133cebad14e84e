//! Rendering without a window.

use bevy::app::PluginGroupBuilder;
use bevy::prelude::*;
use bevy::render::RenderPlugin;
use bevy::window::ExitCondition;

/// Bevy's default plugins for an app that renders without a window or display.
///
/// Pipelines are compiled before their first use, so that no picture lacks a thing. Any Vulkan driver will do, a
/// software one such as Mesa's lavapipe too. There is no event loop: call `app.finish()`, `app.cleanup()` and
/// then `app.update()` for every frame, or add a `ScheduleRunnerPlugin`.
///
/// ```no_run
/// use bevy::prelude::*;
/// use bevy_persona::props::{PropsPlugin, headless_plugins};
///
/// let mut app = App::new();
/// app.add_plugins((headless_plugins(), PropsPlugin));
/// app.finish();
/// app.cleanup();
/// app.update();
/// ```
#[must_use]
pub fn headless_plugins() -> PluginGroupBuilder {
    let window = WindowPlugin { primary_window: None, exit_condition: ExitCondition::DontExit, ..default() };
    let render = RenderPlugin { synchronous_pipeline_compilation: true, ..default() };
    let plugins = DefaultPlugins.set(window).set(render);
    #[cfg(feature = "cli")]
    let plugins = plugins.disable::<bevy::winit::WinitPlugin>();
    plugins
}
