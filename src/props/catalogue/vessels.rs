//! What holds things.

use super::super::shape::{Paint, Shape};
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, TAU};

pub(super) fn barrel(shape: Shape) -> Shape {
    shape
        .lathe(Paint::BODY, &[(0.0, 0.27), (0.2, 0.35), (0.475, 0.38), (0.75, 0.35), (0.95, 0.27)])
        .drum(Paint::IRON, 0.345, 0.14, 0.06)
        .drum(Paint::IRON, 0.345, 0.75, 0.06)
        .drum(Paint::Body(0.5), 0.24, 0.93, 0.03)
}

pub(super) fn crate_of_boards(mut shape: Shape) -> Shape {
    shape = shape.block(Paint::BODY, [0.66, 0.66, 0.66], [0.0, 0.35, 0.0]);
    for (a, b) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)] {
        let (p, q) = (a * 0.31, b * 0.31);
        shape = shape
            .block(Paint::Body(0.45), [0.08, 0.7, 0.08], [p, 0.35, q])
            .block(Paint::Body(0.45), [0.7, 0.08, 0.08], [0.0, 0.35 + p, q])
            .block(Paint::Body(0.45), [0.08, 0.08, 0.7], [p, 0.35 + q, 0.0]);
    }
    for front in [-1.0, 1.0] {
        let slant = Quat::from_rotation_z(FRAC_PI_4);
        let side = Quat::from_rotation_y(FRAC_PI_2) * slant;
        shape = shape.beam(Paint::Body(0.45), [0.8, 0.07, 0.03], [0.0, 0.35, front * 0.335], slant).beam(
            Paint::Body(0.45),
            [0.8, 0.07, 0.03],
            [front * 0.335, 0.35, 0.0],
            side,
        );
    }
    shape
}

pub(super) fn chest(mut shape: Shape) -> Shape {
    let along = Quat::from_rotation_z(FRAC_PI_2);
    shape = shape
        .block(Paint::BODY, [0.9, 0.36, 0.5], [0.0, 0.18, 0.0])
        .drum_at(Paint::BODY, 0.25, 0.9, [0.0, 0.36, 0.0], along)
        .block(Paint::Body(0.4), [0.91, 0.03, 0.51], [0.0, 0.37, 0.0])
        .block(Paint::STEEL, [0.13, 0.16, 0.05], [0.0, 0.34, 0.26]);
    for x in [-0.38, 0.38] {
        shape =
            shape.block(Paint::IRON, [0.09, 0.37, 0.52], [x, 0.18, 0.0]).drum_at(Paint::IRON, 0.26, 0.09, [x, 0.36, 0.0], along);
    }
    shape
}

pub(super) fn mug(shape: Shape) -> Shape {
    shape.lathe(Paint::BODY, &[(0.0, 0.14), (0.3, 0.15)]).drum(Paint::DARK, 0.125, 0.29, 0.015).ring(
        Paint::BODY,
        0.085,
        0.026,
        [0.17, 0.15, 0.0],
        Quat::from_rotation_x(FRAC_PI_2),
    )
}

pub(super) fn pot(mut shape: Shape) -> Shape {
    shape = shape.lathe(Paint::BODY, &[(0.1, 0.16), (0.18, 0.28), (0.3, 0.31), (0.4, 0.25), (0.45, 0.29)]).drum(
        Paint::DARK,
        0.25,
        0.44,
        0.02,
    );
    for foot in 0..3 {
        let angle = TAU * foot as f32 / 3.0;
        shape = shape.drum_at(Paint::BODY, 0.03, 0.2, [angle.cos() * 0.19, 0.1, angle.sin() * 0.19], Quat::IDENTITY);
    }
    for side in [-1.0, 1.0] {
        shape = shape.ring(Paint::BODY, 0.07, 0.02, [side * 0.32, 0.32, 0.0], Quat::from_rotation_x(FRAC_PI_2));
    }
    shape
}

pub(super) fn bottle(shape: Shape) -> Shape {
    shape.lathe(Paint::BODY, &[(0.0, 0.13), (0.34, 0.13), (0.44, 0.045), (0.58, 0.045), (0.60, 0.055)]).drum(
        Paint::WOOD,
        0.035,
        0.59,
        0.05,
    )
}

pub(super) fn bucket(shape: Shape) -> Shape {
    shape
        .lathe(Paint::BODY, &[(0.0, 0.17), (0.36, 0.24)])
        .drum(Paint::DARK, 0.215, 0.345, 0.02)
        .drum(Paint::IRON, 0.225, 0.24, 0.03)
        .ring(Paint::IRON, 0.235, 0.014, [0.0, 0.36, 0.0], Quat::from_rotation_x(FRAC_PI_2 - 0.25))
}

pub(super) fn vase(shape: Shape) -> Shape {
    let outline = [(0.0, 0.12), (0.06, 0.1), (0.22, 0.23), (0.36, 0.24), (0.52, 0.1), (0.62, 0.075), (0.75, 0.16)];
    shape.lathe(Paint::BODY, &outline)
}

pub(super) fn sack(shape: Shape) -> Shape {
    let mut shape = shape
        .globe(Paint::BODY, [0.34, 0.3, 0.3], [0.0, 0.27, 0.0])
        .globe(Paint::BODY, [0.2, 0.16, 0.2], [-0.16, 0.15, 0.08])
        .globe(Paint::BODY, [0.21, 0.16, 0.2], [0.17, 0.15, 0.06])
        .lathe(Paint::BODY, &[(0.42, 0.25), (0.53, 0.15), (0.6, 0.09), (0.66, 0.12), (0.72, 0.19)])
        .drum(Paint::Body(0.3), 0.17, 0.715, 0.01)
        .ring(Paint::PALE, 0.1, 0.035, [0.0, 0.6, 0.0], Quat::IDENTITY)
        .wire(Paint::PALE, 0.022, &[[0.08, 0.6, 0.1], [0.14, 0.5, 0.22], [0.12, 0.42, 0.29]])
        .beam(Paint::Body(0.45), [0.2, 0.18, 0.02], [-0.09, 0.27, 0.285], Quat::from_rotation_z(0.25));
    for fold in 0..6 {
        let turn = Quat::from_rotation_y(TAU * fold as f32 / 6.0);
        shape = shape.spike(
            Paint::Body(0.8),
            0.07,
            (turn * Vec3::new(0.0, 0.4, 0.26)).into(),
            (turn * Vec3::new(0.0, 0.6, 0.07)).into(),
        );
    }
    shape
}

pub(super) fn teapot(shape: Shape) -> Shape {
    shape
        .globe(Paint::BODY, [0.26, 0.2, 0.26], [0.0, 0.21, 0.0])
        .drum(Paint::BODY, 0.16, 0.0, 0.05)
        .ring(Paint::Body(0.5), 0.13, 0.02, [0.0, 0.37, 0.0], Quat::IDENTITY)
        .globe(Paint::BODY, [0.13, 0.05, 0.13], [0.0, 0.38, 0.0])
        .globe(Paint::BODY, [0.045; 3], [0.0, 0.45, 0.0])
        .wire(Paint::BODY, 0.045, &[[0.2, 0.17, 0.0], [0.36, 0.26, 0.0], [0.43, 0.4, 0.0]])
        .ring(Paint::BODY, 0.13, 0.03, [-0.3, 0.23, 0.0], Quat::from_rotation_x(FRAC_PI_2))
}

pub(super) fn canister(mut shape: Shape) -> Shape {
    shape = shape
        .drum(Paint::IRON, 0.24, 0.0, 0.07)
        .lathe(Paint::BODY, &[(0.05, 0.25), (0.13, 0.31), (0.56, 0.31), (0.68, 0.25), (0.74, 0.1)])
        .drum(Paint::PALE, 0.314, 0.3, 0.1)
        .drum(Paint::STEEL, 0.05, 0.72, 0.14)
        .rod(Paint::STEEL, 0.03, [0.0, 0.8, 0.0], [0.1, 0.8, 0.0])
        .ring(Paint::IRON, 0.08, 0.03, [0.0, 0.87, 0.0], Quat::IDENTITY)
        .ring(Paint::BODY, 0.2, 0.03, [0.0, 0.95, 0.0], Quat::IDENTITY);
    for post in 0..4 {
        let turn = Quat::from_rotation_y(TAU * post as f32 / 4.0 + FRAC_PI_4);
        let centre = turn * Vec3::new(0.0, 0.81, 0.2);
        shape = shape.beam(Paint::BODY, [0.12, 0.28, 0.03], centre.into(), turn);
    }
    shape
}
