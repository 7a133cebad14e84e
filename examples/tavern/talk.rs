//! What is known of each character's last turn: it is shown on the screen and written to the transcript.

use crate::transcript::Transcript;
use bevy::asset::RenderAssetUsages;
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use bevy_persona::mind::brief::{Picture, VisibleThing};
use bevy_persona::prelude::*;
use std::io::Write;

/// Who is in the tavern.
pub const NAMES: [&str; 2] = ["Marta", "Brannoc"];

/// A character's last turn.
#[derive(Component, Default)]
pub struct Shown {
    /// What was said to it.
    pub line: String,
    /// What it has said so far.
    pub reply: String,
    /// What it would like to do.
    pub action: Option<String>,
    /// What came to its mind; empty until the reply is there.
    pub recalled: Vec<RecalledFact>,
    /// What it saw when it last looked.
    pub seen: Vec<VisibleThing>,
    /// The picture it saw.
    pub eye: Option<Handle<Image>>,
    /// The same, for saving.
    pub picture: Option<Picture>,
    /// Names of seen things that the reply speaks of.
    pub spoke_of: Vec<String>,
}

/// Whom the player speaks to.
#[derive(Resource, Default)]
pub struct Addressed(pub Option<Entity>);

/// Whether replies are printed as they come, for a person at a terminal.
#[derive(Resource)]
pub struct Aloud(pub bool);

pub fn build(app: &mut App) {
    app.init_resource::<Addressed>()
        .init_resource::<Transcript>()
        .add_observer(on_viewed)
        .add_observer(on_started)
        .add_observer(on_chunk)
        .add_observer(on_action)
        .add_observer(on_replied)
        .add_observer(on_failed);
}

fn on_viewed(viewed: On<Viewed>, mut shown: Query<&mut Shown>, mut images: ResMut<Assets<Image>>) {
    let Ok(mut shown) = shown.get_mut(viewed.entity) else { return };
    shown.seen.clone_from(&viewed.view.things);
    shown.picture.clone_from(&viewed.view.picture);
    shown.eye = viewed.view.picture.as_ref().map(|picture| images.add(image(picture)));
}

fn image(picture: &Picture) -> Image {
    let size = Extent3d { width: picture.width(), height: picture.height(), depth_or_array_layers: 1 };
    let rgba = picture.rgb().chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let usage = RenderAssetUsages::RENDER_WORLD;
    Image::new(size, TextureDimension::D2, rgba, TextureFormat::Rgba8UnormSrgb, usage)
}

fn on_started(started: On<TurnStarted>, mut shown: Query<&mut Shown>) {
    let Ok(mut shown) = shown.get_mut(started.entity) else { return };
    shown.line.clone_from(&started.line);
    shown.reply.clear();
    shown.action = None;
    shown.recalled.clear();
    shown.spoke_of.clear();
}

fn on_chunk(chunk: On<ReplyChunk>, mut shown: Query<(&mut Shown, &Name)>, aloud: Res<Aloud>) {
    let Ok((mut shown, name)) = shown.get_mut(chunk.entity) else { return };
    if aloud.0 {
        if shown.reply.is_empty() {
            print!("{name}: ");
        }
        print!("{}", chunk.text);
        let _ = std::io::stdout().flush();
    }
    shown.reply.push_str(&chunk.text);
}

fn on_action(proposed: On<ActionProposed>, mut shown: Query<&mut Shown>, mut transcript: ResMut<Transcript>) {
    if let Ok(mut shown) = shown.get_mut(proposed.entity) {
        shown.action = Some(proposed.action.clone());
        transcript.action(proposed.turn, &proposed.action);
    }
}

fn on_replied(
    replied: On<Replied>,
    mut shown: Query<(&mut Shown, &Name)>,
    mut transcript: ResMut<Transcript>,
    aloud: Res<Aloud>,
) {
    let Ok((mut shown, name)) = shown.get_mut(replied.entity) else { return };
    shown.reply.clone_from(&replied.text);
    shown.recalled.clone_from(&replied.recalled);
    shown.spoke_of = replied.seen.iter().filter(|t| t.used).map(|t| t.name.clone()).collect();
    transcript.replied(name, &replied);
    if aloud.0 {
        println!("\n  [{}{}]", replied.emotion.name().to_lowercase(), because(&shown));
    }
}

/// What a reply rests on, in a few words.
fn because(shown: &Shown) -> String {
    let facts = shown.recalled.iter().filter(|f| f.used).map(|f| {
        let object = f.object.as_deref().unwrap_or("(kept secret)");
        format!("{} {} {object}", f.subject, f.predicate)
    });
    let things = shown.spoke_of.iter().map(|name| format!("sees {name}"));
    let all: Vec<String> = facts.chain(things).collect();
    if all.is_empty() { String::new() } else { format!("; {}", all.join("; ")) }
}

fn on_failed(
    failed: On<TurnFailed>,
    mut shown: Query<(&mut Shown, &Name)>,
    mut transcript: ResMut<Transcript>,
    aloud: Res<Aloud>,
) {
    let Ok((mut shown, name)) = shown.get_mut(failed.entity) else { return };
    shown.reply.clone_from(&failed.fallback);
    transcript.failed(name, &shown.line, &failed);
    if aloud.0 {
        println!("{name}: {}\n  [no reply: {}]", failed.fallback, failed.error);
    }
}
