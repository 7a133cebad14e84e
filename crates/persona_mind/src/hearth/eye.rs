//! The eye: a picture to what is where in it, and of which colour.
//!
//! Overlapping patches of 16x16 pixels, 8 apart, go through a small transformer; each of the 12x12 cells says
//! which kind of thing covers it and in which colour. Pooled over a thing's box these distributions are the soft token
//! by which the speaker sees the thing.

use super::net::{Block, BlockConfig, Init, Linear, Params, RmsNorm, probabilities};
use super::ops::AttnMask;
use super::vocab::{COLOURS, KINDS};
use crate::brief::{Picture, VisibleThing};
use candle_core::{Device, Result, Tensor};

/// Side of the picture the eye reads, in pixels.
pub const SIDE: usize = 96;
/// Cells a side.
pub const CELLS: usize = 12;
const STRIDE: usize = SIDE / CELLS;
const PATCH: usize = 2 * STRIDE;
/// Kinds and none.
pub const KIND_CLASSES: usize = KINDS.len() + 1;
/// Colours and none.
pub const COLOUR_CLASSES: usize = COLOURS.len() + 1;

/// Sizes of the eye, or of the gaze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SightConfig {
    /// Sizes of a block.
    pub block: BlockConfig,
    /// Number of blocks.
    pub layers: usize,
}

/// The eye's parameters.
#[derive(Clone, Debug)]
pub struct Eye {
    stem: Linear,
    positions: Tensor,
    blocks: Vec<Block>,
    norm: RmsNorm,
    kind: Linear,
    colour: Linear,
}

impl Eye {
    /// An eye with parameters from `params`.
    ///
    /// # Errors
    /// If a parameter is absent or has another shape.
    pub fn new(params: Params, config: SightConfig) -> Result<Self> {
        let dim = config.block.dim;
        Ok(Self {
            stem: Linear::with_bias(params, "stem", PATCH * PATCH * 3, dim)?,
            positions: params.get("positions", &[CELLS * CELLS, dim], Init::Normal(0.05))?,
            blocks: (0..config.layers).map(|i| Block::new(params, i, config.block)).collect::<Result<_>>()?,
            norm: RmsNorm::new(params, "norm", dim)?,
            kind: Linear::with_bias(params, "kind", dim, KIND_CLASSES)?,
            colour: Linear::with_bias(params, "colour", dim, COLOUR_CLASSES)?,
        })
    }

    /// Logits of kinds and colours, each `[batch, cells, classes]`, of patches `[batch, cells, values]`.
    ///
    /// # Errors
    /// If shapes differ.
    pub fn forward(&self, patches: &Tensor) -> Result<(Tensor, Tensor)> {
        let mut x = self.stem.forward(patches)?.relu()?.broadcast_add(&self.positions)?;
        let mask = AttnMask::Lengths(vec![CELLS * CELLS; patches.dim(0)?]);
        for block in &self.blocks {
            x = block.forward(&x, &mask)?;
        }
        let x = self.norm.forward(&x)?;
        Ok((self.kind.forward(&x)?, self.colour.forward(&x)?))
    }

    /// Looks at one picture of any size.
    ///
    /// # Errors
    /// If memory is short.
    pub fn look(&self, picture: &Picture) -> Result<Glimpse> {
        let mut patches = Vec::new();
        patchify(picture.resized(SIDE as u32).rgb(), &mut patches);
        let patches = Tensor::from_vec(patches, (1, CELLS * CELLS, PATCH * PATCH * 3), &Device::Cpu)?;
        let (kinds, colours) = self.forward(&patches)?;
        Ok(Glimpse { kinds: probabilities(&kinds)?, colours: probabilities(&colours)? })
    }
}

/// Appends a picture's patches to `out`: RGB bytes of [`SIDE`] squared pixels, to values around 0.
///
/// # Panics
/// If `rgb` is not of that size.
pub fn patchify(rgb: &[u8], out: &mut Vec<f32>) {
    assert_eq!(rgb.len(), SIDE * SIDE * 3, "the eye reads pictures of {SIDE} x {SIDE} pixels");
    for cell in 0..CELLS * CELLS {
        let (top, left) =
            ((cell / CELLS * STRIDE) as isize - STRIDE as isize / 2, (cell % CELLS * STRIDE) as isize - STRIDE as isize / 2);
        for dy in 0..PATCH as isize {
            let y = (top + dy).clamp(0, SIDE as isize - 1) as usize;
            for dx in 0..PATCH as isize {
                let x = (left + dx).clamp(0, SIDE as isize - 1) as usize;
                out.extend(rgb[(y * SIDE + x) * 3..][..3].iter().map(|b| f32::from(*b) / 64.0 - 2.0));
            }
        }
    }
}

/// What the eye made of a picture: for each cell, how likely it is covered by each kind and colour.
#[derive(Clone, Debug)]
pub struct Glimpse {
    kinds: Vec<f32>,
    colours: Vec<f32>,
}

/// What is seen of one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Impression {
    /// How likely it has each of [`COLOURS`]; sums to 1, or to 0 where no colour was seen.
    pub colours: [f32; COLOURS.len()],
    /// How likely it is each of [`KINDS`]; likewise.
    pub kinds: [f32; KINDS.len()],
}

impl Default for Impression {
    fn default() -> Self {
        Self { colours: [0.0; COLOURS.len()], kinds: [0.0; KINDS.len()] }
    }
}

impl Impression {
    /// The likeliest colour.
    #[must_use]
    pub fn colour(&self) -> Option<usize> {
        likeliest(&self.colours)
    }

    /// The likeliest kind.
    #[must_use]
    pub fn kind(&self) -> Option<usize> {
        likeliest(&self.kinds)
    }
}

fn likeliest(values: &[f32]) -> Option<usize> {
    (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).filter(|i| values[*i] > 0.0)
}

impl Glimpse {
    /// What is seen of a thing that the engine says is there.
    ///
    /// Cells inside its box count by how likely they show something, and more if it is of the named kind.
    #[must_use]
    pub fn impression(&self, thing: &VisibleThing) -> Impression {
        let named = kind_of(thing);
        let [left, top, right, bottom] = thing.bounds;
        let centre = |i: usize| (i as f32 + 0.5) / CELLS as f32;
        // A thing smaller than a cell still covers the one its middle falls into.
        let slack = 0.5 / CELLS as f32;
        let inside = |low: f32, high: f32, at: f32| (at >= low && at <= high) || (at - f32::midpoint(low, high)).abs() <= slack;
        let cells = (0..CELLS * CELLS)
            .filter(|cell| inside(top, bottom, centre(cell / CELLS)) && inside(left, right, centre(cell % CELLS)));
        self.pool(cells, |kinds| match named {
            Some(kind) => kinds[kind] + 0.05 * (1.0 - kinds[KINDS.len()]),
            None => 1.0 - kinds[KINDS.len()],
        })
    }

    /// Things that the eye finds by itself: touching cells of one kind, largest first, at most six.
    #[must_use]
    pub fn find(&self) -> Vec<VisibleThing> {
        let best: Vec<usize> = self.kinds.chunks_exact(KIND_CLASSES).map(|k| likeliest(k).unwrap_or(KINDS.len())).collect();
        let mut seen = [false; CELLS * CELLS];
        let mut found = Vec::new();
        for start in 0..best.len() {
            if best[start] == KINDS.len() || seen[start] {
                continue;
            }
            let patch = flood(&best, &mut seen, start);
            let kind = KINDS[best[start]].to_owned();
            let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
            let name = format!("{article} {kind}");
            let thing = VisibleThing { name, kind, distance: 0.0, bounds: bounds(&patch) };
            found.push((patch.len(), thing));
        }
        found.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
        found.into_iter().filter(|(size, _)| *size > 1).take(6).map(|(_, thing)| thing).collect()
    }

    fn pool(&self, cells: impl Iterator<Item = usize>, weight: impl Fn(&[f32]) -> f32) -> Impression {
        let mut impression = Impression::default();
        for cell in cells {
            let kinds = &self.kinds[cell * KIND_CLASSES..][..KIND_CLASSES];
            let colours = &self.colours[cell * COLOUR_CLASSES..][..COLOUR_CLASSES];
            let weight = weight(kinds);
            impression.kinds.iter_mut().zip(kinds).for_each(|(sum, p)| *sum += weight * p);
            impression.colours.iter_mut().zip(colours).for_each(|(sum, p)| *sum += weight * p);
        }
        normalise(&mut impression.kinds);
        normalise(&mut impression.colours);
        impression
    }
}

/// The kind that a thing's `kind`, or else the last word of its name, says it is.
#[must_use]
pub fn kind_of(thing: &VisibleThing) -> Option<usize> {
    let said = if thing.kind.is_empty() { thing.name.split_whitespace().last().unwrap_or_default() } else { &thing.kind };
    KINDS.iter().position(|kind| kind.eq_ignore_ascii_case(said))
}

fn normalise(values: &mut [f32]) {
    let sum: f32 = values.iter().sum();
    // Less than this is noise of cells that show nothing.
    let scale = if sum > 0.02 { sum.recip() } else { 0.0 };
    values.iter_mut().for_each(|v| *v *= scale);
}

fn flood(best: &[usize], seen: &mut [bool], start: usize) -> Vec<usize> {
    let mut patch = Vec::new();
    let mut open = vec![start];
    seen[start] = true;
    while let Some(cell) = open.pop() {
        patch.push(cell);
        let (row, column) = (cell / CELLS, cell % CELLS);
        let near = [
            (row > 0).then(|| cell - CELLS),
            (row + 1 < CELLS).then(|| cell + CELLS),
            (column > 0).then(|| cell - 1),
            (column + 1 < CELLS).then(|| cell + 1),
        ];
        for next in near.into_iter().flatten() {
            if best[next] == best[start] && !std::mem::replace(&mut seen[next], true) {
                open.push(next);
            }
        }
    }
    patch
}

fn bounds(cells: &[usize]) -> [f32; 4] {
    let range = |at: fn(usize) -> usize| {
        let low = cells.iter().map(|c| at(*c)).min().unwrap_or(0);
        let high = cells.iter().map(|c| at(*c)).max().unwrap_or(0) + 1;
        (low as f32 / CELLS as f32, high as f32 / CELLS as f32)
    };
    let ((left, right), (top, bottom)) = (range(|c| c % CELLS), range(|c| c / CELLS));
    [left, top, right, bottom]
}
