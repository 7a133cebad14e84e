//! Any header of a model file, with zeros for weights behind it: it is refused, or it runs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use persona_mind::engine::decoder::{Input, Rows};
use persona_mind::engine::gguf::Gguf;
use persona_mind::engine::model::Model;
use std::io::Cursor;

/// Bytes of weights; enough for the models that the seeds describe.
const WEIGHTS: usize = 1 << 17;

fuzz_target!(|header: &[u8]| {
    let mut file = header.to_vec();
    file.resize(header.len() + WEIGHTS, 0);
    if let Ok(mut gguf) = Gguf::read(Cursor::new(&file)) {
        let names: Vec<String> = gguf.tensors().keys().cloned().collect();
        names.iter().for_each(|name| drop(gguf.bytes(name)));
    }
    let Ok(model) = Model::read(Cursor::new(&file)) else { return };
    let mut cache = model.decoder.new_cache();
    for ids in [&[1, 2, 3][..], &[0]] {
        drop(model.decoder.forward(Input::Ids(ids), Rows::Last, &mut cache));
    }
});
