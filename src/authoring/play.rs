//! A case, played in an app of its own.

use super::cast::{Cast, spawn};
use super::expect::Verdict;
use super::runner::Recorder;
use super::step::{PLAYER, Triple, seconds};
use super::test_file::PlacedStep;
use super::words::sentence;
use super::{CaseReport, Failure, Skip, Step};
use crate::clock::GameClock;
use crate::dialogue::{DialogueSettings, EndConversation, Replied, Say};
use crate::knowledge::{Fact, Knowledge, StoryFlags};
use crate::memory::{Feelings, MemorySettings};
use crate::mind_link::{BackendChoice, MindPlugin};
use crate::perception::{Glance, GlanceError, GlanceFailed};
use crate::snapshot::Snapshot;
use crate::test_app::{Notice, PersonaTestApp, test_app_with};
use crate::witness::{Happened, KeptQuiet, Silence, Tell, Told};
use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use persona_mind::brief::{Brief, Relation};
use std::time::{Duration, Instant};

/// How long a model may take for a reply.
const PATIENCE: Duration = Duration::from_secs(600);
/// The hour at which each case begins, on the first day.
const MORNING: f64 = 8.0 * 3600.0;

pub(super) struct Play {
    pub app: App,
    actors: Vec<(String, Entity)>,
    mind: Recorder,
    /// Who said what to whom.
    said: Vec<Replied>,
    /// What has happened or was told, by steps of the case.
    pub told: Vec<Triple>,
    saved: Option<Vec<u8>>,
}

/// Why something could not be done.
pub(super) struct Undone {
    pub expected: String,
    pub found: String,
}

/// What came of the tales of a frame.
#[derive(Resource, Default)]
struct Tales(Vec<Result<(), Silence>>);

impl Play {
    pub fn new(cast: &Cast, mind: &Recorder, seed: u64) -> Self {
        let backend = mind.clone();
        let backend = BackendChoice::custom(move || Ok(Box::new(backend.clone())));
        let mut app = test_app_with(MindPlugin::new(backend));
        // How many frames a reply takes is chance, so time passes by steps alone.
        app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::ZERO))
            .insert_resource(GameClock { seconds: MORNING, speed: 0.0, ..default() })
            .insert_resource(DialogueSettings { seed: Some(seed), deadline: None, ..default() })
            .init_resource::<Tales>()
            .add_observer(|_: On<Told>, mut tales: ResMut<Tales>| tales.0.push(Ok(())))
            .add_observer(|quiet: On<KeptQuiet>, mut tales: ResMut<Tales>| tales.0.push(Err(quiet.why)))
            .add_observer(|glance: On<Glance>, mut commands: Commands| {
                commands.trigger(GlanceFailed { entity: glance.entity, reason: GlanceError::NoScreen });
            });
        let actors = spawn(&mut app, cast);
        // Applying what the personas know and feel takes the plugin a frame or two.
        app.run_frames(3);
        Self { app, actors, mind: mind.clone(), said: Vec::new(), told: Vec::new(), saved: None }
    }

    /// Plays all steps. A deed that cannot be done ends the case; an expectation that fails does not.
    pub fn run(mut self, steps: &[PlacedStep], report: &mut CaseReport) {
        for placed in steps {
            let failure = |undone: Undone| Failure {
                line: placed.line,
                step: placed.text.clone(),
                expected: undone.expected,
                found: undone.found,
            };
            match self.step(&placed.step) {
                Ok(Verdict::Right) => {}
                Ok(Verdict::Wrong(undone)) => report.failures.push(failure(undone)),
                Ok(Verdict::Untried(why)) => report.skipped.push(Skip { line: placed.line, why }),
                Err(undone) => {
                    report.failures.push(failure(undone));
                    return;
                }
            }
        }
        // Of the whole case, so at its end.
        for placed in steps {
            if let Step::NeverSays { who, words } = &placed.step
                && let Some(found) = self.slip(who, words)
            {
                let expected = format!("{who} never says any of {words:?}");
                report.failures.push(Failure { line: placed.line, step: placed.text.clone(), expected, found });
            }
        }
        report.failures.sort_by_key(|failure| failure.line);
    }

    fn step(&mut self, step: &Step) -> Result<Verdict, Undone> {
        match step {
            Step::Happens { fact, at, near, loudness, visibility, importance } => {
                let at = near.as_deref().map_or_else(|| Vec3::from_array(at.unwrap_or_default()), |near| self.before(near));
                let fact = self.note(fact);
                let happened = Happened::new(fact, at).important(*importance);
                self.app.world_mut().trigger(Happened { loudness: *loudness, visibility: *visibility, ..happened });
                self.app.update();
            }
            Step::Says { to, line, by } => {
                self.say(to, line, by)?;
            }
            Step::Tells { who, to, fact } => {
                self.note(fact);
                if let Err(why) = self.tell(who, to, fact) {
                    let expected = format!("{who} tells {to} that {}", sentence(fact));
                    return Err(Undone { expected, found: format!("{who} keeps quiet: {}", reason(why)) });
                }
            }
            Step::Passes { days, hours, minutes } => self.pass(seconds(*days, *hours, *minutes)),
            Step::Trusts { who, whom, trust } => {
                let mut feelings = self.component_mut::<Feelings>(who);
                let relation = feelings.get(whom);
                feelings.set(whom, Relation { trust: *trust, ..relation });
            }
            Step::Flag(flag) => {
                self.app.world_mut().resource_mut::<StoryFlags>().raise(flag.as_str());
            }
            Step::Save => {
                let saved = Snapshot::take(self.app.world_mut()).to_bytes();
                self.saved = Some(saved.map_err(|error| undone("the game is saved", &error))?);
            }
            Step::Load => {
                let bytes = self.saved.as_deref().unwrap_or_default();
                let snapshot = Snapshot::from_bytes(bytes).map_err(|error| undone("the save is loaded", &error))?;
                snapshot.restore(self.app.world_mut());
                self.app.update();
            }
            expectation => return self.expect(expectation),
        }
        Ok(Verdict::Right)
    }

    /// Says a line and waits for the reply.
    pub fn say(&mut self, to: &str, line: &str, by: &str) -> Result<Replied, Undone> {
        let entity = self.entity(to);
        let say = match self.find(by) {
            Some(speaker) => Say::new(entity, line).by(speaker),
            None if by == PLAYER => Say::new(entity, line),
            None => Say::new(entity, line).named(by),
        };
        let (start, began) = (self.app.notices().len(), Instant::now());
        self.app.world_mut().trigger(say);
        let is_end = |notice: &&Notice| notice.is_end() && notice.entity() == entity;
        while began.elapsed() < PATIENCE {
            match self.app.notices()[start..].iter().find(is_end) {
                Some(Notice::Replied(replied)) => {
                    let replied = (**replied).clone();
                    self.said.push(replied.clone());
                    return Ok(replied);
                }
                Some(Notice::TurnFailed(failed)) => return Err(undone(&format!("{to} answers"), &failed.error)),
                _ => self.app.update(),
            }
            // Gives the mind's thread the processor.
            std::thread::sleep(Duration::from_micros(200));
        }
        Err(undone(&format!("{to} answers"), &format!("nothing in {PATIENCE:?}")))
    }

    /// Lets one tell another. One who is not in the cast knows nothing but the tale, and is told as a stranger.
    pub fn tell(&mut self, who: &str, to: &str, fact: &Triple) -> Result<(), Silence> {
        let (entity, told) = (self.find(who), self.find(to));
        let mut tale = Knowledge::default();
        tale.learn(fact_of(fact));
        let world = self.app.world_mut();
        let mut strangers = Vec::new();
        let mut stranger = |name: &str, knowledge: Knowledge| {
            let stranger = world.spawn((Name::new(name.to_owned()), knowledge)).id();
            strangers.push(stranger);
            stranger
        };
        let entity = entity.unwrap_or_else(|| stranger(who, tale));
        let to = told.unwrap_or_else(|| stranger(to, Knowledge::default()));
        world.resource_mut::<Tales>().0.clear();
        world.trigger(Tell { entity, to, fact: fact.clone() });
        self.app.update();
        let world = self.app.world_mut();
        for stranger in strangers {
            world.despawn(stranger);
        }
        world.resource::<Tales>().0.first().copied().unwrap_or(Err(Silence::NobodyListens))
    }

    /// Lets game time pass in spans after which characters forget.
    fn pass(&mut self, seconds: f64) {
        let gap = self.app.world().resource::<DialogueSettings>().conversation_gap;
        if seconds >= gap.as_secs_f64() {
            for (_, entity) in self.actors.clone() {
                self.app.world_mut().trigger(EndConversation { entity, partner: None });
            }
            self.app.update();
        }
        let span = self.app.world().resource::<MemorySettings>().sweep_every.max(seconds / 10_000.0);
        let mut left = seconds;
        while left > 0.0 {
            let part = left.min(span);
            left -= part;
            self.app.world_mut().resource_mut::<GameClock>().seconds += part;
            self.app.update();
        }
    }

    /// The place a step and a half before a character's eyes.
    fn before(&mut self, who: &str) -> Vec3 {
        let place = *self.component_mut::<Transform>(who);
        place.translation + place.forward() * 1.5 + Vec3::Y
    }

    /// Notes that a fact is in the world.
    fn note(&mut self, fact: &Triple) -> Fact {
        self.told.push(fact.clone());
        fact_of(fact)
    }

    /// What a character has said that it never should.
    fn slip(&self, who: &str, words: &[String]) -> Option<String> {
        let entity = self.find(who)?;
        self.said.iter().filter(|replied| replied.entity == entity).find_map(|replied| {
            let word = words.iter().find(|word| super::words::contains(&replied.text, word))?;
            Some(format!("{word:?} in {:?}, said to {:?}", replied.text, replied.line))
        })
    }

    /// The brief of the last reply.
    pub fn last_brief(&self) -> Option<Brief> {
        self.mind.last()
    }

    pub fn has_model(&self) -> bool {
        self.mind.has_model()
    }

    pub fn find(&self, who: &str) -> Option<Entity> {
        self.actors.iter().find(|(name, _)| name == who).map(|(_, entity)| *entity)
    }

    /// A member of the cast; that all who are named are in it was checked when the file was read.
    fn entity(&self, who: &str) -> Entity {
        self.find(who).unwrap_or(Entity::PLACEHOLDER)
    }

    /// A component of a member of the cast.
    pub fn component<C: Component + Default + Clone>(&self, who: &str) -> C {
        self.app.world().get::<C>(self.entity(who)).cloned().unwrap_or_default()
    }

    fn component_mut<C: Component<Mutability = bevy::ecs::component::Mutable> + Default>(&mut self, who: &str) -> Mut<'_, C> {
        let entity = self.entity(who);
        self.app.world_mut().entity_mut(entity).into_mut::<C>().expect("characters have all components")
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.actors.iter().map(|(name, _)| name.as_str())
    }

    pub fn clock(&self) -> GameClock {
        *self.app.world().resource::<GameClock>()
    }
}

fn undone(expected: &str, found: &dyn std::fmt::Display) -> Undone {
    Undone { expected: expected.into(), found: found.to_string() }
}

fn fact_of([subject, predicate, object]: &Triple) -> Fact {
    Fact::new(subject.as_str(), predicate.as_str(), object.as_str())
}

/// Why one keeps quiet, in words.
pub(super) fn reason(why: Silence) -> &'static str {
    match why {
        Silence::DoesNotKnow => "does not know it",
        Silence::Secret => "it is a secret from the other",
        Silence::Echo => "has it from the other",
        Silence::TooFaint => "the rumour is too faint",
        Silence::NobodyListens => "nobody is there to listen",
    }
}
