//! `persona recall`: what a line brings to a character's mind, and what almost came.

use super::stage::{Stage, StageArgs};
use super::table::Table;
use bevy::prelude::*;
use bevy_persona::authoring::how_known;
use bevy_persona::clock::Calendar;
use bevy_persona::knowledge::{Meanings, RecallQuery};
use bevy_persona::memory::{EpisodeQuery, RecalledEpisode};
use bevy_persona::prelude::*;
use bevy_persona::snapshot::Snapshot;
use std::error::Error;
use std::path::PathBuf;

/// Shows what a line brings to a character's mind: facts with their scores, what found them and whether they are kept from the
/// speaker, episodes, and what was near but did not fit.
#[derive(clap::Args, Debug)]
pub(crate) struct RecallArgs {
    /// What is said
    line: String,
    /// The character's file (*.persona.ron)
    #[arg(long)]
    persona: PathBuf,
    /// Who says it
    #[arg(long, default_value = "player")]
    speaker: String,
    /// Trust in the speaker, -1..=1, in place of the persona's own
    #[arg(long, allow_negative_numbers = true)]
    trust: Option<f32>,
    /// A flag that the game has set; may be given often
    #[arg(long = "flag")]
    flags: Vec<String>,
    /// A saved game in which the character has lived through something
    #[arg(long)]
    save: Option<PathBuf>,
    /// More lore that the character knows, besides that in its own file; may be given often
    #[arg(long = "lore")]
    lore: Vec<PathBuf>,
}

/// How much more room those have that did not fit, and how many of them are shown.
const MORE_ROOM: usize = 4;
const SHOWN: usize = 12;
const COMES: &str = "comes to mind";
const REMEMBERED: &str = "is remembered";

pub(crate) fn run(args: &RecallArgs) -> Result<(), Box<dyn Error>> {
    let mut stage = Stage::new(&args.persona, &StageArgs::without_model(args.lore.clone()))?;
    let (npc, name) = (stage.npc, stage.name());
    let world = stage.world_mut();
    if let Some(path) = &args.save {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let snapshot = Snapshot::load(path).map_err(|error| failed(&error))?.snapshot;
        snapshot.character(&name).ok_or_else(|| failed(&format!("{name} is not in the save")))?.restore(world, npc);
        world.insert_resource(snapshot.clock);
        world.insert_resource(snapshot.flags);
    }
    for flag in &args.flags {
        world.resource_mut::<StoryFlags>().raise(flag.as_str());
    }
    let (clock, flags) = (*world.resource::<GameClock>(), world.resource::<StoryFlags>().clone());
    let (meanings, calendar) = (world.resource::<Meanings>().clone(), world.resource::<Calendar>().clone());
    let (settings, memory_settings) = (world.resource::<DialogueSettings>().clone(), world.resource::<MemorySettings>().clone());
    let mut query = world.query::<(&Knowledge, &Memory, &Feelings)>();
    let (knowledge, memory, feelings) = query.get(world, npc)?;
    let trust = args.trust.unwrap_or_else(|| feelings.get(&args.speaker).trust).clamp(-1.0, 1.0);
    println!("{name} hears from {}, whom it trusts {trust:.2}: {}\n", args.speaker, args.line);

    let of_turn = RecallQuery {
        line: &args.line,
        own_name: &name,
        speaker: &args.speaker,
        trust,
        flags: flags.set(),
        meanings: Some(&meanings),
        max_facts: settings.max_facts,
        max_tokens: settings.max_fact_tokens,
        ..RecallQuery::default()
    };
    let roomy = RecallQuery {
        max_facts: settings.max_facts.saturating_mul(MORE_ROOM),
        max_tokens: settings.max_fact_tokens.saturating_mul(MORE_ROOM),
        ..of_turn.clone()
    };
    let recalled = knowledge.recall(&of_turn);
    let rest = knowledge.recall(&roomy).into_iter().filter(|one| !recalled.iter().any(|taken| taken.fact.same_as(&one.fact)));
    print_facts(COMES, recalled.iter(), &clock);
    print_facts("did not fit", rest.take(SHOWN).collect::<Vec<_>>().iter(), &clock);

    let episodes = EpisodeQuery {
        line: &args.line,
        speaker: &args.speaker,
        calendar: Some(&calendar),
        max: memory_settings.max_episodes,
        ..default()
    };
    let wide = EpisodeQuery { max: episodes.max + SHOWN, least: f32::MIN_POSITIVE, ..episodes };
    let come = memory.recall(&episodes, &clock);
    let hidden = |one: &&RecalledEpisode| one.episode.about.iter().any(|thing| knowledge.hides(thing, trust, flags.set()));
    let near = memory.recall(&wide, &clock);
    let near = near.iter().filter(|one| !come.iter().any(|taken| taken.place == one.place));
    print_episodes(REMEMBERED, come.iter().filter(|one| !hidden(one)), &clock);
    print_episodes("is kept back, as it would give a secret away", come.iter().filter(hidden), &clock);
    print_episodes("was near", near, &clock);
    Ok(())
}

fn print_facts<'a>(title: &str, facts: impl Iterator<Item = &'a Recalled>, clock: &GameClock) {
    let mut table = Table::new(["score", "found by", title, "kept", "how"]);
    for one in facts {
        let fact = format!("{} {} {}", one.fact.subject, one.fact.predicate, one.fact.object);
        let kept = if one.withheld { "withheld" } else { "" };
        let reason = format!("{:?}", one.reason).to_lowercase();
        table.row([format!("{:.2}", one.score), reason, fact, kept.into(), how_known(&one.fact, clock)]);
    }
    print_table(title, &table);
}

fn print_episodes<'a>(title: &str, episodes: impl Iterator<Item = &'a RecalledEpisode>, clock: &GameClock) {
    let mut table = Table::new(["score", "by words", "by time", title, "when"]);
    for one in episodes {
        let [score, words, time] = [one.score, one.by_words, one.by_time].map(|part| format!("{part:.2}"));
        table.row([score, words, time, one.episode.what.clone(), clock.since(one.episode.last)]);
    }
    print_table(title, &table);
}

/// What there is nothing of goes without saying, unless it is what was asked for.
fn print_table(title: &str, table: &Table) {
    if !table.is_empty() {
        println!("{table}");
    } else if [COMES, REMEMBERED].contains(&title) {
        println!("  nothing {title}\n");
    }
}
