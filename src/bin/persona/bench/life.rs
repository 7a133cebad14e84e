//! What a village lives through in a long game, told in little time: talk, happenings, gossip, saves and loads.

use bevy::prelude::*;
use bevy::time::TimeUpdateStrategy;
use bevy_persona::knowledge::RecallQuery;
use bevy_persona::memory::EpisodeQuery;
use bevy_persona::mind::backend::Scripted;
use bevy_persona::perception::Occluder;
use bevy_persona::persona::Persona;
use bevy_persona::prelude::*;
use bevy_persona::snapshot::Snapshot;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Game time that passes in `hours` of play.
const DAYS: f64 = 30.0;
/// The longest frame that Bevy's virtual time lets pass.
const FRAME: Duration = Duration::from_millis(250);
/// Metres of ground beside each other, for each of the people.
const ROOM: f32 = 14.0;
/// Every so many frames something happens, someone gossips, the player talks, the game is saved, the last save is loaded, and
/// the player asks the first one about the first day.
const HAPPENS: usize = 8;
const GOSSIPS: usize = 12;
const TALKS: usize = 120;
const SAVES: usize = 2_400;
const LOADS: usize = 7_000;
const ASKS: usize = 3_600;

const AUTHORED: usize = 5;
/// What happens on the first day.
const FIRE: [&str; 3] = ["the mill", "was set on fire by", "the reeve"];
const QUESTION: &str = "Who set the mill on fire?";

/// What became of a game.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Seconds that it took to play.
    pub seconds: f64,
    pub frames: usize,
    pub talks: usize,
    pub happenings: usize,
    pub tales: usize,
    pub saves: usize,
    pub loads: usize,
    /// Game time at its end, in days.
    pub days: f64,
    /// The most bytes that anyone ever kept of what it lived through, and how many it may keep.
    pub most_bytes: usize,
    pub budget: usize,
    /// Authored facts and episodes that are there no more.
    pub authored_lost: usize,
    /// Whether who was there knows of the fire when asked, and remembers it.
    pub knows: bool,
    pub remembers: bool,
}

/// Plays so many hours among so many people.
pub fn play(people: usize, hours: f64) -> Outcome {
    let start = Instant::now();
    let mut game = Game::new(people.max(2), hours.max(0.01));
    game.happened(Happened::new(Fact::new(FIRE[0], FIRE[1], FIRE[2]), game.places[0]).important(0.9));
    let end = hours * 3600.0;
    while game.app.world().resource::<Time<Virtual>>().elapsed_secs_f64() < end {
        game.frame();
    }
    game.watch();
    game.close(start.elapsed().as_secs_f64())
}

struct Game {
    app: App,
    people: Vec<Entity>,
    places: Vec<Vec3>,
    random: ChaCha8Rng,
    saved: Option<Vec<u8>>,
    outcome: Outcome,
}

impl Game {
    fn new(count: usize, hours: f64) -> Self {
        let mut app = test_app(Scripted::default());
        app.insert_resource(TimeUpdateStrategy::ManualDuration(FRAME)).insert_resource(Occluder::new(|_, _| false));
        app.world_mut().resource_mut::<GameClock>().speed = DAYS * 24.0 / hours;
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let side = ROOM * (count as f32).sqrt();
        let places: Vec<Vec3> =
            (0..count).map(|_| Vec3::new(random.random_range(0.0..side), 0.0, random.random_range(0.0..side))).collect();
        let people = places.iter().enumerate().map(|(i, place)| spawn(&mut app, i, *place)).collect();
        app.run_frames(3);
        let budget = app.world().resource::<MemorySettings>().budget;
        Self { app, people, places, random, saved: None, outcome: Outcome { budget, ..Outcome::default() } }
    }

    fn frame(&mut self) {
        let frame = self.outcome.frames;
        let is_time = |every: usize| frame % every == every - 1;
        if is_time(HAPPENS) {
            let (thief, place) = (self.someone(), self.someone());
            let fact = Fact::new(format!("purse {frame}"), "was stolen by", name(thief));
            let importance = self.random.random_range(0.0..0.8);
            self.happened(Happened::new(fact, self.places[place] + Vec3::new(1.0, 1.0, -1.0)).important(importance));
        }
        if is_time(GOSSIPS) {
            self.gossip();
        }
        if is_time(TALKS) {
            let (who, whom) = (self.someone(), self.someone());
            self.talk(who, &format!("I come from place {frame}. What do you know of {}?", name(whom)));
        }
        if is_time(ASKS) {
            self.talk(0, QUESTION);
        }
        if is_time(SAVES) {
            self.watch();
            self.saved = Snapshot::take(self.app.world_mut()).to_bytes().ok();
            self.outcome.saves += 1;
        }
        if is_time(LOADS)
            && let Some(snapshot) = self.saved.as_deref().and_then(|bytes| Snapshot::from_bytes(bytes).ok())
        {
            snapshot.restore(self.app.world_mut());
            self.outcome.loads += 1;
        }
        self.app.update();
        self.outcome.frames += 1;
    }

    fn someone(&mut self) -> usize {
        self.random.random_range(0..self.people.len())
    }

    fn happened(&mut self, happened: Happened) {
        self.app.world_mut().trigger(happened);
        self.outcome.happenings += 1;
    }

    /// Someone tells someone something that it knows.
    fn gossip(&mut self) {
        let (from, to) = (self.someone(), self.someone());
        let own = self.knowledge(from).own();
        let Some(fact) = own.get(self.outcome.frames % own.len().max(1)) else { return };
        let fact = [fact.subject, fact.predicate, fact.object].map(String::from);
        self.app.world_mut().trigger(Tell { entity: self.people[from], to: self.people[to], fact });
        self.outcome.tales += 1;
    }

    fn talk(&mut self, who: usize, line: &str) {
        let entity = self.people[who];
        if self.app.converse(entity, line).is_ok() {
            self.outcome.talks += 1;
        }
        self.app.world_mut().trigger(EndConversation { entity, partner: None });
    }

    fn knowledge(&self, who: usize) -> &Knowledge {
        self.app.world().get(self.people[who]).expect("a character knows")
    }

    fn memory(&self, who: usize) -> &Memory {
        self.app.world().get(self.people[who]).expect("a character remembers")
    }

    /// Looks how much each keeps.
    fn watch(&mut self) {
        let most = (0..self.people.len()).map(|who| self.bytes(who)).max();
        self.outcome.most_bytes = self.outcome.most_bytes.max(most.unwrap_or_default());
    }

    /// The bytes of what one has lived through: a row and the names of each fact, and the episodes.
    fn bytes(&self, who: usize) -> usize {
        let facts = self.knowledge(who).own().iter().filter(|fact| fact.source.is_lived());
        let facts: usize = facts.map(|fact| 52 + fact.subject.len() + fact.predicate.len() + fact.object.len()).sum();
        let episodes = self.memory(who).episodes().iter().filter(|episode| !episode.is_authored);
        facts + episodes.map(Episode::bytes).sum::<usize>()
    }

    fn close(mut self, seconds: f64) -> Outcome {
        let lost = |who: usize| {
            let facts = self.knowledge(who).own().iter().filter(|fact| fact.source == Source::Authored).count();
            let episodes = self.memory(who).episodes().iter().filter(|episode| episode.is_authored).count();
            (AUTHORED + 1).saturating_sub(facts + episodes)
        };
        let authored_lost = (0..self.people.len()).map(lost).sum();
        let own_name = name(0);
        let query = RecallQuery { line: QUESTION, own_name: &own_name, speaker: "player", ..default() };
        let knows = self.knowledge(0).recall(&query).first().is_some_and(|first| first.fact.object == FIRE[2]);
        let clock = *self.app.world().resource::<GameClock>();
        let query = EpisodeQuery { line: "Do you remember the fire at the mill?", speaker: "player", ..default() };
        let episodes = self.memory(0).recall(&query, &clock);
        let remembers = episodes.iter().any(|found| found.episode.about.iter().any(|about| *about == FIRE[0]));
        let outcome = &mut self.outcome;
        Outcome { seconds, days: clock.seconds / clock.day, authored_lost, knows, remembers, ..std::mem::take(outcome) }
    }
}

fn spawn(app: &mut App, i: usize, place: Vec3) -> Entity {
    let card = Arc::new(PersonaCard { name: name(i), ..PersonaCard::default() });
    let facts = (0..AUTHORED).map(|number| Fact::new(name(i), "has always owned", format!("heirloom {i}-{number}"))).collect();
    let persona = app.world_mut().resource_mut::<Assets<Persona>>().add(Persona { card, facts, ..Persona::default() });
    let senses = Senses { sight: Sight::Told, ..default() };
    let mut memory = Memory::default();
    memory.set_authored(vec![Episode::new("I was born in the year of the great flood.", -1e9)]);
    app.world_mut().spawn((Name::new(name(i)), Npc::new(persona), senses, memory, Transform::from_translation(place))).id()
}

fn name(i: usize) -> String {
    format!("villager {i}")
}
