//! Exact labels of a scene: which thing each pixel shows, by a depth buffer on the processor.
//!
//! The things' own meshes are drawn a second time here, so that hidden parts are known as well, for which a renderer would need
//! a pass for each thing.

use super::plan::{Eye, Plan};
use bevy::mesh::{Indices, VertexAttributeValues};
use bevy::prelude::*;
use bevy_persona::mind::train::scenes::{CELLS, COVERED, Cell, NONE, SceneThing};

/// Triangles that hide and are hidden.
pub(super) struct Solid {
    /// Which of the plan's things this is part of; `None` for the room.
    pub(super) thing: Option<usize>,
    pub(super) corners: Vec<Vec3>,
}

impl Solid {
    /// The triangles of a mesh, placed in the world.
    pub(super) fn new(thing: Option<usize>, mesh: &Mesh, at: &Transform) -> Self {
        let Some(VertexAttributeValues::Float32x3(points)) = mesh.attribute(Mesh::ATTRIBUTE_POSITION) else {
            return Self { thing, corners: Vec::new() };
        };
        let point = |i: usize| at.transform_point(points[i].into());
        let corners = match mesh.indices() {
            Some(Indices::U16(indices)) => indices.iter().map(|i| point(usize::from(*i))).collect(),
            Some(Indices::U32(indices)) => indices.iter().map(|i| point(*i as usize)).collect(),
            None => (0..points.len()).map(point).collect(),
        };
        Self { thing, corners }
    }
}

/// The depth of each pixel, and what is there.
struct Buffer {
    width: usize,
    height: usize,
    depth: Vec<f32>,
    id: Vec<u8>,
}

impl Buffer {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, depth: vec![f32::INFINITY; width * height], id: vec![NONE; width * height] }
    }

    fn draw(&mut self, solid: &Solid, id: u8, eye: &Eye) {
        let to_eye = eye.at.to_matrix().inverse();
        let scale_y = (eye.fov / 2.0).tan().recip();
        let scale = Vec2::new(scale_y / eye.aspect(), scale_y);
        for triangle in solid.corners.chunks_exact(3) {
            let seen: [Vec3; 3] = [0, 1, 2].map(|i| to_eye.transform_point3(triangle[i]));
            // Things stand more than a metre off, so nothing that matters crosses the plane of the eye.
            if seen.iter().all(|p| p.z < -0.1) {
                self.triangle(seen.map(|p| self.screen(p, scale)), id);
            }
        }
    }

    /// Pixels right and down, and the inverse of the depth.
    fn screen(&self, p: Vec3, scale: Vec2) -> Vec3 {
        let x = (p.x * scale.x / -p.z + 1.0) / 2.0 * self.width as f32;
        let y = (1.0 - p.y * scale.y / -p.z) / 2.0 * self.height as f32;
        Vec3::new(x, y, -p.z.recip())
    }

    fn triangle(&mut self, [a, b, c]: [Vec3; 3], id: u8) {
        let area = (b - a).truncate().perp_dot((c - a).truncate());
        if area.abs() < 1e-9 {
            return;
        }
        let (low, high) = (a.min(b).min(c), a.max(b).max(c));
        let clip = |v: f32, end: usize| v.clamp(0.0, end as f32) as usize;
        for y in clip(low.y.floor(), self.height)..clip(high.y.ceil(), self.height) {
            for x in clip(low.x.floor(), self.width)..clip(high.x.ceil(), self.width) {
                let p = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
                let u = (b.truncate() - p).perp_dot(c.truncate() - p) / area;
                let v = (c.truncate() - p).perp_dot(a.truncate() - p) / area;
                let w = 1.0 - u - v;
                if u >= 0.0 && v >= 0.0 && w >= 0.0 {
                    let depth = (u * a.z + v * b.z + w * c.z).recip();
                    let at = y * self.width + x;
                    if depth < self.depth[at] {
                        self.depth[at] = depth;
                        self.id[at] = id;
                    }
                }
            }
        }
    }
}

/// Labels of a picture of `width` x `height` pixels.
pub(super) fn label(plan: &Plan, solids: &[Solid], width: usize, height: usize) -> (Vec<SceneThing>, Vec<Cell>) {
    let mut all = Buffer::new(width, height);
    for solid in solids {
        all.draw(solid, solid.thing.map_or(NONE, |t| t as u8), &plan.eye);
    }
    let seen = (0..plan.things.len()).filter_map(|thing| {
        let mut alone = Buffer::new(width, height);
        solids.iter().filter(|s| s.thing == Some(thing)).for_each(|s| alone.draw(s, thing as u8, &plan.eye));
        seen(plan, thing, &all, &alone)
    });
    (seen.collect(), cells(plan, &all))
}

fn seen(plan: &Plan, thing: usize, all: &Buffer, alone: &Buffer) -> Option<SceneThing> {
    let (mut low, mut high, mut outline) = (UVec2::MAX, UVec2::ZERO, 0usize);
    let (mut visible, mut depth) = (0usize, f32::INFINITY);
    for (at, id) in alone.id.iter().enumerate() {
        if *id == NONE {
            continue;
        }
        let pixel = UVec2::new((at % alone.width) as u32, (at / alone.width) as u32);
        low = low.min(pixel);
        high = high.max(pixel + 1);
        outline += 1;
        if all.id[at] == thing as u8 {
            visible += 1;
            depth = depth.min(all.depth[at]);
        }
    }
    // A few pixels are more than nothing, but no one could name them.
    (visible >= 12).then(|| {
        let size = Vec2::new(alone.width as f32, alone.height as f32);
        let (low, high) = (low.as_vec2() / size, high.as_vec2() / size);
        SceneThing {
            kind: plan.things[thing].label(),
            colour: plan.things[thing].colour as u8,
            bounds: [low.x, low.y, high.x, high.y],
            distance: depth,
            visible: visible as f32 / outline as f32,
        }
    })
}

fn cells(plan: &Plan, all: &Buffer) -> Vec<Cell> {
    let mut counts = vec![[0usize; 16]; CELLS * CELLS];
    let mut pixels = vec![0usize; CELLS * CELLS];
    for (at, id) in all.id.iter().enumerate() {
        let (x, y) = (at % all.width * CELLS / all.width, at / all.width * CELLS / all.height);
        pixels[y * CELLS + x] += 1;
        if let Some(count) = counts[y * CELLS + x].get_mut(usize::from(*id)) {
            *count += 1;
        }
    }
    let cell = |(counts, pixels): (&[usize; 16], &usize)| {
        let most = (0..plan.things.len().min(16)).max_by_key(|t| counts[*t]);
        let thing = most.filter(|t| counts[*t] as f32 >= COVERED * *pixels as f32).map(|t| &plan.things[t]);
        thing.map_or(Cell { kind: NONE, colour: NONE }, |t| Cell { kind: t.label(), colour: t.colour as u8 })
    };
    counts.iter().zip(&pixels).map(cell).collect()
}
