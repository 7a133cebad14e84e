//! From a line to the mind: perceive and think.

use super::request::unsaid;
use super::turns::{Line, Stage, Turn, fallback};
use super::{DialogueSettings, Look, Thinking, TurnError, TurnFailed, TurnStarted, Turns};
use crate::mind_link::MindLink;
use crate::npc::Npc;
use crate::perception::{Glance, GlanceFailed, Senses, Sight, Viewed};
use crate::persona::Persona;
use bevy::asset::LoadState;
use bevy::prelude::*;
use persona_mind::brief::{PersonaCard, View};
use persona_mind::worker::MindRequest;
use std::sync::Arc;
use std::time::Duration;

/// Begins the next turn of each character that has none under way.
pub(super) fn begin(
    mut characters: Query<(Entity, &Npc, &Senses, &mut Turns), With<Thinking>>,
    personas: Res<Assets<Persona>>,
    assets: Res<AssetServer>,
    time: Res<Time<Real>>,
    mut commands: Commands,
) {
    for (entity, npc, senses, mut turns) in &mut characters {
        if turns.current.is_some() {
            continue;
        }
        let Some(line) = turns.waiting.front() else {
            rest(&mut commands, entity);
            continue;
        };
        let persona = match personas.get(&npc.persona) {
            Some(persona) => persona,
            None if line.stopped => &Persona::default(),
            None => match missing(&assets, &npc.persona) {
                Some(error) => {
                    if let Some(line) = turns.waiting.pop_front() {
                        fail(&mut commands, entity, &line, None, error);
                    }
                    continue;
                }
                // It is on its way.
                None => continue,
            },
        };
        if let Some(line) = turns.waiting.pop_front() {
            let turn = Turn::new(line, persona, senses.sight, time.elapsed());
            if matches!(turn.stage, Stage::Looking) {
                commands.trigger(Glance { entity });
            }
            turns.current = Some(Box::new(turn));
        }
    }
}

/// Takes the view that a turn waits for.
pub(super) fn on_viewed(viewed: On<Viewed>, mut characters: Query<&mut Turns>, time: Res<Time<Real>>) {
    if let Ok(mut turns) = characters.get_mut(viewed.entity)
        && let Some(turn) = &mut turns.current
        && matches!(turn.stage, Stage::Looking)
    {
        turn.perceive(Some(viewed.view.clone()), time.elapsed());
    }
}

/// Goes on without a view that cannot be had.
pub(super) fn on_glance_failed(failed: On<GlanceFailed>, mut characters: Query<&mut Turns>, time: Res<Time<Real>>) {
    if let Ok(mut turns) = characters.get_mut(failed.entity)
        && let Some(turn) = &mut turns.current
        && matches!(turn.stage, Stage::Looking)
    {
        turn.perceive(None, time.elapsed());
    }
}

/// Goes on without a view that does not come.
pub(super) fn look_no_longer(
    mut characters: Query<&mut Turns, With<Thinking>>,
    settings: Res<DialogueSettings>,
    time: Res<Time<Real>>,
) {
    for mut turns in &mut characters {
        let is_late = |turn: &Turn| {
            matches!(turn.stage, Stage::Looking) && time.elapsed().saturating_sub(turn.began) >= settings.look_timeout
        };
        if turns.current.as_deref().is_some_and(is_late)
            && let Some(turn) = &mut turns.current
        {
            warn_once!("a view did not come in {:?}; the turn goes on without it", settings.look_timeout);
            turn.perceive(None, time.elapsed());
        }
    }
}

/// Hands briefs to the mind.
pub(super) fn think(
    mut characters: Query<(Entity, &mut Turns), With<Thinking>>,
    settings: Res<DialogueSettings>,
    mut link: ResMut<MindLink>,
    mut commands: Commands,
) {
    for (entity, mut turns) in &mut characters {
        let Some(turn) = turns.current.as_deref_mut() else { continue };
        if !matches!(turn.stage, Stage::Briefed(_)) {
            continue;
        }
        let Stage::Briefed(brief) = std::mem::replace(&mut turn.stage, Stage::Thinking) else { continue };
        let request = MindRequest { brief, priority: turn.line.priority, deadline: settings.deadline };
        match link.submit(entity, request) {
            Ok(()) => commands.trigger(TurnStarted {
                entity,
                turn: turn.line.turn,
                speaker: turn.line.speaker,
                speaker_name: turn.line.speaker_name.clone(),
                line: turn.line.text.clone(),
                look: turn.look,
            }),
            Err(error) => turn.stage = Stage::Ended(Err(error.into())),
        }
    }
}

/// Tells that a line has no reply.
pub(super) fn fail(commands: &mut Commands, entity: Entity, line: &Line, card: Option<&PersonaCard>, error: TurnError) {
    let fallback = fallback(card, line.turn);
    commands.trigger(TurnFailed { entity, turn: line.turn, speaker: line.speaker, error, fallback });
}

/// Takes a character out of the systems' sight, unless a line has come in between.
fn rest(commands: &mut Commands, entity: Entity) {
    commands.entity(entity).queue_silenced(|mut character: EntityWorldMut| {
        if !character.get::<Turns>().is_some_and(Turns::is_busy) {
            character.remove::<Thinking>();
        }
    });
}

/// Why a persona is not there; `None` while it is being loaded.
fn missing(assets: &AssetServer, persona: &Handle<Persona>) -> Option<TurnError> {
    let path = || persona.path().map_or_else(|| "no path".into(), ToString::to_string);
    match assets.get_load_state(persona) {
        Some(LoadState::Loading | LoadState::Loaded) => None,
        Some(LoadState::Failed(error)) => Some(TurnError::NoPersona { message: error.to_string() }),
        _ => Some(TurnError::NoPersona { message: format!("{} is not loaded", path()) }),
    }
}

impl Turn {
    fn new(line: Line, persona: &Persona, sight: Sight, now: Duration) -> Self {
        let stage = match sight {
            _ if line.stopped => Stage::Ended(Ok(unsaid())),
            Sight::Blind => Stage::Perceived,
            _ => Stage::Looking,
        };
        Self {
            line,
            card: Arc::clone(&persona.card),
            actions: persona.actions.clone(),
            stage,
            look: Look::NotAtAll,
            view: None,
            recalled: Vec::new(),
            began: now,
            perceive_ms: 0.0,
            recall_ms: 0.0,
        }
    }

    /// Ends looking.
    pub fn perceive(&mut self, view: Option<View>, now: Duration) {
        self.perceive_ms = now.saturating_sub(self.began).as_secs_f32() * 1000.0;
        self.look = match &view {
            None => Look::InVain,
            Some(view) if view.picture.is_none() => Look::ThingsOnly,
            Some(_) => Look::Picture,
        };
        self.view = view;
        self.stage = Stage::Perceived;
    }
}
