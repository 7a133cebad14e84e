//! From what was said to what is remembered of it: a conversation that is over becomes an episode, by rules.

use super::notes::notes;
use super::{DialogueHistory, Episode, Exchange, Memory, MemorySettings, Talk};
use crate::clock::GameClock;
use crate::dialogue::{DialogueSettings, Replied};
use crate::knowledge::{Concept, Fact, Knowledge};
use crate::npc::Mood;
use crate::schedule::RolePlaySystems;
use bevy::prelude::*;
use persona_mind::brief::{Emotion, Finish};

/// Notification: a character has noted what someone said of themselves ("I come from Carrow"), as hearsay.
#[derive(EntityEvent, Clone, Debug, PartialEq, Reflect)]
#[reflect(Event, Debug, PartialEq)]
pub struct Noted {
    /// The character.
    pub entity: Entity,
    /// What it was told.
    pub fact: Fact,
    /// Whether it did not know it before.
    pub is_news: bool,
}

pub(super) fn build(app: &mut App) {
    app.register_type::<Noted>()
        .add_observer(on_replied)
        .add_systems(PreUpdate, (end_stale, consolidate).chain().after(RolePlaySystems::Emit));
}

/// The most concepts that an episode is about.
const ABOUT: usize = 4;
/// How much of the first line is kept where nothing that is known was spoken of.
const QUOTED: usize = 120;

/// What a line says of its speaker is noted at once, and what the reply rests on has come up.
fn on_replied(
    replied: On<Replied>,
    settings: Res<MemorySettings>,
    clock: Res<GameClock>,
    mut characters: Query<(&mut Knowledge, &DialogueHistory)>,
    mut commands: Commands,
) {
    let Ok((mut knowledge, history)) = characters.get_mut(replied.entity) else { return };
    for fact in replied.recalled.iter().filter(|fact| fact.used) {
        if let Some(object) = &fact.object {
            knowledge.touch(&fact.subject, &fact.predicate, object);
        }
    }
    // A conversation that was broken off is forgotten, and with it what was said.
    let is_kept = history.with(&replied.speaker_name).last().is_some_and(|last| last.line == replied.line);
    if !settings.notes || !is_kept || replied.finish == Finish::Interrupted {
        return;
    }
    for fact in notes(&replied.speaker_name, &replied.line, clock.seconds) {
        let is_news = knowledge.learn(fact.clone());
        commands.trigger(Noted { entity: replied.entity, fact, is_news });
    }
}

/// Ends talks that were silent for too long.
fn end_stale(mut talkers: Query<&mut DialogueHistory>, settings: Res<DialogueSettings>, time: Res<Time<Virtual>>) {
    let (now, gap) = (time.elapsed_secs_f64(), settings.conversation_gap.as_secs_f64());
    for mut history in &mut talkers {
        let is_stale = |talk: &Talk| now - talk.last_at > gap;
        let stale: Vec<String> = history.talks().iter().filter(|talk| is_stale(talk)).map(|talk| talk.partner.clone()).collect();
        for partner in stale {
            history.end(&partner);
        }
    }
}

fn consolidate(
    mut talkers: Query<(&mut DialogueHistory, &Knowledge, &Mood, &mut Memory), Changed<DialogueHistory>>,
    settings: Res<MemorySettings>,
) {
    for (mut history, knowledge, mood, mut memory) in &mut talkers {
        if history.ended().is_empty() {
            continue;
        }
        for talk in history.take_ended() {
            if settings.episodes && !talk.exchanges.is_empty() {
                memory.add(episode(&talk, knowledge, mood.0));
            }
        }
    }
}

/// What is remembered of a talk.
fn episode(talk: &Talk, knowledge: &Knowledge, feeling: Emotion) -> Episode {
    let partner = Concept::from(talk.partner.as_str());
    let mut about = Vec::new();
    for Exchange { line, reply, .. } in &talk.exchanges {
        for concept in knowledge.mentions(line).into_iter().chain(knowledge.mentions(reply)) {
            if concept != partner && !about.contains(&concept) && about.len() < ABOUT {
                about.push(concept);
            }
        }
    }
    let who = name(&talk.partner);
    let what = match (about.as_slice(), talk.exchanges.first()) {
        ([], Some(first)) => format!("{who} said to me: \u{201c}{}\u{201d}", short(&first.line)),
        ([], None) => format!("{who} and I spoke."),
        (about, _) => format!("{who} and I spoke of {}.", list(about)),
    };
    let stirred = matches!(feeling, Emotion::Neutral | Emotion::Amused | Emotion::Happy);
    let importance = 0.2 + 0.05 * talk.exchanges.len().min(8) as f32 + if stirred { 0.0 } else { 0.3 };
    Episode { feeling, ..Episode::new(what, talk.game_at) }.with([partner]).about(about).important(importance)
}

fn name(partner: &str) -> &str {
    if partner == "player" { "The player" } else { partner }
}

fn short(line: &str) -> String {
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

fn list(names: &[Concept]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.to_string(),
        Some((last, first)) => format!("{} and {last}", first.iter().map(Concept::name).collect::<Vec<_>>().join(", ")),
    }
}
