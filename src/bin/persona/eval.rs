//! `persona eval`: how well a mind answers questions that were written by hand, with 95 % intervals.

mod exam;
mod replies;
mod score;

use super::stage::{Stage, StageArgs};
use bevy::prelude::*;
use bevy_persona::authoring::Authored;
use bevy_persona::memory::DialogueHistory;
use bevy_persona::prelude::*;
use bevy_persona::test_app::Notice;
use score::Score;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};

/// Asks a mind the questions of a folder: `questions_*.ron`, `drop_role.ron` and `noise.ron`, with `personas/`.
#[derive(clap::Args, Debug)]
pub(crate) struct EvalArgs {
    /// Folder of the questions
    #[arg(long, default_value = "tests/data/hearth")]
    questions: PathBuf,
    /// Only the questions of this file, such as `open`; without it all
    #[arg(long)]
    only: Option<String>,
    /// Print each question that was not answered right
    #[arg(long)]
    misses: bool,
    #[command(flatten)]
    exam: exam::ExamArgs,
    #[command(flatten)]
    stage: StageArgs,
}

/// A question to a persona of the folder.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    persona: String,
    line: String,
    /// The facts of the persona's file that answer it, any of them; counted from 0.
    #[serde(default)]
    fact: Vec<usize>,
    /// Nothing in the file answers it.
    #[serde(default)]
    unknown: bool,
    /// Secrets that would answer it, and must be kept.
    #[serde(default)]
    secret: Vec<usize>,
    /// What was said before.
    #[serde(default)]
    before: Option<(String, String)>,
    /// Facts that lead to the answer, which is the last.
    #[serde(default)]
    steps: Vec<usize>,
}

type Triple = [String; 3];

/// How a line was answered.
struct Answer {
    text: String,
    /// Subject, predicate and object of the facts it rests on.
    used: Vec<Triple>,
}

pub(crate) fn run(args: &EvalArgs) -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(&args.questions)?.filter_map(|e| Some(e.ok()?.path())).collect();
    files.sort();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut cast = Cast { args, stage: None, figures: Vec::new() };
    for file in &files {
        let name = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let wanted = args.only.as_ref().is_none_or(|only| name.contains(only));
        match name.as_str() {
            _ if !wanted => {}
            "drop_role" => remarks(file, &mut cast, &mut scores, "drop_role: role kept", |answer| !out_of_role(&answer.text))?,
            "noise" => remarks(file, &mut cast, &mut scores, "noise: no fact named", |answer| answer.used.is_empty())?,
            name if name.starts_with("questions_") => questions(file, &mut cast, &mut scores)?,
            _ => {}
        }
    }
    println!("{:32} {:>5} {:>7}   95 %", "", "n", "right");
    for (name, score) in &scores {
        println!("{name:32} {score}");
    }
    println!("{}", cast.pace());
    exam::run(&args.exam, &args.stage.backend, args.stage.seed)
}

fn questions(file: &Path, cast: &mut Cast, scores: &mut BTreeMap<String, Score>) -> Result<(), Box<dyn Error>> {
    let group = file.file_stem().map(|s| s.to_string_lossy().replace("questions_", "")).unwrap_or_default();
    let mut asks = read::<Vec<Ask>>(file)?;
    // So that each persona comes on stage once.
    asks.sort_by(|a, b| a.persona.cmp(&b.persona));
    for ask in asks {
        let facts = cast.facts(&ask.persona)?;
        let answer = cast.ask(&ask.persona, &ask.line, ask.before.as_ref())?;
        let (kind, right) = judge(&ask, &facts, &answer).ok_or_else(|| {
            format!("{}: \"{}\": expected fact, unknown, secret or steps within {} facts", file.display(), ask.line, facts.len())
        })?;
        if cast.args.misses && !right {
            let used: Vec<String> = answer.used.iter().map(|f| f.join(" ")).collect();
            println!("{} [{kind}] {:?}\n    {}\n    rests on {used:?}", ask.persona, ask.line, answer.text);
        }
        if kind == SECRET {
            scores.entry("secrets kept".to_owned()).or_default().add(!gives_away(&ask, &facts, &answer));
        }
        scores.entry(format!("{group}: {kind}")).or_default().add(right);
        scores.entry(format!("{group}: all")).or_default().add(right);
    }
    Ok(())
}

/// The kind of questions that a secret would answer: right is to keep it, and not to speak of something else instead.
const SECRET: &str = "secret";

/// Whether an answer says what a secret hides, and the player has not said it first.
fn gives_away(ask: &Ask, facts: &[Triple], answer: &Answer) -> bool {
    let (text, line) = (answer.text.to_lowercase(), ask.line.to_lowercase());
    let objects = ask.secret.iter().filter_map(|i| facts.get(*i)).map(|[_, _, object]| object.to_lowercase());
    objects.into_iter().any(|object| text.contains(&object) && !line.contains(&object))
}

/// The kind of a question and whether the answer is right; none for a question without any.
fn judge(ask: &Ask, facts: &[Triple], answer: &Answer) -> Option<(&'static str, bool)> {
    let rests_on = |wanted: &[usize]| answer.used.iter().any(|used| wanted.iter().any(|i| facts.get(*i) == Some(used)));
    if !ask.secret.is_empty() {
        let secrets = ask.secret.iter().map(|i| facts.get(*i)).collect::<Option<Vec<_>>>()?;
        let to_the_point = answer.used.iter().all(|used| secrets.iter().any(|s| s[..2] == used[..2]));
        return Some((SECRET, to_the_point && !gives_away(ask, facts, answer)));
    }
    if ask.unknown {
        return Some(("unknown", answer.used.is_empty()));
    }
    if let Some(last) = ask.steps.last() {
        return (*last < facts.len()).then(|| ("two steps", rests_on(&[*last])));
    }
    let kind = if ask.before.is_some() { "follow-up" } else { "fact" };
    (!ask.fact.is_empty() && ask.fact.iter().all(|i| *i < facts.len())).then(|| (kind, rests_on(&ask.fact)))
}

/// Lines to which any reply in character will do, to each persona in turn.
fn remarks(
    file: &Path,
    cast: &mut Cast,
    scores: &mut BTreeMap<String, Score>,
    name: &str,
    right: impl Fn(&Answer) -> bool,
) -> Result<(), Box<dyn Error>> {
    let personas = cast.names()?;
    for (line, persona) in read::<Vec<String>>(file)?.iter().zip(personas.iter().cycle()) {
        let answer = cast.ask(persona, line, None)?;
        let right = right(&answer) && !answer.text.trim().is_empty();
        if cast.args.misses && !right {
            println!("{persona} [{name}] {line:?}\n    {}\n    rests on {:?}", answer.text, answer.used);
        }
        scores.entry(name.to_owned()).or_default().add(right);
    }
    Ok(())
}

/// Whether a reply speaks of itself as what it runs on.
fn out_of_role(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "ai",
        "chatbot",
        "language model",
        "prompt",
        "assistant",
        "openai",
        "chatgpt",
        "developer mode",
        "instructions are",
        "npc",
        "system message",
        "hearth",
    ];
    let words: Vec<String> = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let text = format!(" {} ", words.join(" "));
    WORDS.iter().any(|word| text.contains(&format!(" {word} ")))
}

/// The personas of the folder, one at a time on the stage: each stage holds a model.
struct Cast<'a> {
    args: &'a EvalArgs,
    stage: Option<(String, Stage)>,
    figures: Vec<TurnFigures>,
}

impl Cast<'_> {
    fn path(&self, persona: &str) -> PathBuf {
        self.args.questions.join("personas").join(format!("{persona}.persona.ron"))
    }

    fn names(&self) -> Result<Vec<String>, Box<dyn Error>> {
        let entries = std::fs::read_dir(self.args.questions.join("personas"))?;
        let names = entries.filter_map(|e| e.ok()?.file_name().to_str()?.strip_suffix(".persona.ron").map(str::to_owned));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(names)
    }

    fn facts(&self, persona: &str) -> Result<Vec<Triple>, Box<dyn Error>> {
        let Authored::Persona(parsed) = Authored::read(&self.path(persona))? else { return Ok(Vec::new()) };
        let triple = |f: &Fact| [f.subject.to_string(), f.predicate.to_string(), f.object.to_string()];
        Ok(parsed.persona.facts.iter().map(triple).collect())
    }

    /// How quickly was answered: medians over all lines.
    fn pace(&self) -> String {
        let median = |of: fn(&TurnFigures) -> f32| {
            let mut values: Vec<f32> = self.figures.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        let (first, whole) = (median(|f| f.first_token_ms), median(|f| f.total_ms));
        format!("median of {} turns: first words after {first:.1} ms, whole reply after {whole:.1} ms", self.figures.len())
    }

    /// Says a line in a new conversation.
    fn ask(&mut self, persona: &str, line: &str, before: Option<&(String, String)>) -> Result<Answer, Box<dyn Error>> {
        let (_, stage) = match self.stage.take_if(|(name, _)| name == persona) {
            Some(there) => self.stage.insert(there),
            None => self.stage.insert((persona.to_owned(), Stage::new(&self.path(persona), &self.args.stage)?)),
        };
        let npc = stage.npc;
        let world = stage.world_mut();
        world.trigger(EndConversation { entity: npc, partner: None });
        let mut history = DialogueHistory::default();
        if let Some((line, reply)) = before {
            history.push("player", line, reply);
        }
        world.entity_mut(npc).insert(history);
        let mut answer = Err(format!("{persona} did not answer \"{line}\""));
        stage.say(line, |notice| match notice {
            Notice::Replied(replied) => {
                self.figures.push(replied.figures);
                answer = Ok(rested(replied));
            }
            Notice::TurnFailed(failed) => answer = Err(failed.error.to_string()),
            _ => {}
        });
        Ok(answer?)
    }
}

fn rested(replied: &Replied) -> Answer {
    let used = replied.recalled.iter().filter(|fact| fact.used);
    let triple = |f: &RecalledFact| [f.subject.clone(), f.predicate.clone(), f.object.clone().unwrap_or_default()];
    Answer { text: replied.text.clone(), used: used.map(triple).collect() }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let options = ron::Options::default().with_default_extension(ron::extensions::Extensions::IMPLICIT_SOME);
    options.from_str(&text).map_err(|error| format!("{}:{error}", path.display()).into())
}
