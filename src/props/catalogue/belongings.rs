//! What is worn, played, read and admired.

use super::super::shape::{Paint, Shape};
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, TAU};

pub(super) fn book(shape: Shape) -> Shape {
    shape
        .block(Paint::BODY, [0.46, 0.03, 0.34], [0.0, 0.015, 0.0])
        .block(Paint::BODY, [0.46, 0.03, 0.34], [0.0, 0.135, 0.0])
        .block(Paint::BODY, [0.03, 0.15, 0.34], [-0.225, 0.075, 0.0])
        .block(Paint::PALE, [0.42, 0.09, 0.31], [0.0, 0.075, 0.0])
}

pub(super) fn ball(shape: Shape) -> Shape {
    shape.globe(Paint::BODY, [0.25; 3], [0.0, 0.25, 0.0]).ring(
        Paint::PALE,
        0.225,
        0.04,
        [0.0, 0.25, 0.0],
        Quat::from_rotation_z(0.6),
    )
}

pub(super) fn banner(shape: Shape) -> Shape {
    let tails = |x: f32| {
        let corners = Triangle2d::new(Vec2::new(-0.19, 0.0), Vec2::new(0.19 * x, -0.28), Vec2::new(0.19, 0.0));
        (Mesh::from(Extrusion::new(corners, 0.03)), Transform::from_xyz(x * 0.19, 0.7, 0.04))
    };
    let ((left, at_left), (right, at_right)) = (tails(-1.0), tails(1.0));
    shape
        .drum(Paint::WOOD, 0.22, 0.0, 0.05)
        .drum(Paint::WOOD, 0.03, 0.0, 2.0)
        .block(Paint::WOOD, [0.9, 0.05, 0.05], [0.0, 1.88, 0.03])
        .block(Paint::BODY, [0.76, 1.16, 0.03], [0.0, 1.28, 0.04])
        .part(Paint::BODY, left, at_left)
        .part(Paint::BODY, right, at_right)
        .block(Paint::PALE, [0.26, 0.26, 0.04], [0.0, 1.4, 0.045])
}

pub(super) fn wheel(mut shape: Shape) -> Shape {
    let facing = Quat::from_rotation_x(FRAC_PI_2);
    let hub = [0.0, 0.48, 0.0];
    shape = shape.ring(Paint::BODY, 0.42, 0.055, hub, facing).drum_at(Paint::Body(0.7), 0.1, 0.18, hub, facing);
    for spoke in 0..4 {
        let turn = Quat::from_rotation_z(FRAC_PI_4 * spoke as f32);
        shape = shape.beam(Paint::Body(0.85), [0.82, 0.055, 0.05], hub, turn);
    }
    shape
}

pub(super) fn umbrella(mut shape: Shape) -> Shape {
    const CROOK: [[f32; 3]; 6] =
        [[0.0, 1.45, 0.0], [0.0, 0.15, 0.0], [0.04, 0.07, 0.0], [0.12, 0.05, 0.0], [0.2, 0.09, 0.0], [0.22, 0.2, 0.0]];
    shape = shape
        .lathe(Paint::BODY, &[(0.92, 0.75), (1.16, 0.6), (1.32, 0.32), (1.4, 0.02)])
        .lathe(Paint::Body(0.35), &[(0.9, 0.73), (0.94, 0.73)])
        .wire(Paint::WOOD, 0.045, &CROOK);
    for rib in 0..8 {
        let turn = Quat::from_rotation_y(TAU * rib as f32 / 8.0);
        let ends = [[0.0, 1.4, 0.03], [0.0, 1.325, 0.32], [0.0, 1.165, 0.6], [0.0, 0.9, 0.77]];
        shape = shape.wire(Paint::Body(0.5), 0.02, &ends.map(|end| (turn * Vec3::from(end)).into()));
    }
    shape
}

pub(super) fn hat(shape: Shape) -> Shape {
    shape
        .lathe(Paint::BODY, &[(0.0, 0.46), (0.05, 0.42)])
        .lathe(Paint::BODY, &[(0.04, 0.26), (0.3, 0.18), (0.5, 0.11)])
        .spike(Paint::BODY, 0.12, [-0.01, 0.48, 0.0], [0.24, 0.72, 0.0])
        .drum(Paint::PALE, 0.265, 0.06, 0.07)
        .block(Paint::STEEL, [0.12, 0.1, 0.03], [0.0, 0.095, 0.26])
}

pub(super) fn boot(shape: Shape) -> Shape {
    shape
        .lathe(Paint::BODY, &[(0.08, 0.13), (0.4, 0.12), (0.5, 0.14)])
        .lathe(Paint::Body(0.5), &[(0.46, 0.17), (0.6, 0.19)])
        .drum(Paint::DARK, 0.165, 0.595, 0.015)
        .globe(Paint::BODY, [0.26, 0.13, 0.13], [0.14, 0.13, 0.0])
        .block(Paint::DARK, [0.38, 0.05, 0.24], [0.18, 0.025, 0.0])
        .block(Paint::DARK, [0.15, 0.1, 0.22], [-0.06, 0.05, 0.0])
}

pub(super) fn crown(mut shape: Shape) -> Shape {
    shape = shape.lathe(Paint::BODY, &[(0.0, 0.27), (0.18, 0.29)]).drum(Paint::Body(0.4), 0.24, 0.17, 0.015);
    shape = shape.drum(Paint::Body(0.55), 0.295, 0.0, 0.04);
    for point in 0..8 {
        let turn = Quat::from_rotation_y(TAU * point as f32 / 8.0);
        let plate = Shape::default()
            .plate(Paint::BODY, 0.03, &[[-0.11, 0.14], [0.11, 0.14], [0.0, 0.38]], 0.28)
            .globe(Paint::Body(1.0), [0.035; 3], [0.0, 0.385, 0.28])
            .globe(Paint::PALE, [0.045, 0.045, 0.03], [0.0, 0.11, 0.285]);
        shape = shape.with(plate.moved(Transform::from_rotation(turn)));
    }
    shape
}

pub(super) fn bell(mut shape: Shape) -> Shape {
    shape = shape
        .lathe(Paint::BODY, &[(0.22, 0.33), (0.28, 0.29), (0.46, 0.21), (0.68, 0.17), (0.78, 0.09), (0.8, 0.02)])
        .drum(Paint::DARK, 0.3, 0.21, 0.02)
        .globe(Paint::IRON, [0.07; 3], [0.0, 0.18, 0.0])
        .rod(Paint::IRON, 0.03, [0.0, 0.78, 0.0], [0.0, 0.92, 0.0])
        .block(Paint::WOOD, [1.0, 0.1, 0.12], [0.0, 0.97, 0.0]);
    for side in [-1.0, 1.0] {
        shape = shape.block(Paint::WOOD, [0.09, 1.0, 0.11], [side * 0.44, 0.5, 0.0]).block(
            Paint::WOOD,
            [0.1, 0.07, 0.5],
            [side * 0.44, 0.035, 0.0],
        );
    }
    shape
}

pub(super) fn lute(mut shape: Shape) -> Shape {
    shape = shape
        .globe(Paint::BODY, [0.29, 0.3, 0.16], [0.0, 0.3, -0.02])
        .plate(Paint::BODY, 0.14, &[[-0.25, 0.36], [0.25, 0.36], [0.05, 0.72], [-0.05, 0.72]], -0.02)
        .drum_at(Paint::DARK, 0.09, 0.02, [0.0, 0.36, 0.145], Quat::from_rotation_x(FRAC_PI_2))
        .block(Paint::DARK, [0.2, 0.035, 0.03], [0.0, 0.14, 0.13])
        .block(Paint::WOOD, [0.085, 0.5, 0.06], [0.0, 0.86, 0.04])
        .beam(Paint::WOOD, [0.11, 0.2, 0.05], [0.0, 1.13, -0.03], Quat::from_rotation_x(-0.8));
    for peg in [-1.0, 1.0] {
        shape = shape.rod(Paint::PALE, 0.015, [-0.12, 1.12 + peg * 0.04, -0.03], [0.12, 1.12 + peg * 0.04, -0.03]);
    }
    shape.rod(Paint::PALE, 0.012, [-0.025, 0.14, 0.155], [-0.02, 1.08, 0.08]).rod(
        Paint::PALE,
        0.012,
        [0.025, 0.14, 0.155],
        [0.02, 1.08, 0.08],
    )
}

pub(super) fn globe(mut shape: Shape) -> Shape {
    let middle = Vec3::new(0.0, 0.48, 0.0);
    let tilt = Quat::from_rotation_z(-0.4);
    shape = shape
        .drum(Paint::WOOD, 0.2, 0.0, 0.05)
        .drum(Paint::WOOD, 0.035, 0.04, 0.18)
        .globe(Paint::BODY, [0.25; 3], middle.into())
        .ring(Paint::STEEL, 0.3, 0.022, middle.into(), Quat::from_rotation_x(FRAC_PI_2));
    for end in [-1.0, 1.0] {
        let pole = middle + tilt * Vec3::Y * end * 0.25;
        shape = shape.rod(Paint::STEEL, 0.02, pole.into(), (middle + tilt * Vec3::Y * end * 0.3).into());
    }
    const LAND: [(f32, f32, f32, f32); 7] = [
        (0.3, 0.5, 0.13, 0.1),
        (0.6, -0.4, 0.09, 0.13),
        (2.0, 0.3, 0.15, 0.12),
        (2.6, -0.2, 0.08, 0.1),
        (3.7, 0.5, 0.12, 0.09),
        (4.4, -0.3, 0.12, 0.12),
        (5.3, 0.1, 0.11, 0.14),
    ];
    for (longitude, latitude, wide, high) in LAND {
        let turn = tilt * Quat::from_rotation_y(longitude) * Quat::from_rotation_x(-latitude);
        let land = Shape::default().globe(Paint::Body(0.22), [wide, high, 0.035], [0.0, 0.0, 0.225]);
        shape = shape.with(land.moved(Transform::from_translation(middle).with_rotation(turn)));
    }
    shape
}

pub(super) fn robot(mut shape: Shape) -> Shape {
    shape = shape
        .block(Paint::BODY, [0.52, 0.5, 0.34], [0.0, 0.62, 0.0])
        .block(Paint::BODY, [0.4, 0.3, 0.32], [0.0, 1.04, 0.0])
        .drum(Paint::IRON, 0.08, 0.85, 0.1)
        .block(Paint::DARK, [0.32, 0.14, 0.02], [0.0, 1.08, 0.16])
        .block(Paint::PALE, [0.3, 0.2, 0.02], [0.0, 0.68, 0.17])
        .rod(Paint::IRON, 0.018, [0.0, 1.18, 0.0], [0.0, 1.32, 0.0])
        .globe(Paint::Own(2.5, 0.3, 0.2), [0.05; 3], [0.0, 1.34, 0.0]);
    for side in [-1.0, 1.0] {
        shape = shape
            .globe(Paint::Own(0.6, 2.4, 2.6), [0.05, 0.05, 0.02], [side * 0.08, 1.08, 0.17])
            .block(Paint::Body(0.7), [0.13, 0.44, 0.16], [side * 0.35, 0.62, 0.0])
            .globe(Paint::IRON, [0.08; 3], [side * 0.35, 0.82, 0.0])
            .block(Paint::IRON, [0.14, 0.08, 0.18], [side * 0.35, 0.38, 0.0])
            .block(Paint::Body(0.7), [0.16, 0.36, 0.18], [side * 0.14, 0.22, 0.0])
            .block(Paint::IRON, [0.2, 0.09, 0.32], [side * 0.14, 0.045, 0.04]);
    }
    shape
}
