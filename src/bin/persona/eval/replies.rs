//! How a persona's replies sound: variety, soundness, and whether they can be told by their register.

use super::score::Score;
use bevy_persona::mind::brief::{BriefFact, BriefSource, PersonaCard, Register};
use bevy_persona::mind::hearth::Hearth;
use bevy_persona::mind::train::content::Content;
use bevy_persona::mind::{Backend, Brief};
use std::collections::{HashMap, HashSet};
use std::error::Error;

/// Prints figures of `count` replies to lines that training never sees, an eighth of them in each register.
pub(super) fn run(hearth: &mut Hearth, content: &Content, count: usize) -> Result<(), Box<dyn Error>> {
    let held_out = |lines: &[String]| lines.iter().skip(11).step_by(12).cloned().collect::<Vec<_>>();
    let lines: Vec<String> = content.intents.iter().flat_map(|intent| held_out(&intent.lines)).collect();
    println!("\n{count} replies to lines it never saw");
    let mut rustic = Vec::new();
    for seed in 0..count {
        rustic.push(reply(hearth, Register::Rustic, &lines[seed * 7 % lines.len()], seed as u64)?);
    }
    println!("{:32} {:>14.3}", "distinct-2, one persona", distinct_pairs(&rustic));
    let broken = |text: &String| text.trim().is_empty() || text.contains(['{', '}', '<', '>']) || loops(text);
    println!("{:32} {}", "whole, no loop", Score { right: rustic.iter().filter(|text| !broken(text)).count(), of: count });
    let book = RegisterBook::new(content);
    let mut told = Score::default();
    for (i, register) in (0..count).zip(Register::ALL.iter().cycle()) {
        let text = reply(hearth, *register, &lines[i * 5 % lines.len()], i as u64)?;
        if !book.holds(&text) {
            told.add(book.guess(&text) == *register);
        }
    }
    println!("{:32} {told}", "register told from one reply");
    Ok(())
}

fn reply(hearth: &mut Hearth, register: Register, line: &str, seed: u64) -> Result<String, Box<dyn Error>> {
    let persona = PersonaCard { name: "Marta".into(), role: "an innkeeper".into(), register, ..PersonaCard::default() };
    let fact = BriefFact {
        subject: "Marta".into(),
        predicate: "comes from".into(),
        object: Some("the hill country".into()),
        confidence: 1.0,
        source: BriefSource::Authored,
        score: 1.0,
        ..BriefFact::default()
    };
    let line = line.replace("{X}", "Tobin");
    let brief = Brief { persona: persona.into(), line, facts: vec![fact], seed, max_tokens: 64, ..Brief::default() };
    Ok(hearth.reply(&brief, &mut ())?.text)
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Different pairs of words among all (Li et al. 2016, arXiv 1510.03055).
fn distinct_pairs(texts: &[String]) -> f64 {
    let words: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let all: Vec<&[String]> = words.iter().flat_map(|words| words.windows(2)).collect();
    all.iter().collect::<HashSet<_>>().len() as f64 / all.len().max(1) as f64
}

/// Whether three words follow each other twice running.
fn loops(text: &str) -> bool {
    words(text).windows(6).any(|six| six[..3] == six[3..])
}

/// A naive Bayes classifier of registers, of every other written line.
struct RegisterBook {
    counts: HashMap<String, [f64; 8]>,
    sums: [f64; 8],
    lines: HashSet<String>,
}

impl RegisterBook {
    fn new(content: &Content) -> Self {
        let mut book = Self { counts: HashMap::new(), sums: [0.0; 8], lines: HashSet::new() };
        for entry in content.lines().iter().step_by(2) {
            let mut parts = entry.splitn(4, '\t');
            let (Some(register), Some(line)) = (parts.next(), parts.nth(2)) else { continue };
            let Some(at) = Register::ALL.iter().position(|r| r.name() == register) else { continue };
            book.lines.insert(line.to_owned());
            for word in words(line) {
                book.counts.entry(word).or_default()[at] += 1.0;
                book.sums[at] += 1.0;
            }
        }
        book
    }

    fn holds(&self, text: &str) -> bool {
        self.lines.contains(text)
    }

    fn guess(&self, text: &str) -> Register {
        let words = words(text);
        let score = |at: usize| -> f64 {
            let count = |word: &String| self.counts.get(word).map_or(0.0, |c| c[at]);
            words.iter().map(|word| ((count(word) + 0.1) / (self.sums[at] + 0.1 * self.counts.len() as f64)).ln()).sum()
        };
        let best = (0..Register::ALL.len().min(8)).max_by(|a, b| score(*a).total_cmp(&score(*b))).unwrap_or(0);
        Register::ALL[best]
    }
}
