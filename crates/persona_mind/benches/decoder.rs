//! Tokens a second of a decoder: a prompt of 256 tokens, and 1 to 16 texts that go on side by side.
//!
//! `cargo bench -p persona_mind --bench decoder -- [MODEL.gguf] [THREADS]...`, with a model of random weights in the shape of
//! Qwen3-0.6B (`q4_k_m`) and 1 and 2 threads where nothing else is asked.

use persona_mind::engine::decoder::{Cache, Decoder, Input, Piece, Rows};
use persona_mind::engine::kernel::{PoolSettings, Priority};
use persona_mind::engine::model::{Model, ModelSettings};
use persona_mind::engine::random::{Precision, RandomModel};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PROMPT: usize = 256;
/// Tokens of each text before it goes on, and those that it goes on by.
const BEFORE: usize = 64;
const REPLY: usize = 16;
const REPEATS: usize = 3;

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (threads, path): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|argument| argument.parse::<usize>().is_ok());
    let path = path.first().map_or_else(random_model, PathBuf::from);
    let threads: Vec<usize> = threads.iter().filter_map(|threads| threads.parse().ok()).collect();
    println!("{}; tokens a second, best of {REPEATS}", path.display());
    println!("threads  load s  weights MB  prompt {PROMPT}  streams 1      2      4      8     16");
    for threads in if threads.is_empty() { vec![1, 2] } else { threads } {
        measure(&path, threads);
    }
}

/// Written once, and kept among what was built.
fn random_model() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("qwen3-0.6b-q4_k_m.gguf");
    if !path.exists() {
        let sizes = RandomModel::known("qwen3-0.6b").expect("a known model");
        let unfinished = path.with_extension("part");
        let mut writer = BufWriter::new(File::create(&unfinished).expect("a file among what was built"));
        sizes.write(Precision::Q4KM, 0, &mut writer).and_then(|()| writer.flush()).expect("it can be written");
        std::fs::rename(unfinished, &path).expect("it can be renamed");
    }
    path
}

fn measure(path: &Path, threads: usize) {
    let pool = PoolSettings { threads, priority: Priority::Normal, ..PoolSettings::default() };
    let start = Instant::now();
    let model = Model::open_with(path, ModelSettings { pool, ..ModelSettings::default() }).expect("a model that runs here");
    let (load, decoder) = (start.elapsed(), &model.decoder);
    let ids: Vec<u32> = (0..PROMPT as u32).map(|i| (i * 37 + 11) % decoder.shape().vocab as u32).collect();
    let prompt = best(|| {
        let mut cache = decoder.new_cache();
        timed(|| go_on(decoder, std::slice::from_mut(&mut cache), &ids))
    });
    print!("{threads:7}  {:6.2}  {:10}  {:10.1}", load.as_secs_f64(), decoder.bytes() >> 20, rate(PROMPT, prompt));
    let mut text = decoder.new_cache();
    go_on(decoder, std::slice::from_mut(&mut text), &ids[..BEFORE]);
    for streams in [1, 2, 4, 8, 16] {
        let reply = best(|| {
            let mut caches = vec![text.clone(); streams];
            timed(|| ids[..REPLY].iter().for_each(|id| go_on(decoder, &mut caches, &[*id])))
        });
        print!("  {:5.1}", rate(streams * REPLY, reply));
        let _ = std::io::stdout().flush();
    }
    println!();
}

fn go_on(decoder: &Decoder, caches: &mut [Cache], ids: &[u32]) {
    let piece = |cache| Piece { input: Input::Ids(ids), rows: Rows::Last, cache };
    let mut pieces: Vec<Piece> = caches.iter_mut().map(piece).collect();
    decoder.step(&mut pieces).expect("ids of the model");
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn best(run: impl Fn() -> Duration) -> Duration {
    (0..REPEATS).map(|_| run()).min().unwrap_or_default()
}

fn rate(tokens: usize, time: Duration) -> f64 {
    tokens as f64 / time.as_secs_f64()
}
