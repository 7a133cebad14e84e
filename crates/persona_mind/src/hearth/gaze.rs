//! The gaze: what one thing looks like up close.
//!
//! A square around the thing's box is cut out of the picture and brought to 48x48 pixels; overlapping patches of 12x12, 6
//! apart, go through a small transformer, whose mean says of which kind the thing is and of which colour.

use super::eye::{Impression, SightConfig};
use super::net::{Block, Init, Linear, Params, RmsNorm, mean_over, softmax};
use super::ops::AttnMask;
use super::vocab::{COLOURS, KINDS};
use crate::brief::Picture;
use candle_core::{Device, Result, Tensor};

/// Side of what is cut out, in pixels.
pub const SIDE: usize = 48;
const STRIDE: usize = 6;
const PATCH: usize = 2 * STRIDE;
const ROW: usize = (SIDE - PATCH) / STRIDE + 1;
/// Patches of a cut-out.
pub const PATCHES: usize = ROW * ROW;
/// Numbers of a patch.
pub const PATCH_VALUES: usize = PATCH * PATCH * 3;
/// How much is seen around the box, as a share of its longer side.
const MARGIN: f32 = 0.12;

/// The gaze's parameters.
#[derive(Clone, Debug)]
pub struct Gaze {
    stem: Linear,
    positions: Tensor,
    blocks: Vec<Block>,
    norm: RmsNorm,
    kind: Linear,
    colour: Linear,
}

impl Gaze {
    /// A gaze with parameters from `params`.
    ///
    /// # Errors
    /// If a parameter is absent or has another shape.
    pub fn new(params: Params, config: SightConfig) -> Result<Self> {
        let dim = config.block.dim;
        Ok(Self {
            stem: Linear::with_bias(params, "stem", PATCH_VALUES, dim)?,
            positions: params.get("positions", &[PATCHES, dim], Init::Normal(0.05))?,
            blocks: (0..config.layers).map(|i| Block::new(params, i, config.block)).collect::<Result<_>>()?,
            norm: RmsNorm::new(params, "norm", dim)?,
            kind: Linear::with_bias(params, "kind", dim, KINDS.len())?,
            colour: Linear::with_bias(params, "colour", dim, COLOURS.len())?,
        })
    }

    /// Logits of kinds and of colours, `[things, classes]` each, of patches `[things, PATCHES, PATCH_VALUES]`.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn forward(&self, patches: &Tensor) -> Result<(Tensor, Tensor)> {
        let lengths = vec![PATCHES; patches.dim(0)?];
        let mut x = self.stem.forward(patches)?.relu()?.broadcast_add(&self.positions)?;
        let mask = AttnMask::Lengths(lengths.clone());
        for block in &self.blocks {
            x = block.forward(&x, &mask)?;
        }
        let x = mean_over(&self.norm.forward(&x)?, &lengths)?;
        Ok((self.kind.forward(&x)?, self.colour.forward(&x)?))
    }

    /// Looks at things in a picture, each by its box: left, top, right, bottom, each 0..=1 of the picture.
    ///
    /// # Errors
    /// If memory is short.
    pub fn look(&self, picture: &Picture, boxes: &[[f32; 4]]) -> Result<Vec<Impression>> {
        if boxes.is_empty() {
            return Ok(Vec::new());
        }
        let mut patches = Vec::new();
        boxes.iter().for_each(|bounds| patchify(&cut_out(picture, *bounds), &mut patches));
        let patches = Tensor::from_vec(patches, (boxes.len(), PATCHES, PATCH_VALUES), &Device::Cpu)?;
        let (kinds, colours) = self.forward(&patches)?;
        let shares = |x: &Tensor| softmax(x)?.to_vec2::<f32>();
        let (kinds, colours) = (shares(&kinds)?, shares(&colours)?);
        let impression = |(kinds, colours): (&Vec<f32>, &Vec<f32>)| {
            let mut impression = Impression::default();
            impression.kinds.copy_from_slice(kinds);
            impression.colours.copy_from_slice(colours);
            impression
        };
        Ok(kinds.iter().zip(&colours).map(impression).collect())
    }
}

/// The square around a box, [`SIDE`] pixels a side, as RGB bytes; what lies outside of the picture continues its edge.
#[must_use]
pub fn cut_out(picture: &Picture, bounds: [f32; 4]) -> Vec<u8> {
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let [left, top, right, bottom] = bounds.map(|x| if x.is_finite() { x.clamp(0.0, 1.0) } else { 0.0 });
    let (x, y) = (f32::midpoint(left, right) * width, f32::midpoint(top, bottom) * height);
    let side = ((right - left) * width).max((bottom - top) * height).max(4.0) * (1.0 + 2.0 * MARGIN);
    let step = side / SIDE as f32;
    let rgb = picture.rgb();
    let pixel = |column: f32, row: f32| {
        let at = |v: f32, end: u32| (v.max(0.0) as usize).min(end.saturating_sub(1) as usize);
        let index = (at(row, picture.height()) * picture.width() as usize + at(column, picture.width())) * 3;
        [rgb[index], rgb[index + 1], rgb[index + 2]]
    };
    // Where a pixel of the cut-out covers several of the picture, their mean is taken at as many points.
    let points = (step.ceil() as usize).clamp(1, 6);
    let mut out = Vec::with_capacity(SIDE * SIDE * 3);
    for row in 0..SIDE {
        for column in 0..SIDE {
            let mut sum = [0u32; 3];
            for i in 0..points * points {
                let offset = |i: usize| (i as f32 + 0.5) / points as f32;
                let at_x = x - side / 2.0 + (column as f32 + offset(i % points)) * step;
                let at_y = y - side / 2.0 + (row as f32 + offset(i / points)) * step;
                sum.iter_mut().zip(pixel(at_x, at_y)).for_each(|(s, b)| *s += u32::from(b));
            }
            out.extend(sum.map(|s| (s / (points * points) as u32) as u8));
        }
    }
    out
}

/// Appends the patches of a cut-out to `out`, as values around 0.
///
/// # Panics
/// If `rgb` is not [`SIDE`] squared pixels.
pub fn patchify(rgb: &[u8], out: &mut Vec<f32>) {
    assert_eq!(rgb.len(), SIDE * SIDE * 3, "the gaze reads cut-outs of {SIDE} x {SIDE} pixels");
    for patch in 0..PATCHES {
        let (top, left) = (patch / ROW * STRIDE, patch % ROW * STRIDE);
        for y in top..top + PATCH {
            let row = &rgb[(y * SIDE + left) * 3..][..PATCH * 3];
            out.extend(row.iter().map(|b| f32::from(*b) / 64.0 - 2.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves() -> Picture {
        let rgb: Vec<u8> = (0..64 * 64).flat_map(|i| if i % 64 < 32 { [200, 0, 0] } else { [0, 0, 200] }).collect();
        Picture::from_rgb(64, 64, rgb).unwrap()
    }

    #[test]
    fn a_cut_out_shows_what_is_in_the_box() {
        let left = cut_out(&halves(), [0.05, 0.3, 0.35, 0.6]);
        assert!(left.chunks_exact(3).all(|p| p == [200, 0, 0]), "the left half is red");
        let both = cut_out(&halves(), [0.3, 0.3, 0.7, 0.7]);
        assert_eq!((&both[..3], &both[both.len() - 3..]), (&[200, 0, 0][..], &[0, 0, 200][..]), "red to blue");
    }

    #[test]
    fn any_box_is_taken() {
        for bounds in [[f32::NAN; 4], [1.0, 1.0, 0.0, 0.0], [-9.0, 2.0, f32::INFINITY, 1e30], [0.5; 4]] {
            assert_eq!(cut_out(&halves(), bounds).len(), SIDE * SIDE * 3, "a cut-out of {bounds:?}");
        }
    }
}
