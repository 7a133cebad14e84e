//! Text that is held to a form, by a model that would never keep to it.

mod common;

use common::data;
use persona_mind::backend::Local;
use persona_mind::brief::{Finish, OfferedAction, PersonaCard};
use persona_mind::engine::grammar::{Constraint, Grammar, GrammarError, Vocabulary};
use persona_mind::engine::model::Model;
use persona_mind::engine::sampler::{Sampler, Sampling};
use persona_mind::engine::scheduler::{News, Request, Scheduler};
use persona_mind::engine::tokenizer::Control;
use persona_mind::prompt::ReplyForm;
use persona_mind::{Backend, Brief, ReplySink};
use serde_json::Value;
use std::ops::ControlFlow;

fn model() -> Option<Model> {
    Some(Model::open(&data("stories260K/stories260K.gguf")?).expect("a model that runs here"))
}

fn vocabulary(model: &Model) -> Vocabulary {
    Vocabulary::new(&model.tokenizer, model.decoder.shape().vocab).expect("a vocabulary with an end")
}

const SCHEMA: &str = r#"{"type": "object", "properties": {"mood": {"enum": ["sad", "glad"]}, "coins": {"type": "integer",
    "minimum": 1, "maximum": 20}}, "required": ["mood", "coins"], "additionalProperties": false}"#;

/// What the model writes within a form.
fn written(model: &Model, vocabulary: &Vocabulary, grammar: &Grammar, seed: u64) -> String {
    let ids = model.tokenizer.encode("Once upon a time", Control::Text);
    let constraint = Some(Constraint::new(vocabulary, grammar).expect("a sound grammar"));
    let sampling = Sampling { seed, temperature: 1.5, top_k: 0, top_p: 1.0, min_p: 0.0, ..Sampling::default() };
    let (cache, sampler) = (model.decoder.new_cache(), Sampler::new(sampling));
    let mut scheduler = Scheduler::default();
    let request = Request { ids, cache, cached: Vec::new(), sampler, constraint, urgent: false };
    scheduler.add(&model.decoder, request).expect("a text of the model");
    let mut text = Vec::new();
    while !scheduler.is_empty() {
        let tell = |_, news| match news {
            News::Token(id, _) if model.tokenizer.is_end(id) => ControlFlow::Break(()),
            News::Token(id, _) => {
                text.extend(model.tokenizer.bytes(id));
                if text.len() < 2000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            }
            News::Read(_) => ControlFlow::Continue(()),
        };
        for (_, ended) in scheduler.step(&model.decoder, tell).expect("ids of the model") {
            assert_eq!(ended.failure, None, "it can always go on");
        }
    }
    String::from_utf8(text).expect("whole characters")
}

#[test]
fn a_schema_is_kept_to_whatever_the_model_would_say() {
    let Some(model) = model() else { return };
    let vocabulary = vocabulary(&model);
    let grammar = Grammar::JsonSchema(SCHEMA.into());
    let mut moods = std::collections::BTreeSet::new();
    for seed in 0..50 {
        let text = written(&model, &vocabulary, &grammar, seed);
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("seed {seed}: {error} in {text:?}"));
        let (mood, coins) = (json["mood"].as_str().expect("a mood"), json["coins"].as_u64().expect("coins"));
        assert!(["sad", "glad"].contains(&mood) && (1..=20).contains(&coins), "seed {seed}: {text}");
        moods.insert(mood.to_owned());
    }
    assert_eq!(moods.len(), 2, "within the form the model is free");
}

#[test]
fn a_grammar_of_lark_is_kept_to() {
    let Some(model) = model() else { return };
    let grammar = Grammar::Lark("start: (\"aye\" | \"nay\") (\", \" (\"aye\" | \"nay\")){2} \".\"".into());
    for seed in 0..10 {
        let text = written(&model, &vocabulary(&model), &grammar, seed);
        let words: Vec<&str> = text.trim_end_matches('.').split(", ").collect();
        assert!(text.ends_with('.') && words.len() == 3 && words.iter().all(|word| ["aye", "nay"].contains(word)), "{text:?}");
    }
}

#[test]
fn what_is_taken_back_was_never_there() {
    let Some(model) = model() else { return };
    let mut constraint = Constraint::new(&vocabulary(&model), &Grammar::JsonSchema(SCHEMA.into())).expect("a sound schema");
    let size = model.decoder.shape().vocab as u32;
    let allowed = |constraint: &mut Constraint| -> Vec<u32> {
        let allowed = constraint.allowed().expect("a small grammar");
        (0..size).filter(|id| allowed.has(*id)).collect()
    };
    let mut seen = Vec::new();
    for step in 0..12 {
        let now = allowed(&mut constraint);
        seen.push(now.clone());
        constraint.commit(now[step * 7 % now.len()]).expect("it is allowed");
    }
    for before in seen.into_iter().rev() {
        constraint.rollback(1).expect("there is one more");
        assert_eq!(allowed(&mut constraint), before, "the same tokens may come as then");
    }
    assert!(constraint.rollback(1).is_err(), "there is none left");
    let mut constraint = Constraint::new(&vocabulary(&model), &Grammar::JsonSchema(SCHEMA.into())).expect("a sound schema");
    let now = allowed(&mut constraint);
    let wrong = (0..size).find(|id| !now.contains(id)).expect("not all may come");
    assert!(matches!(constraint.commit(wrong), Err(GrammarError::Text(_))), "what is not allowed is refused");
}

#[test]
fn bad_grammars_are_errors_in_little_time() {
    let Some(model) = model() else { return };
    let vocabulary = vocabulary(&model);
    let nested =
        |open: &str, inner: &str, close: &str, times: usize| format!("{}{inner}{}", open.repeat(times), close.repeat(times));
    let json = |text: &str| Grammar::JsonSchema(text.to_owned());
    let lark = |text: String| Grammar::Lark(text);
    for (what, grammar) in [
        ("no JSON", json("{")),
        ("a type that there is not", json(r#"{"type": "feeling"}"#)),
        ("nothing that fits", json(r#"{"type": "integer", "minimum": 5, "maximum": 1}"#)),
        ("deeply nested JSON", json(&nested("[", "", "]", 100_000))),
        ("a deeply nested schema", json(&nested(r#"{"type":"array","items":"#, "{}", "}", 5_000))),
        ("a megabyte", json(&format!(r#"{{"const": "{}"}}"#, "x".repeat(1 << 20)))),
        ("no grammar", lark("start = :: nothing".into())),
        ("a rule that there is not", lark("start: other".into())),
        ("deep brackets", lark(format!("start: {}", nested("(", "\"a\"", ")", 50_000)))),
        ("a name without end", lark(format!("start: {}", "a".repeat(300_000)))),
    ] {
        let start = std::time::Instant::now();
        let made = Constraint::new(&vocabulary, &grammar).and_then(|mut constraint| constraint.allowed().map(|_| ()));
        assert!(made.is_err(), "{what} is refused");
        assert!(start.elapsed().as_secs() < 10, "{what} takes {:?}", start.elapsed());
    }
    // Large, but to be had.
    let start = std::time::Instant::now();
    let made = Constraint::new(&vocabulary, &lark("start: /((a{1,1000}){1,1000}){1,1000}/".into()));
    drop(made.and_then(|mut constraint| constraint.allowed()));
    assert!(start.elapsed().as_secs() < 10, "an expression with three ranges takes {:?}", start.elapsed());
}

/// Keeps what was streamed.
struct Heard(String);

impl ReplySink for Heard {
    fn chunk(&mut self, text: &str) -> ControlFlow<()> {
        self.0 += text;
        ControlFlow::Continue(())
    }
}

#[test]
fn a_reply_as_json_proposes_nothing_that_is_not_allowed() {
    let Some(path) = data("stories260K/stories260K.gguf") else { return };
    let Some(model) = model() else { return };
    // By itself it would hardly ever act, but write `null`.
    let is_null = |id: &u32| model.tokenizer.bytes(*id).starts_with(b"n");
    let bias = (0..model.tokenizer.len() as u32).filter(is_null).map(|id| (id, -30.0)).collect();
    let local = Local::open(&path).and_then(|local| local.with_form(ReplyForm::Json));
    let sampling = Sampling { temperature: 1.4, bias, ..Sampling::default() };
    let mut local = local.expect("a model that runs here").with_sampling(sampling);
    let action = |name: &str| OfferedAction { name: name.into(), description: String::new() };
    let persona = PersonaCard { name: "Lily".into(), role: "a girl".into(), ..PersonaCard::default() };
    let (mut whole, mut proposed) = (0, 0);
    for seed in 0..24 {
        let brief = Brief {
            persona: persona.clone().into(),
            line: "Give me the ball.".into(),
            actions: vec![action("give_item"), action("wave")],
            seed,
            max_tokens: 400,
            ..Brief::default()
        };
        let mut heard = Heard(String::new());
        let reply = local.reply(&brief, &mut heard).expect("a reply");
        assert_eq!(heard.0, reply.text, "only what is said is streamed");
        assert!(!reply.text.contains("\"emotion\""), "and no JSON: {}", reply.text);
        if reply.finish == Finish::Complete {
            whole += 1;
        }
        if let Some(action) = &reply.action {
            proposed += 1;
            assert!(["give_item", "wave"].contains(&action.as_str()), "{action}");
        }
        if let Some(arguments) = &reply.arguments {
            assert!(serde_json::from_str::<Value>(arguments).is_ok_and(|json| json.is_object()), "{arguments}");
        }
    }
    assert!(whole >= 6 && proposed >= 1, "{whole} came to an end, {proposed} with an action");
}
