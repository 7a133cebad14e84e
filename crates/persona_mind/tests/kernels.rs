//! Products against plain sums in 64 bits.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use persona_mind::engine::kernel::{Inputs, Packed, Pool, PoolSettings};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const QUANTISED: [GgmlDType; 10] = [
    GgmlDType::Q2K,
    GgmlDType::Q3K,
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q4K,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
    GgmlDType::Q8_0,
];
const FLOATS: [GgmlDType; 3] = [GgmlDType::F32, GgmlDType::F16, GgmlDType::BF16];

/// Random weights as a file holds them, and what numbers these are.
fn weights(dtype: GgmlDType, shape: [usize; 2], rng: &mut ChaCha8Rng) -> (Vec<u8>, Vec<f32>) {
    let numbers: Vec<f32> = (0..shape[0] * shape[1]).map(|_| rng.random_range(-1.0..1.0)).collect();
    let tensor = Tensor::from_vec(numbers, (shape[0], shape[1]), &Device::Cpu).expect("as many numbers");
    let stored = QTensor::quantize(&tensor, dtype).expect("whole blocks");
    let again = stored.dequantize(&Device::Cpu).and_then(|t| t.flatten_all()?.to_vec1()).expect("its own blocks");
    (stored.data().expect("in memory").to_vec(), again)
}

fn product(weights: &[f32], x: &[f32], width: usize) -> Vec<f64> {
    let dot = |x: &[f32], w: &[f32]| x.iter().zip(w).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
    x.chunks_exact(width).flat_map(|x| weights.chunks_exact(width).map(move |w| dot(x, w))).collect()
}

/// The inputs as 8-bit whole numbers with a scale for 32 of them.
fn rounded(x: &[f32]) -> Vec<f32> {
    let round = |x: &[f32]| {
        let scale = x.iter().fold(0.0f32, |most, x| most.max(x.abs())) / 127.0;
        x.iter().map(|x| (x / scale).round_ties_even() * scale).collect::<Vec<_>>()
    };
    x.chunks(32).flat_map(round).collect()
}

/// The root of the mean of squares of differences, in parts of that of the numbers.
fn difference(found: &[f32], expected: &[f64]) -> f64 {
    let square = |numbers: &mut dyn Iterator<Item = f64>| numbers.map(|x| x * x).sum::<f64>();
    let apart = square(&mut found.iter().zip(expected).map(|(a, b)| f64::from(*a) - b));
    (apart / square(&mut expected.iter().copied())).sqrt()
}

fn multiplied(dtype: GgmlDType, bytes: &[u8], shape: [usize; 2], x: &[f32], pool: &Pool) -> Vec<f32> {
    let packed = Packed::new(dtype, bytes, shape, pool).expect("whole rows");
    let mut inputs = Inputs::new();
    inputs.set(x, shape[1]);
    let mut y = vec![f32::NAN; x.len() / shape[1] * shape[0]];
    packed.times(&inputs, &mut y, pool);
    y
}

fn pool(threads: usize) -> Pool {
    Pool::new(PoolSettings { threads, ..PoolSettings::default() })
}

fn check(dtype: GgmlDType, shape: [usize; 2], tokens: usize, threads: usize, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (bytes, numbers) = weights(dtype, shape, &mut rng);
    let x: Vec<f32> = (0..tokens * shape[1]).map(|_| rng.random_range(-2.0..2.0)).collect();
    let y = multiplied(dtype, &bytes, shape, &x, &pool(threads));
    let exact = FLOATS.contains(&dtype);
    let same = if exact { x.clone() } else { rounded(&x) };
    let apart = difference(&y, &product(&numbers, &same, shape[1]));
    // Scales are kept as 16-bit floats.
    let most = if exact { 1e-5 } else { 5e-3 };
    assert!(apart < most, "{dtype:?} {shape:?} x {tokens}: {apart} from the same rounded inputs");
    let apart = difference(&y, &product(&numbers, &x, shape[1]));
    assert!(apart < 0.03, "{dtype:?} {shape:?} x {tokens}: {apart} from the inputs themselves");
}

#[test]
fn every_type_and_number_of_rows_is_multiplied_by() {
    for dtype in QUANTISED.into_iter().chain(FLOATS) {
        for tokens in (1..=17).chain([33]) {
            check(dtype, [19, 256], tokens, 1 + tokens % 2, tokens as u64);
        }
    }
}

#[test]
fn rows_are_read_again() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    for dtype in QUANTISED.into_iter().chain(FLOATS) {
        let (bytes, numbers) = weights(dtype, [37, 512], &mut rng);
        let packed = Packed::new(dtype, &bytes, [37, 512], &pool(2)).expect("whole rows");
        for (index, expected) in numbers.chunks_exact(512).enumerate() {
            let mut row = vec![0.0; 512];
            packed.row(index, &mut row);
            let expected: Vec<f64> = expected.iter().map(|x| f64::from(*x)).collect();
            let apart = difference(&row, &expected);
            assert!(apart < 1e-3, "row {index} of {dtype:?} is {apart} apart");
        }
    }
}

#[test]
fn bytes_that_are_no_such_matrix_are_refused() {
    for (bytes, shape) in
        [(0, [1, 256]), (143, [1, 256]), (144, [1, 255]), (144, [2, 256]), (144, [usize::MAX, 256]), (0, [0, 0])]
    {
        let error = Packed::new(GgmlDType::Q4K, &vec![0; bytes], shape, &pool(1)).expect_err("no such matrix");
        assert!(error.to_string().contains(&format!("found {bytes}")), "it says: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn products_of_any_shape_are_right(
        dtype in prop::sample::select([&QUANTISED[..], &FLOATS[..]].concat()),
        output in 16usize..70,
        blocks in 1usize..5,
        odd in 0usize..31,
        tokens in 1usize..40,
        threads in 1usize..4,
        seed: u64,
    ) {
        let input = blocks * dtype.block_size() + if dtype.block_size() == 1 { 32 + odd } else { 0 };
        check(dtype, [output, input], tokens, threads, seed);
    }
}
