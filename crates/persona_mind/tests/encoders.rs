//! Tiny random encoders of every family give exactly what Hugging Face transformers gives. `fixtures/make_encoders.py` makes them.

use candle_core::{DType, Device, Tensor};
use persona_mind::engine::encoder::{Encoder, EncoderError};
use std::fs;
use std::path::{Path, PathBuf};

const FAMILIES: [&str; 3] = ["bert", "roberta", "albert"];

fn folder(family: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/encoders")).join(family)
}

fn open(family: &str) -> Encoder {
    Encoder::open(&folder(family)).unwrap_or_else(|error| panic!("{family} runs here: {error}"))
}

fn texts() -> Vec<String> {
    serde_json::from_str(&fs::read_to_string(folder("texts.json")).expect("the fixture is there")).expect("a list of texts")
}

#[test]
fn each_family_computes_what_transformers_computes() {
    for family in FAMILIES {
        let encoder = open(family);
        let expected =
            candle_core::safetensors::load(folder(family).join("expected.safetensors"), &Device::Cpu).expect("a sound file");
        for (at, text) in texts().iter().enumerate() {
            let theirs = |name: &str| expected[&format!("{name}_{at}")].clone();
            let ids: Vec<u32> = theirs("ids").to_dtype(DType::U32).and_then(|ids| ids.to_vec1()).expect("ids");
            assert_eq!(encoder.ids(text), ids, "{family}: tokens of {text:?}");
            let hidden = encoder.hidden(&ids).expect("the text is no longer than the model takes");
            let most = |x: &Tensor| -> f32 { x.abs().and_then(|x| x.max_all()?.to_scalar()).expect("numbers") };
            let apart = most(&(&hidden - theirs("hidden")).expect("the same shape"));
            let size = most(&theirs("hidden"));
            assert!(apart < 1e-4 * size, "{family}: {text:?} is {apart} off, of {size}");
        }
    }
}

#[test]
fn vectors_of_texts_have_one_length() {
    let encoder = open("albert");
    for text in texts() {
        let vector = encoder.embed(&text).expect("any text has a vector");
        let length: f32 = vector.iter().map(|x| x * x).sum();
        assert!((length - 1.0).abs() < 1e-5, "{text:?}: {length}");
    }
    assert!(encoder.hidden(&[]).is_err(), "no token");
    assert!(encoder.hidden(&[u32::MAX]).is_err(), "a token that there is not");
    assert!(encoder.hidden(&vec![2; 1000]).is_err(), "more than the model takes");
}

#[test]
fn what_is_wrong_in_a_folder_is_named() {
    let scratch = std::env::temp_dir().join(format!("persona_encoders_{}", std::process::id()));
    let changed = |file: &str, from: &str, to: &str| -> EncoderError {
        fs::create_dir_all(&scratch).expect("a folder for changed files");
        for file in ["config.json", "tokenizer.json", "model.safetensors"] {
            fs::copy(folder("bert").join(file), scratch.join(file)).expect("the fixture is there");
        }
        let text = fs::read_to_string(scratch.join(file)).expect("a text");
        assert!(text.contains(from), "{file} holds {from}");
        fs::write(scratch.join(file), text.replacen(from, to, 1)).expect("a changed file");
        Encoder::open(&scratch).expect_err("what was changed is wrong")
    };
    for (from, to, named) in [
        ("\"bert\"", "\"dalbert\"", "model_type"),
        ("\"hidden_size\": 24", "\"hidden_size\": 1152921504606846976", "hidden_size"),
        ("\"num_attention_heads\": 3", "\"num_attention_heads\": 5", "num_attention_heads"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "encoder.layer.2"),
        ("\"vocab_size\": 26", "\"vocab_size\": 7", "at most 7"),
        ("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"sine\"", "hidden_act"),
        ("{", "", "JSON"),
    ] {
        let error = changed("config.json", from, to).to_string();
        assert!(error.contains(named), "{to}: {error}");
    }
    fs::remove_dir_all(&scratch).expect("it was made above");
    let error = Encoder::open(Path::new("/nowhere")).expect_err("there is nothing").to_string();
    assert!(error.contains("config.json"), "{error}");
}
