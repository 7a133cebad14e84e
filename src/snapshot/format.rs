//! The content of a snapshot: a table of names, and characters that go by their places in it.

use super::{CharacterState, Snapshot, SnapshotError};
use crate::clock::GameClock;
use crate::knowledge::{Belief, Concept, Fact, OwnFacts, Secrecy, Source, StoryFlags};
use crate::memory::{DialogueHistory, Feelings, Memory};
use crate::persona::MemberOf;
use bevy::platform::collections::HashMap;
use persona_mind::brief::Emotion;
use serde::{Deserialize, Serialize};

/// All of the first version. What later ones added stands behind it.
#[derive(Serialize, Deserialize)]
struct Saved {
    clock: GameClock,
    flags: Vec<String>,
    names: Vec<String>,
    characters: Vec<SavedCharacter>,
}

/// Since version 2: the groups of each character, in the order of the characters.
type SavedGroups = Vec<Option<Vec<String>>>;

#[derive(Serialize, Deserialize)]
struct SavedCharacter {
    name: String,
    facts: Vec<SavedFact>,
    aliases: Vec<[u32; 2]>,
    memory: Memory,
    history: DialogueHistory,
    feelings: Feelings,
    mood: Emotion,
}

#[derive(Serialize, Deserialize)]
struct SavedFact {
    names: [u32; 3],
    confidence: f32,
    source: SavedSource,
    learned_at: f64,
    age: f32,
    until: Option<f64>,
    secrecy: Option<SavedSecrecy>,
    belief: Belief,
    uses: u8,
}

#[derive(Serialize, Deserialize)]
enum SavedSource {
    Authored,
    Witnessed,
    Told(u32),
    Inferred,
    Seen,
}

#[derive(Serialize, Deserialize)]
enum SavedSecrecy {
    Trust(f32),
    Flag(u32),
    Both(f32, u32),
    Never,
}

pub(super) fn write(snapshot: &Snapshot) -> Result<Vec<u8>, SnapshotError> {
    let mut names = Names::default();
    let characters = snapshot.characters.iter().map(|state| character(state, &mut names)).collect();
    let flags = snapshot.flags.set().iter().map(|flag| flag.name().to_owned()).collect();
    let saved = Saved { clock: snapshot.clock, flags, names: names.list, characters };
    let groups: SavedGroups = snapshot.characters.iter().map(|state| state.groups.clone().map(|groups| groups.0)).collect();
    postcard::to_stdvec(&(saved, groups)).map_err(broken)
}

pub(super) fn read(content: &[u8], version: u32) -> Result<Snapshot, SnapshotError> {
    let (saved, rest): (Saved, &[u8]) = postcard::take_from_bytes(content).map_err(broken)?;
    let mut groups: SavedGroups = if version < 2 { Vec::new() } else { postcard::from_bytes(rest).map_err(broken)? };
    groups.resize(saved.characters.len(), None);
    let names: Vec<Concept> = saved.names.iter().map(Concept::from).collect();
    let mut flags = StoryFlags::default();
    for flag in saved.flags {
        flags.raise(flag);
    }
    let characters = saved.characters.into_iter().zip(groups).map(|(saved, groups)| state(saved, groups, &names));
    let characters = characters.collect::<Result<_, _>>()?;
    Ok(Snapshot { clock: saved.clock, flags, characters })
}

fn broken(error: postcard::Error) -> SnapshotError {
    SnapshotError::Content { reason: error.to_string() }
}

/// Names with their places, each once.
#[derive(Default)]
struct Names {
    places: HashMap<String, u32>,
    list: Vec<String>,
}

impl Names {
    fn place(&mut self, concept: &Concept) -> u32 {
        if let Some(place) = self.places.get(concept.name()) {
            return *place;
        }
        let place = self.list.len() as u32;
        self.list.push(concept.name().to_owned());
        self.places.insert(concept.name().to_owned(), place);
        place
    }
}

fn character(state: &CharacterState, names: &mut Names) -> SavedCharacter {
    SavedCharacter {
        name: state.name.clone(),
        facts: state.knowledge.iter().map(|fact| saved(&fact, names)).collect(),
        aliases: state.knowledge.aliases().iter().map(|(name, other)| [names.place(name), names.place(other)]).collect(),
        memory: state.memory.clone(),
        history: state.history.clone(),
        feelings: state.feelings.clone(),
        mood: state.mood,
    }
}

fn saved(fact: &Fact, names: &mut Names) -> SavedFact {
    SavedFact {
        names: [&fact.subject, &fact.predicate, &fact.object].map(|name| names.place(name)),
        confidence: fact.confidence,
        source: match &fact.source {
            Source::Authored => SavedSource::Authored,
            Source::Witnessed => SavedSource::Witnessed,
            Source::Told(teller) => SavedSource::Told(names.place(teller)),
            Source::Inferred => SavedSource::Inferred,
            Source::Seen => SavedSource::Seen,
        },
        learned_at: fact.learned_at,
        age: fact.age,
        until: fact.until,
        secrecy: fact.secrecy.as_ref().map(|secrecy| match secrecy {
            Secrecy::Trust(trust) => SavedSecrecy::Trust(*trust),
            Secrecy::Flag(flag) => SavedSecrecy::Flag(names.place(flag)),
            Secrecy::Both(trust, flag) => SavedSecrecy::Both(*trust, names.place(flag)),
            Secrecy::Never => SavedSecrecy::Never,
        }),
        belief: fact.belief,
        uses: fact.uses,
    }
}

fn state(saved: SavedCharacter, groups: Option<Vec<String>>, names: &[Concept]) -> Result<CharacterState, SnapshotError> {
    let facts = saved.facts.iter().map(|fact| loaded(fact, names)).collect::<Result<Vec<_>, _>>()?;
    let alias = |[one, two]: &[u32; 2]| Ok((name(*one, names)?, name(*two, names)?));
    let aliases = saved.aliases.iter().map(alias).collect::<Result<Vec<_>, SnapshotError>>()?;
    Ok(CharacterState {
        name: saved.name,
        knowledge: OwnFacts::from_saved(facts, aliases),
        memory: saved.memory,
        history: saved.history,
        feelings: saved.feelings,
        mood: saved.mood,
        groups: groups.map(MemberOf),
    })
}

fn loaded(saved: &SavedFact, names: &[Concept]) -> Result<Fact, SnapshotError> {
    let [subject, predicate, object] = saved.names;
    Ok(Fact {
        subject: name(subject, names)?,
        predicate: name(predicate, names)?,
        object: name(object, names)?,
        confidence: saved.confidence,
        source: match saved.source {
            SavedSource::Authored => Source::Authored,
            SavedSource::Witnessed => Source::Witnessed,
            SavedSource::Told(teller) => Source::Told(name(teller, names)?),
            SavedSource::Inferred => Source::Inferred,
            SavedSource::Seen => Source::Seen,
        },
        learned_at: saved.learned_at,
        age: saved.age,
        until: saved.until,
        secrecy: match saved.secrecy {
            None => None,
            Some(SavedSecrecy::Trust(trust)) => Some(Secrecy::Trust(trust)),
            Some(SavedSecrecy::Flag(flag)) => Some(Secrecy::Flag(name(flag, names)?)),
            Some(SavedSecrecy::Both(trust, flag)) => Some(Secrecy::Both(trust, name(flag, names)?)),
            Some(SavedSecrecy::Never) => Some(Secrecy::Never),
        },
        belief: saved.belief,
        uses: saved.uses,
    })
}

fn name(place: u32, names: &[Concept]) -> Result<Concept, SnapshotError> {
    let missing = || SnapshotError::Content { reason: format!("name {place} of {}", names.len()) };
    names.get(place as usize).cloned().ok_or_else(missing)
}
