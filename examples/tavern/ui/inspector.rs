//! What the character sees, which facts came to its mind and how it knows them, and what it remembers.

use super::{AMBER, DIM, EDGE, INK, SIDE, dot, panel, text};
use crate::talk::{Addressed, Shown};
use bevy::prelude::*;
use bevy_persona::authoring::how_known;
use bevy_persona::memory::EpisodeQuery;
use bevy_persona::prelude::*;

/// The part of the panel that is made anew when something changes.
#[derive(Component)]
pub(super) struct Inspector;

/// How many things, facts and episodes have room.
const THINGS: usize = 4;
const FACTS: usize = 5;
const EPISODES: usize = 2;
/// Side of the eye's picture on the screen, in pixels.
const EYE: f32 = 200.0;

pub(super) fn spawn(mut commands: Commands) {
    let node =
        Node { right: px(EDGE), top: px(EDGE), bottom: px(EDGE), width: px(SIDE), overflow: Overflow::clip(), ..default() };
    commands.spawn((panel(node), Inspector));
}

pub(super) fn show(
    addressed: Res<Addressed>,
    people: Query<(&Name, Ref<Shown>, &Knowledge, Ref<Memory>)>,
    clock: Res<GameClock>,
    inspector: Single<Entity, With<Inspector>>,
    mut commands: Commands,
) {
    let Some((name, shown, knowledge, memory)) = addressed.0.and_then(|entity| people.get(entity).ok()) else { return };
    if !addressed.is_changed() && !shown.is_changed() && !memory.is_changed() {
        return;
    }
    commands.entity(*inspector).despawn_related::<Children>().with_children(|panel| {
        panel.spawn(text(format!("THROUGH {}'S EYES", name.to_uppercase()), 13.0, AMBER));
        eye(panel, &shown);
        for thing in shown.seen.iter().take(THINGS) {
            let spoken = shown.spoke_of.contains(&thing.name);
            row(panel, spoken, &thing.name, &format!("{:.1} m", thing.distance));
        }
        if shown.seen.is_empty() {
            panel.spawn(text("looks when spoken to", 13.0, DIM));
        }
        heading(panel, "CAME TO MIND");
        // What the reply rests on comes first.
        let (used, rest): (Vec<_>, Vec<_>) = shown.recalled.iter().partition(|fact| fact.used);
        for fact in used.into_iter().chain(rest).take(FACTS) {
            recalled(panel, fact, knowledge, &clock);
        }
        if shown.recalled.is_empty() {
            panel.spawn(text("nothing yet", 13.0, DIM));
        }
        heading(panel, "REMEMBERS");
        for (episode, came) in episodes(&memory, &shown.line, &clock) {
            let times = if episode.times > 1 { format!(", {} times", episode.times) } else { String::new() };
            let came = if came { ", came to mind" } else { "" };
            let when = format!("{}{times}{came}", clock.since(episode.last));
            entry(panel, !came.is_empty(), &episode.what, &when);
        }
        if memory.episodes().is_empty() {
            panel.spawn(text("a talk is remembered when it is over", 13.0, DIM));
        }
    });
}

/// The episodes that a line brings to mind, with true, or else the latest.
fn episodes(memory: &Memory, line: &str, clock: &GameClock) -> Vec<(Episode, bool)> {
    let query = EpisodeQuery { line, speaker: "player", max: EPISODES, ..default() };
    let came: Vec<_> = memory.recall(&query, clock).into_iter().map(|one| (one.episode, true)).collect();
    if !came.is_empty() {
        return came;
    }
    memory.episodes().iter().rev().take(EPISODES).map(|episode| (episode.clone(), false)).collect()
}

fn heading(panel: &mut ChildSpawnerCommands, title: &str) {
    panel.spawn((text(title, 13.0, AMBER), Node { margin: px(8).top(), flex_shrink: 0.0, ..default() }));
}

fn eye(panel: &mut ChildSpawnerCommands, shown: &Shown) {
    let node = Node {
        width: px(EYE),
        height: px(EYE),
        align_self: AlignSelf::Center,
        border: px(1).all(),
        border_radius: BorderRadius::all(px(4)),
        flex_shrink: 0.0,
        ..default()
    };
    let border = BorderColor::all(Color::srgba(0.85, 0.6, 0.32, 0.5));
    match &shown.eye {
        Some(image) => panel.spawn((node, border, ImageNode::new(image.clone()))),
        None => panel.spawn((node, border, BackgroundColor(Color::srgba(0.0, 0.0, 0.0, 0.5)))),
    };
}

/// A line with a mark, and a number at its end.
fn row(panel: &mut ChildSpawnerCommands, marked: bool, left: &str, right: &str) {
    let node = Node { align_items: AlignItems::Center, column_gap: px(7), ..default() };
    let colour = if marked { INK } else { DIM };
    let mark = if marked { AMBER } else { Color::srgba(1.0, 1.0, 1.0, 0.12) };
    panel.spawn((
        node,
        children![dot(7.0, mark), (text(left, 13.0, colour), Node { flex_grow: 1.0, ..default() }), text(right, 12.0, colour),],
    ));
}

/// A fact: what found it, how strongly, and how and since when the character knows it, as that is what an author asks.
fn recalled(panel: &mut ChildSpawnerCommands, fact: &RecalledFact, knowledge: &Knowledge, clock: &GameClock) {
    let object = fact.object.as_deref().unwrap_or("(kept secret)");
    let known = fact.object.as_deref().and_then(|object| knowledge.get(&fact.subject, &fact.predicate, object));
    let how = known.map_or_else(|| "withheld".to_owned(), |known| how_known(&known, clock));
    let reason = format!("{:?} {:.1}, ", fact.reason, fact.score).to_lowercase();
    entry(panel, fact.used, &format!("{} {} {object}", fact.subject, fact.predicate), &format!("{reason}{how}"));
}

/// A mark, a sentence, and what is to be said about it on a line of its own.
fn entry(panel: &mut ChildSpawnerCommands, marked: bool, sentence: &str, about: &str) {
    let (ink, note, mark) = if marked { (INK, AMBER, AMBER) } else { (DIM, DIM, Color::srgba(1.0, 1.0, 1.0, 0.12)) };
    let node = Node { column_gap: px(7), flex_shrink: 0.0, ..default() };
    let words = Node { flex_direction: FlexDirection::Column, flex_shrink: 1.0, row_gap: px(1), ..default() };
    panel.spawn((
        node,
        children![
            (dot(7.0, mark), UiTransform::from_translation(Val2::px(0.0, 4.0))),
            (words, children![text(sentence, 13.0, ink), text(about, 11.0, note)]),
        ],
    ));
}
