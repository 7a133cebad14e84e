//! Threads that each work on a part of a step.

use candle_core::backprop::GradStore;
use candle_core::{Error, Result, Tensor};

/// Threads that compute losses and gradients side by side.
///
/// Two workers on half a batch each are twice as quick as two threads inside each operation, which at Hearth's sizes
/// mostly wait for each other.
pub struct Workers {
    pools: Vec<rayon::ThreadPool>,
}

impl Workers {
    /// So many threads, at least one.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn new(threads: usize) -> Result<Self> {
        let one = || rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(Error::wrap);
        Ok(Self { pools: (0..threads.max(1)).map(|_| one()).collect::<Result<_>>()? })
    }

    /// Calls `loss` once on each thread, and gives the mean loss and all gradients.
    ///
    /// # Errors
    /// The first error of any thread.
    pub fn gradients(&self, loss: impl Fn() -> Result<Tensor> + Sync) -> Result<(f32, Vec<GradStore>)> {
        let work = || {
            let loss = loss()?;
            Ok((loss.to_scalar::<f32>()?, loss.backward()?))
        };
        let done: Vec<Result<(f32, GradStore)>> = std::thread::scope(|scope| {
            let running: Vec<_> = self.pools.iter().map(|pool| scope.spawn(|| pool.install(work))).collect();
            let died = |_| Err(Error::Msg("a worker of the trainer panicked".into()));
            running.into_iter().map(|handle| handle.join().unwrap_or_else(died)).collect()
        });
        let (losses, gradients): (Vec<f32>, Vec<GradStore>) = done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok((losses.iter().sum::<f32>() / losses.len() as f32, gradients))
    }
}
