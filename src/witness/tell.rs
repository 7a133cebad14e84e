//! Telling: what one character passes on to another, and what others overhear.

use super::{Happened, Happening, Happenings, Reconsidered, changes_minds, take_in};
use crate::clock::GameClock;
use crate::dialogue::{RecalledFact, Replied};
use crate::knowledge::{Belief, Concept, ConceptKey, Fact, Knowledge, Source, StoryFlags};
use crate::memory::Feelings;
use crate::npc::Npc;
use crate::persona::Persona;
use bevy::prelude::*;

/// How sure the hearer of a tale is, against its teller.
pub(super) const KEPT: f32 = 0.8;
/// How far talk is heard, in metres.
const TALK: f32 = 6.0;
/// A tale less sure than this is not passed on.
const FAINTEST: f32 = 0.1;

/// Asks a character to tell another what it knows. It comes to [`Told`] or [`KeptQuiet`].
///
/// The hearer is less sure than the teller, so a tale that comes back confirms nothing.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Tell {
    /// Who tells.
    pub entity: Entity,
    /// Whom.
    pub to: Entity,
    /// What, by its subject, predicate and object.
    pub fact: [String; 3],
}

/// Notification: a character has been told something.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Told {
    /// Who was told.
    pub entity: Entity,
    /// Who told it.
    pub by: Entity,
    /// What the hearer knows now.
    pub fact: Fact,
    /// Whether it did not know it before.
    pub is_news: bool,
}

/// Notification: a character did not tell what it was asked to.
#[derive(EntityEvent, Clone, Copy, Debug, PartialEq, Eq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct KeptQuiet {
    /// Who should have told.
    pub entity: Entity,
    /// Whom.
    pub to: Entity,
    /// Why not.
    pub why: Silence,
}

/// Why nothing was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Reflect)]
#[reflect(Debug, PartialEq)]
pub enum Silence {
    /// It does not know it.
    DoesNotKnow,
    /// It is a secret from the other.
    Secret,
    /// It has it from the other.
    Echo,
    /// It is too faint a rumour.
    TooFaint,
    /// The other is no character.
    NobodyListens,
}

pub(super) fn build(app: &mut App) {
    app.register_type::<Tell>()
        .register_type::<Told>()
        .register_type::<KeptQuiet>()
        .add_observer(on_tell)
        .add_observer(on_replied);
}

/// Names by which characters know each other.
#[derive(bevy::ecs::system::SystemParam)]
struct Names<'w, 's> {
    named: Query<'w, 's, (Option<&'static Name>, Option<&'static Npc>)>,
    personas: Res<'w, Assets<Persona>>,
}

impl Names<'_, '_> {
    /// The persona's name, or else the entity's.
    fn of(&self, entity: Entity) -> Option<String> {
        let (name, npc) = self.named.get(entity).ok()?;
        let persona = npc.and_then(|npc| self.personas.get(&npc.persona)).map(|persona| persona.card.name.clone());
        persona.filter(|name| !name.is_empty()).or_else(|| name.map(|name| name.as_str().to_owned()))
    }
}

fn on_tell(
    tell: On<Tell>,
    mut minds: Query<(&mut Knowledge, Option<&mut Feelings>)>,
    names: Names,
    clock: Res<GameClock>,
    flags: Res<StoryFlags>,
    mut commands: Commands,
) {
    let Tell { entity: teller, to, fact } = tell.event();
    let (teller, to) = (*teller, *to);
    let hearer = names.of(to);
    let tale = match minds.get(teller) {
        Ok((knowledge, feelings)) => tale(knowledge, feelings, hearer.as_deref(), flags.set(), fact),
        Err(_) => Err(Silence::DoesNotKnow),
    };
    let tale = tale.and_then(|tale| match minds.get_mut(to) {
        Ok((mut knowledge, feelings)) if to != teller => {
            let by = Concept::from(names.of(teller).unwrap_or_else(|| "someone".into()));
            let since = tale.since();
            let tale = tale.with_source(Source::Told(by)).at(clock.seconds).held_since(since);
            let learned = take_in(&mut knowledge, feelings, tale.clone());
            Ok((tale, learned))
        }
        _ => Err(Silence::NobodyListens),
    });
    match tale {
        Ok((fact, learned)) => {
            commands.trigger(Told { entity: to, by: teller, fact: fact.clone(), is_news: learned.is_news });
            if changes_minds(&learned) {
                commands.trigger(Reconsidered { entity: to, fact, learned });
            }
        }
        Err(why) => commands.trigger(KeptQuiet { entity: teller, to, why }),
    }
}

/// The fact as it is passed on: a secret told in confidence is passed on as one, and a lie as what it says.
fn tale(
    knowledge: &Knowledge,
    feelings: Option<&Feelings>,
    hearer: Option<&str>,
    flags: &[Concept],
    fact: &[String; 3],
) -> Result<Fact, Silence> {
    let [subject, predicate, object] = fact;
    let known = knowledge.get(subject, predicate, object).ok_or(Silence::DoesNotKnow)?;
    let trust = hearer.and_then(|hearer| feelings.map(|f| f.get(hearer).trust)).unwrap_or_default();
    if knowledge.keeps_from(&known, trust, flags) {
        return Err(Silence::Secret);
    }
    if known.source.teller().zip(hearer).is_some_and(|(teller, hearer)| teller.key() == ConceptKey::of(hearer)) {
        return Err(Silence::Echo);
    }
    let doubt = if known.belief == Belief::Doubted { 0.5 } else { 1.0 };
    let confidence = known.confidence * KEPT * doubt;
    if confidence < FAINTEST {
        return Err(Silence::TooFaint);
    }
    Ok(known.with_belief(Belief::Held).with_confidence(confidence))
}

/// What a character says aloud is heard by those who stand by.
fn on_replied(
    replied: On<Replied>,
    minds: Query<&Knowledge>,
    places: TransformHelper,
    names: Names,
    mut happenings: ResMut<Happenings>,
) {
    let speaker = replied.entity;
    let (Ok(knowledge), Ok(place)) = (minds.get(speaker), places.compute_global_transform(speaker)) else { return };
    let teller = Concept::from(names.of(speaker).unwrap_or_else(|| "someone".into()));
    let known = |fact: &RecalledFact| knowledge.get(&fact.subject, &fact.predicate, fact.object.as_deref()?);
    for fact in replied.recalled.iter().filter(|fact| fact.used).filter_map(known) {
        let what = Happened { loudness: TALK, ..Happened::new(fact, place.translation() + Vec3::Y * 1.6).unseen() };
        happenings.0.push(Happening { what, teller: Some(teller.clone()), deaf: vec![speaker] });
    }
}
