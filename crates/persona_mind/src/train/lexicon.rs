//! First words: which relation, intent or topic each part of a word speaks for.
//!
//! A linear classifier over the parts of words, learned one line at a time (Joulin et al. 2016, arXiv 1607.01759). It finds in
//! seconds what the reader would need hours for, and gives the reader its first parameters: what words mean by themselves. What
//! they mean in their place the reader learns after that.

use super::content::{Content, Kind, Nouns};
use super::sample::{Generator, augment};
use crate::hearth::reader::PART_SCALE;
use crate::hearth::reader_config;
use crate::hearth::words::{PARTS, words};
use candle_core::{Device, Result, Tensor};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// A line and the number of what it speaks of: relations first, then intents, topics of views and open questions.
struct Example<'a> {
    line: Cow<'a, str>,
    /// The slot for whom or what it asks about, and whether that is a person.
    slot: Option<(&'static str, bool)>,
    class: u32,
}

/// The share of parts that are left out, so that no single one is relied upon.
const LEFT_OUT: f64 = 0.2;
/// Step size at the start; it falls to nothing.
const RATE: f32 = 0.1;

/// What the parts of words speak for.
pub struct Lexicon {
    dim: usize,
    /// `[PARTS, dim]`, and the sum of the squares of each row's gradients.
    parts: Vec<f32>,
    part_squares: Vec<f32>,
    /// `[classes, dim]`, likewise.
    classes: Vec<f32>,
    class_squares: Vec<f32>,
    relations: usize,
}

impl Lexicon {
    /// A lexicon that knows nothing, for this content.
    #[must_use]
    pub fn new(content: &Content, seed: u64) -> Self {
        let dim = reader_config(0, 0).part_dim;
        let count = content.relations.len() + content.intents.len() + content.views.len() + content.open.len();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let parts = (0..PARTS * dim).map(|_| rng.random_range(-0.03..0.03f32)).collect();
        Self {
            dim,
            parts,
            part_squares: vec![1e-3; PARTS],
            classes: vec![0.0; count * dim],
            class_squares: vec![1e-3; count],
            relations: content.relations.len(),
        }
    }

    /// Learns from all lines so many times, calling `report` after each with the mean loss and the share of relations
    /// recognised in questions that are held out.
    pub fn learn(&mut self, content: &Content, rounds: usize, seed: u64, mut report: impl FnMut(usize, f32, f32)) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut examples = examples(content, false);
        let held_out: Vec<Example> = examples_of_questions(content, true);
        for round in 0..rounds {
            examples.shuffle(&mut rng);
            let mut loss = 0.0;
            for (i, example) in examples.iter().enumerate() {
                let done = (round as f32 + i as f32 / examples.len() as f32) / rounds as f32;
                let mut bag = bag(&vary(example, &mut rng));
                bag.retain(|_| !rng.random_bool(LEFT_OUT));
                loss += self.step(&bag, example.class, RATE * (1.0 - done));
            }
            let right = |e: &&Example| {
                let scores = self.scores(&self.mean(&bag(&e.line.replace(e.slot.map_or("{S}", |s| s.0), "{1}"))));
                let best = (0..self.relations).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0);
                content.related(best, e.class as usize)
            };
            let found = held_out.iter().filter(right).count() as f32 / held_out.len().max(1) as f32;
            report(round + 1, loss / examples.len().max(1) as f32, found);
        }
    }

    /// Writes the reader's first parameters as a checkpoint.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let wide = reader_config(0, 0).block.dim;
        let device = &Device::Cpu;
        let same =
            |rows: usize, columns: usize| (0..rows * columns).map(move |i| f32::from(u8::from(i / columns == i % columns)));
        let scale = (wide as f32).sqrt();
        let bank = self.classes[..self.relations * self.dim].iter().map(|x| x * scale);
        let tensors = HashMap::from([
            ("reader.parts.weight", Tensor::from_slice(&self.parts, (PARTS, self.dim), device)?),
            ("reader.word.weight", Tensor::from_iter(same(wide, self.dim), device)?.reshape((wide, self.dim))?),
            ("reader.question.weight", Tensor::from_iter(same(wide, wide), device)?.reshape((wide, wide))?),
            ("reader.relation.weight", Tensor::from_iter(same(wide, wide), device)?.reshape((wide, wide))?),
            // Words in their place count little at first.
            ("reader.norm.weight", Tensor::full(0.1f32, wide, device)?),
            ("reader.bank.weight", Tensor::from_iter(bank, device)?.reshape((self.relations, self.dim))?),
        ]);
        candle_core::safetensors::save(&tensors, path)
    }

    fn mean(&self, bag: &[(u32, f32)]) -> Vec<f32> {
        let mut mean = vec![0.0; self.dim];
        for (part, share) in bag {
            let row = &self.parts[*part as usize * self.dim..][..self.dim];
            mean.iter_mut().zip(row).for_each(|(m, x)| *m += share * x);
        }
        mean
    }

    fn scores(&self, mean: &[f32]) -> Vec<f32> {
        self.classes.chunks_exact(self.dim).map(|row| row.iter().zip(mean).map(|(a, b)| a * b).sum()).collect()
    }

    /// One step of `AdaGrad` (Duchi et al. 2011), with a sum of squares a row.
    fn step(&mut self, bag: &[(u32, f32)], class: u32, rate: f32) -> f32 {
        let mean = self.mean(bag);
        let mut shares = self.scores(&mean);
        let most = shares.iter().copied().fold(f32::MIN, f32::max);
        shares.iter_mut().for_each(|x| *x = (*x - most).exp());
        let sum: f32 = shares.iter().sum();
        let loss = -(shares[class as usize] / sum).max(1e-9).ln();
        let length: f32 = mean.iter().map(|x| x * x).sum::<f32>() / self.dim as f32;
        let mut back = vec![0.0f32; self.dim];
        for (i, share) in shares.iter().enumerate() {
            let slope = share / sum - f32::from(u8::from(i == class as usize));
            if slope.abs() < 1e-5 {
                continue;
            }
            let row = &mut self.classes[i * self.dim..][..self.dim];
            back.iter_mut().zip(row.iter()).for_each(|(b, x)| *b += slope * x);
            self.class_squares[i] += slope * slope * length;
            let step = rate * slope / self.class_squares[i].sqrt();
            row.iter_mut().zip(&mean).for_each(|(x, m)| *x -= step * m);
        }
        let length: f32 = back.iter().map(|x| x * x).sum::<f32>() / self.dim as f32;
        for (part, share) in bag {
            let at = *part as usize;
            self.part_squares[at] += share * share * length;
            let step = rate * share / self.part_squares[at].sqrt();
            let row = &mut self.parts[at * self.dim..][..self.dim];
            row.iter_mut().zip(&back).for_each(|(x, b)| *x -= step * b);
        }
        loss
    }
}

/// The parts of a line, and how much each counts, as in the reader's gist.
fn bag(line: &str) -> Vec<(u32, f32)> {
    let words = words(line);
    let count = words.len().max(1) as f32;
    let shares = words.iter().map(|word| PART_SCALE * (word.len().max(1) as f32).powf(-0.5) / count);
    words.iter().zip(shares).flat_map(|(word, share)| word.iter().map(move |part| (*part, share))).collect()
}

/// A line as it may be typed: about a name, about someone spoken of before, or about who is spoken to.
fn vary(example: &Example, rng: &mut impl Rng) -> String {
    let line = match (example.slot, rng.random_range(0..10)) {
        (None, _) => return augment::line(&example.line.replace("{X}", "{1}"), rng),
        (Some((slot, person)), 0) => augment::pronoun(&example.line, slot, person, rng),
        (Some((slot, true)), 1..3) => augment::second_person(&example.line, slot),
        (Some((slot, _)), _) => example.line.replace(slot, "{1}"),
    };
    augment::line(&line, rng)
}

fn examples(content: &Content, held_out: bool) -> Vec<Example<'_>> {
    let mut all = examples_of_questions(content, held_out);
    if !held_out {
        all.extend(content.nouns.iter().flat_map(|nouns| examples_of_nouns(content, nouns)));
    }
    let mut add =
        |lines, class| all.extend(Generator::ours(lines, held_out).map(|line| Example { line: line.into(), slot: None, class }));
    for (relation, class) in content.relations.iter().zip(0..) {
        add(&relation.facts, class);
    }
    let first = content.relations.len() as u32;
    let intents = content.intents.iter().map(|i| &i.lines);
    let others = intents.chain(content.views.iter().map(|v| &v.lines)).chain(content.open.iter().map(|o| &o.lines));
    for (lines, class) in others.zip(first..) {
        add(lines, class);
    }
    all
}

/// "{S}'s wife": what leads to whom a question in two steps is about.
fn examples_of_nouns<'a>(content: &Content, nouns: &'a Nouns) -> impl Iterator<Item = Example<'a>> {
    let relation = content.relations.iter().position(|relation| relation.id == nouns.id);
    let ends = [(&nouns.object, "{S}", 0), (&nouns.subject, "{O}", 1)];
    relation.into_iter().flat_map(move |class| {
        let kinds = [content.relations[class].subject, content.relations[class].object];
        ends.into_iter().flat_map(move |(list, slot, end)| {
            let owner = Some((slot, kinds[end] == Kind::Person));
            list.iter().map(move |noun| Example { line: format!("{slot}'s {noun}").into(), slot: owner, class: class as u32 })
        })
    })
}

fn examples_of_questions(content: &Content, held_out: bool) -> Vec<Example<'_>> {
    let mut all = Vec::new();
    for (relation, class) in content.relations.iter().zip(0..) {
        let slots = [Some(("{S}", relation.subject == Kind::Person)), Some(("{O}", relation.object == Kind::Person)), None];
        for (lines, slot) in [&relation.ask_object, &relation.ask_subject, &relation.ask_self].into_iter().zip(slots) {
            all.extend(Generator::ours(lines, held_out).map(|line| Example { line: line.into(), slot, class }));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::content::{Relation, World};

    fn relation(id: &str, questions: &[&str]) -> Relation {
        let texts = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        Relation {
            id: id.into(),
            world: World::Any,
            subject: Kind::Person,
            object: Kind::Person,
            related: vec![],
            facts: texts(&[&id.replace('_', " ")]),
            ask_object: texts(questions),
            ask_subject: vec![],
            ask_self: vec![],
            says: vec![],
            says_self: vec![],
        }
    }

    #[test]
    fn a_wording_that_was_never_seen_is_known_by_its_words() {
        let married = [
            "who is {S}'s wife",
            "who is {S}'s husband",
            "whom did {S} marry",
            "is {S} married",
            "who did {S} wed",
            "has {S} a wife",
            "name {S}'s spouse",
            "who's the wife of {S}",
            "{S}'s husband?",
            "who married {S}",
            "tell me of {S}'s wife",
            "what is {S}'s husbands name",
        ];
        let works = [
            "where does {S} work",
            "what is {S}'s job",
            "who pays {S}",
            "what does {S} do for a living",
            "has {S} a job",
            "whose workshop does {S} work in",
            "{S}'s trade?",
            "what work does {S} do",
            "who employs {S}",
            "what's {S}'s line of work",
            "at what does {S} work",
            "which job has {S}",
        ];
        let relations = vec![relation("is_married_to", &married), relation("works_as", &works)];
        let content = Content { relations, ..Content::default() };
        let mut lexicon = Lexicon::new(&content, 1);
        let mut shares = Vec::new();
        lexicon.learn(&content, 12, 1, |_, loss, found| shares.push((loss, found)));
        let last = shares.last().copied().unwrap_or_default();
        assert_eq!(last.1, 1.0, "the twelfth wording of each, which it never saw, is recognised: {shares:?}");
        assert!(last.0 < shares[0].0 / 2.0, "and the loss falls: {shares:?}");
        let likest = |line: &str| {
            let scores = lexicon.scores(&lexicon.mean(&bag(line)));
            scores[0] > scores[1]
        };
        assert!(likest("{1}'s wief?"), "a misspelt wife is a wife");
        assert!(!likest("{1}'s jobb?"), "and a misspelt job a job");
    }
}
