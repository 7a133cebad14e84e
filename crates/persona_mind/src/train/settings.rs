use std::path::PathBuf;

/// What to train, and for how long.
#[derive(Clone, Debug)]
pub struct TrainSettings {
    /// Samples a step, over all threads.
    pub batch: usize,
    /// Threads that each work on a part of the batch. `CANDLE_NUM_THREADS=1` keeps candle from adding its own.
    pub threads: usize,
    /// Steps in all; the learning rate falls towards the last.
    pub steps: usize,
    /// The step to begin with, when a run is taken up again.
    pub first_step: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// The most replies that are learned of an intent in one register and tone.
    pub replies: usize,
    /// Seed of data and parameters.
    pub seed: u64,
    /// Where the checkpoint goes.
    pub checkpoint: PathBuf,
    /// Steps between checkpoints and measurements.
    pub every: usize,
}
