//! From places in the world to places in a picture.

use super::Senses;
use bevy::math::{Affine3A, Mat4};
use bevy::prelude::*;

/// Nearer than this, in metres, an eye sees nothing: there its own head is.
pub(super) const NEAR: f32 = 0.25;

/// A view on the world: an eye's, or a camera's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lens {
    pub(super) from: Vec3,
    view_from_world: Affine3A,
    clip_from_view: Mat4,
}

impl Lens {
    /// The lens of a camera.
    #[cfg_attr(not(any(test, feature = "sight")), expect(dead_code, reason = "only cameras need it"))]
    pub(super) fn new(at: &GlobalTransform, clip_from_view: Mat4) -> Self {
        Self { from: at.translation(), view_from_world: at.affine().inverse(), clip_from_view }
    }

    /// The lens of a character's eye.
    pub(super) fn eye(body: &GlobalTransform, senses: &Senses) -> Self {
        let at = eye_place(body, senses);
        let clip_from_view = Mat4::perspective_infinite_reverse_rh(angle(senses), 1.0, NEAR);
        Self { from: at.translation, view_from_world: at.compute_affine().inverse(), clip_from_view }
    }

    /// Left, top, right and bottom of a box with these corners, each 0..=1, if any of it is in the picture.
    pub(super) fn bounds(&self, corners: &[Vec3; 8]) -> Option<[f32; 4]> {
        let clip = corners.map(|corner| self.clip_from_view * self.view_from_world.transform_point3(corner).extend(1.0));
        let (mut low, mut high) = (Vec2::INFINITY, Vec2::NEG_INFINITY);
        let mut add = |p: Vec4| {
            let point = Vec2::new(p.x / p.w, -p.y / p.w) / 2.0 + 0.5;
            (low, high) = (low.min(point), high.max(point));
        };
        for corner in clip {
            if in_front(corner) {
                add(corner);
            }
        }
        // Edges that pass the eye are cut where they do.
        for (a, b) in EDGES {
            let (a, b) = (clip[a], clip[b]);
            if in_front(a) != in_front(b) {
                let share = (a.w - a.z) / ((a.w - a.z) - (b.w - b.z));
                add(a.lerp(b, share.clamp(0.0, 1.0)));
            }
        }
        let (low, high) = (low.clamp(Vec2::ZERO, Vec2::ONE), high.clamp(Vec2::ZERO, Vec2::ONE));
        (low.x < high.x && low.y < high.y).then_some([low.x, low.y, high.x, high.y])
    }

    /// Whether a point is in the picture.
    pub(super) fn shows(&self, point: Vec3) -> bool {
        let p = self.clip_from_view * self.view_from_world.transform_point3(point).extend(1.0);
        in_front(p) && p.w > 0.0 && p.x.abs() <= p.w && p.y.abs() <= p.w
    }
}

/// Where a character's eye is.
pub(super) fn eye_place(body: &GlobalTransform, senses: &Senses) -> Transform {
    let pitch = Quat::from_rotation_x(senses.pitch.to_radians());
    Transform {
        translation: body.transform_point(Vec3::Y * senses.eye_height),
        rotation: body.rotation() * pitch,
        scale: Vec3::ONE,
    }
}

/// The angle of view in radians.
pub(super) fn angle(senses: &Senses) -> f32 {
    let degrees = if senses.field_of_view.is_finite() { senses.field_of_view } else { 70.0 };
    degrees.clamp(1.0, 170.0).to_radians()
}

/// Bevy's depth is reversed: a point is beyond the near plane where z is at most w.
fn in_front(clip: Vec4) -> bool {
    clip.z <= clip.w && clip.w > 0.0
}

/// Pairs of the corners of a box that differ in one direction; corner `i` is high in x, y, z by its bits.
const EDGES: [(usize, usize); 12] =
    [(0, 1), (2, 3), (4, 5), (6, 7), (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7)];

/// The corners of a box, in the order that its edges expect.
pub(super) fn corners(centre: Vec3, half: Vec3) -> [Vec3; 8] {
    std::array::from_fn(|i| {
        let sign = |bit: usize| if i >> bit & 1 == 1 { 1.0 } else { -1.0 };
        centre + half * Vec3::new(sign(0), sign(1), sign(2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level() -> Lens {
        let senses = Senses { eye_height: 0.0, pitch: 0.0, field_of_view: 90.0, ..Senses::default() };
        Lens::eye(&GlobalTransform::IDENTITY, &senses)
    }

    #[test]
    fn a_box_ahead_is_in_the_middle() {
        let bounds = level().bounds(&corners(Vec3::new(0.0, 0.0, -5.0), Vec3::splat(1.0))).expect("it is ahead");
        for (bound, expected) in bounds.into_iter().zip([0.375, 0.375, 0.625, 0.625]) {
            assert!((bound - expected).abs() < 1e-4, "a side 2 m wide, 4 m off: {bounds:?}");
        }
    }

    #[test]
    fn right_is_right_and_up_is_up() {
        let [left, _, _, bottom] = level().bounds(&corners(Vec3::new(3.0, 3.0, -5.0), Vec3::splat(0.5))).expect("in view");
        assert!(left > 0.6 && bottom < 0.4, "a thing up on the right has left {left}, bottom {bottom}");
    }

    #[test]
    fn a_box_behind_is_not_in_the_picture() {
        assert_eq!(level().bounds(&corners(Vec3::new(0.0, 0.0, 5.0), Vec3::splat(1.0))), None, "it is behind");
        assert!(!level().shows(Vec3::Z), "a point behind is not shown");
        assert!(level().shows(Vec3::NEG_Z), "a point ahead is");
    }

    #[test]
    fn a_box_around_the_eye_fills_the_picture() {
        let bounds = level().bounds(&corners(Vec3::ZERO, Vec3::splat(2.0)));
        assert_eq!(bounds, Some([0.0, 0.0, 1.0, 1.0]), "walls all around fill the picture");
    }
}
