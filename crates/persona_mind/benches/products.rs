//! How fast matrices are multiplied by, from memory and from the cache: `cargo bench -p persona_mind --bench products -- 2` with two
//! threads. `PERSONA_VECTORS=avx2` in the environment measures slower kernels.

use candle_core::quantized::GgmlDType;
use persona_mind::engine::kernel::{Inputs, Packed, Pool, PoolSettings};
use std::time::Instant;

/// A matrix as in models of half a billion weights; so many of them do not fit any cache.
const SHAPE: [usize; 2] = [3072, 1024];
const MANY: usize = 80;
const REPEATS: usize = 5;

fn main() {
    let threads = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1);
    let pool = Pool::new(PoolSettings { threads, ..PoolSettings::default() });
    println!("{threads} threads, best of {REPEATS}; G multiply-adds a second, and GB of weights a second");
    for dtype in [GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::Q8_0, GgmlDType::Q4_0] {
        let [output, input] = SHAPE;
        let size = input / dtype.block_size() * dtype.type_size() * output;
        let bytes: Vec<u8> = (0..size).map(|i| (i.wrapping_mul(2_654_435_761) >> 7) as u8 & 63).collect();
        let matrices: Vec<Packed> =
            (0..MANY).map(|_| Packed::new(dtype, &bytes, SHAPE, &pool).expect("bytes of the shape")).collect();
        let weights = matrices.iter().map(Packed::bytes).sum::<usize>() as f64;
        for rows in [1, 2, 4, 8, 16] {
            let numbers: Vec<f32> = (0..rows * input).map(|i| (i as f32 * 0.37).sin()).collect();
            let (mut x, mut y) = (Inputs::new(), vec![0.0; rows * output]);
            x.set(&numbers, input);
            let mut fastest = |of: &dyn Fn(usize) -> usize| {
                let seconds = (0..REPEATS).map(|_| {
                    let start = Instant::now();
                    (0..MANY).for_each(|i| matrices[of(i)].times(&x, &mut y, &pool));
                    start.elapsed().as_secs_f64()
                });
                seconds.fold(f64::INFINITY, f64::min)
            };
            let (memory, cache) = (fastest(&|i| i), fastest(&|_| 0));
            let rate = |seconds: f64| (MANY * output * input * rows) as f64 / seconds / 1e9;
            let read = weights / memory / 1e9;
            println!("{dtype:?} x {rows:2}: memory {:6.1} ({read:4.1} GB/s), cache {:6.1}", rate(memory), rate(cache));
        }
    }
}
