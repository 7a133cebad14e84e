//! Meshes and materials, made once per kind, and per colour and finish.

use super::{Figure, Finish, Prop, PropColour, PropKind, catalogue, shape::Shape};
use bevy::camera::visibility::RenderLayers;
use bevy::platform::collections::HashMap;
use bevy::prelude::*;

/// Meshes and materials of all things made so far, shared by those that look alike.
#[derive(Resource, Default)]
pub struct PropLibrary {
    shapes: HashMap<PropKind, Parts>,
    people: HashMap<[u8; 6], Parts>,
    bodies: HashMap<(PropColour, Finish), Handle<StandardMaterial>>,
    trim: Option<Handle<StandardMaterial>>,
}

/// The meshes of one kind.
#[derive(Clone, Debug, Default)]
struct Parts {
    body: Option<Handle<Mesh>>,
    trim: Option<Handle<Mesh>>,
}

/// A part that is a child of its thing.
#[derive(Component)]
pub(super) struct Trim;

impl PropLibrary {
    /// The meshes of a kind, if one has been built: in the thing's colour, then in colours of their own.
    #[must_use]
    pub fn meshes(&self, kind: PropKind) -> Vec<Handle<Mesh>> {
        self.shapes.get(&kind).map(Parts::handles).unwrap_or_default()
    }

    /// The meshes of a person with this skin and hair, if one has been built; likewise.
    #[must_use]
    pub fn figure_meshes(&self, skin: Color, hair: Color) -> Vec<Handle<Mesh>> {
        self.people.get(&looks(skin, hair)).map(Parts::handles).unwrap_or_default()
    }

    fn parts(&mut self, kind: PropKind, meshes: &mut Assets<Mesh>) -> Parts {
        self.shapes.entry(kind).or_insert_with(|| keep(catalogue::shape(kind), meshes)).clone()
    }

    fn person(&mut self, figure: &Figure, meshes: &mut Assets<Mesh>) -> Parts {
        self.people
            .entry(looks(figure.skin, figure.hair))
            .or_insert_with(|| keep(catalogue::person(figure.skin.to_linear(), figure.hair.to_linear()), meshes))
            .clone()
    }

    /// Usual shades are kept; others are as many as a game likes, so they live and die with their things.
    fn body(
        &mut self,
        colour: PropColour,
        tint: Option<Color>,
        finish: Finish,
        materials: &mut Assets<StandardMaterial>,
    ) -> Handle<StandardMaterial> {
        match tint {
            Some(tint) => materials.add(finish.material(tint)),
            None => self.bodies.entry((colour, finish)).or_insert_with(|| materials.add(finish.material(colour.color()))).clone(),
        }
    }

    fn trim(&mut self, materials: &mut Assets<StandardMaterial>) -> Handle<StandardMaterial> {
        self.trim.get_or_insert_with(|| materials.add(Finish::Matt.material(Color::WHITE))).clone()
    }
}

impl Parts {
    fn handles(&self) -> Vec<Handle<Mesh>> {
        self.body.iter().chain(&self.trim).cloned().collect()
    }
}

fn keep(shape: Shape, meshes: &mut Assets<Mesh>) -> Parts {
    Parts { body: shape.body.map(|m| meshes.add(m)), trim: shape.trim.map(|m| meshes.add(m)) }
}

fn looks(skin: Color, hair: Color) -> [u8; 6] {
    let [r, g, b, _] = skin.to_srgba().to_u8_array();
    let [s, t, u, _] = hair.to_srgba().to_u8_array();
    [r, g, b, s, t, u]
}

/// What has to be built, and where.
type Unbuilt<'w, 's, T> =
    Query<'w, 's, (Entity, &'static T, Option<&'static RenderLayers>, Option<&'static Children>), Changed<T>>;

pub(super) fn build_props(
    mut commands: Commands,
    mut library: ResMut<PropLibrary>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    props: Unbuilt<Prop>,
    trims: Query<(), With<Trim>>,
) {
    for (entity, prop, layers, children) in &props {
        let parts = library.parts(prop.kind, &mut meshes);
        let body = library.body(prop.colour, prop.tint, prop.finish, &mut materials);
        let trim = library.trim(&mut materials);
        dress(&mut commands, entity, parts, body, trim, layers, old_trims(children, &trims));
    }
}

pub(super) fn build_figures(
    mut commands: Commands,
    mut library: ResMut<PropLibrary>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    figures: Unbuilt<Figure>,
    trims: Query<(), With<Trim>>,
) {
    for (entity, figure, layers, children) in &figures {
        let parts = library.person(figure, &mut meshes);
        let body = library.body(figure.clothes, figure.tint, Finish::Matt, &mut materials);
        let trim = library.trim(&mut materials);
        dress(&mut commands, entity, parts, body, trim, layers, old_trims(children, &trims));
    }
}

fn old_trims(children: Option<&Children>, trims: &Query<(), With<Trim>>) -> Vec<Entity> {
    children.into_iter().flatten().copied().filter(|child| trims.contains(*child)).collect()
}

fn dress(
    commands: &mut Commands,
    entity: Entity,
    parts: Parts,
    body: Handle<StandardMaterial>,
    trim: Handle<StandardMaterial>,
    layers: Option<&RenderLayers>,
    old: Vec<Entity>,
) {
    for child in old {
        commands.entity(child).try_despawn();
    }
    let layers = layers.cloned().unwrap_or_default();
    if let Some(mesh) = parts.body {
        commands.entity(entity).try_insert((Mesh3d(mesh), MeshMaterial3d(body)));
    }
    if let Some(mesh) = parts.trim {
        commands.spawn((Trim, Mesh3d(mesh), MeshMaterial3d(trim), layers, ChildOf(entity)));
    }
}
