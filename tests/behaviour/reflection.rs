//! All that a game sees can be saved, sent and shown by Bevy's reflection.

use crate::support::{card, component};
use bevy::asset::{EphemeralHandleBehavior, HandleDeserializeProcessor, HandleSerializeProcessor};
use bevy::ecs::reflect::{ReflectComponent, ReflectEvent, ReflectResource};
use bevy::prelude::*;
use bevy::reflect::serde::{ReflectDeserializer, ReflectDeserializerProcessor, ReflectSerializer, ReflectSerializerProcessor};
use bevy::reflect::{Reflectable, TypeRegistration, TypeRegistry};
use bevy_persona::mind::backend::Scripted;
use bevy_persona::mind::brief::TurnId;
use bevy_persona::prelude::*;
use bevy_persona::test_app::{PersonaTestApp, test_app};
use serde::de::DeserializeSeed;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::any::{TypeId, type_name};
use std::fmt::Debug;

/// An app with the plugin, in which reflection is asked for.
fn plugin() -> (App, AppTypeRegistry) {
    let app = test_app(Scripted::default().otherwise("Aye."));
    let registry = app.world().resource::<AppTypeRegistry>().clone();
    (app, registry)
}

/// Writes and reads handles as Bevy does. Entities are written by their bits: Bevy's own way is a feature of Bevy's that
/// the plugin does not ask for.
struct Processor(AssetServer);

impl ReflectSerializerProcessor for Processor {
    fn try_serialize<S: Serializer>(
        &self,
        value: &dyn PartialReflect,
        registry: &TypeRegistry,
        writer: S,
    ) -> Result<Result<S::Ok, S>, S::Error> {
        if let Some(entity) = value.try_downcast_ref::<Entity>() {
            return entity.to_bits().serialize(writer).map(Ok);
        }
        let handles = HandleSerializeProcessor { ephemeral_handle_behavior: EphemeralHandleBehavior::Error };
        handles.try_serialize(value, registry, writer)
    }
}

impl ReflectDeserializerProcessor for Processor {
    fn try_deserialize<'de, D: Deserializer<'de>>(
        &mut self,
        registration: &TypeRegistration,
        registry: &TypeRegistry,
        reader: D,
    ) -> Result<Result<Box<dyn PartialReflect>, D>, D::Error> {
        if registration.type_id() == TypeId::of::<Entity>() {
            return Ok(Ok(Box::new(Entity::from_bits(u64::deserialize(reader)?))));
        }
        HandleDeserializeProcessor { load_from_path: &mut self.0 }.try_deserialize(registration, registry, reader)
    }
}

/// Writes a value as a save would, whatever its type.
fn written(value: &dyn PartialReflect, app: &App) -> String {
    let (processor, registry) = parts(app);
    let text = ron::to_string(&ReflectSerializer::with_processor(value, &registry.read(), &processor));
    text.unwrap_or_else(|error| panic!("{} cannot be written: {error}", value.reflect_short_type_path()))
}

/// Reads what a save holds.
fn read(text: &str, app: &App) -> Box<dyn PartialReflect> {
    let (mut processor, registry) = parts(app);
    let mut reader = ron::Deserializer::from_str(text).expect("it is RON");
    let value = ReflectDeserializer::with_processor(&registry.read(), &mut processor).deserialize(&mut reader);
    value.unwrap_or_else(|error| panic!("cannot be read: {error}, in {text}"))
}

fn parts(app: &App) -> (Processor, AppTypeRegistry) {
    let world = app.world();
    (Processor(world.resource::<AssetServer>().clone()), world.resource::<AppTypeRegistry>().clone())
}

/// Checks that a value comes back from a save as it was.
#[track_caller]
fn survives<T: Reflectable + FromReflect + Debug>(value: &T, app: &App) {
    let text = written(value.as_partial_reflect(), app);
    let back = read(&text, app);
    let back = T::from_reflect(&*back).unwrap_or_else(|| panic!("{text} is no {}", type_name::<T>()));
    assert_eq!(format!("{back:?}"), format!("{value:?}"), "it comes back as it was");
    assert_eq!(written(back.as_partial_reflect(), app), text, "to the byte");
}

#[track_caller]
fn has<D: bevy::reflect::TypeData>(registry: &TypeRegistry, types: &[(TypeId, &str)]) {
    for (id, name) in types {
        let registration = registry.get(*id).unwrap_or_else(|| panic!("{name} is not registered"));
        assert!(registration.data::<D>().is_some(), "{name} has no {}", type_name::<D>());
    }
}

macro_rules! types {
    ($($name:ty),* $(,)?) => { &[$((TypeId::of::<$name>(), type_name::<$name>())),*] };
}

#[test]
fn all_components_events_and_resources_are_registered() {
    use bevy_persona::knowledge::Represents;
    let (_, registry) = plugin();
    let registry = registry.read();
    has::<ReflectComponent>(
        &registry,
        types![Npc, Mood, Knowledge, DialogueHistory, Feelings, Senses, Thing, Turns, Thinking, Represents,],
    );
    has::<ReflectEvent>(
        &registry,
        types![
            Say,
            Interrupt,
            EndConversation,
            TurnStarted,
            ReplyStarted,
            ReplyChunk,
            Replied,
            EmotionChanged,
            ActionProposed,
            TurnFailed,
            Glance,
            Viewed,
            GlanceFailed,
            PersonaApplied,
            PersonaRejected,
        ],
    );
    has::<ReflectResource>(&registry, types![DialogueSettings]);
    has::<bevy::asset::ReflectAsset>(&registry, types![Persona, Lore]);
    has::<bevy::asset::ReflectHandle>(&registry, types![Handle<Persona>, Handle<Lore>]);
}

#[cfg(feature = "sight")]
#[test]
fn the_eye_is_registered() {
    let (_, registry) = plugin();
    has::<ReflectComponent>(&registry.read(), types![bevy_persona::perception::EyeCamera]);
}

/// The components of a character that has lived a little.
fn lived() -> (App, Entity) {
    let (mut app, _) = plugin();
    let persona = app.world().resource::<AssetServer>().load("personas/marta.persona.ron");
    let marta = app.world_mut().spawn((Npc::new(persona), Thing::new("Marta", "person"))).id();
    crate::support::run_until(&mut app, "her lore is there", |app| !component::<Knowledge>(app, marta).lore().is_empty());
    app.converse(marta, "Have you a room?").expect("she answers");
    let world = app.world_mut();
    let mut knowledge = world.get_mut::<Knowledge>(marta).expect("she knows things");
    knowledge.learn(Fact::new("the duke", "is", "dead").with_source(Source::Told("Kessa".into())).at(12.5).with_confidence(0.6));
    knowledge.learn(Fact::new("Kessa", "is", "a spy").with_source(Source::Seen).secret_until(Secrecy::Trust(0.25)));
    knowledge.learn(Fact::new("Kessa", "fears", "fire").with_source(Source::Inferred).secret_until(Secrecy::Never));
    let mut feelings = world.get_mut::<Feelings>(marta).expect("she feels");
    feelings.set("Kessa \"the Magpie\"", Relation { trust: -0.5, liking: 0.125, fear: 0.75 });
    world.entity_mut(marta).insert((Mood(Emotion::Suspicious), Senses { sight: Sight::Screen, pitch: 3.5, ..Senses::default() }));
    (app, marta)
}

#[test]
fn components_come_back_from_a_save() {
    let (app, marta) = lived();
    let mut history = DialogueHistory::default();
    history.push("Tobin", "Is the \"Oak\" full?\n", "");
    history.push("player", "Žádný pokoj? 🚪", "Aye.");
    survives(&history, &app);
    survives(component::<Feelings>(&app, marta), &app);
    let mut memory = Memory::default();
    memory.add(Episode::new("A \"storm\".", 3.5).with(["Tobin"]).about(["the ferry"]).important(0.75));
    survives(&memory, &app);
    survives(component::<Mood>(&app, marta), &app);
    survives(component::<Senses>(&app, marta), &app);
    survives(component::<Thing>(&app, marta), &app);
    survives(app.world().resource::<DialogueSettings>(), &app);
}

#[test]
fn a_save_names_the_persona_by_its_path() {
    let (app, marta) = lived();
    let text = written(component::<Npc>(&app, marta), &app);
    assert!(text.contains("personas/marta.persona.ron"), "the path is in the save: {text}");
}

/// Writes all components that can be written, and puts them on a new entity one by one, as a loader of scenes does.
#[test]
fn a_whole_character_comes_back_from_a_save() {
    let (app, marta) = lived();
    let saved: Vec<String> = {
        let registry = app.world().resource::<AppTypeRegistry>().read();
        let entity = app.world().entity(marta);
        let types = [
            TypeId::of::<Npc>(),
            TypeId::of::<DialogueHistory>(),
            TypeId::of::<Memory>(),
            TypeId::of::<Feelings>(),
            TypeId::of::<Mood>(),
            TypeId::of::<Senses>(),
            TypeId::of::<Knowledge>(),
        ];
        let component = |id| registry.get_type_data::<ReflectComponent>(id).expect("it is a component");
        types.map(|id| written(component(id).reflect(entity).expect("she has it").as_partial_reflect(), &app)).into()
    };
    let before = component::<Knowledge>(&app, marta).clone();
    let (history, mood) = (component::<DialogueHistory>(&app, marta), component::<Mood>(&app, marta));

    let (mut other, registry) = plugin();
    let assets = other.world().resource::<AssetServer>().clone();
    // The persona is there before the save is loaded, as when a game is loaded while another runs.
    let kept = assets.load::<Persona>("personas/marta.persona.ron");
    crate::support::run_until(&mut other, "the persona is there", |_| assets.is_loaded_with_dependencies(&kept));
    other.run_frames(3);
    let loaded = other.world_mut().spawn_empty().id();
    for text in &saved {
        let value = read(text, &other);
        let registry = registry.read();
        let id = value.get_represented_type_info().expect("its type is known").type_id();
        let component = registry.get_type_data::<ReflectComponent>(id).expect("it is a component");
        component.insert(&mut other.world_mut().entity_mut(loaded), &*value, &registry);
    }
    let knowledge = component::<Knowledge>(&other, loaded);
    assert_eq!(knowledge.own().iter().collect::<Vec<_>>(), before.own().iter().collect::<Vec<_>>(), "all facts are back");
    assert_eq!(knowledge.lore().len(), before.lore().len(), "over the same lore");
    assert!(knowledge.contains("the Gilded Oak", "is in", "Riverbend"), "which is known");
    assert_eq!(component::<Mood>(&other, loaded), mood, "the mood is back");
    assert_eq!(component::<DialogueHistory>(&other, loaded).with("player"), history.with("player"), "and all that was said");
    assert!(other.converse(loaded, "Still here?").is_ok(), "and she speaks");
    assert_eq!(component::<DialogueHistory>(&other, loaded).with("player").len(), 2, "in the same conversation");
}

#[test]
fn events_come_back_from_a_log() {
    let (mut app, _) = plugin();
    let marta = app.spawn_npc(PersonaCard { verbosity: 0.5, ..card("Marta") });
    let replied = app.converse(marta, "Have you a room?").expect("she answers");
    survives(&replied, &app);
    survives(&Say::new(marta, "Have you a \"room\"?\n").by(marta).named("Tobin"), &app);
    survives(&Say::new(marta, ""), &app);
    survives(&Interrupt { entity: marta }, &app);
    survives(&EndConversation { entity: marta, partner: Some("Tobin".into()) }, &app);
    survives(&ReplyStarted { entity: marta, turn: TurnId(u64::MAX) }, &app);
    survives(&ReplyChunk { entity: marta, turn: TurnId(7), text: "For ".into() }, &app);
    survives(&EmotionChanged { entity: marta, from: Emotion::Neutral, to: Emotion::Afraid }, &app);
    survives(&ActionProposed { entity: marta, turn: TurnId(7), speaker: None, action: "wave".into(), arguments: None }, &app);
    let error = TurnError::DeadlinePassed { waited_ms: 5, deadline_ms: 4 };
    survives(&TurnFailed { entity: marta, turn: TurnId(7), speaker: Some(marta), error, fallback: "Hm?".into() }, &app);
    survives(&Glance { entity: marta }, &app);
    survives(&GlanceFailed { entity: marta, reason: bevy_persona::perception::GlanceError::TimedOut { frames: 3 } }, &app);
    survives(&PersonaApplied { entity: marta }, &app);
    survives(&PersonaRejected { entity: marta, error: "a.persona.ron:1:1: no".into() }, &app);
    let recalled = RecalledFact { subject: "Tobin".into(), withheld: true, ..RecalledFact::default() };
    let seen = vec![SeenThing { name: "Tobin".into(), distance: 2.5, used: true }];
    survives(&Replied { finish: Finish::Interrupted, recalled: vec![recalled], seen, look: Look::InVain, ..replied }, &app);
}
