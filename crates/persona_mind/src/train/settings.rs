use std::path::PathBuf;

/// What to train, and for how long.
#[derive(Clone, Debug)]
pub struct TrainSettings {
    /// Samples a step, over all threads and accumulation.
    pub batch: usize,
    /// Threads that each work on a part of the batch. `CANDLE_NUM_THREADS=1` keeps candle from adding its own.
    pub threads: usize,
    /// Into how many parts each thread cuts its samples, whose gradients are summed: more take less memory.
    pub accumulate: usize,
    /// Steps in all; the learning rate falls towards the last.
    pub steps: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// The most replies that are learned of an intent in one register and tone.
    pub replies: usize,
    /// Seed of data and parameters.
    pub seed: u64,
    /// Where the checkpoint goes; where it exists the run goes on from it.
    pub checkpoint: PathBuf,
    /// Steps between checkpoints and measurements.
    pub every: usize,
}

impl TrainSettings {
    /// Into how many parts a step is cut.
    #[must_use]
    pub fn shares(&self) -> usize {
        self.threads.max(1) * self.accumulate.max(1)
    }

    /// Samples of one part.
    #[must_use]
    pub fn share(&self) -> usize {
        (self.batch / self.shares()).max(1)
    }
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            batch: 64,
            threads: 2,
            accumulate: 1,
            steps: 3000,
            rate: 0.002,
            replies: 8,
            seed: 1,
            checkpoint: "checkpoint.safetensors".into(),
            every: 100,
        }
    }
}
