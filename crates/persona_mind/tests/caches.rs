//! Texts in caches are forked, cut back, stored and computed side by side in any order, and each goes on as if it had been
//! computed alone; and bytes that are no cache are refused.

use persona_mind::engine::decoder::{Cache, CacheError, CacheType, Decoder, Input, Piece, Rows};
use persona_mind::engine::family::Family;
use persona_mind::engine::kernel::PoolSettings;
use persona_mind::engine::model::{Model, ModelSettings};
use persona_mind::engine::random::{Precision, RandomModel};
use proptest::prelude::*;
use std::io::Cursor;
use std::sync::LazyLock;

const CONTEXT: usize = 256;
const VOCAB: u32 = 520;

/// Tiny models: of attention alone, with a window, and with convolutions.
fn decoder(family: Family, cache: CacheType) -> Decoder {
    let sizes = RandomModel {
        name: "tiny",
        family,
        dim: 64,
        heads: 4,
        kv_heads: if family == Family::Lfm2 { vec![0, 2, 0] } else { vec![2; 2] },
        head_dim: 16,
        ffn: 96,
        vocab: VOCAB as usize,
        context: CONTEXT,
        rope_base: 10_000.0,
        rope_factors: Vec::new(),
        eps: 1e-5,
        window: if family == Family::Gemma3 { 20 } else { 0 },
    };
    let mut file = Vec::new();
    sizes.write(Precision::F32, 5, &mut file).expect("sizes that make a model");
    let pool = PoolSettings { threads: 2, ..PoolSettings::default() };
    let settings = ModelSettings { cache, pool, ..ModelSettings::default() };
    Model::read_with(Cursor::new(file), settings).expect("a model that runs here").decoder
}

static DECODERS: LazyLock<Vec<(Decoder, f32)>> = LazyLock::new(|| {
    let families = [Family::Llama, Family::Gemma3, Family::Lfm2];
    let kinds = [(CacheType::F32, 1e-4), (CacheType::F16, 2e-3)];
    let pairs = families.iter().flat_map(|family| kinds.map(|(cache, tolerance)| (decoder(*family, cache), tolerance)));
    pairs.collect()
});

fn logits(decoder: &Decoder, ids: &[u32]) -> Vec<f32> {
    last(decoder, &mut [Piece { input: Input::Ids(ids), rows: Rows::Last, cache: &mut decoder.new_cache() }]).remove(0)
}

fn last(decoder: &Decoder, pieces: &mut [Piece]) -> Vec<Vec<f32>> {
    decoder.step(pieces).expect("ids of the model")
}

/// Something that is done with texts.
#[derive(Clone, Debug)]
enum Deed {
    /// Some texts go on, each by so many tokens.
    Step(Vec<(usize, usize)>),
    /// A text becomes a copy of another.
    Fork(usize, usize),
    /// A text keeps so many tokens, or fewer.
    Truncate(usize, usize),
    /// A text is stored and restored.
    Store(usize),
}

const TEXTS: usize = 4;

fn deed() -> impl Strategy<Value = Deed> {
    let tokens = prop_oneof![3 => Just(1usize), 2 => 2usize..10, 1 => 10usize..70];
    prop_oneof![
        4 => prop::collection::vec((0..TEXTS, tokens), 1..=TEXTS).prop_map(Deed::Step),
        2 => (0..TEXTS, 0..TEXTS).prop_map(|(from, to)| Deed::Fork(from, to)),
        2 => (0..TEXTS, 0usize..CONTEXT).prop_map(|(text, length)| Deed::Truncate(text, length)),
        1 => (0..TEXTS).prop_map(Deed::Store),
    ]
}

struct Text {
    ids: Vec<u32>,
    cache: Cache,
}

/// Does all deeds; every row of logits is compared with those of the same text computed alone.
fn run(decoder: &Decoder, tolerance: f32, deeds: Vec<Deed>, seed: u32) -> Result<(), TestCaseError> {
    let mut texts: Vec<Text> = (0..TEXTS).map(|_| Text { ids: Vec::new(), cache: decoder.new_cache() }).collect();
    let mut next = seed;
    for deed in deeds {
        match deed {
            Deed::Step(lengths) => {
                let mut wanted = [0; TEXTS];
                lengths.into_iter().for_each(|(text, length)| wanted[text] = length);
                let mut pieces = Vec::new();
                let mut stepped = Vec::new();
                for (text, length) in texts.iter_mut().zip(wanted) {
                    let before = text.ids.len();
                    if length == 0 || before + length > CONTEXT {
                        continue;
                    }
                    text.ids.extend((0..length).map(|_| {
                        next = next.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        next % VOCAB
                    }));
                    pieces.push(Piece { input: Input::Ids(&text.ids[before..]), rows: Rows::Last, cache: &mut text.cache });
                    stepped.push(&text.ids);
                }
                for (found, ids) in last(decoder, &mut pieces).iter().zip(stepped) {
                    let alone = logits(decoder, ids);
                    let top = alone.iter().fold(0.0, |top: f32, x| top.max(x.abs()));
                    let worst = found.iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / top;
                    prop_assert!(worst < tolerance, "after {} tokens: logits differ by {worst:e} of the greatest", ids.len());
                }
            }
            Deed::Fork(from, to) => texts[to] = Text { ids: texts[from].ids.clone(), cache: texts[from].cache.clone() },
            Deed::Truncate(text, length) => {
                let Text { ids, cache } = &mut texts[text];
                let kept = cache.truncate(length);
                prop_assert!(kept <= length && kept <= ids.len(), "{kept} of {} tokens are kept of {length}", ids.len());
                ids.truncate(kept);
            }
            Deed::Store(text) => {
                let cache = &mut texts[text].cache;
                *cache = decoder.restore(&cache.serialise()).expect("its own bytes");
            }
        }
        for Text { ids, cache } in &texts {
            prop_assert_eq!(ids.len(), cache.len(), "the cache knows how long its text is");
            prop_assert!(cache.share() <= cache.bytes(), "a share is a part");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn any_program_gives_what_each_text_gives_alone(
        which in 0usize..6, deeds in prop::collection::vec(deed(), 1..16), seed in any::<u32>()
    ) {
        let (decoder, tolerance) = &DECODERS[which];
        run(decoder, *tolerance, deeds, seed)?;
    }

    #[test]
    fn changed_bytes_are_no_cache(which in 0usize..6, at in any::<prop::sample::Index>(), flip in 1u8..) {
        let decoder = &DECODERS[which].0;
        let mut bytes = stored(decoder, 40);
        *at.get_mut(&mut bytes) ^= flip;
        prop_assert!(decoder.restore(&bytes).is_err(), "a flipped byte is noticed");
    }

    #[test]
    fn strange_bytes_are_no_cache(which in 0usize..6, bytes in prop::collection::vec(any::<u8>(), 0..100), whole in any::<bool>()) {
        let decoder = &DECODERS[which].0;
        let mut all = if whole { stored(decoder, 3)[..16].to_vec() } else { Vec::new() };
        all.extend(bytes);
        prop_assert!(decoder.restore(&all).is_err(), "that is no cache");
    }
}

fn stored(decoder: &Decoder, tokens: u32) -> Vec<u8> {
    let mut cache = decoder.new_cache();
    let ids: Vec<u32> = (0..tokens).collect();
    last(decoder, &mut [Piece { input: Input::Ids(&ids), rows: Rows::None, cache: &mut cache }]);
    cache.serialise()
}

#[test]
fn what_is_wrong_with_bytes_is_named() {
    let [(exact, _), (rounded, _), ..] = &DECODERS[..] else { panic!("two kinds of caches") };
    let bytes = stored(exact, 40);
    let error = |bytes: &[u8]| exact.restore(bytes).expect_err("bytes that are no cache").to_string();
    assert!(error(b"PNG").contains("expected `PCACHE`"), "{}", error(b"PNG"));
    let changed = |at: usize, value: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = value;
        bytes
    };
    assert!(matches!(exact.restore(&changed(6, 9)), Err(CacheError::Version { expected: 2, found: 9 })), "another version");
    assert!(matches!(rounded.restore(&bytes), Err(CacheError::Model { .. })), "another type of cache");
    assert!(error(&changed(15, 255)).contains("bytes for 4278190120 tokens"), "{}", error(&changed(15, 255)));
    assert!(error(&bytes[..bytes.len() - 1]).contains("for 40 tokens"), "cut short");
    assert!(matches!(exact.restore(&changed(100, 77)), Err(CacheError::Checksum { .. })), "a changed number");
}

#[test]
fn a_cache_of_another_model_is_refused_and_no_text_has_moved() {
    let [(exact, _), (rounded, _), ..] = &DECODERS[..] else { panic!("two kinds of caches") };
    let (mut own, mut foreign) = (exact.new_cache(), rounded.new_cache());
    fn piece(cache: &mut Cache) -> Piece<'_> {
        Piece { input: Input::Ids(&[1, 2]), rows: Rows::Last, cache }
    }
    let error = exact.step(&mut [piece(&mut own), piece(&mut foreign)]).expect_err("the second is another model's");
    assert!(error.to_string().contains("a cache of this model expected"), "{error}");
    assert!(own.is_empty() && foreign.is_empty(), "nothing was computed");
    let mut short = exact.new_cache();
    let bad = Piece { input: Input::Ids(&[VOCAB]), rows: Rows::Last, cache: &mut short };
    exact.step(&mut [piece(&mut own), bad]).expect_err("there is no such id");
    assert!(own.is_empty(), "the sound piece was not computed either");
}

#[test]
fn forks_share_what_is_the_same() {
    for (decoder, _) in DECODERS.iter() {
        let mut origin = decoder.new_cache();
        let ids: Vec<u32> = (0..100).collect();
        let go_on = |cache: &mut Cache, ids: &[u32]| {
            last(decoder, &mut [Piece { input: Input::Ids(ids), rows: Rows::None, cache }]);
        };
        go_on(&mut origin, &ids);
        let alone = origin.share();
        assert_eq!(alone, origin.bytes(), "nothing is shared yet");
        let mut forks: Vec<Cache> = (0..9).map(|_| origin.clone()).collect();
        forks.iter_mut().for_each(|fork| go_on(fork, &[1]));
        let all: usize = forks.iter().chain([&origin]).map(Cache::share).sum();
        assert!(all < 5 * alone, "ten texts take {all} bytes where one takes {alone}: each has its own last page of four");
        assert!(forks[0].bytes() >= alone, "what is shared counts as a whole too");
        drop(forks);
        assert_eq!(origin.share(), alone, "it has all to itself again");
    }
}
