//! From the cast of a case to characters in an app.

use super::files::{above, names_above, read_lore, with_lore};
use super::test_file::{Actor, TestCase};
use crate::npc::Npc;
use crate::perception::{Senses, Sight};
use crate::persona::{Check, Lore, LoreLibrary, ParsedLore, Persona, PersonaError, nearest};
use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far those stand from each other who have no place, in metres: nobody sees or hears that far.
const APART: f32 = 10_000.0;

/// Personas of one test file, each read once.
#[derive(Default)]
pub(super) struct Wardrobe(HashMap<String, Costume>);

/// A persona with its lore.
#[derive(Clone)]
struct Costume {
    persona: Persona,
    lore: Vec<Lore>,
}

/// Who is in a case, and the lore that goes by groups.
pub(super) struct Cast {
    members: Vec<Member>,
    library: Vec<Lore>,
}

/// A member of a cast.
struct Member {
    /// The persona's name.
    name: String,
    costume: Costume,
    actor: Actor,
}

impl Wardrobe {
    /// The cast of a case, with their personas read; all names that the case uses are checked. `file` is the test's path.
    pub(super) fn cast(&mut self, check: Check, file: &Path, case: &TestCase) -> Result<Cast, PersonaError> {
        let mut members: Vec<Member> = Vec::new();
        for actor in &case.cast {
            let costume = self.costume(check, file, &actor.persona)?;
            let name = costume.persona.card.name.clone();
            if members.iter().any(|other| other.name == name) {
                let at = check.text.rfind(&format!("\"{}\"", actor.persona)).unwrap_or(0);
                return Err(check.at(at, format!("each character once expected, found `{name}` twice in `{}`", case.name)));
            }
            members.push(Member { name, costume, actor: actor.clone() });
        }
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        case.check_names(check, &names)?;
        let library =
            case.lore.iter().map(|path| Ok(lore(read_lore(&find(check, file, path)?)?))).collect::<Result<_, PersonaError>>()?;
        Ok(Cast { members, library })
    }

    fn costume(&mut self, check: Check, file: &Path, persona: &str) -> Result<Costume, PersonaError> {
        if let Some(known) = self.0.get(persona) {
            return Ok(known.clone());
        }
        let (parsed, layers) = with_lore(&find(check, file, persona)?)?;
        let costume = Costume { persona: parsed.persona, lore: layers.into_iter().map(lore).collect() };
        self.0.insert(persona.into(), costume.clone());
        Ok(costume)
    }
}

fn lore(parsed: ParsedLore) -> Lore {
    Lore { layer: Arc::new(parsed.layer), groups: parsed.groups }
}

/// The file that a test names.
fn find(check: Check, file: &Path, name: &str) -> Result<PathBuf, PersonaError> {
    above(file, name).ok_or_else(|| {
        let there = names_above(file);
        let there: Vec<&str> = there.iter().map(String::as_str).collect();
        let near = nearest(name, &there).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let at = check.text.find(&format!("\"{name}\"")).unwrap_or(0);
        check.at(at, format!("a file expected, found `{name}`, which is not there{near}"))
    })
}

/// Puts a cast on the stage.
pub(super) fn spawn(app: &mut App, cast: &Cast) -> Vec<(String, Entity)> {
    let world = app.world_mut();
    for layer in &cast.library {
        let layer = world.resource_mut::<Assets<Lore>>().add(layer.clone());
        world.resource_mut::<LoreLibrary>().add(layer);
    }
    let mut entities = Vec::new();
    for (i, Member { name, costume, actor }) in cast.members.iter().enumerate() {
        let mut lore = world.resource_mut::<Assets<Lore>>();
        let knows = costume.lore.iter().map(|layer| lore.add(layer.clone())).collect();
        let persona = Persona { knows, ..costume.persona.clone() };
        let persona = world.resource_mut::<Assets<Persona>>().add(persona);
        let alone = Vec3::new(APART * (i + 1) as f32, 0.0, -APART);
        let mut place = Transform::from_translation(actor.at.map_or(alone, Vec3::from_array));
        if let Some(facing) = actor.facing {
            let level = Vec3::from_array(facing).with_y(place.translation.y);
            place.look_at(level, Vec3::Y);
        }
        let senses = match actor.asleep {
            true => Senses { hearing: 0.0, ..default() },
            false => Senses { sight: Sight::Told, ..default() },
        };
        entities.push((name.clone(), world.spawn((Name::new(name.clone()), Npc::new(persona), senses, place)).id()));
    }
    entities
}
