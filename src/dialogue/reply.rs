//! From the mind to the game: receive and emit.

use super::turn::fail;
use super::turns::{Line, Stage, Turn};
use super::{ActionProposed, EmotionChanged, Replied, ReplyChunk, ReplyStarted, SeenThing, Thinking, TurnFigures, Turns};
use crate::clock::GameClock;
use crate::memory::DialogueHistory;
use crate::mind_link::MindLink;
use crate::npc::Mood;
use bevy::prelude::*;
use persona_mind::brief::{Finish, Reply, TurnStats};
use persona_mind::worker::Progress;

/// The most events taken in one frame, so that no frame is late.
const EVENTS_A_FRAME: usize = 256;

/// Takes what the mind has produced.
pub(super) fn receive(mut link: ResMut<MindLink>, mut characters: Query<&mut Turns>, mut commands: Commands) {
    // Most frames have nothing to receive; then the link counts as unchanged.
    for _ in 0..EVENTS_A_FRAME {
        let Some((entity, event)) = link.bypass_change_detection().try_recv() else { break };
        let Ok(mut turns) = characters.get_mut(entity) else { continue };
        let Some(turn) = turns.current.as_mut().filter(|turn| turn.line.turn == event.turn) else { continue };
        let turn_id = event.turn;
        match event.progress {
            Progress::Started => {}
            Progress::Chunk(text) => {
                if matches!(turn.stage, Stage::Thinking) {
                    turn.stage = Stage::Speaking;
                    commands.trigger(ReplyStarted { entity, turn: turn_id });
                }
                commands.trigger(ReplyChunk { entity, turn: turn_id, text });
            }
            Progress::Finished(reply) => turn.stage = Stage::Ended(Ok(reply)),
            Progress::Failed(error) => turn.stage = Stage::Ended(Err(error.into())),
        }
    }
}

/// Ends turns: writes history and mood, and tells the game.
pub(super) fn emit(
    mut characters: Query<(Entity, &mut Turns, &mut DialogueHistory, &mut Mood), With<Thinking>>,
    time: Res<Time<Virtual>>,
    clock: Res<GameClock>,
    mut commands: Commands,
) {
    for (entity, mut turns, mut history, mut mood) in &mut characters {
        let ended = |turn: &&mut Box<Turn>| matches!(turn.stage, Stage::Ended(_));
        if turns.bypass_change_detection().current.as_mut().filter(ended).is_none() {
            continue;
        }
        let Some(turn) = turns.current.take() else { continue };
        let turn = *turn;
        match turn.stage {
            Stage::Ended(Ok(reply)) => {
                let turn = Turn { stage: Stage::Speaking, ..turn };
                remember(&mut history, &turn.line, &reply, time.elapsed_secs_f64(), clock.seconds);
                tell(&mut commands, entity, turn, *reply, &mut mood);
            }
            Stage::Ended(Err(error)) => fail(&mut commands, entity, &turn.line, Some(&turn.card), error),
            _ => {}
        }
    }
}

fn remember(history: &mut DialogueHistory, line: &Line, reply: &Reply, now: f64, game_now: f64) {
    if line.forgotten || (reply.finish == Finish::Interrupted && reply.text.is_empty()) {
        return;
    }
    history.push(&line.speaker_name, line.text.as_str(), reply.text.as_str());
    let talk = history.open(&line.speaker_name);
    (talk.last_at, talk.game_at) = (now, game_now);
}

fn tell(commands: &mut Commands, entity: Entity, turn: Turn, reply: Reply, mood: &mut Mut<Mood>) {
    // A turn that ended before the model had spoken says nothing about the mood.
    let felt = reply.finish != Finish::Interrupted || !reply.text.is_empty();
    let from = mood.0;
    let emotion = if felt { reply.emotion } else { from };
    let (id, speaker) = (turn.line.turn, turn.line.speaker);
    let offered = |name: &String| turn.actions.iter().any(|action| action.name == *name);
    let action = reply.action.clone().filter(offered).map(|action| (action, reply.arguments.clone()));
    commands.trigger(replied(entity, turn, reply, emotion));
    if emotion != from {
        mood.0 = emotion;
        commands.trigger(EmotionChanged { entity, from, to: emotion });
    }
    if let Some((action, arguments)) = action {
        commands.trigger(ActionProposed { entity, turn: id, speaker, action, arguments });
    }
}

fn replied(entity: Entity, turn: Turn, reply: Reply, emotion: persona_mind::brief::Emotion) -> Replied {
    let figures = figures(&turn, &reply.stats);
    let mut recalled = turn.recalled;
    for &used in &reply.used_facts {
        if let Some(fact) = recalled.get_mut(used) {
            fact.used = true;
        }
    }
    let things = turn.view.map_or_else(Vec::new, |view| view.things).into_iter().enumerate();
    let seen =
        things.map(|(i, thing)| SeenThing { name: thing.name, distance: thing.distance, used: reply.used_things.contains(&i) });
    Replied {
        entity,
        turn: turn.line.turn,
        speaker: turn.line.speaker,
        speaker_name: turn.line.speaker_name,
        line: turn.line.text,
        text: reply.text,
        emotion,
        finish: reply.finish,
        recalled,
        look: turn.look,
        seen: seen.collect(),
        figures,
    }
}

fn figures(turn: &Turn, stats: &TurnStats) -> TurnFigures {
    TurnFigures {
        perceive_ms: turn.perceive_ms,
        recall_ms: turn.recall_ms,
        queue_ms: stats.queue_ms,
        first_token_ms: stats.first_token_ms,
        total_ms: stats.total_ms,
        prompt_tokens: stats.prompt_tokens,
        computed_tokens: stats.computed_tokens,
        reply_tokens: stats.reply_tokens,
    }
}
