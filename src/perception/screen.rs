//! The player's screen, as a character sees it.

use super::glance::{Glances, fail, senses_of, tell};
use super::lens::Lens;
use super::visible::{Looker, LookerState};
use super::{GLANCE_FRAMES, GlanceError, GlanceFailed, Sight};
use crate::schedule::RolePlaySystems;
use bevy::camera::{NormalizedRenderTarget, RenderTarget};
use bevy::prelude::*;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::tasks::{AsyncComputeTaskPool, Task, futures::check_ready};
use bevy::window::PrimaryWindow;
use persona_mind::brief::{Picture, VisibleThing};

/// The longest side of a picture of the screen, in pixels.
pub const SCREEN_SIDE: u32 = 512;

/// The picture that stands for the screen in an app without a window: the target of the player's camera.
#[derive(Resource, Clone, Debug)]
pub struct ScreenTarget(pub Handle<Image>);

/// A picture of the screen on its way, and who looks at it.
#[derive(Component)]
struct Watching {
    viewers: Vec<(Entity, Vec<VisibleThing>)>,
    shrinking: Option<Task<Option<Picture>>>,
    age: u32,
}

/// A screenshot for a [`Watching`].
#[derive(Component)]
struct ShotFor(Entity);

pub(super) fn build(app: &mut App) {
    app.add_observer(on_shot).add_systems(
        PostUpdate,
        collect.run_if(any_with_component::<Watching>).in_set(RolePlaySystems::Perceive).before(super::glance::look),
    );
}

/// Takes one picture of the screen for all who want to see it.
pub(super) fn look(world: &mut World, state: &mut LookerState) {
    // Bevy takes one screenshot of a target at a time; who comes later waits for the next.
    if world.query::<&Watching>().iter(world).next().is_some() {
        return;
    }
    let mut waiting = Vec::new();
    while let Some(pending) = world.resource_mut::<Glances>().next(Sight::Screen) {
        waiting.extend(senses_of(world, pending.viewer).map(|senses| (pending.viewer, senses.range)));
    }
    if waiting.is_empty() {
        return;
    }
    let Some(target) = target(world) else {
        for (entity, _) in waiting {
            world.trigger(GlanceFailed { entity, reason: GlanceError::NoScreen });
        }
        return;
    };
    let lens = lens(world, state, &target);
    let mut viewers = Vec::new();
    for (viewer, range) in waiting {
        let things = lens.map(|lens| Looker::new(world, state).through(&lens, viewer, range));
        viewers.push((viewer, things.unwrap_or_default()));
        world.resource_mut::<Glances>().under_way.push(viewer);
    }
    let watching = world.spawn(Watching { viewers, shrinking: None, age: 0 }).id();
    world.spawn((Screenshot(target), ShotFor(watching)));
}

/// The player's screen, if there is one.
fn target(world: &mut World) -> Option<RenderTarget> {
    if let Some(target) = world.get_resource::<ScreenTarget>() {
        return Some(RenderTarget::from(target.0.clone()));
    }
    let window = world.query_filtered::<Entity, With<PrimaryWindow>>().iter(world).next()?;
    Some(RenderTarget::Window(bevy::window::WindowRef::Entity(window)))
}

/// The lens of the topmost camera on the screen that shows the world.
fn lens(world: &mut World, state: &mut LookerState, target: &RenderTarget) -> Option<Lens> {
    let window = world.query_filtered::<Entity, With<PrimaryWindow>>().iter(world).next();
    let target: NormalizedRenderTarget = target.normalize(window)?;
    let mut cameras = world.query_filtered::<(Entity, &Camera, &RenderTarget), With<Camera3d>>();
    let on_screen = cameras.iter(world).filter(|(_, c, t)| c.is_active && t.normalize(window).as_ref() == Some(&target));
    let (camera, clip) = on_screen.max_by_key(|(_, c, _)| c.order).map(|(e, c, _)| (e, c.clip_from_view()))?;
    let place = Looker::new(world, state).place(camera)?;
    Some(Lens::new(&place, clip))
}

/// Makes a screenshot small, off the main thread.
fn on_shot(shot: On<ScreenshotCaptured>, shots: Query<&ShotFor>, mut watching: Query<&mut Watching>) {
    let Ok(mut watching) = shots.get(shot.entity).and_then(|s| watching.get_mut(s.0)) else { return };
    let image = shot.image.clone();
    watching.shrinking = Some(AsyncComputeTaskPool::get().spawn(async move { shrink(image) }));
}

fn shrink(image: Image) -> Option<Picture> {
    let mut image = image.try_into_dynamic().ok()?;
    if image.width().max(image.height()) > SCREEN_SIDE {
        image = image.thumbnail(SCREEN_SIDE, SCREEN_SIDE);
    }
    let (width, height) = (image.width(), image.height());
    Picture::from_rgb(width, height, image.into_rgb8().into_raw()).ok()
}

/// Hands out pictures that are ready, and gives up on those that do not come.
fn collect(mut all: Query<(Entity, &mut Watching)>, mut glances: ResMut<Glances>, mut commands: Commands) {
    for (entity, mut watching) in &mut all {
        watching.age += 1;
        let ready = watching.shrinking.as_mut().and_then(check_ready);
        if ready.is_none() && watching.age < GLANCE_FRAMES {
            continue;
        }
        let frames = watching.age;
        for (viewer, things) in std::mem::take(&mut watching.viewers) {
            glances.arrived(viewer);
            match &ready {
                Some(Some(picture)) => tell(&mut commands, viewer, picture.clone(), things),
                _ => fail(&mut commands, viewer, GlanceError::TimedOut { frames }),
            }
        }
        commands.entity(entity).try_despawn();
    }
}
