//! What the character sees, and which facts came to its mind.

use super::{AMBER, DIM, EDGE, INK, SIDE, dot, panel, text};
use crate::talk::{Addressed, Shown};
use bevy::prelude::*;
use bevy_persona::prelude::*;

/// The part of the panel that is made anew when something changes.
#[derive(Component)]
pub(super) struct Inspector;

/// How many things and facts have room.
const THINGS: usize = 6;
const FACTS: usize = 6;
/// Side of the eye's picture on the screen, in pixels.
const EYE: f32 = 212.0;

pub(super) fn spawn(mut commands: Commands) {
    let node =
        Node { right: px(EDGE), top: px(EDGE), bottom: px(EDGE), width: px(SIDE), overflow: Overflow::clip(), ..default() };
    commands.spawn((panel(node), Inspector));
}

pub(super) fn show(
    addressed: Res<Addressed>,
    people: Query<(&Name, Ref<Shown>)>,
    inspector: Single<Entity, With<Inspector>>,
    mut commands: Commands,
) {
    let Some((name, shown)) = addressed.0.and_then(|entity| people.get(entity).ok()) else { return };
    if !addressed.is_changed() && !shown.is_changed() {
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
        panel.spawn((text("CAME TO MIND", 13.0, AMBER), Node { margin: px(8).top(), ..default() }));
        // What the reply rests on comes first.
        let (used, rest): (Vec<_>, Vec<_>) = shown.recalled.iter().partition(|fact| fact.used);
        for fact in used.into_iter().chain(rest).take(FACTS) {
            recalled(panel, fact);
        }
        if shown.recalled.is_empty() {
            panel.spawn(text("nothing yet", 13.0, DIM));
        }
    });
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

/// A fact: what found it and how strongly on a line of its own, as it is what an author asks.
fn recalled(panel: &mut ChildSpawnerCommands, fact: &RecalledFact) {
    let object = fact.object.as_deref().unwrap_or("(kept secret)");
    let colour = if fact.used { INK } else { DIM };
    let mark = if fact.used { AMBER } else { Color::srgba(1.0, 1.0, 1.0, 0.12) };
    let why = match (fact.used, fact.withheld) {
        (_, true) => "withheld",
        (true, _) => "the reply rests on it",
        _ => "",
    };
    let reason = format!("{:?} {:.1}  {why}", fact.reason, fact.score).to_lowercase();
    let node = Node { column_gap: px(7), ..default() };
    let words = Node { flex_direction: FlexDirection::Column, flex_shrink: 1.0, row_gap: px(1), ..default() };
    panel.spawn((
        node,
        children![
            (dot(7.0, mark), UiTransform::from_translation(Val2::px(0.0, 4.0))),
            (
                words,
                children![
                    text(format!("{} {} {object}", fact.subject, fact.predicate), 13.0, colour),
                    text(reason.trim_end(), 11.0, if fact.used { AMBER } else { DIM }),
                ],
            ),
        ],
    ));
}
