//! Sets by others: messages with the snippet that answers them (BEGIN, Dziri et al. 2022), and ten days of talk with questions
//! about one of them (`MemoryBank`, Zhong et al. 2024).

use super::Count;
use crate::persona::table::Table;
use bevy_persona::clock::{Calendar, GameClock};
use bevy_persona::memory::{Episode, EpisodeQuery, Memory};
use rand::SeedableRng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fs;
use std::path::Path;

/// Snippets among which the right one is sought.
const AMONG: usize = 20;
/// How often each message is asked, each time among other snippets.
const TIMES: usize = 5;

/// How often the right text came first, by the plain measure and by ours.
#[derive(Default)]
struct Firsts {
    plain: Count,
    ours: Count,
}

pub(super) fn run(folder: &Path, seed: u64) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["the right text comes first", "BM25", "recall"]);
    for (name, firsts) in [
        ("a message's snippet among 20 (begin_wow)", snippets(&folder.join("begin_wow/begin_dev_wow.tsv"), seed)?),
        ("the day a question speaks of, of ten (memorybank)", days(&folder.join("memorybank"))?),
    ] {
        table.row([name.to_owned(), firsts.plain.share(), firsts.ours.share()]);
    }
    println!("{table}");
    Ok(())
}

fn snippets(path: &Path, seed: u64) -> Result<Firsts, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let pairs: BTreeSet<(&str, &str)> = rows.filter_map(|row| Some((*row.get(3)?, *row.get(2)?))).collect();
    let all: Vec<&str> = pairs.iter().map(|(_, snippet)| *snippet).collect::<BTreeSet<_>>().into_iter().collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut firsts = Firsts::default();
    for _ in 0..TIMES {
        for (message, right) in &pairs {
            let wrong: Vec<&str> = all.iter().copied().filter(|other| !pairs.contains(&(*message, *other))).collect();
            let mut texts: Vec<&str> = wrong.choose_multiple(&mut rng, AMONG - 1).copied().chain([*right]).collect();
            texts.shuffle(&mut rng);
            let is_right = |at: Option<usize>| at.is_some_and(|at| texts[at] == *right);
            firsts.plain.add(is_right(bm25(&texts, message)));
            let mut memory = Memory::default();
            texts.iter().for_each(|text| {
                memory.add(Episode::new(*text, 0.0));
            });
            firsts.ours.add(is_right(first(&memory, message, &GameClock::default(), None)));
        }
    }
    Ok(firsts)
}

fn days(folder: &Path) -> Result<Firsts, Box<dyn Error>> {
    let read =
        |name: &str| fs::read_to_string(folder.join(name)).map_err(|error| format!("{}: {error}", folder.join(name).display()));
    let people: HashMap<String, Value> = serde_json::from_str(&read("memory_bank_dev.json")?)?;
    let calendar = Calendar { first_year: 2023, first_weekday: 6, ..Calendar::default() };
    let mut firsts = Firsts::default();
    for line in read("probing_questions_dev.jsonl")?.lines().filter(|line| !line.trim().is_empty()) {
        let questions: HashMap<String, Vec<String>> = serde_json::from_str(line)?;
        for (person, questions) in &questions {
            let days = days_of(people.get(person), &calendar);
            let Some(last) = days.iter().map(|(day, _)| *day).max() else { continue };
            let clock = GameClock { seconds: (last as f64 + 1.5) * 86_400.0, ..GameClock::default() };
            let mut memory = Memory::default();
            days.iter().for_each(|(day, text)| {
                memory.add(Episode::new(text.clone(), (*day as f64 + 0.5) * 86_400.0));
            });
            let texts: Vec<&str> = days.iter().map(|(_, text)| text.as_str()).collect();
            for question in questions {
                // Only those that name a day have a right answer in the set.
                let Some((day, next)) = calendar.days_in(question, clock.today()).filter(|(day, next)| next - day == 1) else {
                    continue;
                };
                let is_right = |at: Option<usize>| at.is_some_and(|at| (day..next).contains(&days[at].0));
                firsts.plain.add(is_right(bm25(&texts, question)));
                firsts.ours.add(is_right(first(&memory, question, &clock, Some(&calendar))));
            }
        }
    }
    Ok(firsts)
}

/// What was said on each day.
fn days_of(person: Option<&Value>, calendar: &Calendar) -> Vec<(i64, String)> {
    let history = person.and_then(|person| person["history"].as_object());
    let day_of = |date: &str| {
        let mut parts = date.split('-').map(str::parse::<u32>);
        let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        calendar.day_of(i64::from(year), month as usize, day)
    };
    let said = |talk: &Value| {
        let lines = talk.as_array().into_iter().flatten().flat_map(|turn| [&turn["query"], &turn["response"]]);
        lines.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    history.into_iter().flatten().filter_map(|(date, talk)| Some((day_of(date)?, said(talk)))).collect()
}

fn first(memory: &Memory, line: &str, clock: &GameClock, calendar: Option<&Calendar>) -> Option<usize> {
    let query = EpisodeQuery { line, calendar, max: 1, least: f32::MIN_POSITIVE, ..EpisodeQuery::default() };
    memory.recall(&query, clock).first().map(|recalled| recalled.place)
}

/// The plain measure: BM25 of words as they are written (k1 1.2, b 0.75).
fn bm25(texts: &[&str], line: &str) -> Option<usize> {
    let words = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let texts: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let mean = texts.iter().map(Vec::len).sum::<usize>() as f64 / texts.len().max(1) as f64;
    let asked: BTreeSet<String> = words(line).into_iter().collect();
    let score = |text: &Vec<String>| -> f64 {
        let part = |word: &String| {
            let held = texts.iter().filter(|text| text.contains(word)).count() as f64;
            let often = text.iter().filter(|other| *other == word).count() as f64;
            let rarity = ((texts.len() as f64 - held + 0.5) / (held + 0.5)).ln_1p();
            rarity * often * 2.2 / (often + 1.2 * (0.25 + 0.75 * text.len() as f64 / mean))
        };
        asked.iter().map(part).sum()
    };
    let scores: Vec<f64> = texts.iter().map(score).collect();
    (0..scores.len()).filter(|at| scores[*at] > 0.0).max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
}
