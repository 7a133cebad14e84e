//! Forgetting: what has faded goes, and what is over the budget.

use super::episode::faded;
use super::{Memory, MemorySettings};
use crate::clock::GameClock;
use crate::knowledge::{Fact, Knowledge, Source};
use bevy::prelude::*;

pub(super) fn build(app: &mut App) {
    app.add_systems(Last, sweep);
}

/// Below this a memory is gone.
const FAINTEST: f32 = 0.05;
/// How much sooner than hearsay a sight fades: where a thing stood says little after a few days.
const SIGHTS_FADE: f64 = 0.2;
/// Bytes of a fact beside its names.
const ROW: usize = 52;

/// Lets a few characters forget in each frame, so that no frame is late.
fn sweep(mut characters: Query<(&mut Memory, &mut Knowledge)>, settings: Res<MemorySettings>, clock: Res<GameClock>) {
    let is_due = |memory: &Memory| {
        // A clock that runs backwards, as after loading, is no reason to wait for ever.
        let passed = clock.seconds - memory.swept_at;
        passed >= settings.sweep_every || passed < 0.0
    };
    let mut due = 0;
    for (mut memory, mut knowledge) in &mut characters {
        if due == settings.sweeps_a_frame {
            break;
        }
        if is_due(&memory) {
            due += 1;
            memory.swept_at = clock.seconds;
            forget(&mut memory, knowledge.reborrow(), &settings, &clock);
        }
    }
}

/// Drops what has faded and what is over the budget. Facts and episodes that the author wrote stay.
pub(super) fn forget(memory: &mut Memory, mut knowledge: Mut<Knowledge>, settings: &MemorySettings, clock: &GameClock) {
    let (now, half_life) = (clock.seconds, settings.half_life_days * clock.day);
    let least = least_that_fits(memory, &knowledge, settings.budget, now, half_life).max(FAINTEST);
    memory.retain(|episode| episode.strength(now, half_life) >= least);
    let stays = |fact: &Fact| !fact.source.is_lived() || strength(fact, now, half_life) >= least;
    // Change detection shall not see a look that changes nothing.
    if !knowledge.own().iter().all(|fact| stays(&fact)) {
        knowledge.forget_unless(stays);
    }
}

/// How present a fact is, 0..=1: hearsay and sights fade, what was lived through does so only when it holds no longer. What never
/// came up in talk counts half of what did, so that a busy day does not drive out what mattered.
fn strength(fact: &Fact, now: f64, half_life: f64) -> f32 {
    let passed = now - fact.learned_at;
    let uses = u32::from(fact.uses);
    match &fact.source {
        Source::Authored => 1.0,
        Source::Seen => faded(passed, half_life * SIGHTS_FADE, uses),
        Source::Told(_) => fact.confidence * faded(passed, half_life * 4.0, uses),
        Source::Witnessed | Source::Inferred => {
            let left = faded(passed, half_life * 4.0, uses);
            let left = if fact.holds() { 0.5 + 0.5 * left } else { left };
            left * (0.5 + 0.125 * uses.min(4) as f32)
        }
    }
}

/// The least strength at which all that is stronger fits the budget; 0 where all fits.
fn least_that_fits(memory: &Memory, knowledge: &Knowledge, budget: usize, now: f64, half_life: f64) -> f32 {
    let fact_bytes = |fact: &Fact| ROW + fact.subject.len() + fact.predicate.len() + fact.object.len();
    let mut lived: Vec<(f32, usize)> = Vec::new();
    lived.extend(memory.episodes().iter().filter(|e| !e.is_authored).map(|e| (e.strength(now, half_life), e.bytes())));
    let facts = knowledge.own().iter().filter(|fact| fact.source.is_lived());
    lived.extend(facts.map(|fact| (strength(&fact, now, half_life), fact_bytes(&fact))));
    lived.sort_by(|one, two| two.0.total_cmp(&one.0));
    let mut left = budget;
    for (strength, bytes) in lived {
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            // What is as strong as the first that does not fit goes with it.
            None => return strength.next_up(),
        }
    }
    0.0
}
