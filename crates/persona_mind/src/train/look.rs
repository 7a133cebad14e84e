//! Training of the eye on rendered scenes.

use super::optim::{AdamW, Variables, schedule};
use super::scenes::{CELLS, NONE, Scene, SceneFile};
use super::settings::TrainSettings;
use super::workers::Workers;
use crate::brief::{Picture, VisibleThing};
use crate::hearth::EYE;
use crate::hearth::eye::{COLOUR_CLASSES, Eye, KIND_CLASSES, SIDE, patchify};
use crate::hearth::net::Params;
use crate::hearth::ops::cross_entropy;
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

/// The eye in training.
pub struct Look {
    vars: Variables,
    eye: Eye,
}

impl Look {
    /// An eye with fresh parameters, or with those of the checkpoint where that exists.
    ///
    /// # Errors
    /// If the checkpoint is damaged.
    pub fn new(settings: &TrainSettings) -> Result<Self> {
        let vars = Variables::new(settings.seed);
        if settings.checkpoint.exists() {
            vars.restore(&settings.checkpoint)?;
        }
        let eye = Eye::new(Params::new(&vars, "eye"), EYE)?;
        Ok(Self { vars, eye })
    }

    /// The variables, by name.
    #[must_use]
    pub fn variables(&self) -> &Variables {
        &self.vars
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
                self.loss(scenes, size, &mut rng)
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

    fn loss(&self, scenes: &SceneFile, size: usize, rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let (mut patches, mut kinds, mut colours) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..size {
            let scene = &scenes.scenes[rng.random_range(0..scenes.scenes.len())];
            let flip = rng.random_bool(0.5);
            patchify(&augmented(&scene.picture, flip, rng), &mut patches);
            for cell in 0..CELLS * CELLS {
                let cell = if flip { cell / CELLS * CELLS + CELLS - 1 - cell % CELLS } else { cell };
                let class = |index: u8, none: usize| if index == NONE { none as u32 } else { u32::from(index) };
                kinds.push(class(scene.cells[cell].kind, KIND_CLASSES - 1));
                colours.push(class(scene.cells[cell].colour, COLOUR_CLASSES - 1));
            }
        }
        let patches = Tensor::from_vec(patches, (size, CELLS * CELLS, ()), &Device::Cpu)?;
        let (kind, colour) = self.eye.forward(&patches)?;
        cross_entropy(&kind.flatten(0, 1)?, &kinds)? + cross_entropy(&colour.flatten(0, 1)?, &colours)?
    }

    /// Measures on the first `count` scenes.
    ///
    /// # Errors
    /// If a tensor operation fails.
    pub fn measure(&self, scenes: &SceneFile, count: usize) -> Result<EyeMeasure> {
        let (mut things, mut coloured, mut colour, mut kind) = (0, 0, 0, 0);
        for Scene { picture, things: all, .. } in scenes.scenes.iter().take(count) {
            let glimpse = self.eye.look(picture)?;
            for thing in all.iter().filter(|t| t.visible >= 0.5) {
                let shown = VisibleThing { bounds: thing.bounds, ..VisibleThing::default() };
                let seen = glimpse.impression(&shown);
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

/// A picture with a little more or less light, tint and noise, perhaps mirrored.
fn augmented(picture: &Picture, flip: bool, rng: &mut ChaCha8Rng) -> Vec<u8> {
    let light = rng.random_range(0.85..1.15f32);
    let tint: [f32; 3] = std::array::from_fn(|_| light * rng.random_range(0.96..1.04f32));
    let noise = rng.random_range(0.0..6.0f32);
    let rgb = picture.rgb();
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..SIDE {
        for x in 0..SIDE {
            let x = if flip { SIDE - 1 - x } else { x };
            for (channel, tint) in tint.iter().enumerate() {
                let value = f32::from(rgb[(y * SIDE + x) * 3 + channel]) * tint + noise * (rng.random::<f32>() - 0.5);
                out.push(value.clamp(0.0, 255.0) as u8);
            }
        }
    }
    out
}
