//! What lies over the picture: the talk below, what the character sees and recalls on the right, names over heads.

mod inspector;
mod speech;
mod tags;

use bevy::prelude::*;

/// Width of the panel on the right and distance of panels from the edge, in pixels.
const SIDE: f32 = 320.0;
const EDGE: f32 = 16.0;

const INK: Color = Color::srgb(0.93, 0.88, 0.78);
const DIM: Color = Color::srgb(0.66, 0.60, 0.51);
const AMBER: Color = Color::srgb(0.96, 0.72, 0.36);

/// Whether a player sits before the screen: only then are there keys to explain.
#[derive(Resource)]
pub struct HasPlayer(pub bool);

pub fn build(app: &mut App) {
    app.add_systems(Startup, (speech::spawn, inspector::spawn, tags::hints, vignette)).add_systems(
        Update,
        (
            speech::submit,
            (speech::show, speech::placeholder, inspector::show, tags::attach, tags::follow).after(crate::director::direct),
        ),
    );
}

/// A panel's look.
fn panel(node: Node) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            flex_direction: FlexDirection::Column,
            padding: px(14).all(),
            row_gap: px(6),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(8)),
            ..node
        },
        BackgroundColor(Color::srgba(0.045, 0.028, 0.02, 0.94)),
        BorderColor::all(Color::srgba(0.85, 0.6, 0.32, 0.35)),
    )
}

/// A line or paragraph.
fn text(content: impl Into<String>, size: f32, colour: Color) -> impl Bundle {
    (Text::new(content), TextFont::from_font_size(size), TextColor(colour))
}

/// A round spot of colour.
fn dot(size: f32, colour: Color) -> impl Bundle {
    let node = Node { width: px(size), height: px(size), border_radius: BorderRadius::MAX, flex_shrink: 0.0, ..default() };
    (node, BackgroundColor(colour))
}

/// Darker corners, so that the eye goes to the light.
fn vignette(mut commands: Commands) {
    let stops = vec![ColorStop::percent(Color::NONE, 55.0), ColorStop::percent(Color::srgba(0.01, 0.005, 0.0, 0.55), 115.0)];
    let gradient = RadialGradient { stops, shape: RadialGradientShape::FarthestCorner, ..default() };
    let node = Node { position_type: PositionType::Absolute, width: percent(100), height: percent(100), ..default() };
    commands.spawn((node, BackgroundGradient::from(gradient), GlobalZIndex(-10), Pickable::IGNORE));
}
