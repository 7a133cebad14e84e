//! Model files are hostile until parsed: any damage is an error that says where, never a panic or a huge allocation.

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use persona_mind::engine::gguf::Gguf;
use persona_mind::hearth::Hearth;
use proptest::prelude::*;
use std::io::Cursor;

/// A sound file with one tensor of each of two types and a value of most kinds.
fn sound() -> Vec<u8> {
    let texts = |list: &[&str]| Value::Array(list.iter().map(|t| Value::String((*t).into())).collect());
    let metadata = [
        ("general.architecture", Value::String("llama".into())),
        ("a.size", Value::U32(7)),
        ("a.number", Value::F32(0.5)),
        ("a.texts", texts(&["one", "two"])),
        ("a.numbers", Value::Array(vec![Value::F32(1.0), Value::F32(-2.5)])),
        ("some.integers", Value::Array(vec![Value::I32(1), Value::I32(-2)])),
    ];
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(k, v)| (*k, v)).collect();
    let numbers = Tensor::arange(0f32, 96.0, &Device::Cpu).and_then(|t| t.reshape((3, 32))).expect("a small tensor");
    let plain = QTensor::quantize(&numbers, GgmlDType::F32).expect("f32 holds any tensor");
    let packed = QTensor::quantize(&numbers, GgmlDType::Q8_0).expect("rows of 32 can be packed");
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &[("plain", &plain), ("packed", &packed)]).expect("memory can be written");
    file.into_inner()
}

fn read(bytes: Vec<u8>) -> Result<(), String> {
    let mut gguf = Gguf::read(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let names: Vec<String> = gguf.tensors().keys().cloned().collect();
    names.iter().try_for_each(|name| gguf.tensor(name).map(|_| ()).map_err(|e| e.to_string()))
}

#[test]
fn a_sound_file_gives_its_values_and_tensors() {
    let mut gguf = Gguf::read(Cursor::new(sound())).expect("the file is sound");
    assert_eq!(gguf.size("a.size").ok(), Some(7), "a size");
    assert_eq!(gguf.number("a.number").ok(), Some(0.5), "a number");
    assert_eq!(gguf.texts("a.texts").map(<[String]>::len).ok(), Some(2), "texts");
    assert_eq!(gguf.numbers("a.numbers").ok(), Some(&[1.0, -2.5][..]), "numbers");
    assert_eq!(gguf.integers("some.integers").ok(), Some(&[1, -2][..]), "whole numbers");
    let error = gguf.size("a.texts").expect_err("texts are no size").to_string();
    assert_eq!(error, "metadata `a.texts`: expected a size, found a list of 2 texts", "the error says what is there");
    for name in ["plain", "packed"] {
        let rows = gguf.tensor(name).map(|t| t.to_vec2::<f32>().expect("two dimensions")).expect("the tensor is there");
        assert!((rows[2][31] - 95.0).abs() < 1.0, "last number of `{name}`: expected about 95, found {}", rows[2][31]);
    }
}

#[test]
fn a_file_cut_off_anywhere_is_an_error() {
    let whole = sound();
    for length in 0..whole.len() - 31 {
        assert!(read(whole[..length].to_vec()).is_err(), "{length} of {} bytes were taken for a whole file", whole.len());
    }
}

#[test]
fn absurd_counts_are_refused_before_anything_is_allocated() {
    for at in [8, 16, 24] {
        let mut bytes = sound();
        bytes[at..at + 8].copy_from_slice(&(1u64 << 60).to_le_bytes());
        let error = read(bytes).expect_err("2^60 of anything do not fit");
        assert!(error.contains("1152921504606846976"), "the error names the count at byte {at}: {error}");
    }
}

#[test]
fn the_built_in_models_reader_survives_damage() {
    assert!(Hearth::from_bytes(&sound()).is_err(), "a LLaMA is no Hearth");
    assert!(Hearth::from_bytes(b"GGUF").is_err(), "four letters are no model");
}

proptest! {
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12)) {
        let mut bytes = sound();
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read(bytes);
    }

    #[test]
    fn any_bytes_after_the_magic_never_panic(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read([b"GGUF\x03\0\0\0", &tail[..]].concat());
    }
}
