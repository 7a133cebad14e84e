//! The figures of Hearth's parts on generated questions and rendered scenes.

use super::score::Score;
use bevy_persona::mind::hearth::eye::Eye;
use bevy_persona::mind::hearth::file::ModelFile;
use bevy_persona::mind::hearth::gaze::Gaze;
use bevy_persona::mind::hearth::net::Params;
use bevy_persona::mind::hearth::reader::Reader;
use bevy_persona::mind::hearth::{BUILTIN, EYE, GAZE, Hearth, reader_config};
use bevy_persona::mind::train::content::{Content, Nouns, Relation};
use bevy_persona::mind::train::lesson::exam::{Question, Without, examine};
use bevy_persona::mind::train::look::{Seeing, measure};
use bevy_persona::mind::train::scenes::SceneFile;
use bevy_persona::prelude::BackendChoice;
use std::error::Error;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// What is examined, and by how much.
#[derive(clap::Args, Debug)]
pub(crate) struct ExamArgs {
    /// Folder of the written content, for generated questions in wordings that training never sees
    #[arg(long)]
    content: Option<PathBuf>,
    /// Generated questions of each kind
    #[arg(long, default_value_t = 1000)]
    count: usize,
    /// Facts of each generated question
    #[arg(long, default_value_t = 12)]
    facts: usize,
    /// Scenes that training has not seen, of 192 pixels a side or more, from `persona scenes`
    #[arg(long)]
    scenes: Option<PathBuf>,
}

/// Prints the figures of a Hearth model's parts; of another model there are none.
pub(super) fn run(args: &ExamArgs, backend: &BackendChoice, seed: u64) -> Result<(), Box<dyn Error>> {
    let model = match backend {
        BackendChoice::Builtin => ModelFile::read(Cursor::new(BUILTIN))?,
        BackendChoice::Local(path) => ModelFile::read(std::io::BufReader::new(std::fs::File::open(path)?))?,
        _ => return Ok(()),
    };
    println!("\n{:32} {:>14}", "parameters", model.parameters());
    if let Some(folder) = &args.content {
        let content = Content::load(folder)?;
        sizes(&content);
        questions(args, &content, &model, seed)?;
        super::replies::run(&mut hearth(backend)?, &content, args.count)?;
    }
    args.scenes.as_ref().map_or(Ok(()), |path| scenes(path, &model))
}

fn sizes(content: &Content) {
    let wordings = |r: &Relation| r.facts.len() + r.ask_object.len() + r.ask_subject.len() + r.ask_self.len();
    let nouns = |n: &Nouns| n.object.len() + n.subject.len();
    for (name, count) in [
        ("relations", content.relations.len()),
        ("wordings of them", content.relations.iter().map(wordings).sum()),
        ("intents", content.intents.len()),
        ("lines of them", content.intents.iter().map(|intent| intent.lines.len()).sum()),
        ("names of things", content.things.iter().map(|things| things.names.len()).sum()),
        ("nouns of relations", content.nouns.iter().map(nouns).sum()),
        ("lines that are said", content.lines().len()),
    ] {
        println!("{name:32} {count:>14}");
    }
}

fn hearth(backend: &BackendChoice) -> Result<Hearth, Box<dyn Error>> {
    Ok(match backend {
        BackendChoice::Local(path) => Hearth::from_bytes(&std::fs::read(path)?)?,
        _ => Hearth::builtin()?,
    })
}

fn questions(args: &ExamArgs, content: &Content, model: &ModelFile, seed: u64) -> Result<(), Box<dyn Error>> {
    let reader = Reader::new(Params::new(model, "reader"), reader_config(model.vocab.intents().len(), model.bank()))?;
    println!("\ngenerated, {} facts each, seed {seed}", args.facts);
    let ask = |question, without| -> Result<Score, Box<dyn Error>> {
        let right = examine(&reader, content, question, without, (args.count, args.facts, seed))?;
        Ok(Score { right, of: args.count })
    };
    for question in Question::ALL {
        println!("{:32} {}", format!("{question:?}"), ask(question, Without::Nothing)?);
    }
    for (question, without) in [
        (Question::Known, Without::Graph),
        (Question::Known, Without::Names),
        (Question::InSteps, Without::Graph),
        (Question::Pronoun, Without::History),
    ] {
        println!("{:32} {}", format!("{question:?} without {without:?}"), ask(question, without)?);
    }
    Ok(())
}

fn scenes(path: &Path, model: &ModelFile) -> Result<(), Box<dyn Error>> {
    let scenes = SceneFile::read(path)?;
    println!("\n{} scenes of {} pixels a side", scenes.scenes.len(), scenes.header.side);
    let gaze = Gaze::new(Params::new(model, Gaze::NAME), GAZE)?;
    for (name, share) in measure(&gaze, &scenes.scenes, scenes.scenes.len())? {
        println!("{name:32} {:>13.1}%", 100.0 * share);
    }
    let eye = Eye::new(Params::new(model, Eye::NAME), EYE)?;
    let found = scenes
        .scenes
        .iter()
        .map(|scene| Ok(eye.look(&scene.picture)?.find().len()))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    println!("{:32} {:>14.2}", "things found by itself, a scene", found.iter().sum::<usize>() as f32 / found.len().max(1) as f32);
    Ok(())
}
