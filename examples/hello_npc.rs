//! One character, no window: asks a question and prints the answer as it comes.
//!
//! `cargo run --example hello_npc -- "Who is your son?"`

use bevy::app::ScheduleRunnerPlugin;
use bevy::prelude::*;
use bevy_persona::prelude::*;
use std::io::Write;
use std::time::Duration;

fn main() {
    let frames = ScheduleRunnerPlugin::run_loop(Duration::from_millis(16));
    App::new()
        .add_plugins((MinimalPlugins.set(frames), AssetPlugin::default(), PersonaPlugins))
        .add_systems(Startup, spawn)
        .add_systems(Update, ask.run_if(run_once_when_loaded))
        .add_observer(|chunk: On<ReplyChunk>| {
            print!("{}", chunk.text);
            let _ = std::io::stdout().flush();
        })
        .add_observer(|_: On<Replied>, mut exit: MessageWriter<AppExit>| {
            println!();
            exit.write(AppExit::Success);
        })
        .add_observer(|rejected: On<PersonaRejected>, mut exit: MessageWriter<AppExit>| {
            eprintln!("{}", rejected.error);
            exit.write(AppExit::error());
        })
        .add_observer(|failed: On<TurnFailed>, mut exit: MessageWriter<AppExit>| {
            println!("{}", failed.fallback);
            exit.write(AppExit::error());
        })
        .run();
}

fn spawn(mut commands: Commands, assets: Res<AssetServer>) {
    commands.spawn(Npc::new(assets.load("personas/marta.persona.ron")));
}

fn run_once_when_loaded(npc: Single<&Npc>, assets: Res<AssetServer>, mut asked: Local<bool>) -> bool {
    !*asked && assets.is_loaded_with_dependencies(&npc.persona) && !std::mem::replace(&mut *asked, true)
}

fn ask(npc: Single<Entity, With<Npc>>, mut commands: Commands) {
    let line = std::env::args().nth(1).unwrap_or_else(|| "Who is your son?".into());
    println!("> {line}");
    commands.trigger(Say::new(*npc, line));
}
