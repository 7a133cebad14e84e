//! A person of simple shapes.

use super::super::shape::{Paint, Shape};
use bevy::prelude::*;

/// A person: clothes in the figure's colour, head and hands in the colour of its skin, 1.75 m high; it faces -z, as Bevy's
/// `Transform::forward` does, so that it looks where its eyes do.
pub(in crate::props) fn person(skin: LinearRgba, hair: LinearRgba) -> Shape {
    let skin = Paint::Own(skin.red, skin.green, skin.blue);
    let hair = Paint::Own(hair.red, hair.green, hair.blue);
    let mut shape = Shape::default()
        .limb(Paint::BODY, 0.21, 0.42, [0.0, 1.08, 0.0], Quat::IDENTITY)
        .globe(skin, [0.13, 0.16, 0.14], [0.0, 1.58, 0.0])
        .globe(hair, [0.14, 0.13, 0.14], [0.0, 1.65, 0.035])
        .globe(skin, [0.03, 0.03, 0.04], [0.0, 1.57, -0.14]);
    for side in [-1.0, 1.0] {
        let out = Quat::from_rotation_z(side * 0.16);
        shape = shape
            .limb(Paint::Body(0.85), 0.07, 0.42, [side * 0.29, 1.08, 0.0], out)
            .globe(skin, [0.065; 3], [side * 0.34, 0.8, 0.0])
            .limb(Paint::Body(0.6), 0.1, 0.62, [side * 0.11, 0.42, 0.0], Quat::IDENTITY)
            .globe(Paint::DARK, [0.03; 3], [side * 0.05, 1.62, -0.125])
            .block(Paint::DARK, [0.16, 0.1, 0.28], [side * 0.11, 0.05, -0.04]);
    }
    shape
}
