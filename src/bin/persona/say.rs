//! `persona say`: one line to a character, and what comes of it.

use bevy_persona::mind::Brief;
use bevy_persona::mind::brief::{BriefFact, BriefSource, PersonaCard, Picture, Register, Relation, View, VisibleThing};
use bevy_persona::mind_link::BackendChoice;
use std::error::Error;
use std::path::PathBuf;

/// Says one line to a character described on the command line, and prints the reply and what it rests on.
#[derive(clap::Args, Debug)]
pub(crate) struct SayArgs {
    /// What is said
    line: String,
    /// The character's name
    #[arg(long, default_value = "Marta")]
    name: String,
    /// What the character is
    #[arg(long, default_value = "innkeeper of the Gilded Oak")]
    role: String,
    /// Its way of speaking: Plain, Rustic, Courtly, Gruff, Scholarly, Streetwise, Formal or Playful
    #[arg(long, default_value = "Rustic", value_parser = register)]
    register: Register,
    /// A fact the character knows: "subject | predicate | object"; may be given often
    #[arg(long = "fact", value_parser = fact)]
    facts: Vec<BriefFact>,
    /// A picture of what it sees
    #[arg(long)]
    image: Option<PathBuf>,
    /// Names of things in the picture, separated by commas; without it the eye finds them
    #[arg(long, value_delimiter = ',')]
    visible: Vec<String>,
    /// Trust in the speaker, -1..=1
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    trust: f32,
    /// Seed of all chance
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

fn register(name: &str) -> Result<Register, String> {
    let known = Register::ALL.iter().copied().find(|r| r.name().eq_ignore_ascii_case(name));
    known.ok_or_else(|| format!("expected one of {}", Register::ALL.iter().map(|r| r.name()).collect::<Vec<_>>().join(", ")))
}

fn fact(text: &str) -> Result<BriefFact, String> {
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let [subject, predicate, object] = parts[..] else {
        return Err(format!("expected \"subject | predicate | object\", found {} parts", parts.len()));
    };
    Ok(BriefFact {
        subject: subject.into(),
        predicate: predicate.into(),
        object: Some(object.into()),
        confidence: 1.0,
        source: BriefSource::Authored,
        score: 1.0,
    })
}

pub(crate) fn run(args: &SayArgs) -> Result<(), Box<dyn Error>> {
    let mut backend = BackendChoice::Builtin.build()?;
    let brief = brief(args)?;
    let start = std::time::Instant::now();
    let reply = backend.reply(&brief, &mut ())?;
    let total_ms = start.elapsed().as_secs_f32() * 1000.0;
    if args.json {
        println!("{}", serde_json::json!({ "reply": reply, "total_ms": total_ms }));
    } else {
        println!("{} ({}): {}", args.name, reply.emotion.name(), reply.text);
        for index in &reply.used_facts {
            let fact = &brief.facts[*index];
            println!("  rests on: {} {} {}", fact.subject, fact.predicate, fact.object.as_deref().unwrap_or("(secret)"));
        }
    }
    Ok(())
}

fn brief(args: &SayArgs) -> Result<Brief, Box<dyn Error>> {
    let persona =
        PersonaCard { name: args.name.clone(), role: args.role.clone(), register: args.register, ..PersonaCard::default() };
    let picture = match &args.image {
        Some(path) => {
            let image = image::open(path)?.to_rgb8();
            Some(Picture::from_rgb(image.width(), image.height(), image.into_raw())?)
        }
        None => None,
    };
    let thing =
        |name: &String| VisibleThing { name: name.trim().into(), bounds: [0.0, 0.0, 1.0, 1.0], ..VisibleThing::default() };
    let things: Vec<VisibleThing> = args.visible.iter().map(thing).collect();
    let view = (picture.is_some() || !things.is_empty()).then_some(View { picture, things });
    Ok(Brief {
        persona: persona.into(),
        speaker: "player".into(),
        line: args.line.clone(),
        relation: Relation { trust: args.trust, liking: args.trust, fear: 0.0 },
        facts: args.facts.clone(),
        view,
        seed: args.seed,
        max_tokens: 64,
        ..Brief::default()
    })
}
