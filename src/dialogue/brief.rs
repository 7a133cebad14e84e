//! From what a character perceived to the brief that the mind gets.

use super::turns::{Stage, Turn};
use super::{DialogueSettings, RecalledFact, Thinking, Turns};
use crate::clock::{Calendar, GameClock};
use crate::knowledge::{Belief, Concept, Fact, Knowledge, Meanings, RecallQuery, Recalled, Source, StoryFlags};
use crate::memory::{DialogueHistory, EpisodeQuery, Exchange, Feelings, Memory, MemorySettings, RecalledEpisode};
use crate::mind_link::MindLink;
use crate::npc::Mood;
use bevy::platform::time::Instant;
use bevy::prelude::*;
use persona_mind::Brief;
use persona_mind::brief::{BriefEpisode, BriefFact, BriefSource, ConversationId, Relation};

/// How many earlier exchanges recall looks at.
const CONTEXT: usize = 2;

/// Recalls what matters for each line that was perceived, and writes the brief.
pub(super) fn recall(
    mut characters: Query<(&mut Turns, &mut DialogueHistory, &Knowledge, &mut Memory, &Feelings, &Mood), With<Thinking>>,
    settings: Res<DialogueSettings>,
    flags: Res<StoryFlags>,
    clock: Res<GameClock>,
    memory_settings: Res<MemorySettings>,
    meanings: Res<Meanings>,
    calendar: Res<Calendar>,
    mut link: ResMut<MindLink>,
) {
    for (mut turns, mut history, knowledge, mut memory, feelings, mood) in &mut characters {
        let Some(turn) = turns.current.as_deref_mut() else { continue };
        if !matches!(turn.stage, Stage::Perceived) || !meanings.is_ready(&turn.line.text) {
            continue;
        }
        let speaker = turn.line.speaker_name.clone();
        let start = Instant::now();
        let relation = feelings.get(&speaker);
        let recalled = remember(turn, knowledge, history.with(&speaker), relation, flags.set(), &settings, &meanings);
        let query = EpisodeQuery {
            line: &turn.line.text,
            speaker: &speaker,
            calendar: Some(&calendar),
            max: memory_settings.max_episodes,
            ..EpisodeQuery::default()
        };
        let mut episodes = memory.recall(&query, &clock);
        let gives_away = |concept: &Concept| knowledge.hides(concept, relation.trust, flags.set());
        episodes.retain(|one| !one.episode.about.iter().any(gives_away));
        // What comes to mind stays there longer.
        episodes.iter().for_each(|one| memory.touch(one.place));
        turn.recall_ms = start.elapsed().as_secs_f32() * 1000.0;
        turn.recalled = recalled.iter().map(shown).collect();
        let talk = history.open(&speaker);
        if talk.id == 0 {
            talk.id = link.new_conversation();
        }
        turn.stage = Stage::Briefed(Box::new(Brief {
            turn: turn.line.turn,
            conversation: ConversationId(talk.id),
            persona: turn.card.clone(),
            speaker,
            line: turn.line.text.clone(),
            relation,
            mood: mood.0,
            facts: recalled.iter().map(|one| told(one, &clock)).collect(),
            episodes: episodes.into_iter().map(|one| remembered(one, &clock)).collect(),
            history: talk.exchanges.iter().map(Into::into).collect(),
            view: turn.view.clone(),
            actions: turn.actions.clone(),
            seed: link.seed_for(settings.seed, turn.line.turn),
            max_tokens: settings.max_reply_tokens,
        }));
    }
}

/// The earlier lines and replies that recall looks at.
pub(crate) fn recall_context(history: &[Exchange]) -> Vec<&str> {
    let recent = &history[history.len().saturating_sub(CONTEXT)..];
    recent.iter().flat_map(|past| [past.line.as_str(), past.reply.as_str()]).collect()
}

fn remember(
    turn: &Turn,
    knowledge: &Knowledge,
    history: &[Exchange],
    relation: Relation,
    flags: &[Concept],
    settings: &DialogueSettings,
    meanings: &Meanings,
) -> Vec<Recalled> {
    let context = recall_context(history);
    let things = turn.view.as_ref().map_or(&[][..], |view| view.things.as_slice());
    let in_view: Vec<&str> = things.iter().map(|thing| thing.name.as_str()).collect();
    knowledge.recall(&RecallQuery {
        line: &turn.line.text,
        context: &context,
        own_name: &turn.card.name,
        speaker: &turn.line.speaker_name,
        trust: relation.trust,
        flags,
        in_view: &in_view,
        meanings: Some(meanings),
        max_facts: settings.max_facts,
        max_tokens: settings.max_fact_tokens,
        ..RecallQuery::default()
    })
}

/// A recalled fact as the mind gets it.
fn told(recalled: &Recalled, clock: &GameClock) -> BriefFact {
    let fact = &recalled.fact;
    BriefFact {
        subject: fact.subject.name().into(),
        predicate: fact.predicate.name().into(),
        object: object(recalled),
        confidence: fact.confidence,
        // Who told a secret is part of the secret.
        source: if recalled.withheld { BriefSource::default() } else { source(fact) },
        when: if recalled.withheld || !fact.source.is_lived() { String::new() } else { clock.since(fact.learned_at) },
        until: fact.until.map_or_else(String::new, |until| clock.since(until)),
        is_doubted: fact.belief == Belief::Doubted,
        score: recalled.score,
    }
}

/// A recalled episode as the mind gets it.
fn remembered(recalled: RecalledEpisode, clock: &GameClock) -> BriefEpisode {
    BriefEpisode { what: recalled.episode.what, when: clock.since(recalled.episode.last), score: recalled.score }
}

/// A recalled fact as the game gets it.
fn shown(recalled: &Recalled) -> RecalledFact {
    RecalledFact {
        subject: recalled.fact.subject.name().into(),
        predicate: recalled.fact.predicate.name().into(),
        object: object(recalled),
        score: recalled.score,
        reason: recalled.reason,
        withheld: recalled.withheld,
        used: false,
    }
}

fn object(recalled: &Recalled) -> Option<String> {
    (!recalled.withheld).then(|| recalled.fact.object.name().into())
}

fn source(fact: &Fact) -> BriefSource {
    match &fact.source {
        Source::Authored => BriefSource::Authored,
        Source::Witnessed => BriefSource::Witnessed,
        Source::Told(teller) => BriefSource::Told(teller.name().into()),
        Source::Inferred => BriefSource::Inferred,
        Source::Seen => BriefSource::Seen,
    }
}
