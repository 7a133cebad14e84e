//! What stands in a room.

use super::super::shape::{Paint, Shape};
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, TAU};

/// The corners of a rectangle around the origin.
const CORNERS: [(f32, f32); 4] = [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)];

pub(super) fn stool(mut shape: Shape) -> Shape {
    shape = shape.drum(Paint::BODY, 0.24, 0.45, 0.07);
    for leg in 0..3 {
        let angle = TAU * leg as f32 / 3.0 + 0.5;
        let splay = Quat::from_rotation_y(-angle) * Quat::from_rotation_z(0.22);
        let centre = [angle.cos() * 0.19, 0.23, angle.sin() * 0.19];
        shape = shape.drum_at(Paint::Body(0.8), 0.035, 0.48, centre, splay);
    }
    shape.ring(Paint::Body(0.8), 0.19, 0.02, [0.0, 0.2, 0.0], Quat::IDENTITY)
}

pub(super) fn table(mut shape: Shape) -> Shape {
    shape =
        shape.block(Paint::BODY, [1.4, 0.07, 0.8], [0.0, 0.745, 0.0]).block(Paint::Body(0.75), [1.2, 0.1, 0.6], [0.0, 0.66, 0.0]);
    for (x, z) in CORNERS {
        shape = shape.block(Paint::Body(0.75), [0.09, 0.71, 0.09], [x * 0.6, 0.355, z * 0.31]);
    }
    shape
}

pub(super) fn ladder(mut shape: Shape) -> Shape {
    let lean = Quat::from_rotation_x(-0.2);
    for x in [-0.25, 0.25] {
        let centre = lean * Vec3::new(0.0, 1.05, 0.0) + Vec3::X * x;
        shape = shape.beam(Paint::BODY, [0.075, 2.1, 0.075], centre.to_array(), lean);
    }
    for rung in 0..6 {
        let centre = lean * Vec3::new(0.0, 0.25 + 0.32 * rung as f32, 0.0);
        shape = shape.beam(Paint::Body(0.85), [0.5, 0.06, 0.06], centre.to_array(), lean);
    }
    shape
}

pub(super) fn lantern(mut shape: Shape) -> Shape {
    shape = shape
        .block(Paint::BODY, [0.3, 0.07, 0.3], [0.0, 0.035, 0.0])
        .block(Paint::Own(1.6, 1.2, 0.5), [0.2, 0.26, 0.2], [0.0, 0.2, 0.0])
        .lathe(Paint::BODY, &[(0.32, 0.2), (0.36, 0.2), (0.48, 0.06)])
        .ring(Paint::IRON, 0.07, 0.014, [0.0, 0.54, 0.0], Quat::from_rotation_x(FRAC_PI_2));
    for (x, z) in CORNERS {
        shape = shape.block(Paint::BODY, [0.05, 0.28, 0.05], [x * 0.12, 0.2, z * 0.12]);
    }
    shape
}

pub(super) fn candle(shape: Shape) -> Shape {
    shape.drum(Paint::IRON, 0.17, 0.0, 0.035).drum(Paint::BODY, 0.07, 0.03, 0.34).part(
        Paint::FLAME,
        Cone::new(0.035, 0.12).into(),
        Transform::from_xyz(0.0, 0.44, 0.0),
    )
}

pub(super) fn chair(mut shape: Shape) -> Shape {
    shape = shape
        .block(Paint::BODY, [0.5, 0.07, 0.48], [0.0, 0.47, 0.0])
        .block(Paint::BODY, [0.5, 0.14, 0.05], [0.0, 0.96, -0.22])
        .block(Paint::BODY, [0.5, 0.1, 0.05], [0.0, 0.73, -0.22]);
    for (x, z) in CORNERS {
        let height = if z < 0.0 { 1.0 } else { 0.46 };
        shape = shape.block(Paint::Body(0.8), [0.07, height, 0.06], [x * 0.215, height / 2.0, z * 0.21]);
    }
    shape
}

pub(super) fn bed(mut shape: Shape) -> Shape {
    shape = shape
        .block(Paint::WOOD, [1.05, 0.14, 1.95], [0.0, 0.28, 0.0])
        .block(Paint::WOOD, [1.1, 0.95, 0.08], [0.0, 0.475, -0.98])
        .block(Paint::WOOD, [1.1, 0.6, 0.08], [0.0, 0.3, 0.98])
        .block(Paint::PALE, [1.0, 0.14, 1.86], [0.0, 0.41, 0.0])
        .block(Paint::BODY, [1.12, 0.2, 1.24], [0.0, 0.43, 0.3])
        .globe(Paint::PALE, [0.36, 0.11, 0.2], [0.0, 0.53, -0.66]);
    for (x, z) in CORNERS {
        shape = shape.block(Paint::WOOD, [0.1, 0.3, 0.1], [x * 0.5, 0.15, z * 0.97]);
    }
    shape
}

pub(super) fn shelf(mut shape: Shape) -> Shape {
    const BOOKS: [Paint; 5] = [
        Paint::Own(0.35, 0.03, 0.02),
        Paint::Own(0.02, 0.08, 0.3),
        Paint::PALE,
        Paint::Own(0.03, 0.18, 0.05),
        Paint::Own(0.5, 0.3, 0.03),
    ];
    shape = shape.block(Paint::Body(0.45), [0.9, 1.6, 0.03], [0.0, 0.82, -0.16]);
    for side in [-1.0, 1.0] {
        shape = shape.block(Paint::BODY, [0.08, 1.65, 0.36], [side * 0.45, 0.825, 0.0]);
    }
    for board in 0..5 {
        let y = 0.06 + 0.385 * board as f32;
        shape = shape.block(Paint::BODY, [0.9, 0.07, 0.36], [0.0, y, 0.0]);
        for book in (0..6).filter(|book| board < 4 && (book + board) % 4 != 3) {
            let height = 0.2 + 0.06 * ((book * 7 + board * 5) % 3) as f32;
            let centre = [-0.33 + 0.13 * book as f32, y + 0.035 + height / 2.0, 0.02];
            shape = shape.block(BOOKS[(book * 2 + board) % BOOKS.len()], [0.1, height, 0.24], centre);
        }
    }
    shape
}

pub(super) fn lamp(shape: Shape) -> Shape {
    let head = Shape::default()
        .lathe(Paint::BODY, &[(-0.16, 0.2), (0.06, 0.08), (0.12, 0.06)])
        .globe(Paint::FLAME, [0.11; 3], [0.0, -0.12, 0.0])
        .moved(Transform::from_xyz(0.22, 0.66, 0.0).with_rotation(Quat::from_rotation_z(0.45)));
    shape
        .drum(Paint::BODY, 0.2, 0.0, 0.06)
        .wire(Paint::BODY, 0.032, &[[0.0, 0.05, 0.0], [-0.24, 0.38, 0.0], [0.18, 0.74, 0.0]])
        .globe(Paint::IRON, [0.05; 3], [-0.24, 0.38, 0.0])
        .with(head)
}

pub(super) fn clock(mut shape: Shape) -> Shape {
    let facing = Quat::from_rotation_x(FRAC_PI_2);
    let middle = Vec3::new(0.0, 0.38, 0.0);
    shape = shape
        .drum_at(Paint::BODY, 0.32, 0.16, middle.into(), facing)
        .drum_at(Paint::PALE, 0.25, 0.02, [0.0, 0.38, 0.085], facing)
        .rod(Paint::DARK, 0.02, [0.0, 0.38, 0.1], [0.0, 0.57, 0.1])
        .rod(Paint::DARK, 0.024, [0.0, 0.38, 0.1], [0.12, 0.31, 0.1])
        .ring(Paint::IRON, 0.09, 0.018, [0.0, 0.74, 0.0], facing);
    for hour in 0..12 {
        let out = Quat::from_rotation_z(TAU * hour as f32 / 12.0) * Vec3::Y * 0.21;
        shape = shape.block(Paint::DARK, [0.03, 0.03, 0.02], (middle + out + Vec3::Z * 0.09).into());
    }
    for side in [-1.0, 1.0] {
        shape = shape.globe(Paint::BODY, [0.12, 0.09, 0.1], [side * 0.2, 0.7, 0.0]).rod(
            Paint::IRON,
            0.03,
            [side * 0.25, 0.0, 0.0],
            [side * 0.17, 0.2, 0.0],
        );
    }
    shape
}

pub(super) fn screen(mut shape: Shape) -> Shape {
    shape = shape
        .block(Paint::BODY, [1.05, 0.66, 0.07], [0.0, 0.53, 0.0])
        .block(Paint::Own(0.02, 0.12, 0.2), [0.9, 0.52, 0.02], [0.0, 0.53, 0.03])
        .block(Paint::Body(0.7), [0.12, 0.2, 0.06], [0.0, 0.12, -0.02])
        .block(Paint::Body(0.7), [0.5, 0.04, 0.3], [0.0, 0.02, 0.0]);
    for (line, width) in [0.6, 0.4, 0.7, 0.3].into_iter().enumerate() {
        let centre = [-0.4 + width / 2.0, 0.71 - 0.11 * line as f32, 0.04];
        shape = shape.block(Paint::Own(0.5, 1.1, 1.0), [width, 0.045, 0.01], centre);
    }
    shape
}
