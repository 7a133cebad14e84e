use super::{Concept, ConceptKey};
use bevy::{
    ecs::{lifecycle::HookContext, world::DeferredWorld},
    platform::collections::HashMap,
    prelude::*,
};

/// Says which concept an entity is: characters who know of the concept know of this entity.
///
/// The link lives on the entity and is saved with it; [`Concepts`] follows it, and forgets it when
/// the entity is despawned. Several entities may be one concept ("a guard").
#[derive(Component, Clone, Debug, PartialEq, Eq, Reflect)]
#[reflect(Component, Debug, PartialEq)]
#[component(immutable, on_insert = link, on_discard = unlink)]
pub struct Represents(pub Concept);

/// The names in use in this world, and the entities they stand for.
///
/// Names made through [`intern`](Self::intern) share their text. What is *known* of a concept is not
/// here: it belongs to those who know it.
#[derive(Resource, Clone, Debug, Default)]
pub struct Concepts {
    known: HashMap<ConceptKey, Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    concept: Concept,
    entities: Vec<Entity>,
}

impl Concepts {
    /// The concept of this name; the same text in memory for each call.
    pub fn intern(&mut self, name: &str) -> Concept {
        let key = ConceptKey::of(name);
        let entry = self.known.entry(key).or_insert_with(|| Entry { concept: Concept::new(name), entities: Vec::new() });
        entry.concept.clone()
    }

    /// The concept of this name, where it is in use.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Concept> {
        self.known.get(&ConceptKey::of(name)).map(|entry| &entry.concept)
    }

    /// The entities that [represent](Represents) a concept, in the order in which they came.
    #[must_use]
    pub fn entities(&self, key: ConceptKey) -> &[Entity] {
        self.known.get(&key).map_or(&[], |entry| &entry.entities)
    }

    /// How many names are in use.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether no name is in use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn link(&mut self, concept: &Concept, entity: Entity) {
        let entry = self.known.entry(concept.key()).or_insert_with(|| Entry { concept: concept.clone(), entities: Vec::new() });
        if !entry.entities.contains(&entity) {
            entry.entities.push(entity);
        }
    }

    fn unlink(&mut self, concept: &Concept, entity: Entity) {
        if let Some(entry) = self.known.get_mut(&concept.key()) {
            entry.entities.retain(|&other| other != entity);
        }
    }
}

fn link(world: DeferredWorld, context: HookContext) {
    with_link(world, context, Concepts::link);
}

fn unlink(world: DeferredWorld, context: HookContext) {
    with_link(world, context, Concepts::unlink);
}

fn with_link(mut world: DeferredWorld, context: HookContext, change: fn(&mut Concepts, &Concept, Entity)) {
    let Some(Represents(concept)) = world.get::<Represents>(context.entity).cloned() else {
        return;
    };
    if let Some(mut concepts) = world.get_resource_mut::<Concepts>() {
        change(&mut concepts, &concept, context.entity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shared() {
        let mut concepts = Concepts::default();
        let (one, two) = (concepts.intern("the Gilded Oak"), concepts.intern("gilded oak"));
        assert!(one.shares(&two), "one text in memory serves both");
        assert_eq!(two.name(), "the Gilded Oak", "and is the one that was written first");
        assert_eq!(concepts.len(), 1, "one name is in use");
    }

    #[test]
    fn links_follow_entities() {
        let mut world = World::new();
        world.init_resource::<Concepts>();
        let guards: Vec<_> = (0..2).map(|_| world.spawn(Represents("the guard".into())).id()).collect();
        let linked = |world: &World, name| world.resource::<Concepts>().entities(ConceptKey::of(name)).to_vec();
        assert_eq!(linked(&world, "Guard"), guards, "both entities are the guard");

        world.entity_mut(guards[0]).insert(Represents("the captain".into()));
        assert_eq!(linked(&world, "guard"), [guards[1]], "a promoted guard is one no longer");
        assert_eq!(linked(&world, "captain"), [guards[0]], "but the captain");

        world.despawn(guards[1]);
        assert_eq!(linked(&world, "guard"), [], "nothing links to what is gone");
        assert!(world.resource::<Concepts>().get("guard").is_some(), "its name is still known");
    }

    #[test]
    fn a_world_without_the_resource_is_no_error() {
        let mut world = World::new();
        let entity = world.spawn(Represents("the guard".into())).id();
        assert!(world.despawn(entity), "an entity with a name comes and goes as any other");
    }
}
