//! Training of the eye and of the gaze on rendered scenes.

use super::optim::{AdamW, Variables, schedule};
use super::scenes::{CELLS, NONE, Scene, SceneFile, SceneThing};
use super::settings::TrainSettings;
use super::workers::Workers;
use crate::brief::{Picture, VisibleThing};
use crate::hearth::eye::{self, COLOUR_CLASSES, Eye, Impression, KIND_CLASSES};
use crate::hearth::gaze::{self, Gaze};
use crate::hearth::net::{ParamSource, Params};
use crate::hearth::ops::cross_entropy;
use crate::hearth::{EYE, GAZE};
use candle_core::{Device, Result, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Mutex;

/// What the eye gets right on scenes it has not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EyeMeasure {
    /// Share of things, at least half visible, whose colour is found.
    pub colour: f32,
    /// Share of them whose kind is found.
    pub kind: f32,
}

/// A part of Hearth that learns from scenes.
pub trait Seeing: Sized + Sync {
    /// The part with parameters from a source.
    ///
    /// # Errors
    /// If a parameter has another shape.
    fn pupil(source: &dyn ParamSource) -> Result<Self>;

    /// What is to become small, on `size` examples drawn from scenes.
    ///
    /// # Errors
    /// If shapes differ.
    fn loss(&self, scenes: &SceneFile, size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor>;

    /// What is seen of things in a picture, each by its box.
    ///
    /// # Errors
    /// If memory is short.
    fn impressions(&self, picture: &Picture, boxes: &[[f32; 4]]) -> Result<Vec<Impression>>;
}

/// A part in training.
pub struct Look<S> {
    vars: Variables,
    part: S,
}

impl<S: Seeing> Look<S> {
    /// A part with fresh parameters, or with those of the checkpoint where that exists.
    ///
    /// # Errors
    /// If the checkpoint is damaged.
    pub fn new(settings: &TrainSettings) -> Result<Self> {
        let vars = Variables::new(settings.seed);
        if settings.checkpoint.exists() {
            vars.restore(&settings.checkpoint)?;
        }
        let part = S::pupil(&vars)?;
        Ok(Self { vars, part })
    }

    /// Trains on scenes, calling `report` with the step, the mean loss since the last report, and what was measured on `held_out`.
    ///
    /// # Errors
    /// If a tensor operation fails or a checkpoint cannot be written.
    pub fn train(
        &self,
        settings: &TrainSettings,
        scenes: &SceneFile,
        held_out: &SceneFile,
        mut report: impl FnMut(usize, f32, EyeMeasure),
    ) -> Result<()> {
        let workers = Workers::new(settings.threads)?;
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(settings.seed ^ (settings.first_step as u64) << 20));
        let size = settings.batch / settings.threads.max(1);
        let mut optimiser = AdamW::default();
        let (mut sum, mut count) = (0.0, 0);
        for step in settings.first_step..settings.steps {
            let (loss, gradients) = workers.gradients(|| {
                let mut rng = {
                    let mut shared = rng.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    ChaCha8Rng::seed_from_u64(shared.random())
                };
                self.part.loss(scenes, size, &mut rng)
            })?;
            sum += loss;
            count += 1;
            optimiser.step(&self.vars, &gradients, schedule(step, 100, settings.steps, settings.rate), |_| 1.0)?;
            if (step + 1) % settings.every == 0 || step + 1 == settings.steps {
                self.vars.save(&settings.checkpoint)?;
                report(step + 1, sum / count as f32, self.measure(held_out, 400)?);
                (sum, count) = (0.0, 0);
            }
        }
        Ok(())
    }

    /// Measures on the first `count` scenes.
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn measure(&self, scenes: &SceneFile, count: usize) -> Result<EyeMeasure> {
        let (mut things, mut coloured, mut colour, mut kind) = (0, 0, 0, 0);
        for Scene { picture, things: all, .. } in scenes.scenes.iter().take(count) {
            let shown: Vec<&SceneThing> = all.iter().filter(|t| t.visible >= 0.5).collect();
            let boxes: Vec<[f32; 4]> = shown.iter().map(|t| t.bounds).collect();
            for (thing, seen) in shown.iter().zip(self.part.impressions(picture, &boxes)?) {
                things += 1;
                kind += usize::from(seen.kind() == Some(usize::from(thing.kind)));
                if thing.colour != NONE {
                    coloured += 1;
                    colour += usize::from(seen.colour() == Some(usize::from(thing.colour)));
                }
            }
        }
        Ok(EyeMeasure { colour: colour as f32 / coloured.max(1) as f32, kind: kind as f32 / things.max(1) as f32 })
    }
}

impl Seeing for Eye {
    fn pupil(source: &dyn ParamSource) -> Result<Self> {
        Self::new(Params::new(source, "eye"), EYE)
    }

    fn loss(&self, scenes: &SceneFile, size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let (mut patches, mut kinds, mut colours) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..size {
            let scene = &scenes.scenes[rng.random_range(0..scenes.scenes.len())];
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
    fn pupil(source: &dyn ParamSource) -> Result<Self> {
        Self::new(Params::new(source, "gaze"), GAZE)
    }

    fn loss(&self, scenes: &SceneFile, size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let (mut patches, mut kinds, mut colours, mut coloured) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        while kinds.len() < size {
            let scene = &scenes.scenes[rng.random_range(0..scenes.scenes.len())];
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
