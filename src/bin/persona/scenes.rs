//! `persona scenes`: renders random rooms with labelled things, from which Hearth's eye learns.

mod clutter;
mod labels;
mod place;
mod plan;
mod random;
mod sheet;
mod sky;
mod stage;

use bevy_persona::mind::hearth::vocab::{COLOURS, KINDS, PERSON};
use bevy_persona::mind::train::scenes::{Scene, SceneHeader, SceneWriter};
use bevy_persona::props::{PropColour, PropKind};
use indicatif::{ProgressBar, ProgressStyle};
use plan::Plan;
use stage::{STAGES, Theatre};
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;

/// How many scenes a sheet shows.
const SHEET: usize = 30;

/// Renders random rooms with labelled things to a file for the trainer.
#[derive(clap::Args, Debug)]
pub(crate) struct ScenesArgs {
    /// How many scenes to render
    #[arg(long, default_value_t = 30)]
    count: u32,
    /// Seed of the first scene; scene i has seed SEED + i, so a long run can be cut into parts
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// File to write; see `persona_mind::train::scenes` for its form
    #[arg(long)]
    out: Option<PathBuf>,
    /// Side of a picture in pixels
    #[arg(long, default_value_t = 96, value_parser = clap::value_parser!(u32).range(16..=512))]
    side: u32,
    /// PNG to write: the first thirty scenes with their labels drawn in
    #[arg(long)]
    sheet: Option<PathBuf>,
    /// PNG to write: each kind of thing by itself, by name
    #[arg(long)]
    kinds: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be written, or no renderer delivers pictures.
pub(crate) fn run(args: &ScenesArgs) -> io::Result<()> {
    let header = SceneHeader {
        side: args.side,
        count: args.count,
        kinds: KINDS.map(String::from).to_vec(),
        colours: COLOURS.map(String::from).to_vec(),
    };
    let mut writer = match &args.out {
        Some(path) => Some(SceneWriter::new(BufWriter::new(File::create(path)?), &header)?),
        None => None,
    };
    if let Some(path) = &args.kinds {
        sheet::kinds(&header, &portraits(args.side)?).save(path).map_err(io::Error::other)?;
    }
    if writer.is_none() && args.sheet.is_none() {
        return Ok(());
    }
    let mut first = Vec::new();
    let plan = |index: usize| Plan::new(args.seed.wrapping_add(index as u64));
    render(args.count as usize, args.seed, args.side, plan, |scene| {
        if let Some(writer) = &mut writer {
            writer.write(&scene)?;
        }
        if args.sheet.is_some() && first.len() < SHEET {
            first.push(scene);
        }
        Ok(())
    })?;
    if let Some(writer) = writer {
        writer.finish()?;
    }
    if let Some(path) = &args.sheet {
        sheet::sheet(&header, &first).save(path).map_err(io::Error::other)?;
    }
    Ok(())
}

/// Each kind by itself, in order.
fn portraits(side: u32) -> io::Result<Vec<Scene>> {
    let mut kinds: Vec<Option<PropKind>> = PropKind::ALL.into_iter().map(Some).collect();
    kinds.insert(PERSON, None);
    let plan = |index: usize| Plan::portrait(kinds[index % kinds.len()], PropColour::ALL[index % 7]);
    let mut scenes = Vec::new();
    render(kinds.len(), 0, side, plan, |scene| {
        scenes.push(scene);
        Ok(())
    })?;
    Ok(scenes)
}

/// The next plans that fit on the stages. A scene's stage follows from its seed, so that its picture is the same to the last
/// bit in whichever part of a run it is rendered.
fn batch(seed: u64, started: usize, count: usize, plan: &impl Fn(usize) -> Plan) -> Vec<(usize, usize, Plan)> {
    let stage = |index: usize| (seed.wrapping_add(index as u64) % STAGES as u64) as usize;
    (started..count.min(started + STAGES - stage(started))).map(|index| (stage(index), index, plan(index))).collect()
}

/// Hands out all scenes in order; the first has this seed.
fn render(
    count: usize,
    seed: u64,
    side: u32,
    plan: impl Fn(usize) -> Plan,
    mut keep: impl FnMut(Scene) -> io::Result<()>,
) -> io::Result<()> {
    let bar = ProgressBar::new(count as u64);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} scenes, {per_sec}, {eta} left");
    bar.set_style(style.map_err(io::Error::other)?);
    let mut theatre = Theatre::new(side);
    theatre.warm_up(&plan);
    bar.reset();
    let (mut started, mut written) = (0, 0);
    while written < count {
        let batch = batch(seed, started, count, &plan);
        if batch.is_empty() || theatre.under_way() > STAGES * 16 {
            theatre.drain();
        }
        started += batch.len();
        if !batch.is_empty() {
            theatre.frame(batch);
        }
        let before = written;
        while let Some(scene) = theatre.take(written) {
            keep(scene)?;
            written += 1;
            bar.inc(1);
        }
        if started == count && theatre.under_way() == 0 && written == before && written < count {
            return Err(io::Error::other(format!("the renderer did not deliver scene {written}")));
        }
    }
    bar.finish();
    Ok(())
}
