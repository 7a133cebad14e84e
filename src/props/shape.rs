//! Solid shapes put together from Bevy's primitives, with a paint on each part.

use bevy::camera::primitives::MeshAabb;
use bevy::mesh::VertexAttributeValues;
use bevy::prelude::*;

/// Sides of a round part.
const ROUND: u32 = 14;

/// How a part is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Paint {
    /// In the thing's own colour, times a linear shade of 0..=1.
    Body(f32),
    /// In a linear colour of its own.
    Own(f32, f32, f32),
}

impl Paint {
    pub(super) const BODY: Self = Self::Body(1.0);
    pub(super) const IRON: Self = Self::Own(0.06, 0.06, 0.065);
    pub(super) const STEEL: Self = Self::Own(0.33, 0.34, 0.36);
    pub(super) const DARK: Self = Self::Own(0.012, 0.01, 0.01);
    pub(super) const PALE: Self = Self::Own(0.72, 0.68, 0.55);
    pub(super) const WOOD: Self = Self::Own(0.11, 0.06, 0.028);
    pub(super) const EARTH: Self = Self::Own(0.3, 0.12, 0.05);
    pub(super) const GREEN: Self = Self::Own(0.03, 0.1, 0.02);
    pub(super) const FLAME: Self = Self::Own(3.0, 2.0, 0.7);
}

/// A shape in the making: what takes the thing's colour, and what does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Vertex colours are shades of the thing's colour.
    pub(super) body: Option<Mesh>,
    /// Vertex colours are the colours themselves.
    pub(super) trim: Option<Mesh>,
}

impl Shape {
    /// Adds a mesh.
    pub(super) fn part(mut self, paint: Paint, mesh: Mesh, at: Transform) -> Self {
        let (slot, colour) = match paint {
            Paint::Body(shade) => (&mut self.body, [shade, shade, shade, 1.0]),
            Paint::Own(r, g, b) => (&mut self.trim, [r, g, b, 1.0]),
        };
        let colours = VertexAttributeValues::Float32x4(vec![colour; mesh.count_vertices()]);
        let mesh = mesh.transformed_by(at).with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colours);
        add(slot, Some(mesh));
        self
    }

    /// Another shape besides.
    pub(super) fn with(mut self, other: Self) -> Self {
        for (slot, mesh) in [(&mut self.body, other.body), (&mut self.trim, other.trim)] {
            add(slot, mesh);
        }
        self
    }

    /// The whole shape moved.
    pub(super) fn moved(self, at: Transform) -> Self {
        let moved = |mesh: Option<Mesh>| mesh.map(|m| m.transformed_by(at));
        Self { body: moved(self.body), trim: moved(self.trim) }
    }

    /// Width, height and depth.
    pub(super) fn size(&self) -> Vec3 {
        let boxes = self.body.iter().chain(&self.trim).filter_map(MeshAabb::compute_aabb);
        let bounds = boxes.map(|b| (b.min(), b.max())).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        bounds.map_or(Vec3::ZERO, |(low, high)| (high - low).into())
    }

    /// A box of full sizes `size` around `centre`.
    pub(super) fn block(self, paint: Paint, size: [f32; 3], centre: [f32; 3]) -> Self {
        let [x, y, z] = size;
        self.part(paint, Cuboid::new(x, y, z).into(), Transform::from_translation(centre.into()))
    }

    /// A box turned by `turn`.
    pub(super) fn beam(self, paint: Paint, size: [f32; 3], centre: [f32; 3], turn: Quat) -> Self {
        let [x, y, z] = size;
        self.part(paint, Cuboid::new(x, y, z).into(), Transform::from_translation(centre.into()).with_rotation(turn))
    }

    /// An upright cylinder that stands at height `from`.
    pub(super) fn drum(self, paint: Paint, radius: f32, from: f32, height: f32) -> Self {
        self.drum_at(paint, radius, height, [0.0, from + height / 2.0, 0.0], Quat::IDENTITY)
    }

    /// A cylinder around `centre`, turned by `turn`.
    pub(super) fn drum_at(self, paint: Paint, radius: f32, height: f32, centre: [f32; 3], turn: Quat) -> Self {
        let mesh = Cylinder::new(radius, height).mesh().resolution(ROUND).build();
        self.part(paint, mesh, Transform::from_translation(centre.into()).with_rotation(turn))
    }

    /// Stacked rings: each pair of `(height, radius)` with the next one bounds a cone's part.
    pub(super) fn lathe(mut self, paint: Paint, outline: &[(f32, f32)]) -> Self {
        for pair in outline.windows(2) {
            let [(low, radius_bottom), (high, radius_top)] = [pair[0], pair[1]];
            let frustum = ConicalFrustum { radius_top, radius_bottom, height: high - low };
            let mesh = frustum.mesh().resolution(ROUND).build();
            self = self.part(paint, mesh, Transform::from_xyz(0.0, f32::midpoint(low, high), 0.0));
        }
        self
    }

    /// A ball of half sizes `radii` around `centre`.
    pub(super) fn globe(self, paint: Paint, radii: [f32; 3], centre: [f32; 3]) -> Self {
        let mesh = Sphere::new(1.0).mesh().uv(ROUND, 10);
        // Bevy's spheres have their poles along z.
        let upright = mesh.transformed_by(Transform::from_rotation(Quat::from_rotation_x(-std::f32::consts::FRAC_PI_2)));
        self.part(paint, upright, Transform::from_translation(centre.into()).with_scale(radii.into()))
    }

    /// A lying ring: `radius` to the middle of a rope of radius `rope`; turned by `turn`.
    pub(super) fn ring(self, paint: Paint, radius: f32, rope: f32, centre: [f32; 3], turn: Quat) -> Self {
        let torus = Torus { minor_radius: rope, major_radius: radius };
        let mesh = torus.mesh().major_resolution(16).minor_resolution(6).build();
        self.part(paint, mesh, Transform::from_translation(centre.into()).with_rotation(turn))
    }

    /// An upright capsule.
    pub(super) fn limb(self, paint: Paint, radius: f32, length: f32, centre: [f32; 3], turn: Quat) -> Self {
        let mesh = Capsule3d::new(radius, length).mesh().longitudes(ROUND).latitudes(8).build();
        self.part(paint, mesh, Transform::from_translation(centre.into()).with_rotation(turn))
    }

    /// A straight round rod between two points.
    pub(super) fn rod(self, paint: Paint, radius: f32, from: [f32; 3], to: [f32; 3]) -> Self {
        let (centre, turn, length) = between(from, to);
        self.drum_at(paint, radius, length, centre.into(), turn)
    }

    /// Rods of one thickness from point to point.
    pub(super) fn wire(self, paint: Paint, radius: f32, points: &[[f32; 3]]) -> Self {
        points.windows(2).fold(self, |shape, ends| shape.rod(paint, radius, ends[0], ends[1]).globe(paint, [radius; 3], ends[1]))
    }

    /// A cone with its tip at `to`.
    pub(super) fn spike(self, paint: Paint, radius: f32, from: [f32; 3], to: [f32; 3]) -> Self {
        let (centre, turn, length) = between(from, to);
        let mesh = Cone::new(radius, length).mesh().resolution(ROUND).build();
        self.part(paint, mesh, Transform::from_translation(centre).with_rotation(turn))
    }

    /// A plate of this thickness that faces +z, with its corners, in order around it, in the plane of x and y.
    pub(super) fn plate(self, paint: Paint, thickness: f32, corners: &[[f32; 2]], z: f32) -> Self {
        let convex = ConvexPolygon::new_unchecked(corners.iter().map(|c| Vec2::from(*c)));
        self.part(paint, Extrusion::new(convex, thickness).into(), Transform::from_xyz(0.0, 0.0, z))
    }
}

fn add(slot: &mut Option<Mesh>, mesh: Option<Mesh>) {
    match (slot.as_mut(), mesh) {
        // Primitives all have the same attributes, so nothing is lost.
        (Some(whole), Some(mesh)) => {
            let _ = whole.merge(&mesh);
        }
        (None, mesh) => *slot = mesh,
        (Some(_), None) => {}
    }
}

/// Middle, turn from upright, and length of what is between two points.
fn between(from: [f32; 3], to: [f32; 3]) -> (Vec3, Quat, f32) {
    let (from, to) = (Vec3::from(from), Vec3::from(to));
    let way = to - from;
    (from.midpoint(to), Quat::from_rotation_arc(Vec3::Y, way.normalize_or(Vec3::Y)), way.length())
}
