//! `persona bench recall`: whether what matters for a line comes to mind.

mod sets;

use super::{machine, quantile};
use crate::persona::table::Table;
use bevy_persona::knowledge::{Fact, Knowledge, Meanings, RecallParts, RecallQuery};
use bevy_persona::mind::hearth::file::ModelFile;
use bevy_persona::mind::meaning::Lexicon;
use bevy_persona::mind::train::content::Content;
use bevy_persona::mind::train::sample::{Generator, NAMES, Told};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

#[derive(clap::Args, Debug)]
pub(crate) struct RecallArgs {
    /// Folder of the written content, for questions in wordings that training never sees
    #[arg(long, default_value = "crates/persona_mind/content")]
    content: PathBuf,
    /// Generated questions
    #[arg(long, default_value_t = 1000)]
    count: usize,
    /// Facts that each character knows
    #[arg(long, default_value_t = 500)]
    facts: usize,
    /// The answer counts as recalled among so many
    #[arg(long, default_value_t = 8)]
    among: usize,
    /// A model file of Hearth's whose lexicon is used in place of the built-in one
    #[arg(long)]
    lexicon: Option<PathBuf>,
    /// Folder with the sets `begin_wow` and `memorybank`, to be asked too
    #[arg(long)]
    sets: Option<PathBuf>,
    /// Seed of the questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print the questions whose answer was not recalled
    #[arg(long)]
    misses: bool,
}

/// Right answers of questions.
#[derive(Default, Clone, Copy)]
struct Count {
    right: usize,
    of: usize,
}

impl Count {
    fn add(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.of += 1;
    }

    fn share(self) -> String {
        format!("{:.1} % of {}", 100.0 * self.right as f64 / self.of.max(1) as f64, self.of)
    }
}

/// One way of recalling, and how often it was right.
struct Way {
    name: &'static str,
    by: RecallParts,
    plain: Count,
    /// Of questions in two steps: the answer, and both facts.
    answers: Count,
    steps: Count,
    pronouns: Count,
    micros: Vec<f64>,
}

pub(crate) fn run(args: &RecallArgs) -> Result<(), Box<dyn Error>> {
    println!("{}, seed {}\n", machine(), args.seed);
    if let Some(folder) = &args.sets {
        sets::run(folder, args.seed)?;
    }
    let content = Content::load(&args.content)?;
    let generator = Generator::new(&content, true).with_facts(args.facts);
    let mut rng = ChaCha8Rng::seed_from_u64(args.seed);
    let meanings = args.meanings()?;
    let all = RecallParts::default();
    let way = |(name, by)| Way {
        name,
        by,
        plain: Count::default(),
        answers: Count::default(),
        steps: Count::default(),
        pronouns: Count::default(),
        micros: Vec::new(),
    };
    let mut ways = [
        ("all", all),
        ("without meaning", RecallParts { meaning: false, ..all }),
        ("without words", RecallParts { words: false, ..all }),
        ("without names", RecallParts { names: false, ..all }),
        ("without neighbours", RecallParts { neighbours: false, ..all }),
        ("without context", RecallParts { context: false, ..all }),
        ("words alone", RecallParts { words: true, names: false, context: false, meaning: false, neighbours: false }),
    ]
    .map(way);
    for _ in 0..args.count {
        let question = generator.told(&mut rng);
        let mut knowledge = Knowledge::default();
        for [subject, relation, object] in &question.facts {
            knowledge.learn(Fact::new(subject.as_str(), relation.as_str(), object.as_str()));
        }
        for way in &mut ways {
            let is_found = way.ask(&question, &knowledge, &meanings, args.among);
            if args.misses && !is_found && way.name == "all" {
                let answers = question.answers.iter().map(|at| question.facts[*at].join(" | ")).collect::<Vec<_>>();
                println!("{}\n    {}", question.line, answers.join("\n    "));
            }
        }
    }
    let of = format!("among {} of {}", args.among, args.facts);
    let mut table = Table::new([of.as_str(), "one step", "two: answer", "two: both", "pronoun", "median", "p99"]);
    for mut way in ways {
        way.micros.sort_by(f64::total_cmp);
        let [plain, answers, steps, pronouns] = [way.plain, way.answers, way.steps, way.pronouns].map(Count::share);
        let [median, late] = [0.5, 0.99].map(|share| format!("{:.0} us", quantile(&way.micros, share)));
        table.row([way.name.into(), plain, answers, steps, pronouns, median, late]);
    }
    println!("{table}");
    Ok(())
}

impl RecallArgs {
    fn meanings(&self) -> Result<Meanings, Box<dyn Error>> {
        let Some(path) = &self.lexicon else { return Ok(Meanings::default()) };
        let file = ModelFile::read(std::io::BufReader::new(std::fs::File::open(path)?))?;
        Ok(Meanings::new(Lexicon::new(&file)?))
    }
}

impl Way {
    fn ask(&mut self, question: &Told, knowledge: &Knowledge, meanings: &Meanings, among: usize) -> bool {
        // What the relations mean is read once a game.
        recalled(question, knowledge, meanings, self.by, among);
        let start = Instant::now();
        let found = recalled(question, knowledge, meanings, self.by, among);
        self.micros.push(start.elapsed().as_secs_f64() * 1e6);
        let is_right = found.iter().all(|found| *found);
        if question.before.is_some() {
            self.pronouns.add(is_right);
        } else if found.len() > 1 {
            self.steps.add(is_right);
            self.answers.add(found.last().is_some_and(|found| *found));
        } else {
            self.plain.add(is_right);
        }
        is_right
    }
}

/// Whether each of the facts that lead to the answer is recalled.
fn recalled(question: &Told, knowledge: &Knowledge, meanings: &Meanings, by: RecallParts, among: usize) -> Vec<bool> {
    let before = question.before.as_ref().map(|name| format!("Let us speak of {name}."));
    let recalled = knowledge.recall(&RecallQuery {
        line: &question.line,
        context: before.as_deref().as_slice(),
        own_name: NAMES[0],
        speaker: NAMES[1],
        max_facts: among,
        max_tokens: usize::MAX,
        meanings: Some(meanings),
        by,
        ..RecallQuery::default()
    });
    let is_recalled = |at: &usize| {
        let [subject, relation, object] = &question.facts[*at];
        let fact = Fact::new(subject.as_str(), relation.as_str(), object.as_str());
        recalled.iter().any(|one| one.fact.same_as(&fact))
    };
    question.answers.iter().map(is_recalled).collect()
}
