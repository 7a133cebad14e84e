//! `persona data`: samples of Hearth's training data.

use bevy_persona::mind::train::content::Content;
use bevy_persona::mind::train::sample::Generator;
use rand::SeedableRng;
use std::error::Error;
use std::path::PathBuf;

/// Where the written content lies in the repository.
pub(crate) const CONTENT: &str = "crates/persona_mind/content";

/// Prints samples, so that a writer can read what the model will learn.
#[derive(clap::Args, Debug)]
pub(crate) struct DataArgs {
    /// How many samples
    #[arg(long, default_value_t = 20)]
    count: usize,
    /// Seed: the same seed gives the same samples
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw only wordings that are kept from training
    #[arg(long)]
    held_out: bool,
    /// Folder of the written content
    #[arg(long, default_value = CONTENT)]
    content: PathBuf,
}

pub(crate) fn run(args: &DataArgs) -> Result<(), Box<dyn Error>> {
    let content = Content::load(&args.content)?;
    let generator = Generator::new(&content, args.held_out);
    let intents = content.intent_ids();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(args.seed);
    for _ in 0..args.count {
        let sample = generator.sample(&mut rng);
        println!("[{} {:?}, {}]", sample.register.name(), sample.tone, intents[sample.intent]);
        for (i, fact) in sample.facts.iter().enumerate() {
            let mark = if sample.answer == Some(i) { '*' } else { ' ' };
            println!("  {mark} {} {} {}", fact.concepts[0], fact.predicate, fact.concepts[1]);
        }
        println!("  > {}\n  < ({}) {}", sample.line, sample.emotion.name(), sample.reply);
    }
    Ok(())
}
