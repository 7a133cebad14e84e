//! The plugin in a terminal: an app without a window, with one character in it.

use bevy::asset::UnapprovedPathMode;
use bevy::prelude::*;
use bevy_persona::authoring::{Authored, asset_folder};
use bevy_persona::prelude::*;
use bevy_persona::test_app::{EventLog, EventLogPlugin, Notice};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long files may take to load.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause between frames, so that the mind's thread has the processor.
const PAUSE: Duration = Duration::from_millis(1);

/// Who is talked to, and what answers.
#[derive(clap::Args, Debug)]
pub(crate) struct StageArgs {
    /// More lore that the character knows, besides that in its own file; may be given often
    #[arg(long = "lore")]
    lore: Vec<PathBuf>,
    /// What answers: builtin, scripted (canned replies from what is recalled and seen), or the path of a GGUF model
    #[arg(long, default_value = "builtin", value_parser = backend)]
    pub(super) backend: BackendChoice,
    /// Seed of all chance: the same seed gives the same replies
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
}

impl StageArgs {
    /// A stage on which nobody speaks, so that no model need be read.
    pub fn without_model(lore: Vec<PathBuf>) -> Self {
        Self { lore, backend: BackendChoice::Scripted(default()), seed: 1 }
    }
}

pub(super) fn backend(name: &str) -> Result<BackendChoice, String> {
    match name {
        "builtin" => Ok(BackendChoice::Builtin),
        "scripted" => Ok(BackendChoice::Scripted(default())),
        path if Path::new(path).is_file() => Ok(BackendChoice::Local(path.into())),
        other => Err(format!("expected builtin, scripted or the path of a GGUF model, found `{other}`, which is no file")),
    }
}

/// An app with one character.
pub(crate) struct Stage {
    app: App,
    pub npc: Entity,
}

/// The outcome of files that changed while the app ran.
pub(crate) enum Reread {
    Applied,
    Rejected(String),
}

#[derive(Resource, Default)]
struct Rereads(Vec<Reread>);

impl Stage {
    /// Loads a persona and all its lore. The character's eyes see what [`Stage::world_mut`]'s observers tell.
    ///
    /// # Errors
    /// The file that is wrong, with the place.
    pub fn new(persona: &Path, args: &StageArgs) -> Result<Self, String> {
        Authored::read(persona).map_err(|error| error.to_string())?;
        let persona = std::path::absolute(persona).map_err(|error| format!("{}: {error}", persona.display()))?;
        let root = asset_folder(&persona).map_err(|error| error.to_string())?;
        let mut app = App::new();
        let assets = AssetPlugin {
            file_path: root.display().to_string(),
            // Lore from the command line may be anywhere.
            unapproved_path_mode: UnapprovedPathMode::Allow,
            ..default()
        };
        let mind = MindPlugin::new(args.backend.clone());
        app.add_plugins((MinimalPlugins, assets, PersonaPlugins.set(mind), EventLogPlugin))
            .insert_resource(DialogueSettings { seed: Some(args.seed), deadline: None, ..default() })
            .init_resource::<Rereads>()
            .add_observer(|_: On<PersonaApplied>, mut rereads: ResMut<Rereads>| rereads.0.push(Reread::Applied))
            .add_observer(|rejected: On<PersonaRejected>, mut rereads: ResMut<Rereads>| {
                rereads.0.push(Reread::Rejected(rejected.error.clone()));
            });
        app.finish();
        app.cleanup();
        let path = persona.strip_prefix(&root).unwrap_or(&persona).to_path_buf();
        let handle = app.world().resource::<AssetServer>().load(path);
        let npc = app.world_mut().spawn(Npc::new(handle)).id();
        let mut stage = Self { app, npc };
        stage.await_files()?;
        stage.add_lore(&args.lore)?;
        Ok(stage)
    }

    pub fn world_mut(&mut self) -> &mut World {
        self.app.world_mut()
    }

    /// The character's name.
    pub fn name(&self) -> String {
        let world = self.app.world();
        let persona = world.get::<Npc>(self.npc).and_then(|npc| world.resource::<Assets<Persona>>().get(&npc.persona));
        persona.map_or_else(String::new, |persona| persona.card.name.clone())
    }

    /// Runs one frame and gives what happened in it.
    pub fn frame(&mut self) -> Vec<Notice> {
        self.app.update();
        std::thread::sleep(PAUSE);
        std::mem::take(&mut self.world_mut().resource_mut::<EventLog>().notices)
    }

    /// Authored that were read again since the last call.
    pub fn rereads(&mut self) -> Vec<Reread> {
        std::mem::take(&mut self.world_mut().resource_mut::<Rereads>().0)
    }

    /// Says a line, and runs frames until its turn has ended.
    pub fn say(&mut self, line: &str, mut note: impl FnMut(&Notice)) {
        let npc = self.npc;
        self.world_mut().trigger(Say::new(npc, line));
        let mut ended = false;
        while !ended {
            for notice in self.frame() {
                note(&notice);
                ended |= notice.is_end();
            }
        }
        // The mood and the action follow the reply in the same frame; a failed turn has nothing after it.
    }

    fn add_lore(&mut self, paths: &[PathBuf]) -> Result<(), String> {
        if paths.is_empty() {
            return Ok(());
        }
        let mut handles = Vec::new();
        for path in paths {
            Authored::read(path).map_err(|error| error.to_string())?;
            let path = std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))?;
            handles.push(self.app.world().resource::<AssetServer>().load::<Lore>(path));
        }
        let npc = self.npc;
        let world = self.world_mut();
        let persona = world.get::<Npc>(npc).map(|npc| npc.persona.clone()).unwrap_or_default();
        if let Some(mut persona) = world.resource_mut::<Assets<Persona>>().get_mut(&persona) {
            persona.knows.extend(handles);
        }
        self.await_files()
    }

    fn await_files(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            self.frame();
            match self.rereads().pop() {
                Some(Reread::Applied) => return Ok(()),
                Some(Reread::Rejected(error)) => return Err(error),
                None => {}
            }
        }
        Err(format!("the files did not load in {PATIENCE:?}"))
    }
}
