//! Low-poly things and people built from primitives: what the examples show and what Hearth's eye has learned to see.
//!
//! Add [`PropsPlugin`], spawn a [`Prop`] or a [`Figure`] with a `Transform`, and its meshes appear. Change the component and
//! the thing changes.
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_persona::props::{Prop, PropColour, PropKind, PropsPlugin};
//!
//! fn main() {
//!     App::new()
//!         .add_plugins((DefaultPlugins, PropsPlugin))
//!         .add_systems(Startup, |mut commands: Commands| {
//!             commands.spawn((Prop::new(PropKind::Barrel, PropColour::Red), Transform::from_xyz(0.0, 0.0, -3.0)));
//!         })
//!         .run();
//! }
//! ```

mod catalogue;
mod finish;
mod headless;
mod kind;
mod library;
mod shape;

pub use finish::Finish;
pub use headless::headless_plugins;
pub use kind::{PropColour, PropKind};
pub use library::PropLibrary;

use bevy::prelude::*;

/// A thing: its meshes follow this component.
///
/// It stands on the ground at its origin and faces +z. The main part is on the entity itself, the rest on a child; both get the
/// entity's `RenderLayers`.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Reflect)]
#[reflect(Component, Default)]
#[require(Transform, Visibility)]
pub struct Prop {
    /// What it is.
    pub kind: PropKind,
    /// Its colour.
    pub colour: PropColour,
    /// The very shade; the colour's usual one if `None`.
    pub tint: Option<Color>,
    /// How its main part shines.
    pub finish: Finish,
}

impl Prop {
    /// A matt thing in the usual shade of its colour.
    #[must_use]
    pub fn new(kind: PropKind, colour: PropColour) -> Self {
        Self { kind, colour, tint: None, finish: Finish::Matt }
    }

    /// What one would call it, such as "red barrel".
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.colour.name(), self.kind.name())
    }
}

/// A person of simple shapes: its meshes follow this component.
///
/// It stands at its origin, 1.75 m high, and faces -z, as a character's eye does.
#[derive(Component, Clone, Copy, Debug, PartialEq, Reflect)]
#[reflect(Component, Default)]
#[require(Transform, Visibility)]
pub struct Figure {
    /// The colour of its clothes.
    pub clothes: PropColour,
    /// The very shade of the clothes; the colour's usual one if `None`.
    pub tint: Option<Color>,
    /// The colour of its skin.
    pub skin: Color,
    /// The colour of its hair.
    pub hair: Color,
}

impl Default for Figure {
    fn default() -> Self {
        Self { clothes: PropColour::Green, tint: None, skin: Color::srgb(0.78, 0.57, 0.44), hair: Color::srgb(0.16, 0.1, 0.06) }
    }
}

/// Spawns a thing; the same as spawning a [`Prop`] and a `Transform`.
pub fn spawn_prop(commands: &mut Commands, kind: PropKind, colour: PropColour, transform: Transform) -> Entity {
    commands.spawn((Prop::new(kind, colour), transform)).id()
}

/// When [`PropsPlugin`]'s systems run.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PropsSystems {
    /// Gives new and changed things their meshes. Runs in [`PostUpdate`], before transforms are propagated.
    Build,
}

/// Gives every [`Prop`] and [`Figure`] its meshes and materials.
pub struct PropsPlugin;

impl Plugin for PropsPlugin {
    fn build(&self, app: &mut App) {
        app.register_type::<Prop>().register_type::<Figure>().init_resource::<PropLibrary>().add_systems(
            PostUpdate,
            (library::build_props, library::build_figures)
                .in_set(PropsSystems::Build)
                .before(TransformSystems::Propagate)
                .before(bevy::camera::visibility::VisibilitySystems::CalculateBounds),
        );
    }
}
