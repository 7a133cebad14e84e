//! The loop that the training of all parts shares: steps, averages, checkpoints that go on exactly, and the curve.

use super::optim::{AdamW, Variables, schedule};
use super::settings::TrainSettings;
use super::workers::Workers;
use crate::hearth::file::ModelFile;
use crate::hearth::net::ParamSource;
use candle_core::{Device, Result, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What is measured, by name.
pub type Figures = Vec<(&'static str, f32)>;

/// A point of a run's curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Steps made.
    pub step: usize,
    /// Mean loss since the point before.
    pub loss: f32,
    /// What was measured on what training never sees.
    pub figures: BTreeMap<String, f32>,
}

/// A run of training.
pub struct Run {
    vars: Variables,
    optimiser: AdamW,
    /// The mean of each variable over the last steps; this is what is measured and shipped.
    averages: BTreeMap<String, Vec<f32>>,
    step: usize,
}

/// What the mean over steps keeps of itself at each; less during the first steps.
const KEPT: f32 = 0.998;
/// The least bias that a kind of things begins with.
const NEW_KIND: f32 = -4.0;
/// Steps of warm-up.
const WARM: usize = 100;

/// Names of what a checkpoint holds besides parameters.
const STEP: &str = "run.step";
pub(super) const AVERAGE: &str = "average.";
pub(super) const NOT_SHIPPED: [&str; 4] = ["run.", "adam.", "train.", AVERAGE];

impl Run {
    /// A new run, or one that goes on exactly where its checkpoint was written.
    ///
    /// # Errors
    /// If the checkpoint is damaged.
    pub fn new(settings: &TrainSettings) -> Result<Self> {
        let mut run =
            Self { vars: Variables::new(settings.seed), optimiser: AdamW::default(), averages: BTreeMap::new(), step: 0 };
        if settings.checkpoint.exists() {
            run.restore(candle_core::safetensors::load(&settings.checkpoint, &Device::Cpu)?)?;
        }
        Ok(run)
    }

    /// The variables, from which the part in training takes its parameters.
    #[must_use]
    pub fn variables(&self) -> &Variables {
        &self.vars
    }

    /// Steps made so far.
    #[must_use]
    pub fn step(&self) -> usize {
        self.step
    }

    /// Takes the first parameters of a part from a model file.
    ///
    /// # Errors
    /// If memory is short.
    pub fn begin_with(&mut self, model: ModelFile, part: &str) -> Result<()> {
        let own = model.into_tensors().into_iter().filter(|(name, _)| name.split('.').next() == Some(part));
        own.into_iter().try_for_each(|(name, tensor)| match name.ends_with(".kind.bias") {
            // Kinds that the model does not know are now to be learned: from as low a share as any rare one.
            true => self.vars.set(&name, &tensor.maximum(NEW_KIND)?),
            false => self.vars.set(&name, &tensor),
        })
    }

    /// Makes the steps that are left. `loss` gives the loss of share `i` of step `s`: a step has as many shares as threads
    /// and accumulation together, and they must follow from the two numbers alone for runs to go on exactly. `measure` gives
    /// figures of averaged parameters.
    ///
    /// # Errors
    /// If a tensor operation fails or the checkpoint cannot be written.
    pub fn train(
        &mut self,
        settings: &TrainSettings,
        pace: impl Fn(&str) -> f32,
        loss: impl Fn(usize, usize) -> Result<Tensor> + Sync,
        mut measure: impl FnMut(&dyn ParamSource) -> Result<Figures>,
        mut report: impl FnMut(Point),
    ) -> Result<()> {
        let workers = Workers::new(settings.threads)?;
        let (mut sum, mut count) = (0.0, 0);
        while self.step < settings.steps {
            let step = self.step;
            let (value, grads) = workers.gradients(settings.shares(), |share| loss(step, share))?;
            let rate = schedule(step, WARM, settings.steps, settings.rate);
            self.optimiser.step(&self.vars, &grads, rate, &pace)?;
            self.step += 1;
            self.average()?;
            sum += value;
            count += 1;
            if self.step.is_multiple_of(settings.every) || self.step == settings.steps {
                self.save(settings)?;
                let figures = measure(&self.averaged()?)?;
                let figures = figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                report(Point { step: self.step, loss: sum / count as f32, figures });
                (sum, count) = (0.0, 0);
            }
        }
        Ok(())
    }

    fn average(&mut self) -> Result<()> {
        let kept = KEPT.min(1.0 - 1.0 / self.step as f32);
        for (name, var) in self.vars.all() {
            let values = var.flatten_all()?.to_vec1::<f32>()?;
            match self.averages.get_mut(&name) {
                Some(mean) => mean.iter_mut().zip(values).for_each(|(m, x)| *m += (1.0 - kept) * (x - *m)),
                None => drop(self.averages.insert(name, values)),
            }
        }
        Ok(())
    }

    /// The averaged parameters.
    ///
    /// # Errors
    /// If memory is short.
    pub fn averaged(&self) -> Result<Variables> {
        let averaged = Variables::new(0);
        for (name, var) in self.vars.all() {
            let mean = self.averages.get(&name).map(|m| Tensor::from_slice(m, var.shape(), &Device::Cpu)).transpose()?;
            averaged.set(&name, mean.as_ref().unwrap_or(var.as_tensor()))?;
        }
        Ok(averaged)
    }

    /// Writes the checkpoint, whole or not at all.
    fn save(&self, settings: &TrainSettings) -> Result<()> {
        let mut tensors: HashMap<String, Tensor> = HashMap::new();
        for (name, var) in self.vars.all() {
            if let Some(mean) = self.averages.get(&name) {
                tensors.insert(format!("{AVERAGE}{name}"), Tensor::from_slice(mean, var.shape(), &Device::Cpu)?);
            }
            tensors.insert(name, var.as_tensor().clone());
        }
        tensors.extend(self.optimiser.state()?);
        tensors.insert(STEP.into(), Tensor::new(self.step as i64, &Device::Cpu)?);
        let part = settings.checkpoint.with_extension("part");
        candle_core::safetensors::save(&tensors, &part)?;
        std::fs::rename(part, &settings.checkpoint).map_err(candle_core::Error::wrap)
    }

    fn restore(&mut self, mut tensors: HashMap<String, Tensor>) -> Result<()> {
        if let Some(step) = tensors.remove(STEP) {
            self.step = usize::try_from(step.to_scalar::<i64>()?).map_err(candle_core::Error::wrap)?;
        }
        self.optimiser.restore(&mut tensors, self.step)?;
        for (name, tensor) in tensors {
            match name.strip_prefix(AVERAGE) {
                Some(name) => drop(self.averages.insert(name.to_owned(), tensor.flatten_all()?.to_vec1()?)),
                None => self.vars.set(&name, &tensor)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hearth::net::Init;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Learns `y = 3 x` with noise that follows from the step.
    fn learn(settings: &TrainSettings) -> (Vec<u8>, f32) {
        let mut run = Run::new(settings).unwrap();
        let weight = run.variables().param("line.weight", &[1, 1], Init::Normal(1.0)).unwrap();
        let loss = |step: usize, share: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64((step * 10 + share) as u64);
            let x = Tensor::from_iter((0..8).map(|_| rng.random_range(-1.0..1.0f32)), &Device::Cpu)?.reshape((8, 1))?;
            (x.matmul(&weight)? - (x * 3.0)?)?.sqr()?.mean_all()
        };
        run.train(settings, |_| 1.0, loss, |_| Ok(vec![]), |_| {}).unwrap();
        let learned = run.variables().param("line.weight", &[1, 1], Init::Const(0.0)).unwrap();
        (std::fs::read(&settings.checkpoint).unwrap(), learned.flatten_all().unwrap().to_vec1::<f32>().unwrap()[0])
    }

    fn settings(folder: &std::path::Path, name: &str) -> TrainSettings {
        TrainSettings {
            steps: 300,
            every: 100,
            rate: 0.05,
            checkpoint: folder.join(name),
            threads: 2,
            ..TrainSettings::default()
        }
    }

    #[test]
    fn a_run_that_was_cut_off_ends_as_if_it_had_not_been() {
        let folder = std::env::temp_dir().join(format!("persona_run_{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let whole = learn(&settings(&folder, "whole.safetensors"));
        assert!((whole.1 - 3.0).abs() < 0.05, "it learns the slope 3, found {}", whole.1);
        let cut = settings(&folder, "cut.safetensors");
        // The schedule follows from all steps, so the first half is a run that is stopped, not a shorter one.
        let mut first = Run::new(&cut).unwrap();
        let weight = first.variables().param("line.weight", &[1, 1], Init::Normal(1.0)).unwrap();
        let stopped = std::cell::Cell::new(false);
        let loss = |step: usize, share: usize| {
            if step == 150 {
                return Err(candle_core::Error::Msg("the power fails".into()));
            }
            let mut rng = ChaCha8Rng::seed_from_u64((step * 10 + share) as u64);
            let x = Tensor::from_iter((0..8).map(|_| rng.random_range(-1.0..1.0f32)), &Device::Cpu)?.reshape((8, 1))?;
            (x.matmul(&weight)? - (x * 3.0)?)?.sqr()?.mean_all()
        };
        assert!(first.train(&cut, |_| 1.0, loss, |_| Ok(vec![]), |_| stopped.set(true)).is_err(), "it stops at step 150");
        assert!(stopped.get(), "a checkpoint was written at step 100");
        assert_eq!(learn(&cut).0, whole.0, "the checkpoint is the same, byte for byte");
        let _ = std::fs::remove_dir_all(folder);
    }
}
