//! The talk: who is spoken to, what was said, what comes back, and the field to type into.

use super::{AMBER, DIM, EDGE, HasPlayer, INK, SIDE, dot, panel, text};
use crate::director::Orders;
use crate::orders::{self, HELP};
use crate::people::colour_of;
use crate::talk::{Addressed, Shown};
use bevy::input_focus::{FocusCause, InputFocus};
use bevy::prelude::*;
use bevy::text::{EditableText, TextCursorStyle};
use bevy_persona::prelude::*;

#[derive(Component)]
pub(super) struct Badge;

/// The texts of the panel.
#[derive(Component, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Name,
    Mood,
    Action,
    Line,
    Reply,
}

/// The field to type into.
#[derive(Component)]
pub(super) struct Field;

#[derive(Component)]
pub(super) struct Placeholder;

pub(super) fn spawn(mut commands: Commands, has_player: Res<HasPlayer>) {
    let node = Node { left: px(EDGE), bottom: px(EDGE), right: px(SIDE + EDGE * 2.0), min_height: px(150), ..default() };
    let row = Node { align_items: AlignItems::Center, column_gap: px(9), ..default() };
    let panel = commands
        .spawn((
            panel(node),
            children![
                (
                    row,
                    children![
                        (dot(14.0, DIM), Badge),
                        (text("", 19.0, AMBER), Slot::Name),
                        (text("", 14.0, DIM), Slot::Mood),
                        (Node { flex_grow: 1.0, ..default() }),
                        (text("", 14.0, DIM), Slot::Action),
                    ],
                ),
                (text("", 15.0, DIM), Slot::Line),
                (text("", 20.0, INK), Slot::Reply, Node { flex_grow: 1.0, min_height: px(52), ..default() }),
            ],
        ))
        .id();
    if has_player.0 {
        let field = field(&mut commands);
        commands.entity(panel).add_child(field);
    }
}

fn field(commands: &mut Commands) -> Entity {
    let frame =
        Node { border: px(1).all(), border_radius: BorderRadius::all(px(5)), padding: UiRect::axes(px(10), px(7)), ..default() };
    let cursor =
        TextCursorStyle { color: AMBER, selection_color: Color::srgba(0.9, 0.6, 0.2, 0.4), ..TextCursorStyle::default() };
    let over = Node { position_type: PositionType::Absolute, left: px(10), top: px(7), ..default() };
    commands
        .spawn((
            frame,
            BorderColor::all(Color::srgba(0.85, 0.6, 0.32, 0.3)),
            BackgroundColor(Color::srgba(0.0, 0.0, 0.0, 0.35)),
            children![
                (
                    Field,
                    EditableText { max_characters: Some(300), ..default() },
                    TextLayout::no_wrap(),
                    TextFont::from_font_size(17.0),
                    TextColor(INK),
                    cursor,
                    Node { flex_grow: 1.0, ..default() },
                ),
                (text("", 17.0, DIM), Placeholder, over, Pickable::IGNORE),
            ],
        ))
        .id()
}

/// Enter begins to type and sends what was typed; Escape goes back to walking.
pub(super) fn submit(
    keys: Res<ButtonInput<KeyCode>>,
    mut focus: ResMut<InputFocus>,
    field: Option<Single<(Entity, &mut EditableText), With<Field>>>,
    mut orders: ResMut<Orders>,
) {
    let Some(field) = field else { return };
    let (entity, mut field) = field.into_inner();
    let types = focus.get() == Some(entity);
    if keys.just_pressed(KeyCode::Escape) && types {
        focus.clear();
    }
    if !keys.any_just_pressed([KeyCode::Enter, KeyCode::NumpadEnter]) || field.is_composing() {
        return;
    }
    if !types {
        focus.set(entity, FocusCause::Navigated);
        return;
    }
    match orders::typed(&field.value().to_string()) {
        Ok(Some(order)) => orders.queue.push_back(order),
        Ok(None) => focus.clear(),
        Err(why) => warn!("{why}\n{HELP}"),
    }
    field.clear();
}

pub(super) fn placeholder(
    focus: Res<InputFocus>,
    field: Option<Single<(Entity, &EditableText), With<Field>>>,
    placeholder: Option<Single<&mut Text, With<Placeholder>>>,
    addressed: Res<Addressed>,
    names: Query<&Name>,
) {
    let (Some(field), Some(mut placeholder)) = (field, placeholder) else { return };
    let name = addressed.0.and_then(|entity| names.get(entity).ok()).map_or("them", Name::as_str);
    let content = match (field.1.value().to_string().is_empty(), focus.get() == Some(field.0)) {
        (false, _) => String::new(),
        (true, true) => format!(" say something to {name} (Esc to walk on)"),
        (true, false) => format!("press Enter to speak to {name}"),
    };
    if placeholder.0 != content {
        placeholder.0 = content;
    }
}

pub(super) fn show(
    addressed: Res<Addressed>,
    people: Query<(&Name, &Shown, &Mood, Has<Thinking>)>,
    mut texts: Query<(&mut Text, &mut TextColor, &Slot)>,
    mut badge: Single<&mut BackgroundColor, With<Badge>>,
) {
    let Some((name, shown, mood, thinking)) = addressed.0.and_then(|entity| people.get(entity).ok()) else { return };
    let waits = thinking && shown.reply.is_empty();
    badge.set_if_neq(BackgroundColor(colour_of(mood.0)));
    for (mut text, mut colour, slot) in &mut texts {
        let content = match slot {
            Slot::Name => name.to_string(),
            Slot::Mood => mood.0.name().to_lowercase(),
            Slot::Action => shown.action.as_ref().map_or_else(String::new, |a| format!("would like to {}", a.replace('_', " "))),
            Slot::Line if shown.line.is_empty() => String::new(),
            Slot::Line => format!("You: {}", shown.line),
            Slot::Reply if waits => "...".to_owned(),
            Slot::Reply => shown.reply.trim().to_owned(),
        };
        if text.0 != content {
            text.0 = content;
        }
        if *slot == Slot::Mood {
            colour.set_if_neq(TextColor(colour_of(mood.0)));
        }
    }
}
