//! A tiny random model of every family gives exactly what Hugging Face transformers gives, from both kinds of files, however
//! the text comes in and whatever is computed beside it. `fixtures/make_families.py` makes the models.

use candle_core::{DType, Device};
use persona_mind::engine::decoder::{Cache, CacheType, Input, Mixer, Piece, Rows};
use persona_mind::engine::kernel::{Place, PoolSettings};
use persona_mind::engine::model::{Model, ModelSettings};
use persona_mind::engine::session::Session;
use persona_mind::engine::tokenizer::Control;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

const FAMILIES: [&str; 10] =
    ["smollm2", "llama3", "qwen2", "qwen3", "gemma3", "phi3", "phi3_longrope", "smollm3", "lfm2", "gpt2"];
/// Of the greatest logit.
const fn tolerance(cache: CacheType) -> f32 {
    match cache {
        CacheType::F32 => 1e-4,
        // Keys and values have 11 bits.
        CacheType::F16 => 2e-3,
    }
}

struct Fixture {
    name: String,
    family: &'static str,
    tolerance: f32,
    model: Model,
    ids: Vec<u32>,
    /// After each of the ids.
    logits: Vec<Vec<f32>>,
}

#[derive(Deserialize)]
struct Tokens {
    first: u32,
    texts: BTreeMap<String, Vec<u32>>,
}

fn path(family: &str, file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/families")).join(family).join(file)
}

fn fixture(family: &'static str, file: &str, settings: ModelSettings, expected: &str) -> Fixture {
    let (name, tolerance) = (format!("{family}/{file} {:?}", settings.cache), tolerance(settings.cache));
    let model = Model::open_with(&path(family, file), settings).unwrap_or_else(|error| panic!("a model that runs here: {error}"));
    let tensors = candle_core::safetensors::load(path(family, "expected.safetensors"), &Device::Cpu).expect("a sound file");
    let ids = tensors["ids"].to_dtype(DType::U32).and_then(|ids| ids.to_vec1()).expect("ids");
    let logits = tensors[expected].to_vec2().expect("a row for each id");
    Fixture { name, family, tolerance, model, ids, logits }
}

fn settings(context: usize, cache: CacheType) -> ModelSettings {
    ModelSettings { context, cache, pool: PoolSettings { threads: 2, ..PoolSettings::default() }, ..ModelSettings::default() }
}

/// Every family from both kinds of files, with both kinds of caches; and by candle's products, as on a graphics card.
fn each(check: impl Fn(&Fixture)) {
    for family in FAMILIES {
        let by_candle = ModelSettings { place: Place::Candle, ..settings(64, CacheType::F32) };
        check(&fixture(family, "model.gguf", by_candle, "logits"));
        for (file, cache) in [("model.gguf", CacheType::F32), ("", CacheType::F32), ("model.gguf", CacheType::F16)] {
            check(&fixture(family, file, settings(64, cache), "logits"));
        }
    }
}

impl Fixture {
    fn forward(&self, ids: &[u32], cache: &mut Cache) -> Vec<Vec<f32>> {
        let logits = self.model.decoder.forward(Input::Ids(ids), Rows::All, cache).expect("ids of the model");
        logits.to_vec2().expect("a row for each id")
    }

    /// Logits after the ids from `start` on.
    #[track_caller]
    fn check(&self, start: usize, found: &[Vec<f32>], how: &str) {
        let top = self.logits.iter().flatten().fold(0.0, |top: f32, logit| top.max(logit.abs()));
        for (i, (found, expected)) in found.iter().zip(&self.logits[start..]).enumerate() {
            let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / top;
            assert!(
                worst < self.tolerance,
                "{}, {how}, token {}: logits differ by {worst:e} of the greatest",
                self.name,
                start + i
            );
            assert_eq!(found.len(), expected.len(), "{}: the vocabulary", self.name);
        }
    }
}

#[test]
fn a_whole_prompt() {
    each(|f| f.check(0, &f.forward(&f.ids, &mut f.model.decoder.new_cache()), "whole"));
}

#[test]
fn token_by_token() {
    each(|f| {
        let mut cache = f.model.decoder.new_cache();
        for (i, id) in f.ids.iter().enumerate() {
            f.check(i, &f.forward(&[*id], &mut cache), "token by token");
        }
    });
}

#[test]
fn in_uneven_chunks() {
    each(|f| {
        let (mut cache, mut start) = (f.model.decoder.new_cache(), 0);
        for length in [3, 1, 7, 2, 5, 6] {
            f.check(start, &f.forward(&f.ids[start..start + length], &mut cache), "in chunks");
            start += length;
        }
        assert_eq!(start, f.ids.len(), "all of it");
    });
}

/// Logits of pieces, row by row.
fn step(model: &Model, pieces: &mut [(&[u32], &mut Cache)]) -> Vec<Vec<Vec<f32>>> {
    let piece = |(ids, cache)| Piece { input: Input::Ids(ids), rows: Rows::All, cache };
    let mut pieces: Vec<Piece> = pieces.iter_mut().map(|(ids, cache)| piece((*ids, &mut **cache))).collect();
    let logits = model.decoder.step(&mut pieces).expect("ids of the model");
    let vocab = model.decoder.shape().vocab;
    logits.iter().map(|logits| logits.chunks_exact(vocab).map(<[f32]>::to_vec).collect()).collect()
}

#[test]
fn beside_other_texts() {
    each(|f| {
        let [mut a, mut b, mut c] = [(); 3].map(|()| f.model.decoder.new_cache());
        let found = step(&f.model, &mut [(&f.ids[..7], &mut a), (&[9, 8], &mut b), (&f.ids, &mut c)]);
        f.check(0, &found[0], "the first of three");
        f.check(0, &found[2], "the last of three");
        let found = step(&f.model, &mut [(&f.ids[7..8], &mut a), (&[3; 40], &mut b)]);
        f.check(7, &found[0], "one token beside many");
        let found = step(&f.model, &mut [(&[1], &mut c), (&[5], &mut b), (&f.ids[8..], &mut a)]);
        f.check(8, &found[2], "the rest beside single tokens");
    });
}

#[test]
fn a_text_longer_than_what_goes_through_the_layers_at_once() {
    let f = fixture("llama3", "model.gguf", settings(4096, CacheType::F32), "logits");
    let long: Vec<u32> = f.ids.iter().cycle().take(1300).copied().collect();
    let [mut whole, mut parts] = [(); 2].map(|()| f.model.decoder.new_cache());
    let found = f.forward(&long, &mut whole);
    assert_eq!(found.len(), long.len(), "a row for each token");
    let again: Vec<Vec<f32>> = long.chunks(100).flat_map(|ids| f.forward(ids, &mut parts)).collect();
    let worst = found.iter().flatten().zip(again.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-4, "logits differ by {worst}");
}

#[test]
fn no_rows_and_the_last_row() {
    each(|f| {
        let decoder = &f.model.decoder;
        let mut cache = decoder.new_cache();
        let none = decoder.forward(Input::Ids(&f.ids[..5]), Rows::None, &mut cache).expect("ids of the model");
        assert_eq!((none.dims(), cache.len()), (&[0, decoder.shape().vocab][..], 5), "{}: computed, without logits", f.name);
        let last = decoder.forward(Input::Ids(&f.ids[5..]), Rows::Last, &mut cache).expect("ids of the model");
        f.check(f.ids.len() - 1, &[last.to_vec1().expect("one row")], "the last row");
    });
}

#[test]
fn a_stored_text_goes_on_where_it_was() {
    each(|f| {
        let mut cache = f.model.decoder.new_cache();
        let long: Vec<u32> = f.ids.iter().chain(&f.ids[..16]).copied().collect();
        let whole = f.forward(&long, &mut cache);
        for length in [0, 9, 32, 39] {
            let mut cache = f.model.decoder.new_cache();
            if length > 0 {
                f.forward(&long[..length], &mut cache);
            }
            let bytes = cache.serialise();
            drop(cache);
            let mut restored = f.model.decoder.restore(&bytes).unwrap_or_else(|error| panic!("{}: {error}", f.name));
            assert_eq!(restored.len(), length, "{}: as many tokens", f.name);
            assert_eq!(restored.serialise(), bytes, "{}: the same again", f.name);
            let rest = f.forward(&long[length..], &mut restored);
            let worst = rest.iter().zip(&whole[length..]).flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| (a - b).abs());
            let worst = worst.fold(0.0, f32::max);
            assert!(worst < f.tolerance, "{}: logits after {length} stored tokens differ by {worst}", f.name);
        }
    });
}

#[test]
fn a_fork_and_its_origin_go_their_own_ways() {
    each(|f| {
        let mut origin = f.model.decoder.new_cache();
        f.forward(&f.ids[..10], &mut origin);
        let mut fork = origin.clone();
        f.forward(&[5, 6, 7], &mut fork);
        f.check(10, &f.forward(&f.ids[10..], &mut origin), "after a fork went elsewhere");
    });
}

#[test]
fn a_text_that_is_cut_back_goes_on_as_if_it_had_never_been_longer() {
    each(|f| {
        let mut cache = f.model.decoder.new_cache();
        f.forward(&f.ids[..15], &mut cache);
        f.forward(&[9, 8, 7, 6], &mut cache);
        let kept = cache.truncate(13);
        f.check(kept, &f.forward(&f.ids[kept..], &mut cache), "cut back");
        // Beyond a checkpoint, with what lies before it already forgotten.
        let long: Vec<u32> = f.ids.iter().chain(&f.ids).copied().collect();
        cache.truncate(0);
        f.forward(&long, &mut cache);
        let kept = cache.truncate(20);
        let convolves = f.model.decoder.shape().layers.iter().any(|layer| matches!(layer, Mixer::Convolution { .. }));
        assert_eq!(kept, if convolves { 0 } else { 20 }, "{}: only a convolution's state is lost", f.name);
        f.check(kept, &f.forward(&f.ids[kept..], &mut cache), "cut back far");
    });
}

#[test]
fn a_session_returns_to_any_earlier_text() {
    each(|f| {
        let go_on = || ControlFlow::Continue(());
        let mut session = Session::new(&f.model.decoder);
        let long: Vec<u32> = f.ids.iter().chain(&f.ids[..16]).copied().collect();
        session.advance(&f.model.decoder, &long, go_on).expect("ids of the model");
        for length in [39, 33, 24, 7] {
            let mut start = session.start(length);
            assert_eq!(start.ids(), &long[..start.ids().len()], "{}: what is kept is the beginning", f.name);
            let whole = Session::new(&f.model.decoder).advance(&f.model.decoder, &long, go_on).expect("ids of the model").logits;
            let again = start.advance(&f.model.decoder, &long, go_on).expect("ids of the model").logits;
            let (whole, again) = (whole.expect("not broken off"), again.expect("not broken off"));
            let worst = whole.iter().zip(&again).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < f.tolerance, "{} from {length} tokens on: logits differ by {worst}", f.name);
        }
        let logits = session.advance(&f.model.decoder, &f.ids[..9], go_on).expect("ids of the model").logits;
        f.check(8, &[logits.expect("not broken off")], "after going back");
    });
}

#[test]
fn long_rope_follows_the_longest_text_to_come() {
    for file in ["model.gguf", ""] {
        let short = fixture("phi3_longrope", file, settings(16, CacheType::F32), "logits_short");
        assert_eq!(short.model.context, 16, "what was asked for");
        short.check(0, &short.forward(&short.ids[..16], &mut short.model.decoder.new_cache()), "short");
    }
}

#[test]
fn texts_have_the_ids_of_the_tokenizers_library() {
    each(|f| {
        let json = std::fs::read_to_string(path(f.family, "tokens.json")).expect("it is there");
        let tokens: Tokens = serde_json::from_str(&json).expect("ids of texts");
        let tokenizer = &f.model.tokenizer;
        assert_eq!(tokenizer.first(), Some(tokens.first), "{}: the first token", f.name);
        assert!(tokenizer.is_end(0), "{}: the last token", f.name);
        for (text, ids) in &tokens.texts {
            assert_eq!(tokenizer.encode(text, Control::Token), *ids, "{}: ids of {text:?}", f.name);
            assert_eq!(tokenizer.decode(ids), text.replace("<|end|>", ""), "{}: text of {ids:?}", f.name);
            assert!(!tokenizer.encode(text, Control::Text).contains(&0), "{}: a control token was forged in {text:?}", f.name);
        }
    });
}

#[test]
fn learned_positions_end_and_the_text_before_is_kept() {
    let f = fixture("gpt2", "model.gguf", settings(64, CacheType::F32), "logits");
    let mut cache = f.model.decoder.new_cache();
    f.forward(&f.ids[..12], &mut cache);
    let error = f.model.decoder.forward(Input::Ids(&[3; 60]), Rows::Last, &mut cache).expect_err("72 tokens do not fit");
    assert!(error.to_string().contains("at most 64 tokens expected, found 72"), "{error}");
    f.check(12, &f.forward(&f.ids[12..], &mut cache), "after a text that did not fit");
}
