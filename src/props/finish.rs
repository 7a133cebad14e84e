//! How things shine.

use bevy::prelude::*;

/// How the main part of a [`Prop`](super::Prop) shines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Reflect)]
#[reflect(Default)]
pub enum Finish {
    /// As wood, cloth and clay do.
    #[default]
    Matt,
    /// As glaze and lacquer do.
    Glossy,
    /// As polished metal does.
    Metal,
}

impl Finish {
    /// All finishes.
    pub const ALL: [Self; 3] = [Self::Matt, Self::Glossy, Self::Metal];

    pub(super) fn material(self, colour: Color) -> StandardMaterial {
        let (perceptual_roughness, reflectance, metallic) = match self {
            Self::Matt => (0.75, 0.3, 0.0),
            Self::Glossy => (0.25, 0.5, 0.0),
            // Without a sky to mirror, pure metal would be all but black.
            Self::Metal => (0.35, 0.5, 0.65),
        };
        StandardMaterial { base_color: colour, perceptual_roughness, reflectance, metallic, ..default() }
    }
}
