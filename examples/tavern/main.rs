//! A tavern with two people in it, each with a mind of its own.
//!
//! `cargo xtask play`, or `cargo run --features cli --example tavern`. See `--help`; scripts
//! explain themselves in `assets/scenes/tavern.script`.

mod carpentry;
mod director;
mod furniture;
mod lights;
mod options;
mod orders;
mod people;
mod pictures;
mod player;
mod room;
mod showpiece;
mod talk;
mod terminal;
mod transcript;
mod ui;

use bevy::app::ScheduleRunnerPlugin;
use bevy::camera::RenderTarget;
use bevy::core_pipeline::prepass::DepthPrepass;
use bevy::core_pipeline::tonemapping::Tonemapping;
use bevy::log::LogPlugin;
use bevy::prelude::*;
use bevy::render::render_resource::TextureFormat;
use bevy_persona::perception::ScreenTarget;
use bevy_persona::prelude::*;
use bevy_persona::props::{PropsPlugin, headless_plugins};
use clap::Parser;
use director::Orders;
use options::Options;
use player::{Player, PlayerEye};
use std::time::Duration;

/// Width and height of the picture, in pixels.
const SIZE: (u32, u32) = (1280, 720);

fn main() -> AppExit {
    let options = Options::parse();
    match app(&options) {
        Ok(mut app) => app.run(),
        Err(why) => {
            eprintln!("{why}");
            AppExit::error()
        }
    }
}

fn app(options: &Options) -> Result<App, String> {
    let mut orders = Orders::new(options.out.clone());
    if let Some(path) = &options.script {
        let at = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{at}: {error}"))?;
        orders.queue = orders::script(&text).map_err(|why| format!("{at}, {why}"))?.into();
        orders.is_last = true;
        orders.deadline = std::time::Instant::now().checked_add(Duration::from_secs(options.deadline));
        watch(Duration::from_secs(options.deadline.saturating_add(10)));
    }
    std::fs::create_dir_all(&options.out).map_err(|error| format!("{}: {error}", options.out.display()))?;

    let window = options.window();
    let mut app = App::new();
    if window {
        open_window(&mut app);
    } else {
        go_without(&mut app, options.script.is_some());
    }
    let mind = options.model.clone().map_or_else(MindPlugin::default, |path| MindPlugin::new(BackendChoice::Local(path)));
    app.add_plugins((PersonaPlugins.set(mind), PropsPlugin))
        .insert_resource(DialogueSettings { seed: Some(options.seed), look_timeout: patience(window), ..default() })
        .insert_resource(ClearColor(Color::srgb(0.01, 0.008, 0.007)))
        .insert_resource(lights::Lively(window))
        .insert_resource(ui::HasPlayer(window))
        .insert_resource(talk::Aloud(!window && options.script.is_none()))
        .insert_resource(orders)
        .init_resource::<pictures::Wanted>()
        .add_systems(Startup, (room::spawn, furniture::spawn, lights::spawn, people::spawn, showpiece::spawn, eyes))
        .add_systems(Update, (director::direct, pictures::take).chain())
        .add_systems(Update, (lights::flicker, lights::face_player, people::show_moods))
        .add_observer(lights::on_eye)
        .add_observer(showpiece::on_rearrange);
    talk::build(&mut app);
    ui::build(&mut app);
    Ok(app)
}

fn open_window(app: &mut App) {
    let window = Window { title: "The Gilded Oak".into(), resolution: SIZE.into(), ..default() };
    let window = WindowPlugin { primary_window: Some(window), ..default() };
    app.add_plugins(DefaultPlugins.set(window).set(assets())).add_systems(
        Update,
        ((player::walk, player::rearrange, photograph).run_if(not(player::types)), player::face.before(director::direct)),
    );
}

/// The same without a window: nobody looks, so a picture is drawn only when one is wanted.
fn go_without(app: &mut App, scripted: bool) {
    let quiet = LogPlugin { level: bevy::log::Level::WARN, ..default() };
    let frames = ScheduleRunnerPlugin::run_loop(Duration::from_millis(4));
    app.add_plugins((headless_plugins().set(quiet).set(assets()), frames));
    let image = Image::new_target_texture(SIZE.0, SIZE.1, TextureFormat::Rgba8UnormSrgb, None);
    let canvas = app.world_mut().resource_mut::<Assets<Image>>().add(image);
    app.insert_resource(ScreenTarget(canvas.clone())).insert_resource(pictures::Canvas(canvas));
    if !scripted {
        println!(
            "You enter the Gilded Oak. Marta stands at the counter; Brannoc sits with his back to the wall.\n{}",
            orders::HELP
        );
        app.insert_resource(terminal::listen()).add_systems(Update, terminal::hear.before(director::direct));
    }
}

/// The assets of this checkout, from wherever the example is started.
fn assets() -> AssetPlugin {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/assets");
    let file_path = if std::path::Path::new(here).is_dir() { here } else { "assets" };
    AssetPlugin { file_path: file_path.to_owned(), ..default() }
}

/// How long a character looks: a software renderer takes its time, and a script shall have the same answers there.
fn patience(window: bool) -> Duration {
    if window { Duration::from_secs(4) } else { Duration::from_secs(60) }
}

/// The player's eyes.
fn eyes(mut commands: Commands, canvas: Option<Res<pictures::Canvas>>) {
    let (mut player, mut transform) = (Player::default(), Transform::default());
    if let Some((at, look)) = player::place("room") {
        player.stand(&mut transform, at, look);
    }
    let lens = PerspectiveProjection { fov: 53_f32.to_radians(), near: 0.05, ..default() };
    let camera = commands
        .spawn((
            player,
            PlayerEye,
            Camera3d::default(),
            Projection::Perspective(lens),
            Tonemapping::AgX,
            // What is hidden needs no light.
            DepthPrepass,
            Msaa::Sample4,
            IsDefaultUiCamera,
            pictures::layers(),
            transform,
        ))
        .id();
    if let Some(canvas) = canvas {
        let off = Camera { is_active: false, ..default() };
        commands.entity(camera).insert((off, RenderTarget::from(canvas.0.clone())));
    }
}

/// P saves a picture.
fn photograph(keys: Res<ButtonInput<KeyCode>>, mut orders: ResMut<Orders>) {
    if keys.just_pressed(KeyCode::KeyP) {
        orders.queue.push_back(orders::Order::Picture(None));
    }
}

/// Ends a run that has stopped to turn, as a deadline inside of it cannot.
fn watch(limit: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(limit);
        eprintln!("the script hangs: no end after {} s", limit.as_secs());
        std::process::exit(3);
    });
}
