//! `persona chat`: a conversation in the terminal, through the very plugin.

use super::events::reasons;
use super::stage::{Reread, Stage, StageArgs};
use bevy_persona::prelude::*;
use bevy_persona::test_app::Notice;
use std::error::Error;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// Talks with a character in the terminal. Its files may be edited meanwhile: it changes and keeps what was said.
#[derive(clap::Args, Debug)]
pub(crate) struct ChatArgs {
    /// The character's file (*.persona.ron)
    persona: PathBuf,
    #[command(flatten)]
    stage: StageArgs,
}

const HELP: &str = "\
  /facts    what came to the character's mind for the last line, best first
  /forget   end the conversation and begin a new one
  /help, /quit";

pub(crate) fn run(args: &ChatArgs) -> Result<(), Box<dyn Error>> {
    let mut stage = Stage::new(&args.persona, &args.stage)?;
    println!("You talk with {}. /help lists what else there is; /quit or the end of input ends it.", stage.name());
    let lines = listen();
    let mut last: Option<Replied> = None;
    prompt();
    loop {
        for notice in stage.frame() {
            if let Notice::TurnFailed(failed) = &notice {
                eprintln!("{}", failed.error);
            }
        }
        for reread in stage.rereads() {
            match reread {
                Reread::Applied => println!("\n  [the files were read again]"),
                Reread::Rejected(error) => println!("\n  [not taken: {error}]"),
            }
            prompt();
        }
        let line = match lines.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Empty) => continue,
            Err(TryRecvError::Disconnected) => return Ok(()),
        };
        match line.trim() {
            "" => {}
            "/quit" | "/exit" => return Ok(()),
            "/help" => println!("{HELP}"),
            "/facts" => facts(last.as_ref()),
            "/forget" => {
                let entity = stage.npc;
                stage.world_mut().trigger(EndConversation { entity, partner: None });
                last = None;
            }
            command if command.starts_with('/') => println!("expected one of\n{HELP}"),
            line => last = talk(&mut stage, line).or(last),
        }
        prompt();
    }
}

fn talk(stage: &mut Stage, line: &str) -> Option<Replied> {
    let name = stage.name();
    let mut last = None;
    stage.say(line, |notice| match notice {
        Notice::ReplyStarted(_) => print!("{name}: "),
        Notice::ReplyChunk(chunk) => {
            print!("{}", chunk.text);
            let _ = std::io::stdout().flush();
        }
        Notice::Replied(replied) => {
            println!("\n  [{}]{}", replied.emotion.name().to_lowercase(), reasons(replied));
            last = Some((**replied).clone());
        }
        Notice::ActionProposed(proposed) => println!("  would like to: {}", proposed.action),
        Notice::TurnFailed(failed) => println!("{name}: {}\n  [no reply: {}]", failed.fallback, failed.error),
        _ => {}
    });
    last
}

fn facts(last: Option<&Replied>) {
    let Some(last) = last else { return println!("  nothing has been said yet") };
    for fact in &last.recalled {
        let object = fact.object.as_deref().unwrap_or("(kept secret)");
        let mark = if fact.used { '*' } else { ' ' };
        println!("  {mark} {:5.2} {:?}: {} {} {object}", fact.score, fact.reason, fact.subject, fact.predicate);
    }
}

fn prompt() {
    print!("> ");
    let _ = std::io::stdout().flush();
}

fn listen() -> Receiver<String> {
    let (send, receive) = sync_channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}
