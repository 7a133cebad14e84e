//! Every parameter of every part learns: none is cut off from the loss.

use super::content::Content;
use super::lesson::{Lesson, Speaker, Understanding};
use super::look::Seeing;
use super::optim::Variables;
use super::sample::{Generator, Sample};
use super::scenes::{CELLS, Cell, Scene, SceneThing};
use crate::brief::Picture;
use crate::hearth::eye::Eye;
use crate::hearth::file::ModelFile;
use crate::hearth::gaze::Gaze;
use crate::hearth::vocab::{COLOURS, KINDS};
use candle_core::{Result, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;
use std::path::Path;

/// Parameters that no loss moved in several batches.
fn unmoved(vars: &Variables, losses: impl IntoIterator<Item = Result<Tensor>>) -> BTreeSet<String> {
    let mut still: BTreeSet<String> = BTreeSet::new();
    let mut moved: BTreeSet<String> = BTreeSet::new();
    for loss in losses {
        let grads = loss.and_then(|loss| loss.backward()).expect("a batch has a gradient");
        for (name, var) in vars.all() {
            let size = grads.get(var.as_tensor()).map(|g| g.abs().and_then(|g| g.max_all()?.to_scalar::<f32>()));
            match size {
                Some(Ok(size)) if size > 0.0 && size.is_finite() => moved.insert(name),
                _ => still.insert(name),
            };
        }
    }
    &still - &moved
}

fn talk<L: Lesson>() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let content = Content::load(&folder).expect("the content can be read");
    let vocab = ModelFile::read(std::io::Cursor::new(crate::hearth::BUILTIN)).expect("the model can be read").vocab;
    let vars = Variables::new(1);
    let part = L::pupil(&vars, &vocab, &content).expect("the part can be made");
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let generator = Generator::new(&content, false);
    let losses = (0..2).map(|_| {
        let samples: Vec<Sample> = (0..24).map(|_| generator.sample(&mut rng)).collect();
        part.loss(&L::batch(&samples, &content, &vocab, None)?)
    });
    let losses: Vec<Result<Tensor>> = losses.collect();
    unmoved(&vars, losses)
}

fn sight<S: Seeing>() -> BTreeSet<String> {
    let vars = Variables::new(1);
    let part = S::pupil(&vars).expect("the part can be made");
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let scenes: Vec<Scene> = (0..8).map(|_| scene(&mut rng)).collect();
    let losses: Vec<Result<Tensor>> = (0..2).map(|_| part.loss(&scenes, 8, &mut rng)).collect();
    unmoved(&vars, losses)
}

/// A picture of noise, in which something is said to be everywhere.
fn scene(rng: &mut ChaCha8Rng) -> Scene {
    const SIDE: u32 = 96;
    let rgb: Vec<u8> = (0..SIDE * SIDE * 3).map(|_| rng.random()).collect();
    let index = |rng: &mut ChaCha8Rng, count: usize| rng.random_range(0..count) as u8;
    let bounds = |at: f32| [at, at, at + 0.3, at + 0.4];
    let thing = |rng: &mut ChaCha8Rng| SceneThing {
        kind: index(rng, KINDS.len()),
        colour: index(rng, COLOURS.len()),
        bounds: bounds(rng.random_range(0.0..0.5)),
        distance: 2.0,
        visible: 1.0,
    };
    let cell = |rng: &mut ChaCha8Rng| Cell { kind: index(rng, KINDS.len()), colour: index(rng, COLOURS.len()) };
    Scene {
        picture: Picture::from_rgb(SIDE, SIDE, rgb).expect("it has as many bytes as it should"),
        things: (0..3).map(|_| thing(rng)).collect(),
        cells: (0..CELLS * CELLS).map(|_| cell(rng)).collect(),
    }
}

#[test]
fn every_parameter_of_the_reader_learns() {
    assert_eq!(talk::<Understanding>(), BTreeSet::new(), "these parameters of the reader get no gradient");
}

#[test]
fn every_parameter_of_the_speaker_learns() {
    assert_eq!(talk::<Speaker>(), BTreeSet::new(), "these parameters of the speaker get no gradient");
}

#[test]
fn every_parameter_of_eye_and_gaze_learns() {
    assert_eq!(sight::<Eye>(), BTreeSet::new(), "these parameters of the eye get no gradient");
    assert_eq!(sight::<Gaze>(), BTreeSet::new(), "these parameters of the gaze get no gradient");
}
