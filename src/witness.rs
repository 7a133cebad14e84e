//! Who saw and heard what happened.
//!
//! A game tells the world once what has happened and where; the plugin finds who was there. Nobody else learns of it, unless
//! someone tells them ([`Tell`]) or they stand by when it is spoken of.
//!
//! ```
//! use bevy::prelude::*;
//! use bevy_persona::prelude::*;
//!
//! fn theft(mut commands: Commands) {
//!     let fact = Fact::new("the silver cup", "was stolen by", "the ferryman");
//!     commands.trigger(Happened::new(fact, Vec3::new(4.0, 0.0, 2.0)).quietly());
//! }
//! # bevy::ecs::system::assert_is_system(theft);
//! ```

mod crowd;
mod sights;
mod tell;

pub use sights::Area;
pub use tell::{KeptQuiet, Silence, Tell, Told};

use crate::clock::GameClock;
use crate::knowledge::{Fact, Knowledge, Learned, Pattern, Source};
use crate::memory::{Episode, Feelings, Memory};
use crate::perception::{Looker, LookerState, Senses, Sight, Sightline};
use crate::schedule::RolePlaySystems;
use bevy::prelude::*;
use crowd::{Body, Crowd};
use persona_mind::brief::Relation;

/// Something has happened somewhere. Trigger it once; at the end of the frame each character that sees or hears it learns
/// of it and is told so by [`Witnessed`].
#[derive(Event, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Happened {
    /// What has happened.
    pub fact: Fact,
    /// Where.
    pub at: Vec3,
    /// How far it is heard by good ears with nothing between, in metres; half as far behind a wall.
    pub loudness: f32,
    /// How far it is seen, in metres.
    pub visibility: f32,
    /// How much it matters, 0..=1: from 0.5 on it is remembered as an [episode](crate::memory::Episode), beside the fact.
    pub importance: f32,
}

impl Happened {
    /// Something that is seen 30 metres off and heard 15.
    #[must_use]
    pub fn new(fact: Fact, at: Vec3) -> Self {
        Self { fact, at, loudness: 15.0, visibility: 30.0, importance: 0.2 }
    }

    /// How much it matters, 0..=1.
    #[must_use]
    pub fn important(self, importance: f32) -> Self {
        Self { importance, ..self }
    }

    /// Not heard at all.
    #[must_use]
    pub fn quietly(self) -> Self {
        Self { loudness: 0.0, ..self }
    }

    /// Not seen at all, such as words.
    #[must_use]
    pub fn unseen(self) -> Self {
        Self { visibility: 0.0, ..self }
    }

    /// Words into an ear: not seen, and heard a step and a half away.
    #[must_use]
    pub fn whispered(self) -> Self {
        Self { loudness: 1.5, ..self.unseen() }
    }
}

/// Notification: a character has witnessed something, and knows it now.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Witnessed {
    /// The character.
    pub entity: Entity,
    /// What it knows now.
    pub fact: Fact,
    /// How.
    pub how: Perceived,
    /// Whether it did not know it before.
    pub is_news: bool,
}

/// Notification: what a character has learned changed what it thought of other things. Whoever told it what turned out to be
/// wrong has lost some of its trust.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Reconsidered {
    /// The character.
    pub entity: Entity,
    /// What it has learned.
    pub fact: Fact,
    /// What that did to what it knew.
    pub learned: Learned,
}

/// How something was perceived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Reflect)]
#[reflect(Debug, PartialEq)]
pub enum Perceived {
    /// Seen, in view and with nothing between.
    Saw,
    /// Heard, with nothing between.
    Heard,
    /// Heard from behind something.
    HeardThroughWall,
}

type Decides = dyn Fn(&World, Entity, &Happened) -> bool + Send + Sync;

/// A game's own say in who can be a witness: the sleeping, the enchanted, those on another floor.
#[derive(Resource)]
pub struct WitnessFilter(Box<Decides>);

impl WitnessFilter {
    /// A filter that gives false for those who cannot witness this.
    pub fn new(may_witness: impl Fn(&World, Entity, &Happened) -> bool + Send + Sync + 'static) -> Self {
        Self(Box::new(may_witness))
    }
}

/// Witnesses, and those who tell.
pub struct WitnessPlugin;

impl Plugin for WitnessPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Happenings>()
            .register_type::<Happened>()
            .register_type::<Witnessed>()
            .register_type::<Reconsidered>()
            .add_observer(|happened: On<Happened>, mut happenings: ResMut<Happenings>| {
                happenings.0.push(Happening { what: happened.event().clone(), teller: None, deaf: Vec::new() });
            })
            .add_systems(
                PostUpdate,
                find_witnesses
                    .run_if(|happenings: Res<Happenings>| !happenings.0.is_empty())
                    .in_set(RolePlaySystems::Witness)
                    .before(TransformSystems::Propagate),
            );
        tell::build(app);
        sights::build(app);
    }
}

/// From here on a happening is remembered as an episode.
const NOTABLE: f32 = 0.5;
/// Nobody hears better than this.
const MOST_HEARING: f32 = 4.0;

/// What has happened in this frame.
#[derive(Resource, Default)]
struct Happenings(Vec<Happening>);

struct Happening {
    what: Happened,
    /// For words: who says them.
    teller: Option<crate::knowledge::Concept>,
    /// Those who are part of it, and learn it in another way or not at all.
    deaf: Vec<Entity>,
}

/// What tells where a character roughly is: its own place where it stands by itself.
type Bodies = (Entity, &'static Transform, Has<ChildOf>, &'static Senses);
/// What a happening changes in who witnesses it.
type Minds = (&'static mut Knowledge, Option<&'static mut Feelings>, Option<&'static mut Memory>);

/// What finding witnesses takes, kept from frame to frame.
#[derive(FromWorld)]
struct Finder {
    bodies: QueryState<Bodies, With<Knowledge>>,
    minds: QueryState<Minds>,
    looker: LookerState,
    crowd: Crowd,
    near: Vec<Entity>,
}

fn find_witnesses(world: &mut World, mut finder: Local<Finder>) {
    let happenings = std::mem::take(&mut world.resource_mut::<Happenings>().0);
    let now = world.resource::<GameClock>().seconds;
    let Finder { bodies, minds, looker, crowd, near } = &mut *finder;
    crowd.gather(bodies.iter(world).map(rough));
    for happening in happenings {
        let Happened { at, loudness, visibility, .. } = happening.what;
        crowd.near(at, visibility, loudness, near);
        for entity in near.iter().copied().filter(|entity| !happening.deaf.contains(entity)) {
            let Some((how, confidence)) = perceive(world, bodies, looker, entity, &happening.what) else { continue };
            let may = world.get_resource::<WitnessFilter>().is_none_or(|filter| (filter.0)(world, entity, &happening.what));
            if may {
                learn(world, minds, entity, &happening, how, confidence, now);
            }
        }
    }
}

fn rough((entity, place, is_carried, senses): (Entity, &Transform, bool, &Senses)) -> Body {
    // One that is carried by another may be anywhere.
    let off = if is_carried { f32::INFINITY } else { senses.eye_height.abs() * place.scale.abs().max_element() };
    Body { entity, at: place.translation, off, hearing: senses.hearing.clamp(0.0, MOST_HEARING) }
}

fn learn(
    world: &mut World,
    minds: &mut QueryState<Minds>,
    entity: Entity,
    happening: &Happening,
    how: Perceived,
    confidence: f32,
    now: f64,
) {
    let (source, share) = match &happening.teller {
        Some(teller) => (Source::Told(teller.clone()), tell::KEPT),
        None => (Source::Witnessed, 1.0),
    };
    let Happened { fact, importance, .. } = &happening.what;
    let fact =
        Fact { secrecy: None, ..fact.clone() }.with_source(source).with_confidence(fact.confidence * confidence * share).at(now);
    let Ok((mut knowledge, feelings, memory)) = minds.get_mut(world, entity) else { return };
    let learned = take_in(&mut knowledge, feelings, fact.clone());
    let is_news = learned.is_news;
    if is_news
        && *importance >= NOTABLE
        && let Some(mut memory) = memory
    {
        memory.add(Episode::happening(&fact, *importance));
    }
    world.trigger(Witnessed { entity, fact: fact.clone(), how, is_news });
    if changes_minds(&learned) {
        world.trigger(Reconsidered { entity, fact, learned });
    }
}

/// What a character loses of its trust in one who told it what was wrong, if it was sure.
const LET_DOWN: f32 = 0.2;

/// Adds a fact to what a character knows, and lets it move the character's feelings and what it thinks of those it names.
/// Whoever told otherwise loses trust.
fn take_in(knowledge: &mut Knowledge, feelings: Option<Mut<Feelings>>, fact: Fact) -> Learned {
    let learned = knowledge.take_in(fact.clone());
    if let Some(mut feelings) = feelings {
        for wrong in &learned.disproved {
            if let Some(teller) = wrong.source.teller() {
                feelings.adjust(teller, Relation { trust: -LET_DOWN * wrong.confidence, ..Relation::default() });
            }
        }
        if let Some(felt) = knowledge.rule_of(&fact.predicate).felt.filter(|_| learned.is_news && !learned.is_doubted) {
            let share = if fact.source.is_first_hand() { 1.0 } else { TOLD_MOVES * fact.confidence };
            let by = Relation { trust: felt.trust * share, liking: felt.liking * share, fear: felt.fear * share };
            feelings.adjust(felt.towards.of(&fact), by);
        }
    }
    reflect_on(knowledge, &fact);
    learned
}

/// How much being told of something moves, against being there.
const TOLD_MOVES: f32 = 0.5;

/// What is seen often enough becomes a belief.
fn reflect_on(knowledge: &mut Knowledge, fact: &Fact) {
    let Some(habit) = knowledge.rule_of(&fact.predicate).habit.clone() else { return };
    let who = habit.of.of(fact).clone();
    let pattern = Pattern::new().predicate(&fact.predicate).ever();
    let seen = knowledge.matching(&pattern).into_iter();
    let times = seen.filter(|other| other.source == Source::Witnessed && *habit.of.of(other) == who).count();
    if times >= habit.times as usize {
        let (predicate, object) = habit.is;
        knowledge.learn(Fact::new(who, predicate, object).with_source(Source::Inferred).at(fact.learned_at));
    }
}

fn changes_minds(learned: &Learned) -> bool {
    learned.is_doubted || !learned.ended.is_empty() || !learned.disproved.is_empty()
}

/// How a character perceives a happening, and how sure it is of it; `None` if not at all.
fn perceive(
    world: &mut World,
    bodies: &mut QueryState<Bodies, With<Knowledge>>,
    looker: &mut LookerState,
    entity: Entity,
    what: &Happened,
) -> Option<(Perceived, f32)> {
    let (_, place, is_carried, senses) = bodies.get(world, entity).ok()?;
    let (place, senses) = (GlobalTransform::from(*place), senses.clone());
    let mut looker = Looker::new(world, looker);
    let body = if is_carried { looker.place(entity)? } else { place };
    let eye = body.transform_point(Vec3::Y * senses.eye_height);
    let way = what.at - eye;
    let distance = way.length();
    let in_sight = senses.sight != Sight::Blind && distance <= what.visibility.min(senses.range) && in_view(&body, &senses, way);
    let ear_shot = what.loudness * senses.hearing.clamp(0.0, MOST_HEARING);
    if !in_sight && (distance > ear_shot || ear_shot <= 0.0) {
        return None;
    }
    let is_open = !looker.is_blocked(&Sightline { from: eye, to: what.at, ignoring: &[entity] });
    let heard = |range: f32| (distance <= range && range > 0.0).then(|| 0.9 - 0.3 * distance / range);
    match (in_sight && is_open, is_open) {
        (true, _) => Some((Perceived::Saw, 1.0)),
        (_, true) => heard(ear_shot).map(|sure| (Perceived::Heard, sure)),
        (_, false) => heard(ear_shot / 2.0).map(|sure| (Perceived::HeardThroughWall, 0.6 * sure)),
    }
}

/// Whether something in this direction is before the character's eyes; what is within a step it notices anyway.
fn in_view(body: &GlobalTransform, senses: &Senses, way: Vec3) -> bool {
    let ahead = body.forward();
    let half = (senses.field_of_view / 2.0).clamp(0.5, 90.0).to_radians();
    // To the sides only: one looks up and down without turning round.
    let level = |v: Vec3| Vec3::new(v.x, 0.0, v.z).normalize_or_zero();
    way.length() <= 1.0 || level(*ahead).dot(level(way)) >= half.cos()
}
