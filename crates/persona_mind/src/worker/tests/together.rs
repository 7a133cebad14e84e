//! With a backend that takes several turns on at once.

use super::{end, events, is_end, reply, request};
use crate::backend::{Backend, MindError, ReplySink, Together};
use crate::brief::{Brief, Finish, Reply, TurnId};
use crate::worker::{Mind, MindEvent, MindRequest, MindSettings, Priority, Progress};
use std::ops::ControlFlow;

/// Says the letters of each line, one of each turn a step. `!` is refused; at `?` it panics.
#[derive(Default)]
struct Choir(Vec<(TurnId, Vec<char>, usize)>);

impl Backend for Choir {
    fn name(&self) -> &str {
        "choir"
    }

    fn reply(&mut self, _: &Brief, _: &mut dyn ReplySink) -> Result<Reply, MindError> {
        unreachable!("it is asked for several turns")
    }

    fn prompt(&self, brief: &Brief) -> String {
        brief.line.clone()
    }

    fn together(&mut self) -> Option<&mut dyn Together> {
        Some(self)
    }
}

impl Together for Choir {
    fn begin(&mut self, brief: &Brief, _: bool) -> Result<(), MindError> {
        if brief.line == "!" {
            return Err(MindError::TooLong { message: "refused".into() });
        }
        self.0.push((brief.turn, brief.line.chars().collect(), 0));
        Ok(())
    }

    fn step(&mut self, sink: &mut dyn FnMut(TurnId, &str) -> ControlFlow<()>) -> Vec<(TurnId, Result<Reply, MindError>)> {
        // As slow as a small model.
        std::thread::sleep(std::time::Duration::from_millis(1));
        let mut ended = Vec::new();
        for (turn, letters, said) in &mut self.0 {
            let letter = letters[*said];
            assert_ne!(letter, '?', "on purpose");
            *said += 1;
            let broke = sink(*turn, &letter.to_string()).is_break();
            if broke || *said == letters.len() {
                let finish = if broke { Finish::Interrupted } else { Finish::Complete };
                ended.push((*turn, Ok(Reply { text: letters[..*said].iter().collect(), finish, ..Reply::default() })));
            }
        }
        self.0.retain(|(turn, ..)| ended.iter().all(|(other, _)| other != turn));
        ended
    }
}

fn choir(together: usize) -> Mind {
    let settings = MindSettings { together, ..MindSettings::default() };
    Mind::start(|| Ok(Box::new(Choir::default())), settings).expect("a thread can be had")
}

/// Events until so many turns have ended.
fn all(mind: &mut Mind, mut turns: usize) -> Vec<MindEvent> {
    events(mind, |event| {
        turns -= usize::from(is_end(event));
        turns == 0
    })
}

fn submit(mind: &mut Mind, turn: u64, line: &str, priority: Priority) {
    mind.submit(MindRequest { priority, ..request(turn, line) }).expect("there is room");
}

fn place(events: &[MindEvent], turn: u64, is_it: impl Fn(&Progress) -> bool) -> usize {
    events.iter().position(|event| event.turn == TurnId(turn) && is_it(&event.progress)).expect("it happened")
}

#[test]
fn turns_stream_side_by_side() {
    let mut mind = choir(8);
    (1..=3).for_each(|turn| submit(&mut mind, turn, &"abcdefgh".repeat(20), Priority::Background));
    let events = all(&mut mind, 3);
    let first_end = events.iter().position(is_end).expect("all end");
    for turn in 1..=3 {
        let begins = place(&events, turn, |progress| matches!(progress, Progress::Chunk(_)));
        assert!(begins < first_end, "turn {turn} speaks before another has ended");
        let chunks: String = events
            .iter()
            .filter(|event| event.turn == TurnId(turn))
            .filter_map(|event| if let Progress::Chunk(text) = &event.progress { Some(text.as_str()) } else { None })
            .collect();
        assert_eq!(chunks, "abcdefgh".repeat(20), "its chunks are its own");
    }
}

#[test]
fn no_more_than_may_be_and_a_player_beside_them() {
    let mut mind = choir(1);
    submit(&mut mind, 1, &"a".repeat(60), Priority::Background);
    submit(&mut mind, 2, "bb", Priority::Background);
    submit(&mut mind, 3, "cc", Priority::Player);
    let events = all(&mut mind, 3);
    let [one, two, three] = [1, 2, 3].map(|turn| place(&events, turn, |progress| matches!(progress, Progress::Finished(_))));
    assert!(three < one, "a player is let in beside the chatter that runs");
    let second = place(&events, 2, |progress| *progress == Progress::Started);
    assert!(one < second && second < two, "more chatter waits for its end");
}

#[test]
fn one_turn_is_interrupted_and_one_refused_and_the_others_go_on() {
    let mut mind = choir(8);
    submit(&mut mind, 1, &"a".repeat(10_000), Priority::Background);
    submit(&mut mind, 2, &"b".repeat(30), Priority::Background);
    submit(&mut mind, 3, "!", Priority::Player);
    let refused = end(&mut mind);
    assert!(matches!(refused.progress, Progress::Failed(MindError::TooLong { .. })), "{refused:?}");
    mind.interrupt(TurnId(1));
    for event in all(&mut mind, 2).iter().filter(|event| is_end(event)) {
        let reply = reply(event);
        match event.turn {
            TurnId(1) => assert_eq!((reply.finish, reply.text.len() < 10_000), (Finish::Interrupted, true), "it is cut short"),
            _ => assert_eq!((reply.finish, reply.text.len()), (Finish::Complete, 30), "it is whole"),
        }
    }
}

#[test]
fn a_panic_fails_all_that_run_and_the_next_turn_works() {
    let mut mind = choir(8);
    submit(&mut mind, 1, &"a".repeat(500), Priority::Background);
    submit(&mut mind, 2, "bb?b", Priority::Background);
    for event in all(&mut mind, 2).iter().filter(|event| is_end(event)) {
        let panicked =
            matches!(&event.progress, Progress::Failed(MindError::Panicked { message }) if message.contains("purpose"));
        assert!(panicked, "each that ran has an end: {event:?}");
    }
    submit(&mut mind, 3, "cc", Priority::Player);
    assert_eq!(reply(&end(&mut mind)).text, "cc", "another backend takes over");
}

#[test]
fn dropping_the_mind_ends_all() {
    let mut mind = choir(8);
    (1..=4).for_each(|turn| submit(&mut mind, turn, &"a".repeat(100_000), Priority::Background));
    events(&mut mind, |event| matches!(event.progress, Progress::Chunk(_)));
    // Would wait for minutes if the turns went on.
    mind.shutdown();
}
