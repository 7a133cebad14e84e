//! Texts that are taken on together go on as each would alone.

use persona_mind::engine::decoder::{Cache, CacheType, Input, Rows};
use persona_mind::engine::kernel::PoolSettings;
use persona_mind::engine::model::{Model, ModelSettings};
use persona_mind::engine::sampler::{Sampler, Sampling, likelihood};
use persona_mind::engine::scheduler::{News, Request, Scheduler, TextId};
use persona_mind::engine::score::likelihoods;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Attention alone, windows, convolutions, learned positions.
const FAMILIES: [&str; 4] = ["smollm2", "gemma3", "lfm2", "gpt2"];
const REPLY: usize = 16;

fn model(family: &str) -> Model {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/families")).join(family).join("model.gguf");
    let pool = PoolSettings { threads: 2, ..PoolSettings::default() };
    let settings = ModelSettings { pool, cache: CacheType::F32, ..ModelSettings::default() };
    Model::open_with(&path, settings).unwrap_or_else(|error| panic!("{family} runs here: {error}"))
}

fn sampling(seed: u64) -> Sampling {
    Sampling { seed, temperature: if seed.is_multiple_of(2) { 0.0 } else { 0.9 }, ..Sampling::default() }
}

/// Prompts of different lengths, the later ones with a beginning in common.
fn prompts() -> Vec<Vec<u32>> {
    let prompt = |i: u32, length: u32| (0..length).map(|at| (at * 7 + i * 31 + at / 3) % 120).collect::<Vec<u32>>();
    let sheet = prompt(9, 24);
    let own = (0..5).map(|i| prompt(i, [1, 5, 17, 30, 2][i as usize]));
    own.chain((0..3).map(|i| [sheet.clone(), prompt(i, 3 + i)].concat())).collect()
}

fn request(model: &Model, ids: Vec<u32>, seed: u64) -> Request {
    let cache = model.decoder.new_cache();
    Request { ids, cache, cached: Vec::new(), sampler: Sampler::new(sampling(seed)), constraint: None, urgent: false }
}

/// What the model says by itself, a token at a time.
fn alone(model: &Model, ids: &[u32], seed: u64) -> Vec<u32> {
    let (mut cache, mut sampler, mut said) = (model.decoder.new_cache(), Sampler::new(sampling(seed)), Vec::new());
    let forward = |ids: &[u32], cache: &mut Cache| {
        let logits = model.decoder.forward(Input::Ids(ids), Rows::Last, cache).and_then(|logits| logits.to_vec1::<f32>());
        logits.expect("ids of the model")
    };
    let mut logits = forward(ids, &mut cache);
    while said.len() < REPLY {
        let id = sampler.choose(&logits, &said);
        said.push(id);
        logits = forward(&[id], &mut cache);
    }
    said
}

/// Takes all texts to their ends; gives what each said.
fn finish(model: &Model, scheduler: &mut Scheduler) -> HashMap<TextId, Vec<u32>> {
    let mut said: HashMap<TextId, Vec<u32>> = HashMap::new();
    while !scheduler.is_empty() {
        let stepped = scheduler.step(&model.decoder, |id, news| {
            let said = said.entry(id).or_default();
            if let News::Token(token, _) = news {
                said.push(token);
            }
            if said.len() < REPLY { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        stepped.expect("ids of the model");
    }
    said
}

#[test]
fn together_they_say_what_each_says_alone() {
    for family in FAMILIES {
        let model = model(family);
        let mut scheduler = Scheduler::default();
        let mut expected = HashMap::new();
        for (ids, seed) in prompts().into_iter().zip(0..) {
            let said = alone(&model, &ids, seed);
            let id = scheduler.add(&model.decoder, request(&model, ids, seed)).expect("a text of the model");
            expected.insert(id, said);
        }
        assert_eq!(finish(&model, &mut scheduler), expected, "{family}: guesses, chunks and neighbours change nothing");
    }
}

#[test]
fn guesses_are_used_and_change_nothing() {
    for family in FAMILIES {
        let model = model(family);
        // A text that comes again, so that there is something to guess by.
        let once: Vec<u32> = (0..8).map(|at| at * 13 % 120).collect();
        let ids = [once.clone(), once.clone(), once].concat();
        let mut scheduler = Scheduler::default();
        for seed in 0..4 {
            let expected = alone(&model, &ids, seed);
            let id = scheduler.add(&model.decoder, request(&model, ids.clone(), seed)).expect("a text of the model");
            assert_eq!(finish(&model, &mut scheduler)[&id], expected, "{family}, seed {seed}");
        }
    }
}

#[test]
fn speech_goes_on_while_a_long_prompt_is_read() {
    let model = model("smollm2");
    let mut scheduler = Scheduler::default();
    let speaking = scheduler.add(&model.decoder, request(&model, vec![1, 2, 3], 0)).expect("a text of the model");
    scheduler.step(&model.decoder, |_, _| ControlFlow::Continue(())).expect("ids of the model");
    let long: Vec<u32> = (0..300).map(|at| at % 120).collect();
    let reading = scheduler.add(&model.decoder, request(&model, long, 0)).expect("a text of the model");
    let mut steps = 0;
    loop {
        let (mut spoke, mut begun) = (false, false);
        let stepped = scheduler.step(&model.decoder, |id, news| {
            spoke |= id == speaking && matches!(news, News::Token(..));
            begun |= id == reading && matches!(news, News::Token(..));
            ControlFlow::Continue(())
        });
        stepped.expect("ids of the model");
        steps += 1;
        assert!(spoke, "it speaks in each step");
        if begun {
            break;
        }
    }
    assert!((4..=12).contains(&steps), "a long prompt is read in pieces, but in no more than it takes: {steps}");
}

#[test]
fn who_is_waited_for_comes_first() {
    let model = model("smollm2");
    let mut scheduler = Scheduler::default();
    let prompt = |i: u32| (0..200).map(|at| (at * 11 + i * 17) % 120).collect::<Vec<u32>>();
    for i in 0..3 {
        scheduler.add(&model.decoder, request(&model, prompt(i), 0)).expect("a text of the model");
    }
    let player = Request { urgent: true, ..request(&model, prompt(7), 0) };
    let player = scheduler.add(&model.decoder, player).expect("a text of the model");
    let mut first = None;
    while first.is_none() {
        let stepped = scheduler.step(&model.decoder, |id, news| {
            if matches!(news, News::Token(..)) {
                first.get_or_insert(id);
            }
            ControlFlow::Continue(())
        });
        stepped.expect("ids of the model");
    }
    assert_eq!(first, Some(player), "the last to come is the first to speak");
}

#[test]
fn a_shared_beginning_is_read_once() {
    let model = model("smollm2");
    let sheet: Vec<u32> = (0..200).map(|at| (at * 11) % 120).collect();
    let mut scheduler = Scheduler::default();
    let ids: Vec<TextId> = (0..4)
        .map(|i| [sheet.clone(), vec![i, i + 1]].concat())
        .map(|ids| scheduler.add(&model.decoder, request(&model, ids, 0)).expect("a text of the model"))
        .collect();
    let mut computed = 0;
    while !scheduler.is_empty() {
        let tell = |_, news| if matches!(news, News::Token(..)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let ended = scheduler.step(&model.decoder, tell).expect("ids of the model");
        computed += ended.iter().map(|(_, text)| text.computed).sum::<usize>();
    }
    assert!(computed <= sheet.len() + ids.len() * 20, "four with one sheet compute it once: {computed}");
}

#[test]
fn a_text_can_be_taken_back_and_one_that_is_wrong_is_refused() {
    let model = model("gpt2");
    let mut scheduler = Scheduler::default();
    let add = |scheduler: &mut Scheduler, ids: Vec<u32>| scheduler.add(&model.decoder, request(&model, ids, 0));
    let kept = add(&mut scheduler, vec![1, 2]).expect("a text of the model");
    let dropped = add(&mut scheduler, vec![3, 4, 5]).expect("a text of the model");
    assert!(add(&mut scheduler, vec![]).is_err(), "nothing to go on with");
    assert!(add(&mut scheduler, vec![1, 1 << 20]).is_err(), "no such token");
    assert!(add(&mut scheduler, vec![1; 1000]).is_err(), "more than there are places for");
    scheduler.step(&model.decoder, |_, _| ControlFlow::Continue(())).expect("ids of the model");
    let taken = scheduler.take(dropped).expect("it is there");
    assert_eq!((taken.ids.as_slice(), taken.cache.len()), ([3, 4, 5].as_slice(), 3), "with what was computed");
    assert!(scheduler.take(dropped).is_none(), "it is there no more");
    // This one goes on until there is no place left.
    let mut ended = Vec::new();
    while !scheduler.is_empty() {
        ended =
            scheduler.step(&model.decoder, |_, _| ControlFlow::Continue(())).expect("what there is no place for is not computed");
    }
    assert_eq!(ended.first().map(|(id, text)| (*id, text.ids.len())), Some((kept, 64)), "a text ends with the model's places");
}

#[test]
fn guesses_end_where_the_places_do() {
    let model = model("gpt2");
    // A text that comes again, so that there is something to guess by up to the last place; beside it one of another kind.
    for length in 50..60 {
        let mut scheduler = Scheduler::default();
        let ids: Vec<u32> = (0..length).map(|at| at % 4).collect();
        for ids in [ids, vec![7, 8]] {
            let sampler = Sampler::new(Sampling { bias: (0..4).map(|id| (id, 100.0)).collect(), ..sampling(0) });
            scheduler.add(&model.decoder, Request { sampler, ..request(&model, ids, 0) }).expect("a text of the model");
        }
        while !scheduler.is_empty() {
            let stepped = scheduler.step(&model.decoder, |_, _| ControlFlow::Continue(()));
            stepped.unwrap_or_else(|error| panic!("{length} tokens: a text at its last place stops none: {error}"));
        }
    }
}

#[test]
fn what_is_taken_over_is_never_less_than_what_was_there() {
    for family in ["smollm2", "lfm2"] {
        let model = model(family);
        let ids: Vec<u32> = (0..90).map(|at| at * 7 % 120).collect();
        // The first has read further than the second, which begins in the same way, and ends where no state was kept.
        for (read, own, same) in [(80, 20, 45), (80, 33, 60), (90, 40, 57)] {
            let cache = |ids: &[u32]| {
                let mut cache = model.decoder.new_cache();
                model.decoder.forward(Input::Ids(ids), Rows::None, &mut cache).ok();
                cache
            };
            let second = [&ids[..same], &[1, 2, 3]].concat();
            let mut scheduler = Scheduler::default();
            let first = Request { cache: cache(&ids[..read]), cached: ids[..read].to_vec(), ..request(&model, ids.clone(), 0) };
            scheduler.add(&model.decoder, first).expect("a text of the model");
            let own =
                Request { cache: cache(&second[..own]), cached: second[..own].to_vec(), ..request(&model, second.clone(), 0) };
            let had = own.cache.len();
            let id = scheduler.add(&model.decoder, own).expect("a text of the model");
            let tell = |_, news| if matches!(news, News::Token(..)) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
            let mut ended = Vec::new();
            while !scheduler.is_empty() {
                ended.extend(scheduler.step(&model.decoder, tell).expect("ids of the model"));
            }
            let computed = ended.iter().find(|(found, _)| *found == id).map(|(_, text)| text.computed).expect("it ends");
            assert!(computed <= second.len() - had, "{family}: {computed} computed where {had} of {} were there", second.len());
        }
    }
}

#[test]
fn forks_go_their_own_ways_and_the_likelier_is_known() {
    let model = model("smollm2");
    let mut scheduler = Scheduler::default();
    let first = scheduler.add(&model.decoder, request(&model, vec![5, 6, 7], 1)).expect("a text of the model");
    assert!(scheduler.fork(first, Sampler::new(Sampling::GREEDY)).is_none(), "its prompt has not been read");
    scheduler.step(&model.decoder, |_, _| ControlFlow::Continue(())).expect("ids of the model");
    let wild = |seed| Sampler::new(Sampling { seed, temperature: 3.0, top_k: 0, top_p: 1.0, min_p: 0.0, ..Sampling::default() });
    let forks: Vec<TextId> = (0..4).filter_map(|seed| scheduler.fork(first, wild(seed))).collect();
    let greedy = scheduler.fork(first, Sampler::new(Sampling::GREEDY)).expect("it speaks");
    for _ in 0..8 {
        scheduler.step(&model.decoder, |_, _| ControlFlow::Continue(())).expect("ids of the model");
    }
    let mut all: Vec<(f32, TextId)> =
        forks.iter().chain([&greedy]).filter_map(|id| Some((scheduler.take(*id)?.likelihood, *id))).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    assert_eq!(all.len(), 5, "each fork is a text");
    assert_eq!(all[0].1, greedy, "who always takes the likeliest is likelier than who does not care: {all:?}");
}

#[test]
fn continuations_are_scored_together_as_each_alone() {
    for family in FAMILIES {
        let model = model(family);
        let text: Vec<u32> = (0..11).map(|at| at * 9 % 120).collect();
        let mut cache = model.decoder.new_cache();
        model.decoder.forward(Input::Ids(&text), Rows::None, &mut cache).ok();
        assert_eq!(cache.len(), text.len(), "{family}: the text is computed");
        let continuations: [&[u32]; 4] = [&[5, 6, 7], &[8], &[], &[1, 2, 3, 4, 5, 6]];
        let found = likelihoods(&model.decoder, &text, &cache, &continuations).expect("ids of the model");
        for (found, continuation) in found.iter().zip(continuations) {
            assert_eq!(found.len(), continuation.len(), "{family}: one for each token");
            for (at, (found, id)) in found.iter().zip(continuation).enumerate() {
                let before = [&text, &continuation[..at]].concat();
                let logits = model.decoder.forward(Input::Ids(&before), Rows::Last, &mut model.decoder.new_cache());
                let expected = likelihood(&logits.and_then(|logits| logits.to_vec1()).expect("ids of the model"), *id);
                assert!((found - expected).abs() < 1e-3, "{family}: {found} and {expected}");
            }
        }
        assert!(likelihoods(&model.decoder, &text, &model.decoder.new_cache(), &continuations).is_err(), "nothing is computed");
    }
}
