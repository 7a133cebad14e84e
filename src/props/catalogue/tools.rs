//! Arms and tools, most of them upright so that their outline is seen.

use super::super::shape::{Paint, Shape};
use bevy::prelude::*;
use std::f32::consts::FRAC_PI_2;

pub(super) fn sword(shape: Shape) -> Shape {
    let tip = Mesh::from(Cone::new(0.07, 0.16)).transformed_by(
        Transform::from_rotation(Quat::from_rotation_x(std::f32::consts::PI)).with_scale(Vec3::new(1.0, 1.0, 0.35)),
    );
    shape
        .part(Paint::BODY, tip, Transform::from_xyz(0.0, 0.08, 0.0))
        .block(Paint::BODY, [0.13, 0.72, 0.04], [0.0, 0.5, 0.0])
        .block(Paint::Body(0.6), [0.03, 0.72, 0.05], [0.0, 0.5, 0.0])
        .block(Paint::IRON, [0.46, 0.06, 0.08], [0.0, 0.89, 0.0])
        .drum(Paint::WOOD, 0.035, 0.9, 0.24)
        .globe(Paint::IRON, [0.06; 3], [0.0, 1.18, 0.0])
}

pub(super) fn shield(shape: Shape) -> Shape {
    let point = Triangle2d::new(Vec2::new(-0.36, 0.0), Vec2::new(0.0, -0.5), Vec2::new(0.36, 0.0));
    let point = Mesh::from(Extrusion::new(point, 0.07));
    let lean = Quat::from_rotation_x(-0.15);
    let at = |y: f32, z: f32| lean * Vec3::new(0.0, y, z);
    shape
        .part(Paint::BODY, point, Transform::from_translation(at(0.5, 0.0)).with_rotation(lean))
        .beam(Paint::BODY, [0.72, 0.45, 0.07], at(0.72, 0.0).to_array(), lean)
        .beam(Paint::PALE, [0.08, 0.72, 0.09], at(0.56, 0.0).to_array(), lean)
        .beam(Paint::PALE, [0.66, 0.08, 0.09], at(0.66, 0.0).to_array(), lean)
        .globe(Paint::STEEL, [0.09, 0.09, 0.05], at(0.66, 0.05).to_array())
}

pub(super) fn helmet(mut shape: Shape) -> Shape {
    shape = shape
        .lathe(Paint::BODY, &[(0.0, 0.3), (0.09, 0.23), (0.34, 0.24), (0.46, 0.19), (0.54, 0.1), (0.57, 0.0)])
        .lathe(Paint::Body(0.5), &[(0.4, 0.245), (0.44, 0.23)])
        .block(Paint::Body(0.5), [0.06, 0.3, 0.04], [0.0, 0.26, 0.235])
        .globe(Paint::PALE, [0.05, 0.2, 0.32], [0.0, 0.55, -0.1]);
    let mut dark = |angle: f32, y: f32, size: [f32; 3]| {
        let turn = Quat::from_rotation_y(angle);
        shape = std::mem::take(&mut shape).beam(Paint::DARK, size, (turn * Vec3::new(0.0, y, 0.235)).into(), turn);
    };
    for angle in [0.25, 0.65, -0.25, -0.65] {
        dark(angle, 0.34, [0.12, 0.06, 0.03]);
        dark(angle, 0.2, [0.035, 0.05, 0.03]);
    }
    shape
}

pub(super) fn key(shape: Shape) -> Shape {
    shape
        .ring(Paint::BODY, 0.16, 0.05, [0.0, 0.66, 0.0], Quat::from_rotation_x(FRAC_PI_2))
        .block(Paint::BODY, [0.09, 0.5, 0.08], [0.0, 0.25, 0.0])
        .block(Paint::Body(0.7), [0.15, 0.05, 0.1], [0.0, 0.46, 0.0])
        .block(Paint::BODY, [0.17, 0.09, 0.07], [0.12, 0.05, 0.0])
        .block(Paint::BODY, [0.17, 0.09, 0.07], [0.12, 0.2, 0.0])
}

pub(super) fn anvil(shape: Shape) -> Shape {
    shape
        .block(Paint::BODY, [0.56, 0.17, 0.3], [-0.06, 0.465, 0.0])
        .spike(Paint::BODY, 0.13, [0.2, 0.47, 0.0], [0.6, 0.5, 0.0])
        .block(Paint::Body(0.8), [0.26, 0.26, 0.2], [0.0, 0.26, 0.0])
        .plate(Paint::BODY, 0.3, &[[-0.34, 0.0], [0.34, 0.0], [0.16, 0.18], [-0.16, 0.18]], 0.0)
        .block(Paint::STEEL, [0.56, 0.02, 0.3], [-0.06, 0.555, 0.0])
}

pub(super) fn hammer(shape: Shape) -> Shape {
    shape
        .rod(Paint::WOOD, 0.045, [0.0, 0.0, 0.0], [0.0, 0.95, 0.0])
        .block(Paint::BODY, [0.46, 0.24, 0.24], [0.0, 0.8, 0.0])
        .block(Paint::Body(0.5), [0.06, 0.27, 0.27], [-0.23, 0.8, 0.0])
        .block(Paint::Body(0.5), [0.06, 0.27, 0.27], [0.23, 0.8, 0.0])
}

pub(super) fn axe(shape: Shape) -> Shape {
    shape
        .rod(Paint::WOOD, 0.042, [0.0, 0.0, 0.0], [0.0, 1.15, 0.0])
        .plate(
            Paint::BODY,
            0.08,
            &[[-0.1, 0.86], [0.16, 0.84], [0.36, 0.62], [0.44, 0.9], [0.38, 1.16], [0.16, 1.02], [-0.1, 1.0]],
            0.0,
        )
        .plate(Paint::STEEL, 0.06, &[[0.36, 0.62], [0.45, 0.72], [0.49, 0.9], [0.46, 1.06], [0.38, 1.16]], 0.0)
}

pub(super) fn bow(shape: Shape) -> Shape {
    const STAVE: [[f32; 2]; 9] = [
        [0.0, 0.04],
        [-0.16, 0.16],
        [-0.34, 0.36],
        [-0.4, 0.6],
        [-0.35, 0.78],
        [-0.4, 0.96],
        [-0.34, 1.2],
        [-0.16, 1.4],
        [0.0, 1.52],
    ];
    shape
        .wire(Paint::BODY, 0.05, &STAVE.map(|[x, y]| [x, y, 0.0]))
        .wire(Paint::PALE, 0.02, &[[0.0, 0.04, 0.0], [0.2, 0.78, 0.0], [0.0, 1.52, 0.0]])
        .rod(Paint::WOOD, 0.025, [0.2, 0.78, 0.0], [-0.6, 0.78, 0.0])
        .spike(Paint::STEEL, 0.07, [-0.58, 0.78, 0.0], [-0.76, 0.78, 0.0])
        .drum_at(Paint::Body(0.4), 0.07, 0.18, [-0.36, 0.78, 0.0], Quat::IDENTITY)
}
