//! Trains Hearth without Bevy.
use persona_mind::train::{content::Content, look::Look, scenes::SceneFile, sample::Generator, task::{Task, TrainSettings}, tokens::Pieces};
use rand::SeedableRng;
use std::{path::Path, sync::Arc, time::Instant};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let get = |i: usize, d: usize| args.get(i).map_or(d, |a| a.parse().unwrap());
    if args[1] == "eye" {
        let [train, val] = [2, 3].map(|i| SceneFile::read(Path::new(&args[i])).unwrap_or_else(|e| panic!("{e}")));
        let settings = TrainSettings { threads: 2, batch: get(5, 32), steps: get(6, 3000), first_step: get(7, 0), rate: 1e-3, seed: 1, checkpoint: args[4].clone().into(), every: get(8, 100) };
        let look = Look::new(&settings).unwrap();
        let start = Instant::now();
        look.train(&settings, &train, &val, |step, loss, m| println!("{:6.0} s  step {step}: loss {loss:.3}  {m:?}", start.elapsed().as_secs_f32())).unwrap();
        return;
    }
    let folder = Path::new(&args[2]);
    let content = Content::load(folder).unwrap_or_else(|e| panic!("{e}"));
    println!("{} relations, {} intents, {} styles, {} views", content.relations.len(), content.intents.len(), content.styles.len(), content.views.len());
    match args[1].as_str() {
        "data" => {
            let generator = Generator::new(&content, false);
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
            for _ in 0..args[3].parse().unwrap() {
                let s = generator.sample(&mut rng);
                println!("[{:?} {:?}] {:?}\n  > {}\n  < {:?} {}", s.register, s.tone, s.choice, s.line, s.emotion, s.reply);
            }
        }
        "pieces" => {
            let pieces = Pieces::learn(&content, args[3].parse().unwrap(), 30000).unwrap();
            println!("{} tokens, {} merges", pieces.tokens.len(), pieces.merges.len());
            std::fs::write(&args[4], serde_json::to_string(&pieces).unwrap()).unwrap();
        }
        _ => {
            let pieces: Pieces = serde_json::from_str(&std::fs::read_to_string(&args[3]).unwrap()).unwrap();
            let settings = TrainSettings { threads: 2, batch: get(5, 48), steps: get(6, 3000), first_step: get(7, 0), rate: 2e-3, seed: 1, checkpoint: args[4].clone().into(), every: get(8, 50) };
            let task = Task::new(Arc::new(content), &pieces, &settings).unwrap();
            let n: usize = task.variables().all().iter().map(|(_, v)| v.elem_count()).sum();
            println!("{n} parameters");
            let start = Instant::now();
            task.train(&settings, |step, loss, m| println!("{:6.0} s  step {step}: loss {loss:.3}  {m:?}", start.elapsed().as_secs_f32())).unwrap();
        }
    }
}
