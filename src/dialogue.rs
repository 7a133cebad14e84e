//! Talk: what is said to a character, and what comes back.
//!
//! A game sends [`Say`] and observes [`Replied`]; all else is optional.
//!
//! | event | sent by | when |
//! |---|---|---|
//! | [`Say`] | the game | someone says a line to a character |
//! | [`Interrupt`] | the game | the character shall stop the reply under way |
//! | [`EndConversation`] | the game | a conversation is over; the next line begins a new one |
//! | [`TurnStarted`] | the plugin | the character has perceived and recalled, and begins to think |
//! | [`ReplyStarted`] | the plugin | the first words are there |
//! | [`ReplyChunk`] | the plugin | more words are there |
//! | [`Replied`] | the plugin | the reply is complete, or was interrupted |
//! | [`EmotionChanged`] | the plugin | the reply has changed the character's mood |
//! | [`ActionProposed`] | the plugin | the character would like to do something; the game decides |
//! | [`TurnFailed`] | the plugin | there is no reply; an authored line stands in for it |
//!
//! All are entity events of the character, so they can be observed for all characters or for one. Each
//! [`Say`] ends in exactly one [`Replied`] or [`TurnFailed`], unless the character is despawned first: then
//! the turn ends without a word.
//!
//! ```
//! use bevy::prelude::*;
//! use bevy_persona::prelude::*;
//!
//! fn show(replied: On<Replied>, names: Query<&Name>) {
//!     if let Ok(name) = names.get(replied.entity) {
//!         info!("{name}: {}", replied.text);
//!     }
//! }
//!
//! fn stand_in(failed: On<TurnFailed>) {
//!     warn!("{}", failed.error);
//!     info!("{}", failed.fallback);
//! }
//!
//! fn greet(mut commands: Commands, marta: Single<Entity, With<Npc>>) {
//!     commands.trigger(Say::new(*marta, "Have you a room?"));
//! }
//!
//! App::new().add_observer(show).add_observer(stand_in).add_systems(Update, greet);
//! ```

mod brief;
mod error;
mod events;
mod mirror;
mod reply;
mod request;
mod settings;
mod text;
mod turn;
mod turns;

#[cfg(feature = "authoring")]
pub(crate) use brief::recall_context;
pub use error::TurnError;
pub use events::{
    ActionProposed, EmotionChanged, EndConversation, Interrupt, RecalledFact, Replied, ReplyChunk, ReplyStarted, Say, SeenThing,
    TurnFailed, TurnFigures, TurnStarted,
};
pub use mirror::{EmotionMirror, FinishMirror, TurnIdMirror};
pub use settings::DialogueSettings;
pub use turns::{Look, Thinking, Turns};

use crate::schedule::{self, RolePlaySystems};
use bevy::prelude::*;

/// The events of talk and the systems that carry a turn from a line to its reply.
pub struct DialoguePlugin;

impl Plugin for DialoguePlugin {
    fn build(&self, app: &mut App) {
        schedule::configure(app);
        app.init_resource::<DialogueSettings>();
        register(app);
        request::build(app);
        app.add_observer(turn::on_viewed).add_observer(turn::on_glance_failed);
        app.add_systems(PreUpdate, (reply::receive.in_set(RolePlaySystems::Receive), reply::emit.in_set(RolePlaySystems::Emit)));
        app.add_systems(
            PostUpdate,
            (
                (turn::begin, turn::look_no_longer)
                    .chain()
                    .in_set(RolePlaySystems::Perceive)
                    // A line that was said in this frame is looked about for in it, and a look that is over brings nothing.
                    .before(crate::perception::look),
                brief::recall.in_set(RolePlaySystems::Recall),
                turn::think.in_set(RolePlaySystems::Think),
            ),
        );
    }
}

fn register(app: &mut App) {
    app.register_type::<DialogueSettings>()
        .register_type::<Turns>()
        .register_type::<Thinking>()
        .register_type::<Say>()
        .register_type::<Interrupt>()
        .register_type::<EndConversation>()
        .register_type::<TurnStarted>()
        .register_type::<ReplyStarted>()
        .register_type::<ReplyChunk>()
        .register_type::<Replied>()
        .register_type::<EmotionChanged>()
        .register_type::<ActionProposed>()
        .register_type::<TurnFailed>();
}
