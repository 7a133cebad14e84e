//! `persona inspect`: what the characters of a saved game know, remember and feel.

use super::table::Table;
use bevy_persona::authoring::source_in_words;
use bevy_persona::clock::GameClock;
use bevy_persona::knowledge::{Belief, Concept, ConceptKey, Fact, Secrecy};
use bevy_persona::memory::{Episode, Feelings};
use bevy_persona::snapshot::{CharacterState, Snapshot};
use serde_json::{Value, json};
use std::error::Error;
use std::path::PathBuf;

/// Shows what the characters of a saved game know, remember and feel. What all share as lore is in no save.
#[derive(clap::Args, Debug)]
pub(crate) struct InspectArgs {
    /// The save
    save: PathBuf,
    /// One character, with all it knows and remembers
    #[arg(long)]
    who: Option<String>,
    /// Who knows what of this, since when and from whom
    #[arg(long)]
    about: Option<String>,
    /// One JSON object instead of tables
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &InspectArgs) -> Result<(), Box<dyn Error>> {
    let loaded = Snapshot::load(&args.save).map_err(|error| format!("{}: {error}", args.save.display()))?;
    if let Some(error) = &loaded.instead_of {
        eprintln!("persona: {}: {error}; this is the save before it", args.save.display());
    }
    let Snapshot { clock, flags, characters } = loaded.snapshot;
    let chosen: Vec<&CharacterState> =
        characters.iter().filter(|state| args.who.as_ref().is_none_or(|who| who.eq_ignore_ascii_case(&state.name))).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = characters.iter().map(|state| state.name.as_str()).collect();
        let who = args.who.as_deref().unwrap_or("anyone");
        return Err(format!("{who} is not in the save, which has: {}", names.join(", ")).into());
    }
    let about = args.about.as_deref();
    if args.json {
        let flags: Vec<&str> = flags.set().iter().map(Concept::name).collect();
        let characters: Vec<Value> = chosen.iter().map(|state| character_json(state, about, &clock)).collect();
        println!("{}", json!({ "seconds": clock.seconds, "time": time(&clock), "flags": flags, "characters": characters }));
        return Ok(());
    }
    let flags = flags.set().iter().map(Concept::name).collect::<Vec<_>>().join(", ");
    println!("saved on {}; flags: {}", time(&clock), if flags.is_empty() { "none" } else { &flags });
    match (about, &args.who) {
        (Some(thing), _) => print_about(thing, &chosen, &clock),
        (None, Some(_)) => chosen.iter().for_each(|state| print_character(state, &clock)),
        (None, None) => print_all(&chosen),
    }
    Ok(())
}

/// "day 2, 08:30"; the first day is 1.
fn time(clock: &GameClock) -> String {
    let day = clock.day.max(1.0);
    let of_day = (clock.seconds / day).fract() * 24.0;
    format!("day {:.0}, {:02.0}:{:02.0}", (clock.seconds / day).floor() + 1.0, of_day.floor(), (of_day.fract() * 60.0).floor())
}

fn print_all(characters: &[&CharacterState]) {
    let mut table = Table::new(["character", "facts", "lived", "episodes", "bytes", "mood", "feelings"]);
    for state in characters {
        let lived = state.knowledge.iter().filter(|fact| fact.source.is_lived()).count();
        let numbers = [state.knowledge.len(), lived, state.memory.episodes().len(), bytes(state)].map(|n| n.to_string());
        let [facts, lived, episodes, bytes] = numbers;
        let mood = state.mood.name().to_lowercase();
        table.row([state.name.clone(), facts, lived, episodes, bytes, mood, feelings(&state.feelings)]);
    }
    print!("\n{table}");
}

fn bytes(state: &CharacterState) -> usize {
    state.knowledge.bytes() + state.memory.episodes().iter().map(Episode::bytes).sum::<usize>()
}

fn feelings(feelings: &Feelings) -> String {
    let one = |feeling: &bevy_persona::memory::Feeling| {
        let parts = [("trust", feeling.trust), ("liking", feeling.liking), ("fear", feeling.fear)];
        let parts: Vec<String> =
            parts.iter().filter(|(_, value)| *value != 0.0).map(|(name, value)| format!("{name} {value:.2}")).collect();
        format!("{}: {}", feeling.name, if parts.is_empty() { "nothing".into() } else { parts.join(" ") })
    };
    feelings.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn print_character(state: &CharacterState, clock: &GameClock) {
    println!("\n{}, {}; feelings: {}\n", state.name, state.mood.name().to_lowercase(), feelings(&state.feelings));
    let mut facts = Table::new(["knows", "how", "since", "until", "sure", "belief", "kept"]);
    state.knowledge.iter().for_each(|fact| facts.row(cells(&fact, clock)));
    print!("{}", if facts.is_empty() { "  knows nothing of its own\n".into() } else { facts.to_string() });
    let mut episodes = Table::new(["remembers", "when", "with", "times", "matters"]);
    for episode in state.memory.episodes().iter().rev() {
        let with = episode.with.iter().map(Concept::name).collect::<Vec<_>>().join(", ");
        let (times, matters) = (episode.times.to_string(), format!("{:.2}", episode.importance));
        episodes.row([episode.what.clone(), clock.since(episode.last), with, times, matters]);
    }
    print!("\n{}", if episodes.is_empty() { "  remembers no episodes\n".into() } else { episodes.to_string() });
}

fn cells(fact: &Fact, clock: &GameClock) -> [String; 7] {
    [
        format!("{} {} {}", fact.subject, fact.predicate, fact.object),
        source_in_words(&fact.source),
        since(fact, clock),
        fact.until.map_or_else(String::new, |until| clock.since(until)),
        format!("{:.2}", fact.confidence),
        belief(fact.belief).into(),
        fact.secrecy.as_ref().map_or_else(String::new, secrecy),
    ]
}

/// What the author wrote was always known.
fn since(fact: &Fact, clock: &GameClock) -> String {
    if fact.source.is_lived() { clock.since(fact.learned_at) } else { "ever".into() }
}

fn belief(belief: Belief) -> &'static str {
    match belief {
        Belief::Held => "held",
        Belief::Doubted => "doubted",
        Belief::Untrue => "a lie",
    }
}

fn secrecy(secrecy: &Secrecy) -> String {
    match secrecy {
        Secrecy::Trust(trust) => format!("until trust {trust:.2}"),
        Secrecy::Flag(flag) => format!("until \"{flag}\""),
        Secrecy::Both(trust, flag) => format!("until trust {trust:.2} and \"{flag}\""),
        Secrecy::Never => "for ever".into(),
    }
}

/// Facts that name a thing at either end, by any name that the character has for it.
fn facts_about(state: &CharacterState, thing: &str) -> Vec<Fact> {
    let mut keys = vec![ConceptKey::of(thing)];
    let aliases = state.knowledge.aliases().iter();
    keys.extend(aliases.filter(|(_, alias)| alias.key() == keys[0]).map(|(name, _)| name.key()).collect::<Vec<_>>());
    state.knowledge.iter().filter(|fact| keys.contains(&fact.subject.key()) || keys.contains(&fact.object.key())).collect()
}

fn print_about(thing: &str, characters: &[&CharacterState], clock: &GameClock) {
    let mut table = Table::new(["who", "knows", "how", "since", "until", "sure", "belief", "kept"]);
    let mut ignorant: Vec<&str> = Vec::new();
    for state in characters {
        let facts = facts_about(state, thing);
        if facts.is_empty() {
            ignorant.push(&state.name);
        }
        for fact in facts {
            let [knows, how, since, until, sure, belief, kept] = cells(&fact, clock);
            table.row([state.name.clone(), knows, how, since, until, sure, belief, kept]);
        }
    }
    if !table.is_empty() {
        print!("\n{table}");
    }
    if !ignorant.is_empty() {
        println!("\n  nothing of their own of {thing}: {}", ignorant.join(", "));
    }
}

fn character_json(state: &CharacterState, about: Option<&str>, clock: &GameClock) -> Value {
    let facts = about.map_or_else(|| state.knowledge.iter().collect(), |thing| facts_about(state, thing));
    let feelings: Vec<Value> = state
        .feelings
        .iter()
        .map(|one| json!({ "name": one.name, "trust": one.trust, "liking": one.liking, "fear": one.fear }))
        .collect();
    json!({
        "name": state.name,
        "mood": state.mood.name(),
        "bytes": bytes(state),
        "feelings": feelings,
        "facts": facts.iter().map(|fact| fact_json(fact, clock)).collect::<Vec<_>>(),
        "episodes": state.memory.episodes().iter().map(|episode| json!({
            "what": episode.what, "at": episode.at, "last": episode.last, "when": clock.since(episode.last),
            "with": episode.with.iter().map(Concept::name).collect::<Vec<_>>(),
            "about": episode.about.iter().map(Concept::name).collect::<Vec<_>>(),
            "importance": episode.importance, "times": episode.times, "uses": episode.uses,
        })).collect::<Vec<_>>(),
    })
}

fn fact_json(fact: &Fact, clock: &GameClock) -> Value {
    json!({
        "subject": fact.subject.name(), "predicate": fact.predicate.name(), "object": fact.object.name(),
        "how": source_in_words(&fact.source), "from": fact.source.teller().map(|teller| teller.name().to_owned()),
        "learned_at": fact.learned_at, "since": since(fact, clock),
        "until": fact.until, "confidence": fact.confidence, "belief": belief(fact.belief),
        "secrecy": fact.secrecy.as_ref().map(secrecy), "uses": fact.uses,
    })
}
