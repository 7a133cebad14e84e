//! What the game asks for.

use super::turns::{Line, Stage, fallback};
use super::{DialogueSettings, EndConversation, Interrupt, Say, Thinking, TurnError, TurnFailed, Turns, text};
use crate::memory::DialogueHistory;
use crate::mind_link::MindLink;
use crate::npc::Npc;
use crate::persona::Persona;
use bevy::prelude::*;
use persona_mind::brief::{Finish, Reply};
use persona_mind::worker::Priority;

/// The name of a speaker who has none.
pub(super) const PLAYER: &str = "player";

pub(super) fn build(app: &mut App) {
    app.add_observer(on_say).add_observer(on_interrupt).add_observer(on_end).add_observer(on_gone);
}

fn on_say(
    say: On<Say>,
    mut characters: Query<(&Npc, &mut Turns)>,
    speakers: Query<(Option<&Name>, Has<Npc>)>,
    personas: Res<Assets<Persona>>,
    settings: Res<DialogueSettings>,
    mut link: ResMut<MindLink>,
    mut commands: Commands,
) {
    let turn = link.new_turn();
    let character = characters.get_mut(say.entity);
    let (name, is_npc) = say.speaker.and_then(|speaker| speakers.get(speaker).ok()).unwrap_or_default();
    let line = text::line(&say.text, settings.max_line_chars);
    let mut persona = None;
    let result = character.map_err(|_| TurnError::NotACharacter).and_then(|(npc, mut turns)| {
        persona = personas.get(&npc.persona);
        let text = line?;
        let limit = settings.max_waiting;
        if turns.waiting.len() >= limit {
            return Err(TurnError::TooManyLines { limit });
        }
        let named = say.speaker_name.as_deref().or(name.map(Name::as_str));
        turns.waiting.push_back(Line {
            turn,
            speaker: say.speaker,
            speaker_name: named.and_then(text::name).unwrap_or_else(|| PLAYER.into()),
            text,
            priority: if is_npc { Priority::Background } else { Priority::Player },
            stopped: false,
            forgotten: false,
        });
        Ok(())
    });
    match result {
        Ok(()) => {
            commands.entity(say.entity).try_insert(Thinking);
        }
        Err(error) => {
            let fallback = fallback(persona.map(|persona| &*persona.card), turn);
            commands.trigger(TurnFailed { entity: say.entity, turn, speaker: say.speaker, error, fallback });
        }
    }
}

fn on_interrupt(interrupt: On<Interrupt>, mut characters: Query<&mut Turns>, mut link: ResMut<MindLink>) {
    if let Ok(mut turns) = characters.get_mut(interrupt.entity) {
        stop_current(&mut turns, &mut link);
    }
}

fn on_end(end: On<EndConversation>, mut characters: Query<(&mut Turns, &mut DialogueHistory)>, mut link: ResMut<MindLink>) {
    let Ok((mut turns, mut history)) = characters.get_mut(end.entity) else { return };
    let is_over = |name: &str| end.partner.as_deref().is_none_or(|partner| partner == name);
    for line in turns.waiting.iter_mut().filter(|line| is_over(&line.speaker_name)) {
        (line.stopped, line.forgotten) = (true, true);
    }
    if let Some(turn) = turns.current.as_mut().filter(|turn| is_over(&turn.line.speaker_name)) {
        turn.line.forgotten = true;
        stop_current(&mut turns, &mut link);
    }
    match &end.partner {
        Some(partner) => history.end(partner),
        None => history.clear(),
    }
}

/// A character's turns are gone: it was despawned, or the component was removed or replaced.
fn on_gone(gone: On<Discard, Turns>, characters: Query<&Turns>, mut link: ResMut<MindLink>) {
    if let Some(turn) = characters.get(gone.entity).ok().and_then(Turns::current) {
        link.abandon(turn);
    }
}

fn stop_current(turns: &mut Turns, link: &mut MindLink) {
    let Some(turn) = &mut turns.current else {
        // The line was said in this very frame.
        if let Some(line) = turns.waiting.front_mut() {
            line.stopped = true;
        }
        return;
    };
    match turn.stage {
        Stage::Thinking | Stage::Speaking => link.interrupt(turn.line.turn),
        Stage::Looking | Stage::Perceived | Stage::Briefed(_) => turn.stage = Stage::Ended(Ok(unsaid())),
        Stage::Ended(_) => {}
    }
}

/// The reply of a turn that was interrupted before the mind had it.
pub(super) fn unsaid() -> Box<Reply> {
    Box::new(Reply { finish: Finish::Interrupted, ..Reply::default() })
}
