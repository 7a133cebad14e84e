//! Characters who see, hear, know, remember and speak in character, for Bevy.
//!
//! Add [`PersonaPlugins`], give an entity an [`Npc`](npc::Npc) with a persona, trigger
//! [`Say`](dialogue::Say) and observe [`Replied`](dialogue::Replied). The model runs on a thread of its
//! own; no frame waits for it.
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_persona::prelude::*;
//!
//! fn main() {
//!     App::new()
//!         .add_plugins((DefaultPlugins, PersonaPlugins))
//!         .add_systems(Startup, |mut commands: Commands, assets: Res<AssetServer>| {
//!             let marta = commands.spawn(Npc::new(assets.load("personas/marta.persona.ron"))).id();
//!             commands.trigger(Say::new(marta, "Have you a room?"));
//!         })
//!         .add_observer(|replied: On<Replied>| println!("{}", replied.text))
//!         .run();
//! }
//! ```
//!
//! Where to read on: [`dialogue`] for talk and its events, [`persona`] for the files that writers write,
//! [`knowledge`] for what a character knows, [`perception`] for what it sees, [`witness`] for what it is there for, [`memory`] for what it has lived
//! through, [`mind_link`] for the choice of a model, [`test_app`] for tests of a game without any model.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "authoring")]
pub mod authoring;
pub mod clock;
pub mod diagnostics;
pub mod dialogue;
#[cfg(feature = "import")]
pub mod import;
pub mod knowledge;
pub mod memory;
pub mod mind_link;
pub mod npc;
pub mod perception;
pub mod persona;
#[cfg(feature = "props")]
pub mod props;
pub mod schedule;
pub mod snapshot;
pub mod test_app;
pub mod witness;

pub use persona_mind as mind;

use bevy::app::PluginGroupBuilder;
use bevy::prelude::PluginGroup;

/// All plugins of this crate.
///
/// | plugin | what it does |
/// |---|---|
/// | [`NpcPlugin`](npc::NpcPlugin) | registers the character's own types |
/// | [`PersonaPlugin`](persona::PersonaPlugin) | loads personas and lore, and applies them to characters |
/// | [`KnowledgePlugin`](knowledge::KnowledgePlugin) | what characters know |
/// | [`MemoryPlugin`](memory::MemoryPlugin) | what they remember and feel |
/// | [`SnapshotPlugin`](snapshot::SnapshotPlugin) | saving and loading it all |
/// | [`ClockPlugin`](clock::ClockPlugin) | game time |
/// | [`PerceptionPlugin`](perception::PerceptionPlugin) | what they see |
/// | [`WitnessPlugin`](witness::WitnessPlugin) | who saw and heard what happened, and who tells whom |
/// | [`MindPlugin`](mind_link::MindPlugin) | starts the mind's thread with a backend |
/// | [`DialoguePlugin`](dialogue::DialoguePlugin) | what is said to them, and what comes back |
/// | [`PersonaDiagnosticsPlugin`](diagnostics::PersonaDiagnosticsPlugin) | figures for Bevy's diagnostics |
///
/// Needs Bevy's `TimePlugin` and `AssetPlugin`, which are in `DefaultPlugins`. The backend is chosen with
/// `PersonaPlugins.set(MindPlugin { .. })`.
#[derive(Clone, Copy, Debug, Default)]
pub struct PersonaPlugins;

impl PluginGroup for PersonaPlugins {
    fn build(self) -> PluginGroupBuilder {
        PluginGroupBuilder::start::<Self>()
            .add(npc::NpcPlugin)
            .add(persona::PersonaPlugin)
            .add(knowledge::KnowledgePlugin)
            .add(memory::MemoryPlugin)
            .add(snapshot::SnapshotPlugin)
            .add(clock::ClockPlugin)
            .add(perception::PerceptionPlugin)
            .add(witness::WitnessPlugin)
            .add(mind_link::MindPlugin::default())
            .add(dialogue::DialoguePlugin)
            .add(diagnostics::PersonaDiagnosticsPlugin)
    }
}

/// What most games need.
pub mod prelude {
    #[doc(hidden)]
    pub use crate::{
        PersonaPlugins,
        clock::{Calendar, GameClock},
        dialogue::{
            ActionProposed, DialogueSettings, EmotionChanged, EndConversation, Interrupt, Look, RecalledFact, Replied,
            ReplyChunk, ReplyStarted, Say, SeenThing, Thinking, TurnError, TurnFailed, TurnFigures, TurnStarted, Turns,
        },
        knowledge::{Belief, Fact, Knowledge, LoreLayer, Recalled, Secrecy, Source, StoryFlags},
        memory::{DialogueHistory, Episode, Feelings, Memory, MemorySettings, Noted},
        mind::brief::{Emotion, Finish, PersonaCard, Relation},
        mind_link::{BackendChoice, MindPlugin},
        npc::{Mood, Npc},
        perception::{Glance, GlanceFailed, Senses, Sight, Thing, Viewed},
        persona::{Lore, Persona, PersonaApplied, PersonaRejected},
        schedule::RolePlaySystems,
        witness::{Area, Happened, KeptQuiet, Perceived, Reconsidered, Silence, Tell, Told, WitnessFilter, Witnessed},
    };
}

/// The README's example is compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;
