//! Metadata, configuration and weights come from strangers: whatever they say, the answer is an error that names the place,
//! or a model that runs; never a panic, nor memory out of all proportion.

use candle_core::quantized::GgmlDType;
use persona_mind::engine::decoder::{Input, Rows};
use persona_mind::engine::gguf::{TensorPlan, Value, write};
use persona_mind::engine::model::Model;
use proptest::prelude::*;
use serde_json::json;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// Notes the largest piece of memory that each thread asks for.
struct Noting;

// SAFETY: all is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller keeps the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, and `alloc` gave the pointer.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Noting = Noting;

/// What `work` gives, after a look at the memory it asked for.
fn frugal<T>(what: &str, bytes: usize, work: impl FnOnce() -> T) -> T {
    LARGEST.set(0);
    let result = work();
    let (largest, most) = (LARGEST.get(), 8 * bytes + (1 << 20));
    assert!(largest <= most, "{what}: {largest} bytes at once for files of {bytes}");
    result
}

/// Loads a model and, if that goes well, runs it.
fn run(model: Result<Model, impl ToString>) -> Result<(), String> {
    let model = model.map_err(|error| error.to_string())?;
    let mut cache = model.decoder.new_cache();
    for ids in [&[1, 2, 3][..], &[4]] {
        model.decoder.forward(Input::Ids(ids), Rows::Last, &mut cache).map_err(|error| error.to_string())?;
    }
    Ok(())
}

const WIDTH: usize = 256;

/// A sound LLaMA of one layer, but for some keys and tensors.
struct File {
    metadata: Vec<(String, Value)>,
    plans: Vec<TensorPlan>,
}

impl File {
    fn sound() -> Self {
        let size = |size: usize| Value::Unsigned(size as u64);
        let tokens: Vec<String> = (b'!'..=b'~').map(|letter| char::from(letter).to_string()).collect();
        let vocab = tokens.len();
        let metadata = [
            ("general.architecture", Value::Text("llama".into())),
            ("llama.context_length", size(64)),
            ("llama.embedding_length", size(WIDTH)),
            ("llama.block_count", size(1)),
            ("llama.feed_forward_length", size(512)),
            ("llama.attention.head_count", size(4)),
            ("llama.attention.head_count_kv", size(2)),
            ("llama.attention.layer_norm_rms_epsilon", Value::Float(1e-5)),
            ("llama.rope.freq_base", Value::Float(10_000.0)),
            ("tokenizer.ggml.model", Value::Text("gpt2".into())),
            ("tokenizer.ggml.tokens", Value::Texts(tokens)),
            ("tokenizer.ggml.merges", Value::Texts(Vec::new())),
        ];
        let tensors: [(&str, &[usize]); 11] = [
            ("token_embd.weight", &[vocab, WIDTH]),
            ("output_norm.weight", &[WIDTH]),
            ("blk.0.attn_norm.weight", &[WIDTH]),
            ("blk.0.attn_q.weight", &[WIDTH, WIDTH]),
            ("blk.0.attn_k.weight", &[128, WIDTH]),
            ("blk.0.attn_v.weight", &[128, WIDTH]),
            ("blk.0.attn_output.weight", &[WIDTH, WIDTH]),
            ("blk.0.ffn_norm.weight", &[WIDTH]),
            ("blk.0.ffn_gate.weight", &[512, WIDTH]),
            ("blk.0.ffn_up.weight", &[512, WIDTH]),
            ("blk.0.ffn_down.weight", &[WIDTH, 512]),
        ];
        let plan = |(name, shape): (&str, &[usize])| TensorPlan { name: name.into(), shape: shape.into(), dtype: GgmlDType::F32 };
        Self { metadata: metadata.map(|(key, value)| (key.into(), value)).into(), plans: tensors.map(plan).into() }
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.into(), value));
        self
    }

    fn run(&self) -> Result<(), String> {
        let mut bytes = Vec::new();
        write(&mut bytes, &self.metadata, &self.plans, |plan| Ok(vec![0; plan.bytes()])).expect("memory can be written");
        frugal("GGUF", bytes.len(), || run(Model::read(Cursor::new(bytes.clone()))))
    }
}

#[track_caller]
fn check(key: &str, value: Value, expected: &str) {
    let error = File::sound().with(key, value.clone()).run().expect_err(&format!("{key} = {}", value.describe()));
    assert!(error.contains(expected), "{key} = {}: expected {expected:?} in the error, found {error:?}", value.describe());
}

#[test]
fn a_sound_file_runs() {
    assert_eq!(File::sound().run(), Ok(()), "all that follows is about what is changed");
}

#[test]
fn sizes_that_make_no_sense_are_named() {
    let size = Value::Unsigned;
    check("llama.block_count", size(1 << 60), "`llama.block_count`");
    check("llama.block_count", size(5000), "`llama.block_count`: expected at most 1024, found 5000");
    check("llama.block_count", size(1000), "`blk.1.attn_q.weight`");
    check("llama.block_count", size(0), "`llama.block_count`");
    check("llama.embedding_length", size(1 << 60), "`llama.embedding_length`");
    check("llama.embedding_length", size(64), "`token_embd.weight`: expected shape [94, 64], found shape [94, 256]");
    check("llama.embedding_length", Value::Signed(-256), "`llama.embedding_length`");
    check("llama.attention.head_count", size(0), "`llama.attention.head_count`");
    check("llama.attention.head_count", size(3), "heads of keys: expected a divisor of 3 heads, found 2");
    check("llama.attention.head_count_kv", size(3), "heads of keys: expected a divisor of 4 heads, found 3");
    check("llama.attention.head_count_kv", size(0), "heads of keys: expected 1 to 4, found 0");
    check("llama.attention.head_count_kv", Value::Integers(vec![2, 2]), "a size for each of 1 layers");
    check("llama.attention.head_count_kv", Value::Integers(vec![-2]), "a size for each of 1 layers");
    check("llama.attention.key_length", size(1 << 19), "width of all heads");
    check("llama.attention.value_length", size(4), "the keys' 64");
    check("llama.feed_forward_length", size(1 << 19), "`blk.0.ffn_gate.weight`");
    check("llama.expert_count", size(8), "`llama.expert_count`: expected 0, found 8");
    check("tokenizer.ggml.tokens", Value::Texts(vec!["a".into()]), "`token_embd.weight`: expected shape [1, 256]");
}

#[test]
fn numbers_that_make_no_sense_are_named() {
    check("llama.rope.freq_base", Value::Float(-10_000.0), "`llama.rope.freq_base`: expected 1 or more, found -10000");
    check("llama.rope.freq_base", Value::Float(f64::NAN), "`llama.rope.freq_base`: expected a finite number");
    check("llama.rope.dimension_count", Value::Unsigned(1 << 40), "`llama.rope.dimension_count`");
    check("llama.rope.dimension_count", Value::Unsigned(128), "2 to 64, a head's numbers");
    check("llama.rope.dimension_count", Value::Unsigned(0), "2 to 64, a head's numbers");
    check("llama.rope.scaling.type", Value::Text("yarn".into()), "found `yarn`");
    check("llama.rope.scaling.attn_factor", Value::Float(-1.0), "rotary embedding: expected positive numbers, found -1");
    check("llama.attention.layer_norm_rms_epsilon", Value::Float(0.0), "epsilon: expected a positive number, found 0");
    check("general.architecture", Value::Text("mamba".into()), "one of `llama`, `qwen2`");
    check(
        "general.architecture",
        Value::Text("qwen3".into()),
        "metadata `qwen3.embedding_length`: expected a size, found nothing",
    );
    let linear = File::sound().with("llama.rope.scaling.type", Value::Text("linear".into()));
    let error = linear.with("llama.rope.scaling.factor", Value::Float(0.0)).run().expect_err("division by 0");
    assert!(error.contains("rotary embedding"), "{error}");
}

#[test]
fn a_tensor_that_is_missing_or_of_another_shape_is_named() {
    for i in 0..File::sound().plans.len() {
        let mut file = File::sound();
        let gone = file.plans.remove(i);
        let error = file.run().expect_err("a tensor is missing");
        assert!(error.contains(&gone.name), "{} is missing: {error}", gone.name);
        let mut file = File::sound();
        file.plans[i].shape[0] += 1;
        let error = file.run().expect_err("a tensor has a row too many");
        assert!(error.contains(&gone.name), "{} has a row too many: {error}", gone.name);
    }
    let mut file = File::sound();
    file.plans.push(TensorPlan { name: "rope_freqs.weight".into(), shape: vec![1 << 12], dtype: GgmlDType::F32 });
    let error = file.run().expect_err("factors of another head");
    assert!(error.contains("`rope_freqs.weight`: expected shape [32], found shape [4096]"), "{error}");
    let mut file = File::sound();
    file.plans.push(TensorPlan { name: "rope_freqs.weight".into(), shape: vec![32], dtype: GgmlDType::F32 });
    let error = file.run().expect_err("factors of 0");
    assert!(error.contains("rotary embedding: expected positive numbers, found inf"), "{error}");
}

#[test]
fn any_type_of_weights_runs_or_is_refused() {
    use GgmlDType::{BF16, F16, Q2K, Q3K, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0, Q8K};
    let usual = [F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2K, Q3K, Q4K, Q5K, Q6K];
    for dtype in usual.into_iter().chain([Q8K]) {
        let mut file = File::sound();
        for plan in file.plans.iter_mut().filter(|plan| plan.shape.len() == 2) {
            plan.dtype = dtype;
        }
        let result = file.run();
        assert!(result.is_ok() || !usual.contains(&dtype), "{dtype:?}: {result:?}");
    }
}

/// A file that is cut off once its header has been read.
struct Shrinking {
    file: Cursor<Vec<u8>>,
    sought: usize,
}

impl Read for Shrinking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }
}

impl Seek for Shrinking {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.sought += 1;
        // To the end and back for the header, then to each tensor.
        if self.sought == 5 {
            let half = self.file.get_ref().len() / 2;
            self.file.get_mut().truncate(half);
        }
        self.file.seek(to)
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let file = fs::read(fixtures().next().expect("ten of them").join("model.gguf")).expect("it is there");
    let error = run(Model::read(Shrinking { file: Cursor::new(file), sought: 0 })).expect_err("half of it is gone");
    assert!(error.contains("reading failed at byte"), "{error}");
}

fn fixtures() -> impl Iterator<Item = PathBuf> {
    let families = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/families");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(families).expect("it is there").map(|entry| entry.expect("it can be read").path()).collect();
    paths.sort();
    paths.into_iter()
}

/// A copy of a fixture's Hugging Face folder that can be changed.
struct Folder(PathBuf);

impl Folder {
    fn of(fixture: &Path, test: &str) -> Self {
        let name = format!("persona-{test}-{}-{}", std::process::id(), fixture.file_name().expect("a name").display());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            fs::copy(fixture.join(file), folder.join(file)).expect("it can be copied");
        }
        Self(folder)
    }

    fn set(&self, file: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.join(file), bytes).expect("it can be written");
    }

    fn run(&self, what: &str) -> Result<(), String> {
        frugal(what, 200_000, || run(Model::open(&self.0)))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn no_value_of_any_setting_is_fatal() {
    let long_rope = json!({"rope_type": "longrope", "factor": 0});
    let numbers = [json!(-1), json!(0), json!(3), json!(1000), json!(1u64 << 60), json!(-0.5), json!(1e300)];
    let others = [json!(null), json!(true), json!("x"), json!([1, 2]), long_rope, json!({"type": "linear", "factor": -1})];
    let values = [&numbers[..], &others[..]].concat();
    let (mut errors, mut models) = (0, 0);
    for fixture in fixtures() {
        let folder = Folder::of(&fixture, "settings");
        let text = fs::read_to_string(fixture.join("config.json")).expect("it is there");
        let config: serde_json::Map<_, _> = serde_json::from_str(&text).expect("an object");
        for key in config.keys().map(String::as_str).chain(["rope_scaling", "layer_types", "n_inner", "conv_L_cache"]) {
            for value in &values {
                let mut changed = config.clone();
                changed.insert(key.into(), value.clone());
                folder.set("config.json", serde_json::to_vec(&changed).expect("it was read before"));
                match folder.run(&format!("{} {key}={value}", fixture.display())) {
                    Ok(()) => models += 1,
                    Err(error) => {
                        errors += 1;
                        assert!(error.contains("expected"), "{key} = {value}: an error that says what was expected: {error}");
                    }
                }
            }
        }
    }
    assert!(errors > 500 && models > 500, "{errors} errors and {models} models: some settings matter, some do not");
}

#[test]
fn broken_folders_are_named() {
    let fixture = fixtures().find(|path| path.ends_with("qwen2")).expect("it is there");
    let folder = Folder::of(&fixture, "broken");
    let fails = |file: &str, text: &str, expected: &str| {
        folder.set(file, text);
        let error = folder.run(file).expect_err(expected);
        assert!(error.contains(expected), "{file}: expected {expected:?} in the error, found {error:?}");
        match fs::copy(fixture.join(file), folder.0.join(file)) {
            Ok(_) => {}
            Err(_) => fs::remove_file(folder.0.join(file)).expect("it was written"),
        }
    };
    fails("config.json", "{", "config.json: expected JSON");
    fails("config.json", r#"{"model_type": "bert"}"#, "`config.json: model_type`: expected one of `llama`");
    fails("tokenizer.json", r#"{"model": {"type": "Unigram"}}"#, "expected `BPE`, found `Unigram`");
    let vocab = r#"{"model": {"type": "BPE", "vocab": {"a": 4000000000}, "merges": []}}"#;
    fails("tokenizer.json", vocab, "ids below");
    let vocab = r#"{"model": {"type": "BPE", "vocab": {"a": 500}, "merges": []}}"#;
    fails("tokenizer.json", vocab, "a row for each of 501 tokens");
    fails("model.safetensors", "\u{1}\0\0\0\0\0\0\u{10}", "header: expected at most 0 bytes");
    fails("model.safetensors.index.json", r#"{"weight_map": {"a": "../secret.safetensors"}}"#, "names of files in the folder");
    assert_eq!(folder.run("restored"), Ok(()), "it is sound again");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn flipped_bytes_of_a_gguf_header_are_never_fatal(
        family in 0usize..10, flips in prop::collection::vec((0usize..6000, any::<u8>()), 1..4)
    ) {
        let path = fixtures().nth(family).expect("ten of them").join("model.gguf");
        let mut bytes = fs::read(path).expect("it is there");
        for (at, value) in flips {
            bytes[at] = value;
        }
        let _ = frugal("flipped GGUF", bytes.len(), || run(Model::read(Cursor::new(bytes.clone()))));
    }

    #[test]
    fn flipped_bytes_of_a_safetensors_header_are_never_fatal(flips in prop::collection::vec((0usize..1500, any::<u8>()), 1..4)) {
        let fixture = fixtures().next().expect("ten of them");
        let folder = Folder::of(&fixture, "flipped");
        let mut bytes = fs::read(fixture.join("model.safetensors")).expect("it is there");
        for (at, value) in flips {
            bytes[at] = value;
        }
        folder.set("model.safetensors", bytes);
        let _ = folder.run("flipped safetensors");
    }
}
