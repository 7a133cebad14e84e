//! Variables and their optimiser.

use crate::hearth::net::{Init, ParamSource};
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// All parameters in training, by name, in a fixed order.
pub struct Variables {
    vars: Mutex<BTreeMap<String, Var>>,
    rng: Mutex<ChaCha8Rng>,
}

impl Variables {
    /// No variables yet; they are drawn with this seed when asked for.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { vars: Mutex::default(), rng: Mutex::new(ChaCha8Rng::seed_from_u64(seed)) }
    }

    fn vars(&self) -> MutexGuard<'_, BTreeMap<String, Var>> {
        self.vars.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All variables by name.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Var)> {
        self.vars().iter().map(|(name, var)| (name.clone(), var.clone())).collect()
    }

    /// Sets a variable, or adds it.
    ///
    /// # Errors
    /// If the values are no 32-bit numbers.
    pub fn set(&self, name: &str, values: &Tensor) -> Result<()> {
        let mut vars = self.vars();
        match vars.get(name) {
            Some(var) if var.shape() == values.shape() => var.set(values),
            _ => {
                vars.insert(name.to_owned(), Var::from_tensor(&values.to_dtype(DType::F32)?)?);
                Ok(())
            }
        }
    }
}

impl ParamSource for Variables {
    fn param(&self, name: &str, shape: &[usize], init: Init) -> Result<Tensor> {
        if let Some(var) = self.vars().get(name).filter(|var| var.dims() == shape) {
            return Ok(var.as_tensor().clone());
        }
        let count = shape.iter().product();
        let values: Vec<f32> = match init {
            Init::Const(value) => vec![value; count],
            Init::Normal(deviation) => {
                let normal = Normal::new(0.0, deviation).map_err(candle_core::Error::wrap)?;
                let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
                (0..count).map(|_| normal.sample(&mut *rng)).collect()
            }
        };
        let var = Var::from_vec(values, shape, &Device::Cpu)?;
        let tensor = var.as_tensor().clone();
        self.vars().insert(name.to_owned(), var);
        Ok(tensor)
    }
}

/// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) with clipping of the whole gradient's length.
pub struct AdamW {
    moments: BTreeMap<String, (Vec<f32>, Vec<f32>)>,
    step: i32,
    /// Pull towards 0 for matrices.
    pub weight_decay: f32,
    /// The longest gradient; a longer one is scaled down.
    pub clip: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { moments: BTreeMap::new(), step: 0, weight_decay: 0.01, clip: 1.0 }
    }
}

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.98;

/// Names of the moments in a checkpoint.
const MOMENTS: [&str; 2] = ["adam.m.", "adam.v."];

impl AdamW {
    /// The moments, for a checkpoint.
    ///
    /// # Errors
    /// If memory is short.
    pub fn state(&self) -> Result<Vec<(String, Tensor)>> {
        let tensor = |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
        let both = |(name, (m, v)): (&String, &(Vec<f32>, Vec<f32>))| {
            Ok([(format!("{}{name}", MOMENTS[0]), tensor(m)?), (format!("{}{name}", MOMENTS[1]), tensor(v)?)])
        };
        Ok(self.moments.iter().map(both).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Takes the moments out of a checkpoint's tensors, after so many steps.
    ///
    /// # Errors
    /// If they are no 32-bit numbers.
    pub fn restore(&mut self, tensors: &mut HashMap<String, Tensor>, steps: usize) -> Result<()> {
        self.step = i32::try_from(steps).unwrap_or(i32::MAX);
        let names: Vec<String> = tensors.keys().filter_map(|name| name.strip_prefix(MOMENTS[0]).map(str::to_owned)).collect();
        for name in names {
            let [m, v] = MOMENTS.map(|which| tensors.remove(&format!("{which}{name}")));
            if let (Some(m), Some(v)) = (m, v) {
                self.moments.insert(name, (m.to_vec1()?, v.to_vec1()?));
            }
        }
        Ok(())
    }

    /// Makes one step along the mean of the gradients, each variable at `rate` times its `pace` by name, and returns the
    /// gradient's length before clipping.
    ///
    /// # Errors
    /// If a gradient has the wrong shape.
    pub fn step(&mut self, vars: &Variables, grads: &[GradStore], rate: f32, pace: impl Fn(&str) -> f32) -> Result<f32> {
        self.step += 1;
        let mut found = Vec::new();
        let mut square = 0.0f64;
        for (name, var) in vars.all() {
            let Some(grad) = mean(grads, &var)? else { continue };
            square += grad.iter().map(|g| f64::from(g * g)).sum::<f64>();
            found.push((name, var, grad));
        }
        let length = square.sqrt() as f32;
        let scale = if length > self.clip { self.clip / length } else { 1.0 };
        let (fix1, fix2) = (1.0 - BETA1.powi(self.step), 1.0 - BETA2.powi(self.step));
        for (name, var, grad) in found {
            let rate = rate * pace(&name);
            let (m, v) = self.moments.entry(name).or_default();
            m.resize(grad.len(), 0.0);
            v.resize(grad.len(), 0.0);
            let decay = if var.rank() > 1 { rate * self.weight_decay } else { 0.0 };
            let mut values = var.flatten_all()?.to_vec1::<f32>()?;
            for (((x, g), m), v) in values.iter_mut().zip(&grad).zip(m).zip(v) {
                let g = g * scale;
                *m = BETA1 * *m + (1.0 - BETA1) * g;
                *v = BETA2 * *v + (1.0 - BETA2) * g * g;
                *x -= rate * (*m / fix1) / ((*v / fix2).sqrt() + 1e-8) + decay * *x;
            }
            var.set(&Tensor::from_vec(values, var.shape(), var.device())?)?;
        }
        Ok(length)
    }
}

fn mean(grads: &[GradStore], var: &Var) -> Result<Option<Vec<f32>>> {
    let mut sum: Option<Vec<f32>> = None;
    let share = 1.0 / grads.len() as f32;
    for grad in grads.iter().filter_map(|g| g.get(var.as_tensor())) {
        let grad = grad.contiguous()?.flatten_all()?.to_vec1::<f32>()?;
        let sum = sum.get_or_insert_with(|| vec![0.0; grad.len()]);
        sum.iter_mut().zip(grad).for_each(|(s, g)| *s += share * g);
    }
    Ok(sum)
}

/// Warm-up over `warm` steps, then a cosine down to a tenth.
#[must_use]
pub fn schedule(step: usize, warm: usize, total: usize, peak: f32) -> f32 {
    if step < warm {
        return peak * (step + 1) as f32 / warm as f32;
    }
    let done = ((step - warm) as f32 / (total.max(warm + 1) - warm) as f32).min(1.0);
    peak * (0.1 + 0.45 * (1.0 + (std::f32::consts::PI * done).cos()))
}
