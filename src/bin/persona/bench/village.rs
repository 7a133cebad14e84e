//! Made-up people with much to know, the same in each run.

use bevy_persona::knowledge::{Fact, LoreLayer, Source};

const RELATIONS: [&str; 12] = [
    "is a friend of",
    "owes money to",
    "lives near",
    "was seen with",
    "is afraid of",
    "works for",
    "is older than",
    "has sold a horse to",
    "quarrels with",
    "taught",
    "sits beside",
    "buys bread from",
];

/// Names that facts are about: people, with some of whom much has to do.
pub(super) fn name(number: usize) -> String {
    const FIRST: [&str; 16] = [
        "Anna", "Bram", "Cleo", "Dorn", "Edda", "Finn", "Greta", "Hob", "Ilka", "Jost", "Kessa", "Lars", "Mina", "Nels", "Odo",
        "Pia",
    ];
    const FROM: [&str; 8] = ["the mill", "Carrow", "the ferry", "Thorn", "the hills", "the old pier", "Riverbend", "the ford"];
    format!("{} of {} {}", FIRST[number % 16], FROM[number / 16 % 8], number / 128)
}

/// A fact between two of so many, always the same for one number.
pub(super) fn fact(number: usize, people: usize) -> Fact {
    let mixed = (number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let (one, two) = ((mixed >> 33) as usize % people, (mixed >> 11) as usize % people);
    Fact::new(name(one), RELATIONS[(mixed >> 5) as usize % RELATIONS.len()], name(two)).at(number as f64)
}

/// What a town knows of its people.
pub(super) fn lore(facts: usize, people: usize) -> LoreLayer {
    LoreLayer::new((0..facts).map(|number| fact(number, people).at(0.0)).collect(), Vec::new())
}

/// What one of a crowd has lived through, from names that are written anew for each.
pub(super) fn lived(who: usize, facts: usize, people: usize) -> impl Iterator<Item = Fact> {
    let sources = move |number: usize| match number % 4 {
        0 => Source::Witnessed,
        1 => Source::Told(name(number % people).into()),
        2 => Source::Seen,
        _ => Source::Authored,
    };
    let number = move |place: usize| 1_000_000 + who * facts + place;
    (0..facts).map(move |place| fact(number(place), people).with_source(sources(place)).with_confidence(0.8))
}
