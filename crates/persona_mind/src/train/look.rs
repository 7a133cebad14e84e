//! Training of the eye and of the gaze on rendered scenes.

use super::run::{Figures, Point, Run};
use super::scenes::{CELLS, NONE, Scene, SceneThing};
use super::settings::TrainSettings;
use crate::brief::{Picture, VisibleThing};
use crate::hearth::eye::{self, COLOUR_CLASSES, Eye, Impression, KIND_CLASSES};
use crate::hearth::file::ModelFile;
use crate::hearth::gaze::{self, Gaze};
use crate::hearth::net::{ParamSource, Params};
use crate::hearth::ops::cross_entropy;
use crate::hearth::{EYE, GAZE};
use candle_core::{Device, Result, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::marker::PhantomData;

/// A part of Hearth that learns from scenes.
pub trait Seeing: Sized + Sync {
    /// What the names of its parameters begin with, before the first dot.
    const NAME: &'static str;

    /// The part with parameters from a source.
    ///
    /// # Errors
    /// If a parameter has another shape.
    fn pupil(source: &dyn ParamSource) -> Result<Self>;

    /// What is to become small, on `size` examples drawn from scenes.
    ///
    /// # Errors
    /// If shapes differ.
    fn loss(&self, scenes: &[Scene], size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor>;

    /// What is seen of things in a picture, each by its box.
    ///
    /// # Errors
    /// If memory is short.
    fn impressions(&self, picture: &Picture, boxes: &[[f32; 4]]) -> Result<Vec<Impression>>;
}

/// A part in training.
pub struct Look<S> {
    run: Run,
    part: PhantomData<S>,
}

impl<S: Seeing> Look<S> {
    /// A part with fresh parameters, or one that goes on from the checkpoint where that file exists.
    ///
    /// # Errors
    /// If the checkpoint is damaged.
    pub fn new(settings: &TrainSettings) -> Result<Self> {
        Ok(Self { run: Run::new(settings)?, part: PhantomData })
    }

    /// Takes first parameters from a model file, for a run that has not begun.
    ///
    /// # Errors
    /// If memory is short.
    pub fn begin_with(&mut self, model: ModelFile) -> Result<()> {
        self.run.begin_with(model, S::NAME)
    }

    /// Trains on scenes, calling `report` with each point of the curve, measured on `held_out`.
    ///
    /// # Errors
    /// If a tensor operation fails or a checkpoint cannot be written.
    pub fn train(
        &mut self,
        settings: &TrainSettings,
        scenes: &[Scene],
        held_out: &[Scene],
        report: impl FnMut(Point),
    ) -> Result<()> {
        let part = S::pupil(self.run.variables())?;
        let loss = |step: usize, share: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
            rng.set_stream((step * settings.shares() + share) as u64);
            part.loss(scenes, settings.share(), &mut rng)
        };
        self.run.train(settings, |_| 1.0, loss, |params| measure(&S::pupil(params)?, held_out, 400), report)
    }
}

/// The shares of things, at least half visible, whose colour and kind are found in the first `count` scenes.
///
/// # Errors
/// If a tensor operation fails.
pub fn measure(part: &impl Seeing, scenes: &[Scene], count: usize) -> Result<Figures> {
    let (mut things, mut coloured, mut colour, mut kind) = (0, 0, 0, 0);
    for Scene { picture, things: all, .. } in scenes.iter().take(count) {
        let shown: Vec<&SceneThing> = all.iter().filter(|t| t.visible >= 0.5).collect();
        let boxes: Vec<[f32; 4]> = shown.iter().map(|t| t.bounds).collect();
        for (thing, seen) in shown.iter().zip(part.impressions(picture, &boxes)?) {
            things += 1;
            kind += usize::from(seen.kind() == Some(usize::from(thing.kind)));
            if thing.colour != NONE {
                coloured += 1;
                colour += usize::from(seen.colour() == Some(usize::from(thing.colour)));
            }
        }
    }
    Ok(vec![("colour", colour as f32 / coloured.max(1) as f32), ("kind", kind as f32 / things.max(1) as f32)])
}

impl Seeing for Eye {
    const NAME: &'static str = "eye";

    fn pupil(source: &dyn ParamSource) -> Result<Self> {
        Self::new(Params::new(source, Self::NAME), EYE)
    }

    fn loss(&self, scenes: &[Scene], size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let (mut patches, mut kinds, mut colours) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..size {
            let scene = &scenes[rng.random_range(0..scenes.len())];
            let flip = rng.random_bool(0.5);
            eye::patchify(&augmented(scene.picture.rgb(), eye::SIDE, flip, rng), &mut patches);
            for cell in 0..CELLS * CELLS {
                let cell = if flip { cell / CELLS * CELLS + CELLS - 1 - cell % CELLS } else { cell };
                let class = |index: u8, none: usize| if index == NONE { none as u32 } else { u32::from(index) };
                kinds.push(class(scene.cells[cell].kind, KIND_CLASSES - 1));
                colours.push(class(scene.cells[cell].colour, COLOUR_CLASSES - 1));
            }
        }
        let patches = Tensor::from_vec(patches, (size, CELLS * CELLS, ()), &Device::Cpu)?;
        let (kind, colour) = self.forward(&patches)?;
        cross_entropy(&kind.flatten(0, 1)?, &kinds)? + cross_entropy(&colour.flatten(0, 1)?, &colours)?
    }

    fn impressions(&self, picture: &Picture, boxes: &[[f32; 4]]) -> Result<Vec<Impression>> {
        let glimpse = self.look(picture)?;
        let thing = |bounds: &[f32; 4]| VisibleThing { bounds: *bounds, ..VisibleThing::default() };
        Ok(boxes.iter().map(|bounds| glimpse.impression(&thing(bounds))).collect())
    }
}

impl Seeing for Gaze {
    const NAME: &'static str = "gaze";

    fn pupil(source: &dyn ParamSource) -> Result<Self> {
        Self::new(Params::new(source, Self::NAME), GAZE)
    }

    fn loss(&self, scenes: &[Scene], size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let (mut patches, mut kinds, mut colours, mut coloured) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        while kinds.len() < size {
            let scene = &scenes[rng.random_range(0..scenes.len())];
            for thing in scene.things.iter().filter(|t| t.visible >= 0.3).take(size - kinds.len()) {
                let picture = gaze::cut_out(&scene.picture, jittered(thing.bounds, rng));
                gaze::patchify(&augmented(&picture, gaze::SIDE, rng.random_bool(0.5), rng), &mut patches);
                if thing.colour != NONE {
                    coloured.push(kinds.len() as u32);
                    colours.push(u32::from(thing.colour));
                }
                kinds.push(u32::from(thing.kind));
            }
        }
        let patches = Tensor::from_vec(patches, (size, gaze::PATCHES, gaze::PATCH_VALUES), &Device::Cpu)?;
        let (kind, colour) = self.forward(&patches)?;
        let rows = Tensor::new(coloured.as_slice(), &Device::Cpu)?;
        cross_entropy(&kind, &kinds)? + cross_entropy(&colour.index_select(&rows, 0)?, &colours)?
    }

    fn impressions(&self, picture: &Picture, boxes: &[[f32; 4]]) -> Result<Vec<Impression>> {
        self.look(picture, boxes)
    }
}

/// A box as an engine may give it: not to the last pixel.
fn jittered(bounds: [f32; 4], rng: &mut ChaCha8Rng) -> [f32; 4] {
    let [left, top, right, bottom] = bounds;
    let mut off = |length: f32| length * rng.random_range(-0.1..0.1f32);
    [left + off(right - left), top + off(bottom - top), right + off(right - left), bottom + off(bottom - top)]
}

/// A picture with a little more or less light, tint and noise, perhaps mirrored.
fn augmented(rgb: &[u8], side: usize, flip: bool, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let light = rng.random_range(0.85..1.15f32);
    let tint: [f32; 3] = std::array::from_fn(|_| light * rng.random_range(0.96..1.04f32));
    let noise = rng.random_range(0.0..6.0f32);
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..side {
        for x in 0..side {
            let x = if flip { side - 1 - x } else { x };
            for (channel, tint) in tint.iter().enumerate() {
                let value = f32::from(rgb[(y * side + x) * 3 + channel]) * tint + noise * (rng.random::<f32>() - 0.5);
                out.push(value.clamp(0.0, 255.0) as u8);
            }
        }
    }
    out
}
