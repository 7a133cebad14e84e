//! A small real model gives exactly the tokens that its reference implementation gives.

mod common;

use common::data;
use persona_mind::engine::decoder::{CacheType, Input, Rows};
use persona_mind::engine::model::{Model, ModelSettings};
use persona_mind::engine::sampler::{Sampler, Sampling};
use persona_mind::engine::session::Session;
use persona_mind::engine::tokenizer::Control;
use serde::Deserialize;
use std::ops::ControlFlow;

#[derive(Deserialize)]
struct Expected {
    prompt: String,
    prompt_ids: Vec<u32>,
    greedy_ids: Vec<u32>,
    last_prompt_logits_first16: Vec<f32>,
}

struct Fixture {
    model: Model,
    expected: Expected,
}

fn fixture() -> Option<Fixture> {
    fixture_with(CacheType::default())
}

fn fixture_with(cache: CacheType) -> Option<Fixture> {
    let settings = ModelSettings { cache, ..ModelSettings::default() };
    let model = Model::open_with(&data("stories260K/stories260K.gguf")?, settings).expect("a model that runs here");
    let json = std::fs::read_to_string(data("stories260K/converted/expected.json")?).expect("it is there");
    Some(Fixture { model, expected: serde_json::from_str(&json).expect("the reference's output") })
}

/// Greedy tokens until there are as many as the reference has.
fn continued(f: &Fixture, session: &mut Session, mut logits: Vec<f32>) -> Vec<u32> {
    let mut sampler = Sampler::new(Sampling::GREEDY);
    while session.ids().len() < f.expected.greedy_ids.len() {
        let id = sampler.choose(&logits, session.ids());
        logits = session.push(&f.model.decoder, id).expect("a token of the model's own");
    }
    session.ids().to_vec()
}

fn advance(f: &Fixture, session: &mut Session, ids: &[u32]) -> (Vec<f32>, usize) {
    let advance = session.advance(&f.model.decoder, ids, || ControlFlow::Continue(())).expect("ids of the model");
    (advance.logits.expect("it was not broken off"), advance.computed)
}

#[test]
fn the_prompt_is_tokenized_as_by_the_reference() {
    let Some(f) = fixture() else { return };
    let mut ids: Vec<u32> = f.model.tokenizer.first().into_iter().collect();
    ids.extend(f.model.tokenizer.encode(&f.expected.prompt, Control::Text));
    assert_eq!(ids, f.expected.prompt_ids, "ids of {:?}", f.expected.prompt);
}

#[test]
fn the_prompt_in_one_go() {
    // A cache of 16-bit floats gives the same tokens, but logits that are 5e-4 apart.
    let Some(f) = fixture_with(CacheType::F32) else { return };
    let mut session = Session::new(&f.model.decoder);
    let (logits, _) = advance(&f, &mut session, &f.expected.prompt_ids);
    for (i, (found, expected)) in logits.iter().zip(&f.expected.last_prompt_logits_first16).enumerate() {
        assert!((found - expected).abs() < 1e-4 * expected.abs(), "logit {i}: expected {expected}, found {found}");
    }
    assert_eq!(continued(&f, &mut session, logits), f.expected.greedy_ids, "greedy tokens");
}

#[test]
fn the_prompt_token_by_token() {
    let Some(f) = fixture() else { return };
    let mut session = Session::new(&f.model.decoder);
    let mut logits = Vec::new();
    for id in &f.expected.prompt_ids {
        logits = session.push(&f.model.decoder, *id).expect("an id of the model");
    }
    assert_eq!(continued(&f, &mut session, logits), f.expected.greedy_ids, "greedy tokens");
}

#[test]
fn the_prompt_in_two_parts_computes_only_the_new_tokens() {
    let Some(f) = fixture() else { return };
    let (prompt, mut session) = (&f.expected.prompt_ids, Session::new(&f.model.decoder));
    assert_eq!(advance(&f, &mut session, &prompt[..3]).1, 3, "all of the first part is new");
    let (logits, computed) = advance(&f, &mut session, prompt);
    assert_eq!(computed, prompt.len() - 3, "the second part alone is computed");
    assert_eq!(continued(&f, &mut session, logits), f.expected.greedy_ids, "greedy tokens");
}

#[test]
fn going_back_to_an_earlier_text_gives_the_same_again() {
    let Some(f) = fixture() else { return };
    let (prompt, mut session) = (&f.expected.prompt_ids, Session::new(&f.model.decoder));
    let (first, _) = advance(&f, &mut session, prompt);
    continued(&f, &mut session, first);
    let (logits, computed) = advance(&f, &mut session, prompt);
    assert_eq!(computed, 1, "only the last token, for its logits");
    assert_eq!(continued(&f, &mut session, logits), f.expected.greedy_ids, "greedy tokens");
}

#[test]
fn all_rows_end_in_the_last_row() {
    let Some(f) = fixture() else { return };
    let rows = |rows| {
        let mut cache = f.model.decoder.new_cache();
        let logits = f.model.decoder.forward(Input::Ids(&f.expected.prompt_ids), rows, &mut cache).expect("ids of the model");
        logits.flatten_all().and_then(|l| l.to_vec1::<f32>()).expect("numbers")
    };
    let (all, last) = (rows(Rows::All), rows(Rows::Last));
    let vocab = f.model.tokenizer.len();
    assert_eq!(all.len(), vocab * f.expected.prompt_ids.len(), "a row for each token");
    let worst = all[all.len() - vocab..].iter().zip(&last).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 1e-4, "the last row is the same either way, found a difference of {worst}");
}
