//! What each kind of thing looks like.
//!
//! Things stand on the ground at their origin and face +z. Outlines differ strongly, so that they can be told
//! apart at 96 x 96 pixels, and small things are larger than life.

use super::PropKind;
use super::shape::{Paint, Shape};
use bevy::prelude::*;
use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, TAU};

/// The shape of a kind.
pub(super) fn shape(kind: PropKind) -> Shape {
    let new = Shape::default();
    match kind {
        PropKind::Barrel => barrel(new),
        PropKind::Crate => crate_of_boards(new),
        PropKind::Chest => chest(new),
        PropKind::Mug => mug(new),
        PropKind::Bottle => new
            .lathe(Paint::BODY, &[(0.0, 0.13), (0.34, 0.13), (0.44, 0.045), (0.58, 0.045), (0.60, 0.055)])
            .drum(Paint::WOOD, 0.035, 0.59, 0.05),
        PropKind::Candle => new.drum(Paint::IRON, 0.17, 0.0, 0.035).drum(Paint::BODY, 0.07, 0.03, 0.34).part(
            Paint::FLAME,
            Cone::new(0.035, 0.12).into(),
            Transform::from_xyz(0.0, 0.44, 0.0),
        ),
        PropKind::Lantern => lantern(new),
        PropKind::Stool => stool(new),
        PropKind::Table => table(new),
        PropKind::Book => new
            .block(Paint::BODY, [0.46, 0.03, 0.34], [0.0, 0.015, 0.0])
            .block(Paint::BODY, [0.46, 0.03, 0.34], [0.0, 0.135, 0.0])
            .block(Paint::BODY, [0.03, 0.15, 0.34], [-0.225, 0.075, 0.0])
            .block(Paint::PALE, [0.42, 0.09, 0.31], [0.0, 0.075, 0.0]),
        PropKind::Sword => sword(new),
        PropKind::Shield => shield(new),
        PropKind::Apple => new.globe(Paint::BODY, [0.15, 0.125, 0.15], [0.0, 0.125, 0.0]).drum_at(
            Paint::WOOD,
            0.014,
            0.1,
            [0.01, 0.28, 0.0],
            Quat::from_rotation_z(-0.3),
        ),
        PropKind::Bucket => new
            .lathe(Paint::BODY, &[(0.0, 0.17), (0.36, 0.24)])
            .drum(Paint::DARK, 0.215, 0.345, 0.02)
            .drum(Paint::IRON, 0.225, 0.24, 0.03)
            .ring(Paint::IRON, 0.235, 0.014, [0.0, 0.36, 0.0], Quat::from_rotation_x(FRAC_PI_2 - 0.25)),
        PropKind::Pot => pot(new),
        PropKind::Ball => new.globe(Paint::BODY, [0.25; 3], [0.0, 0.25, 0.0]).ring(
            Paint::PALE,
            0.225,
            0.04,
            [0.0, 0.25, 0.0],
            Quat::from_rotation_z(0.6),
        ),
        PropKind::Vase => new.lathe(
            Paint::BODY,
            &[(0.0, 0.12), (0.06, 0.1), (0.22, 0.23), (0.36, 0.24), (0.52, 0.1), (0.62, 0.075), (0.75, 0.16)],
        ),
        PropKind::Banner => banner(new),
        PropKind::Ladder => ladder(new),
        PropKind::Wheel => wheel(new),
    }
}

/// A person: clothes in the figure's colour, head and hands in the colour of its skin, 1.75 m high; it faces -z, as Bevy's
/// `Transform::forward` does, so that it looks where its eyes do.
pub(super) fn person(skin: LinearRgba, hair: LinearRgba) -> Shape {
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

fn barrel(shape: Shape) -> Shape {
    shape
        .lathe(Paint::BODY, &[(0.0, 0.27), (0.2, 0.35), (0.475, 0.38), (0.75, 0.35), (0.95, 0.27)])
        .drum(Paint::IRON, 0.345, 0.14, 0.06)
        .drum(Paint::IRON, 0.345, 0.75, 0.06)
        .drum(Paint::Body(0.5), 0.24, 0.93, 0.03)
}

fn crate_of_boards(mut shape: Shape) -> Shape {
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

fn chest(mut shape: Shape) -> Shape {
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

fn mug(shape: Shape) -> Shape {
    shape.lathe(Paint::BODY, &[(0.0, 0.14), (0.3, 0.15)]).drum(Paint::DARK, 0.125, 0.29, 0.015).ring(
        Paint::BODY,
        0.085,
        0.026,
        [0.17, 0.15, 0.0],
        Quat::from_rotation_x(FRAC_PI_2),
    )
}

fn lantern(mut shape: Shape) -> Shape {
    shape = shape
        .block(Paint::BODY, [0.3, 0.07, 0.3], [0.0, 0.035, 0.0])
        .block(Paint::Own(1.6, 1.2, 0.5), [0.2, 0.26, 0.2], [0.0, 0.2, 0.0])
        .lathe(Paint::BODY, &[(0.32, 0.2), (0.36, 0.2), (0.48, 0.06)])
        .ring(Paint::IRON, 0.07, 0.014, [0.0, 0.54, 0.0], Quat::from_rotation_x(FRAC_PI_2));
    for (x, z) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)] {
        shape = shape.block(Paint::BODY, [0.05, 0.28, 0.05], [x * 0.12, 0.2, z * 0.12]);
    }
    shape
}

fn stool(mut shape: Shape) -> Shape {
    shape = shape.drum(Paint::BODY, 0.24, 0.45, 0.07);
    for leg in 0..3 {
        let angle = TAU * leg as f32 / 3.0 + 0.5;
        let splay = Quat::from_rotation_y(-angle) * Quat::from_rotation_z(0.22);
        let centre = [angle.cos() * 0.19, 0.23, angle.sin() * 0.19];
        shape = shape.drum_at(Paint::Body(0.8), 0.035, 0.48, centre, splay);
    }
    shape.ring(Paint::Body(0.8), 0.19, 0.02, [0.0, 0.2, 0.0], Quat::IDENTITY)
}

fn table(mut shape: Shape) -> Shape {
    shape =
        shape.block(Paint::BODY, [1.4, 0.07, 0.8], [0.0, 0.745, 0.0]).block(Paint::Body(0.75), [1.2, 0.1, 0.6], [0.0, 0.66, 0.0]);
    for (x, z) in [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)] {
        shape = shape.block(Paint::Body(0.75), [0.09, 0.71, 0.09], [x * 0.6, 0.355, z * 0.31]);
    }
    shape
}

fn sword(shape: Shape) -> Shape {
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

fn shield(shape: Shape) -> Shape {
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

fn pot(mut shape: Shape) -> Shape {
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

fn banner(shape: Shape) -> Shape {
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

fn ladder(mut shape: Shape) -> Shape {
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

fn wheel(mut shape: Shape) -> Shape {
    let facing = Quat::from_rotation_x(FRAC_PI_2);
    let hub = [0.0, 0.48, 0.0];
    shape = shape.ring(Paint::BODY, 0.42, 0.055, hub, facing).drum_at(Paint::Body(0.7), 0.1, 0.18, hub, facing);
    for spoke in 0..4 {
        let turn = Quat::from_rotation_z(FRAC_PI_4 * spoke as f32);
        shape = shape.beam(Paint::Body(0.85), [0.82, 0.055, 0.05], hub, turn);
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::camera::primitives::MeshAabb;

    #[test]
    fn every_kind_stands_on_the_ground_in_a_sane_size() {
        for kind in PropKind::ALL {
            let shape = shape(kind);
            let body = shape.body.expect("every kind has a part in its own colour").compute_aabb().unwrap();
            let low = shape.trim.and_then(|t| t.compute_aabb()).map_or(body.min().y, |t| t.min().y.min(body.min().y));
            assert!(low.abs() < 0.12, "{kind:?} stands at {low} m instead of on the ground");
            let size = body.half_extents.max_element() * 2.0;
            assert!((0.2..2.3).contains(&size), "{kind:?} is {size} m long");
        }
    }
}
