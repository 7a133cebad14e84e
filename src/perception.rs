//! What a character sees, when it looks.
//!
//! Trigger [`Glance`] on a character with [`Senses`], and observe [`Viewed`]: a picture, and the list of the named things that
//! are in it. A line said to a character makes it glance by itself. Nobody who does not glance costs anything.
//!
//! * Things get their names from [`Thing`]: only what has one is listed.
//! * [`Sight::Eye`] renders what the character has before it: 256 x 256 pixels, in one frame, with a camera that is
//!   otherwise off. At most one character looks in a frame; others wait their turn. The picture comes one to three frames later.
//! * [`Sight::Screen`] takes what the player sees, at most 512 pixels wide or high.
//! * A thing is listed if it is in the picture, within [`Senses::range`], and not hidden: rays from the eye must not hit the
//!   meshes of others. A game that knows better sets an [`Occluder`].
//! * Without a renderer (feature `sight` off, or no `RenderPlugin`) the list is the same, from positions only, and comes without
//!   a picture.
//!
//! ```
//! use bevy::prelude::*;
//! use bevy_persona::perception::{Glance, Senses, Sight, Thing, Viewed};
//!
//! fn setup(mut commands: Commands) {
//!     commands.spawn((Thing::new("the old barrel", "barrel"), Transform::from_xyz(0.0, 0.0, -3.0)));
//!     let guard = commands.spawn((Senses { sight: Sight::Eye, ..default() }, Transform::default())).id();
//!     commands.trigger(Glance { entity: guard });
//! }
//!
//! fn on_viewed(viewed: On<Viewed>) {
//!     for thing in &viewed.view.things {
//!         info!("{} sees {}, {:.1} m off", viewed.entity, thing.name, thing.distance);
//!     }
//! }
//! # bevy::ecs::system::assert_is_system(setup);
//! # App::new().add_observer(on_viewed);
//! ```

mod glance;
mod lens;
mod occlusion;
mod visible;

#[cfg(feature = "sight")]
mod eye;
#[cfg(feature = "sight")]
mod ready;
#[cfg(feature = "sight")]
mod screen;

#[cfg(test)]
mod tests;

#[cfg(feature = "sight")]
pub use eye::{EYE_SIDE, EyeCamera};
pub(crate) use glance::look;
pub use occlusion::{Occluder, Sightline};
#[cfg(feature = "sight")]
pub use screen::{SCREEN_SIDE, ScreenTarget};
pub use visible::MAX_THINGS;
pub(crate) use visible::{Looker, LookerState};

use bevy::prelude::*;
use persona_mind::brief::View;

/// How many frames a picture may take before the glance fails.
pub const GLANCE_FRAMES: u32 = 60;

/// What a character can perceive.
///
/// The eye is above the entity's origin and looks along its forward direction, which is -z.
#[derive(Component, Clone, Debug, PartialEq, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct Senses {
    /// How it sees.
    pub sight: Sight,
    /// Height of the eye above the entity's origin, in metres of the entity's own scale.
    pub eye_height: f32,
    /// How far the gaze is raised above the level, in degrees; negative is down.
    pub pitch: f32,
    /// Width and height of the field of view in degrees, 1..=170.
    pub field_of_view: f32,
    /// How far it makes out things, in metres.
    pub range: f32,
    /// How well it hears: 0 not at all, 1 as people do, at most 4.
    pub hearing: f32,
}

impl Default for Senses {
    fn default() -> Self {
        Self { sight: Sight::Blind, eye_height: 1.6, pitch: -10.0, field_of_view: 70.0, range: 20.0, hearing: 1.0 }
    }
}

/// Through whose eyes a character sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Default, Clone, PartialEq)]
pub enum Sight {
    /// Not at all.
    #[default]
    Blind,
    /// Through an eye of its own.
    Eye,
    /// The player's screen: the primary window, or the `ScreenTarget` of an app without one.
    Screen,
    /// As the game says: it answers each [`Glance`] with a [`Viewed`] or a [`GlanceFailed`] of its own. For games that
    /// draw no 3D world, and for tests.
    Told,
}

/// A thing that characters can name when they see it.
///
/// Put it on the entity that has the thing's meshes, or on their parent. A character with a `Thing` is seen by others.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Clone, PartialEq)]
pub struct Thing {
    /// What characters call it, such as "the cellar key" or "Tobin".
    pub name: String,
    /// What it is, such as "barrel" or "person". Hearth's eye knows the kinds of `props::PropKind`; empty is allowed.
    pub kind: String,
}

impl Thing {
    /// A thing with a name and a kind.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { name: name.into(), kind: kind.into() }
    }
}

/// Asks a character to look now. It is answered by one [`Viewed`] or [`GlanceFailed`]; further requests while the
/// character looks are answered by the same one.
#[derive(EntityEvent, Clone, Copy, Debug, Reflect)]
#[reflect(Event, Clone)]
pub struct Glance {
    /// The character.
    pub entity: Entity,
}

/// A character has looked.
#[derive(EntityEvent, Clone, Debug, Reflect)]
#[reflect(Event, Clone)]
pub struct Viewed {
    /// The character.
    pub entity: Entity,
    /// What it saw. The picture is absent where nothing renders.
    #[reflect(ignore)]
    pub view: View,
}

/// A character has looked in vain.
#[derive(EntityEvent, Clone, Debug, Reflect)]
#[reflect(Event, Clone)]
pub struct GlanceFailed {
    /// The character.
    pub entity: Entity,
    /// Why.
    pub reason: GlanceError,
}

/// Why a glance brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, Reflect, thiserror::Error)]
#[reflect(Clone, PartialEq)]
#[non_exhaustive]
pub enum GlanceError {
    /// The character has no `Senses`, or is blind.
    #[error("the character cannot see: it needs Senses with a Sight")]
    Blind,
    /// The character is nowhere.
    #[error("the character is nowhere: it needs a Transform to look from")]
    Nowhere,
    /// There is no screen to look at.
    #[error("there is no screen: expected a primary window or a ScreenTarget")]
    NoScreen,
    /// The picture did not come.
    #[error("no picture came in {frames} frames")]
    TimedOut {
        /// How many frames have passed.
        frames: u32,
    },
}

/// Sight.
///
/// Add it after Bevy's `RenderPlugin` if there is one.
#[derive(Clone, Copy, Debug, Default)]
pub struct PerceptionPlugin;

impl Plugin for PerceptionPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<Senses>()
            .register_type::<Thing>()
            .register_type::<Glance>()
            .register_type::<Viewed>()
            .register_type::<GlanceFailed>();
        glance::build(app);
        #[cfg(feature = "sight")]
        {
            ready::build(app);
            eye::build(app);
            screen::build(app);
        }
    }
}
