//! Solid things put together from boxes, in one mesh with a colour a box.

use bevy::mesh::VertexAttributeValues;
use bevy::prelude::*;

/// A mesh in the making.
#[derive(Default)]
pub struct Carpenter {
    mesh: Option<Mesh>,
    parts: u32,
}

/// Linear colours of what the tavern is built of.
pub mod stuff {
    /// Old boards.
    pub const BOARD: [f32; 3] = [0.125, 0.066, 0.032];
    /// Timber, almost black.
    pub const TIMBER: [f32; 3] = [0.055, 0.029, 0.015];
    /// Polished wood.
    pub const POLISHED: [f32; 3] = [0.19, 0.09, 0.038];
    /// Lime plaster.
    pub const PLASTER: [f32; 3] = [0.42, 0.33, 0.22];
    /// Field stone.
    pub const STONE: [f32; 3] = [0.16, 0.145, 0.13];
    /// Stone that has seen smoke.
    pub const SOOT: [f32; 3] = [0.02, 0.017, 0.015];
}

impl Carpenter {
    /// A box of these full sizes around `centre`.
    pub fn block(&mut self, colour: [f32; 3], size: [f32; 3], centre: [f32; 3]) -> &mut Self {
        self.turned(colour, size, centre, Quat::IDENTITY)
    }

    /// The same, turned.
    pub fn turned(&mut self, colour: [f32; 3], size: [f32; 3], centre: [f32; 3], turn: Quat) -> &mut Self {
        let [x, y, z] = size;
        self.part(colour, Cuboid::new(x, y, z).into(), Transform::from_translation(centre.into()).with_rotation(turn))
    }

    /// A box in a shade of its own, since no two boards or stones are alike.
    pub fn rough(&mut self, colour: [f32; 3], size: [f32; 3], centre: [f32; 3]) -> &mut Self {
        let shade = 0.78 + 0.44 * chance(self.parts);
        self.block(colour.map(|c| c * shade), size, centre)
    }

    /// Any mesh.
    pub fn part(&mut self, colour: [f32; 3], mesh: Mesh, at: Transform) -> &mut Self {
        self.parts += 1;
        let [r, g, b] = colour;
        let colours = VertexAttributeValues::Float32x4(vec![[r, g, b, 1.0]; mesh.count_vertices()]);
        let mesh = mesh.transformed_by(at).with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colours);
        match &mut self.mesh {
            // Primitives all have the same attributes, so nothing is lost.
            Some(whole) => {
                let _ = whole.merge(&mesh);
            }
            None => self.mesh = Some(mesh),
        }
        self
    }

    /// Boards side by side: `across` of them fill the size along x, each as long as the size along z.
    pub fn boards(&mut self, colour: [f32; 3], across: u32, size: [f32; 3], centre: [f32; 3]) -> &mut Self {
        let wide = size[0] / across as f32;
        for board in 0..across {
            let x = centre[0] - size[0] / 2.0 + wide * (board as f32 + 0.5);
            // Two lengths a board, so that joints show.
            let cut = size[2] * (0.25 + 0.5 * chance(board * 7 + across));
            let (from, to) = (centre[2] - size[2] / 2.0, centre[2] + size[2] / 2.0);
            for (a, b) in [(from, from + cut), (from + cut, to)] {
                self.rough(colour, [wide - 0.012, size[1], b - a - 0.012], [x, centre[1], f32::midpoint(a, b)]);
            }
        }
        self
    }

    /// The mesh, with flat shading.
    pub fn finish(&mut self) -> Mesh {
        self.mesh.take().unwrap_or_else(|| Cuboid::from_length(0.01).into())
    }
}

/// A number 0..1 that looks drawn by chance and is always the same.
pub fn chance(number: u32) -> f32 {
    let mut x = number.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    x = (x ^ (x >> 15)).wrapping_mul(0x2C1B_3C6D);
    x = (x ^ (x >> 12)).wrapping_mul(0x297A_2D39);
    ((x ^ (x >> 15)) >> 8) as f32 / 16_777_216.0
}
