//! A sample's facts and line as they would stand in a game: with names for slots.

use super::{Generator, SELF, SPEAKER, Sample};

/// What the character and the speaker are called.
pub const NAMES: [&str; 2] = ["Ysmay Corrick", "Dunstan Ferrow"];

/// A question in a game's own words.
#[derive(Clone, Debug)]
pub struct Told {
    /// Subject, relation and object of each fact that the character knows.
    pub facts: Vec<[String; 3]>,
    /// The question.
    pub line: String,
    /// What was spoken of before, where the question is about that.
    pub before: Option<String>,
    /// The facts that answer it: the one that leads to the answer, where it takes two, and the answer.
    pub answers: Vec<usize>,
}

impl Sample {
    /// The question of this sample, if it is one that a fact answers.
    #[must_use]
    pub fn told(&self) -> Option<Told> {
        let answer = self.answer.filter(|answer| self.asked.is_some() && *answer < self.facts.len())?;
        let name = |concept: u64| match concept {
            SELF => NAMES[0].to_owned(),
            SPEAKER => NAMES[1].to_owned(),
            other => self.name(other).to_owned(),
        };
        let marked = |marks: fn(&super::SampleFact) -> [bool; 2]| {
            let ends = self.facts.iter().flat_map(|fact| marks(fact).into_iter().zip(fact.concepts));
            ends.into_iter().find(|(is_marked, _)| *is_marked).map(|(_, concept)| name(concept))
        };
        let first = marked(|f| [f.features.subject_first, f.features.object_first]).unwrap_or_default();
        let later = marked(|f| [f.features.subject_later, f.features.object_later]).unwrap_or_default();
        let slots = [("{1}", first.as_str()), ("{2}", &later), ("{N}", NAMES[0]), ("{Y}", NAMES[1])];
        Some(Told {
            facts: self.facts.iter().map(|f| [name(f.concepts[0]), f.predicate.clone(), name(f.concepts[1])]).collect(),
            line: slots.iter().fold(self.line.clone(), |line, (slot, name)| line.replace(slot, name)),
            before: marked(|f| [f.features.subject_before, f.features.object_before]),
            answers: self.step.into_iter().chain([answer]).collect(),
        })
    }
}

impl Generator<'_> {
    /// The next question that a fact answers.
    pub fn told(&self, rng: &mut impl rand::Rng) -> Told {
        loop {
            if let Some(told) = self.sample(rng).told() {
                return told;
            }
        }
    }
}
