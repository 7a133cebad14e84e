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

    /// Calls `loss` for each of so many shares, spread over the threads, and gives the mean loss and all gradients in
    /// the order of the shares.
    ///
    /// # Errors
    /// The first error of any share.
    pub fn gradients(&self, shares: usize, loss: impl Fn(usize) -> Result<Tensor> + Sync) -> Result<(f32, Vec<GradStore>)> {
        let threads = self.pools.len();
        let work = |thread: usize| {
            let one = |share| {
                let loss = loss(share)?;
                Ok((share, loss.to_scalar::<f32>()?, loss.backward()?))
            };
            (thread..shares).step_by(threads).map(one).collect::<Result<Vec<_>>>()
        };
        let work = &work;
        let done: Vec<Result<Vec<(usize, f32, GradStore)>>> = std::thread::scope(|scope| {
            let running: Vec<_> = (self.pools.iter().enumerate())
                .map(|(thread, pool)| scope.spawn(move || pool.install(|| work(thread))))
                .collect();
            let died = |_| Err(Error::Msg("a worker of the trainer panicked".into()));
            running.into_iter().map(|handle| handle.join().unwrap_or_else(died)).collect()
        });
        let mut done: Vec<(usize, f32, GradStore)> =
            done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        done.sort_by_key(|(share, ..)| *share);
        let mean = done.iter().map(|(_, loss, _)| loss).sum::<f32>() / done.len().max(1) as f32;
        Ok((mean, done.into_iter().map(|(.., grads)| grads).collect()))
    }
}
