//! Names over heads, and the keys.

use super::{AMBER, DIM, EDGE, HasPlayer, INK, dot, panel, text};
use crate::people::{CROWN, colour_of};
use crate::player::PlayerEye;
use crate::talk::{Addressed, Shown};
use bevy::prelude::*;
use bevy_persona::prelude::*;

/// The tag of a person.
#[derive(Component)]
pub(super) struct Tag {
    of: Entity,
    dot: Entity,
    label: Entity,
}

const WIDTH: f32 = 130.0;

pub(super) fn hints(mut commands: Commands, has_player: Res<HasPlayer>) {
    let node = Node { left: px(EDGE), top: px(EDGE), ..default() };
    let mut panel = commands.spawn(panel(Node { padding: UiRect::axes(px(12), px(8)), row_gap: px(2), ..node }));
    // `panel` sets its own padding; the hints need less.
    panel.entry::<Node>().and_modify(|mut node| node.padding = UiRect::axes(px(12), px(8)));
    panel.with_children(|panel| {
        panel.spawn(text("The Gilded Oak", 16.0, AMBER));
        if has_player.0 {
            panel.spawn(text("WASD walk   Q E turn   right mouse look   Enter talk", 12.0, DIM));
            panel.spawn(text("thing on the counter: C colour   K kind   M place   P picture", 12.0, DIM));
        } else {
            panel.spawn(text("an evening in Riverbend", 12.0, DIM));
        }
    });
}

pub(super) fn attach(people: Query<(Entity, &Name), Added<Shown>>, mut commands: Commands) {
    for (of, name) in &people {
        let node = Node {
            position_type: PositionType::Absolute,
            width: px(WIDTH),
            justify_content: JustifyContent::Center,
            align_items: AlignItems::Center,
            column_gap: px(6),
            ..default()
        };
        let dot = commands.spawn(dot(9.0, DIM)).id();
        let label = commands.spawn((text(name.as_str(), 15.0, INK), TextShadow { offset: Vec2::splat(1.5), ..default() })).id();
        commands.spawn((node, Tag { of, dot, label }, GlobalZIndex(-5))).add_children(&[dot, label]);
    }
}

pub(super) fn follow(
    camera: Single<(&Camera, &GlobalTransform), With<PlayerEye>>,
    people: Query<(&GlobalTransform, &Mood), With<Shown>>,
    addressed: Res<Addressed>,
    mut tags: Query<(&Tag, &mut Node, &mut Visibility)>,
    mut dots: Query<&mut BackgroundColor>,
    mut labels: Query<&mut TextColor>,
) {
    let (camera, eye) = *camera;
    for (tag, mut node, mut visibility) in &mut tags {
        let Ok((person, mood)) = people.get(tag.of) else { continue };
        let at = camera.world_to_viewport(eye, person.translation() + Vec3::Y * (CROWN + 0.2));
        visibility.set_if_neq(if at.is_ok() { Visibility::Inherited } else { Visibility::Hidden });
        let Ok(at) = at else { continue };
        let (left, top) = (px(at.x - WIDTH / 2.0), px(at.y - 18.0));
        if node.left != left || node.top != top {
            (node.left, node.top) = (left, top);
        }
        if let Ok(mut dot) = dots.get_mut(tag.dot) {
            dot.set_if_neq(BackgroundColor(colour_of(mood.0)));
        }
        if let Ok(mut label) = labels.get_mut(tag.label) {
            label.set_if_neq(TextColor(if addressed.0 == Some(tag.of) { AMBER } else { DIM }));
        }
    }
}
