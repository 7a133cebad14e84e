//! `persona say`: one line to a character, and what comes of it.

use super::events::{json, reasons};
use super::stage::{Stage, StageArgs};
use bevy::prelude::*;
use bevy_persona::memory::DialogueHistory;
use bevy_persona::mind::brief::{Picture, Relation, View, VisibleThing};
use bevy_persona::prelude::*;
use bevy_persona::test_app::Notice;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Says one line to a character, and prints the reply and what it rests on.
#[derive(clap::Args, Debug)]
pub(crate) struct SayArgs {
    /// What is said
    line: String,
    /// The character's file (*.persona.ron)
    #[arg(long)]
    persona: PathBuf,
    /// A picture of what it sees (PNG)
    #[arg(long)]
    image: Option<PathBuf>,
    /// Names of things in view, separated by commas; without it the eye finds what is in the picture
    #[arg(long, value_delimiter = ',')]
    visible: Vec<String>,
    /// What was said before, a line each: "player: ..." and "NAME: ..." in turn
    #[arg(long)]
    history: Option<PathBuf>,
    /// Trust in the speaker, -1..=1, in place of the persona's own
    #[arg(long, allow_negative_numbers = true)]
    trust: Option<f32>,
    /// One JSON object for each event instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    stage: StageArgs,
}

pub(crate) fn run(args: &SayArgs) -> Result<(), Box<dyn Error>> {
    let mut stage = Stage::new(&args.persona, &args.stage)?;
    if let Some(view) = view(args)? {
        show(&mut stage, view);
    }
    if let Some(path) = &args.history {
        remember(&mut stage, path)?;
    }
    if let Some(trust) = args.trust {
        let npc = stage.npc;
        if let Some(mut feelings) = stage.world_mut().get_mut::<Feelings>(npc) {
            let relation = feelings.get("player");
            feelings.set("player", Relation { trust: trust.clamp(-1.0, 1.0), ..relation });
        }
    }
    let mut failure = None;
    let print = if args.json { print_json } else { print_text };
    stage.say(&args.line, |notice| {
        print(notice);
        failure = failure.take().or_else(|| notice.failed().map(|failed| failed.error.to_string()));
    });
    failure.map_or(Ok(()), |error| Err(error.into()))
}

fn print_json(notice: &Notice) {
    println!("{}", json(notice));
}

fn print_text(notice: &Notice) {
    match notice {
        Notice::ReplyChunk(chunk) => {
            print!("{}", chunk.text);
            let _ = std::io::stdout().flush();
        }
        Notice::Replied(replied) => println!("\n  [{}]{}", replied.emotion.name().to_lowercase(), reasons(replied)),
        Notice::ActionProposed(proposed) => println!("  would like to: {}", proposed.action),
        Notice::TurnFailed(failed) => println!("{}", failed.fallback),
        _ => {}
    }
}

/// What the command line says is in view.
fn view(args: &SayArgs) -> Result<Option<View>, Box<dyn Error>> {
    let read = |path: &PathBuf| {
        let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Picture::from_png(&bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    let picture = args.image.as_ref().map(read).transpose()?;
    let thing =
        |name: &String| VisibleThing { name: name.trim().into(), bounds: [0.0, 0.0, 1.0, 1.0], ..VisibleThing::default() };
    let things: Vec<VisibleThing> = args.visible.iter().filter(|name| !name.trim().is_empty()).map(thing).collect();
    Ok((picture.is_some() || !things.is_empty()).then_some(View { picture, things }))
}

/// Gives the character eyes that see this.
fn show(stage: &mut Stage, view: View) {
    let npc = stage.npc;
    let world = stage.world_mut();
    world.entity_mut(npc).insert(Senses { sight: Sight::Told, ..default() });
    world.add_observer(move |glance: On<Glance>, mut commands: Commands| {
        commands.trigger(Viewed { entity: glance.entity, view: view.clone() });
    });
}

fn remember(stage: &mut Stage, path: &Path) -> Result<(), Box<dyn Error>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let (npc, name) = (stage.npc, stage.name());
    let Some(mut history) = stage.world_mut().get_mut::<DialogueHistory>(npc) else { return Ok(()) };
    let mut asked: Option<&str> = None;
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let (speaker, said) = line.split_once(':').ok_or_else(|| format!("{shown}:{number}: expected \"NAME: TEXT\""))?;
        let is_reply = speaker.trim().eq_ignore_ascii_case(&name);
        match (is_reply, asked.take()) {
            (false, None) => asked = Some(said.trim()),
            (true, Some(line)) => history.push("player", line, said.trim()),
            (true, None) => return Err(format!("{shown}:{number}: expected a line by the player, found one by {name}").into()),
            (false, Some(_)) => return Err(format!("{shown}:{number}: expected a line by {name}, found one by {speaker}").into()),
        }
    }
    asked.map_or(Ok(()), |_| Err(format!("{shown}: expected a reply by {name} at the end").into()))
}
