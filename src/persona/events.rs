use bevy::prelude::*;

/// Notification: a character has taken on its persona with all lore it knows, or an edited one.
///
/// Comes when the last of its files has been loaded, and again after each edit while the game runs.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_persona::prelude::*;
///
/// fn greet(applied: On<PersonaApplied>, mut commands: Commands) {
///     commands.trigger(Say::new(applied.entity, "Good day."));
/// }
/// # App::new().add_observer(greet);
/// ```
#[derive(EntityEvent, Clone, Copy, Debug, PartialEq, Eq, Reflect)]
#[reflect(Event, Clone, Debug, PartialEq)]
pub struct PersonaApplied {
    /// The character.
    pub entity: Entity,
}

/// Notification: the file of a character's persona, or of lore that it knows, cannot be used.
///
/// The character keeps what it had before from that file: nothing at first, and the last good version after an edit.
/// Bevy tries some files twice after an edit, so the same error may come twice.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_persona::prelude::*;
///
/// fn tell_the_author(rejected: On<PersonaRejected>) {
///     error!("{}", rejected.error);
/// }
/// # App::new().add_observer(tell_the_author);
/// ```
#[derive(EntityEvent, Clone, Debug, PartialEq, Eq, Reflect)]
#[reflect(Event, Clone, Debug, PartialEq)]
pub struct PersonaRejected {
    /// The character.
    pub entity: Entity,
    /// What is wrong: the file's path, and where its content is at fault the line, the column, what was expected and
    /// what was found.
    pub error: String,
}
