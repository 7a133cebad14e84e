//! Food, plants, beasts and stones.

use super::super::shape::{Paint, Shape};
use bevy::mesh::VertexAttributeValues;
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, TAU};

pub(super) fn apple(shape: Shape) -> Shape {
    shape.globe(Paint::BODY, [0.15, 0.125, 0.15], [0.0, 0.125, 0.0]).drum_at(
        Paint::WOOD,
        0.014,
        0.1,
        [0.01, 0.28, 0.0],
        Quat::from_rotation_z(-0.3),
    )
}

pub(super) fn bread(mut shape: Shape) -> Shape {
    shape = shape.globe(Paint::BODY, [0.34, 0.19, 0.2], [0.0, 0.15, 0.0]).globe(
        Paint::Body(0.6),
        [0.31, 0.08, 0.18],
        [0.0, 0.06, 0.0],
    );
    for cut in [-1.0, 0.0, 1.0f32] {
        let slash = Shape::default().globe(Paint::PALE, [0.035, 0.02, 0.13], [0.0; 3]);
        let turn = Quat::from_rotation_z(-0.3 * cut) * Quat::from_rotation_y(0.6);
        let at = Transform::from_xyz(cut * 0.17, 0.34 - 0.025 * cut.abs(), 0.0).with_rotation(turn);
        shape = shape.with(slash.moved(at));
    }
    shape
}

pub(super) fn cheese(mut shape: Shape) -> Shape {
    let lying = Transform::from_xyz(0.0, 0.15, 0.0).with_rotation(Quat::from_rotation_x(-FRAC_PI_2));
    let wedge = [[-0.3, -0.1], [0.26, -0.22], [0.3, 0.0], [0.26, 0.22]];
    shape = shape.with(Shape::default().plate(Paint::BODY, 0.3, &wedge, 0.0).moved(lying));
    for (x, y, size) in [(-0.05, 0.1, 0.045), (0.06, 0.21, 0.04), (0.13, 0.08, 0.055), (0.2, 0.22, 0.03)] {
        // The sides run from the tip at -0.1 to the ends of the rind.
        let z = 0.1 + (x + 0.3) / 0.56 * 0.12;
        shape = shape.globe(Paint::Body(0.3), [size, size, 0.012], [x, y, z]).globe(
            Paint::Body(0.3),
            [size, size, 0.012],
            [x, y, -z],
        );
    }
    for (x, z) in [(0.0, 0.05), (0.12, -0.08), (0.18, 0.1)] {
        shape = shape.globe(Paint::Body(0.3), [0.05, 0.01, 0.05], [x, 0.3, z]);
    }
    shape
}

pub(super) fn pumpkin(mut shape: Shape) -> Shape {
    for rib in 0..8 {
        let angle = TAU * rib as f32 / 8.0;
        let shade = if rib % 2 == 0 { 1.0 } else { 0.75 };
        shape = shape.globe(Paint::Body(shade), [0.14, 0.22, 0.14], [angle.cos() * 0.17, 0.22, angle.sin() * 0.17]);
    }
    shape.wire(Paint::GREEN, 0.04, &[[0.0, 0.36, 0.0], [0.01, 0.5, 0.0], [0.08, 0.56, 0.0]])
}

pub(super) fn mushroom(mut shape: Shape) -> Shape {
    shape = shape
        .lathe(Paint::PALE, &[(0.0, 0.16), (0.1, 0.11), (0.34, 0.1)])
        .lathe(Paint::BODY, &[(0.28, 0.3), (0.33, 0.36), (0.45, 0.31), (0.56, 0.17), (0.6, 0.02)])
        .globe(Paint::PALE, [0.08, 0.03, 0.08], [0.0, 0.6, 0.0]);
    for spot in 0..6 {
        let turn = Quat::from_rotation_y(TAU * spot as f32 / 6.0);
        let out = if spot % 2 == 0 { Vec3::new(0.0, 0.4, 0.33) } else { Vec3::new(0.0, 0.51, 0.24) };
        shape = shape.globe(Paint::PALE, [0.07, 0.06, 0.07], (turn * out).into());
    }
    shape
}

pub(super) fn plant(mut shape: Shape) -> Shape {
    shape = shape.lathe(Paint::EARTH, &[(0.0, 0.15), (0.24, 0.2), (0.24, 0.24), (0.31, 0.24)]).drum(Paint::DARK, 0.2, 0.3, 0.02);
    for leaf in 0..9 {
        let turn = Quat::from_rotation_y(TAU * leaf as f32 * 0.382);
        let lean = Quat::from_rotation_z(0.15 + 0.085 * leaf as f32);
        let blade =
            Shape::default().globe(Paint::Body(if leaf % 2 == 0 { 1.0 } else { 0.65 }), [0.025, 0.34, 0.085], [0.0, 0.34, 0.0]);
        shape = shape.with(blade.moved(Transform::from_xyz(0.0, 0.28, 0.0).with_rotation(turn * lean)));
    }
    shape
}

pub(super) fn tree(mut shape: Shape) -> Shape {
    shape = shape.drum(Paint::WOOD, 0.1, 0.0, 0.55);
    for (low, radius, shade) in [(0.45, 0.72, 0.7), (0.95, 0.56, 0.85), (1.45, 0.38, 1.0)] {
        shape = shape.spike(Paint::Body(shade), radius, [0.0, low, 0.0], [0.0, low + 0.75, 0.0]);
    }
    shape
}

pub(super) fn rock(shape: Shape) -> Shape {
    let Ok(mut mesh) = Sphere::new(1.0).mesh().ico(1) else { return shape };
    if let Some(VertexAttributeValues::Float32x3(points)) = mesh.attribute_mut(Mesh::ATTRIBUTE_POSITION) {
        for [x, y, z] in points {
            let rough = 1.0 + 0.16 * (*x * 9.1 + *y * 5.3 + *z * 7.7).sin();
            [*x, *y, *z] = [*x * 0.4 * rough, (*y * 0.3 * rough).max(-0.2) + 0.2, *z * 0.32 * rough];
        }
    }
    shape.part(Paint::BODY, mesh.with_duplicated_vertices().with_computed_flat_normals(), Transform::IDENTITY)
}

pub(super) fn fish(mut shape: Shape) -> Shape {
    shape = shape
        .globe(Paint::BODY, [0.36, 0.19, 0.1], [0.08, 0.24, 0.0])
        .plate(Paint::BODY, 0.04, &[[-0.22, 0.24], [-0.5, 0.46], [-0.42, 0.24]], 0.0)
        .plate(Paint::BODY, 0.04, &[[-0.22, 0.24], [-0.42, 0.24], [-0.5, 0.02]], 0.0)
        .plate(Paint::Body(0.6), 0.03, &[[0.2, 0.4], [-0.02, 0.54], [-0.14, 0.36]], 0.0)
        .plate(Paint::Body(0.6), 0.03, &[[0.1, 0.08], [-0.04, 0.0], [-0.06, 0.1]], 0.0);
    for side in [-1.0, 1.0] {
        shape = shape
            .globe(Paint::PALE, [0.05, 0.05, 0.02], [0.29, 0.29, side * 0.08])
            .globe(Paint::DARK, [0.028, 0.028, 0.02], [0.3, 0.29, side * 0.092])
            .globe(Paint::Body(0.6), [0.1, 0.04, 0.015], [0.06, 0.2, side * 0.1]);
    }
    shape
}

pub(super) fn cat(mut shape: Shape) -> Shape {
    shape = shape
        .lathe(Paint::BODY, &[(0.0, 0.2), (0.14, 0.2), (0.34, 0.12), (0.42, 0.08)])
        .globe(Paint::BODY, [0.15, 0.13, 0.13], [0.0, 0.48, 0.06])
        .globe(Paint::PALE, [0.06, 0.045, 0.05], [0.0, 0.44, 0.17])
        .wire(Paint::BODY, 0.035, &[[0.12, 0.05, -0.12], [0.3, 0.06, -0.06], [0.36, 0.2, -0.04], [0.3, 0.32, -0.04]]);
    for side in [-1.0, 1.0] {
        shape = shape
            .spike(Paint::BODY, 0.06, [side * 0.09, 0.56, 0.05], [side * 0.12, 0.7, 0.05])
            .globe(Paint::DARK, [0.025, 0.03, 0.02], [side * 0.06, 0.51, 0.175])
            .limb(Paint::BODY, 0.045, 0.2, [side * 0.08, 0.15, 0.16], Quat::IDENTITY)
            .globe(Paint::Body(0.75), [0.06, 0.04, 0.08], [side * 0.08, 0.04, 0.2]);
    }
    shape
}

pub(super) fn skull(mut shape: Shape) -> Shape {
    shape = shape
        .globe(Paint::BODY, [0.21, 0.2, 0.24], [0.0, 0.31, -0.02])
        .block(Paint::BODY, [0.24, 0.14, 0.16], [0.0, 0.13, 0.12])
        .block(Paint::Body(0.85), [0.2, 0.07, 0.16], [0.0, 0.035, 0.12])
        .spike(Paint::DARK, 0.04, [0.0, 0.17, 0.2], [0.0, 0.25, 0.2]);
    for side in [-1.0, 1.0] {
        shape = shape.globe(Paint::DARK, [0.07, 0.065, 0.05], [side * 0.09, 0.3, 0.18]);
    }
    for tooth in 0..4 {
        shape = shape.block(Paint::DARK, [0.015, 0.06, 0.02], [-0.075 + 0.05 * tooth as f32, 0.09, 0.2]);
    }
    shape
}
