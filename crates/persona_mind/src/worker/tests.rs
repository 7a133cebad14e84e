mod together;

use super::*;
use crate::backend::{Gate, ReplySink, Scripted, SeenBriefs};
use std::sync::atomic::{AtomicUsize, Ordering};

fn start(backend: Scripted) -> Mind {
    start_with(backend, MindSettings::default())
}

fn start_with(backend: Scripted, settings: MindSettings) -> Mind {
    Mind::start(move || Ok(Box::new(backend.clone())), settings).expect("a thread can be had")
}

fn request(turn: u64, line: &str) -> MindRequest {
    let brief = Brief { turn: TurnId(turn), line: line.into(), max_tokens: 64, ..Brief::default() };
    MindRequest::new(brief)
}

fn submit(mind: &mut Mind, turn: u64, line: &str) {
    mind.submit(request(turn, line)).expect("the queue has room");
}

/// Events until `stop` says so; fails the test after a minute.
fn events(mind: &mut Mind, mut stop: impl FnMut(&MindEvent) -> bool) -> Vec<MindEvent> {
    let start = Instant::now();
    let mut events = Vec::new();
    loop {
        assert!(start.elapsed() < Duration::from_secs(60), "no end after {events:?}");
        let Some(event) = mind.try_recv() else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        events.push(event);
        if stop(&events[events.len() - 1]) {
            return events;
        }
    }
}

fn is_end(event: &MindEvent) -> bool {
    matches!(event.progress, Progress::Finished(_) | Progress::Failed(_))
}

fn end(mind: &mut Mind) -> MindEvent {
    events(mind, is_end).pop().expect("the last event is the end")
}

fn reply(event: &MindEvent) -> &Reply {
    match &event.progress {
        Progress::Finished(reply) => reply,
        other => panic!("expected a reply, found {other:?}"),
    }
}

/// Waits until the backend is held, so that its turn surely runs.
fn until_held(gate: &Gate) {
    let start = Instant::now();
    while !gate.holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "the backend never came to the gate");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_turn_starts_streams_and_finishes() {
    let mut mind = start(Scripted::default().otherwise("one two three"));
    submit(&mut mind, 7, "Hi");
    let events = events(&mut mind, is_end);
    assert!(events.iter().all(|event| event.turn == TurnId(7)), "each event names its turn");
    assert_eq!(events[0].progress, Progress::Started, "the start comes first");
    let chunk = |event: &MindEvent| match &event.progress {
        Progress::Chunk(text) => Some(text.clone()),
        _ => None,
    };
    let text: String = events.iter().filter_map(chunk).collect();
    assert_eq!(text, "one two three", "the chunks add up");
    let reply = reply(&events[events.len() - 1]);
    assert_eq!((reply.text.as_str(), reply.finish), ("one two three", Finish::Complete));
    assert!(reply.stats.first_token_ms <= reply.stats.total_ms, "the first token comes before the last");
    let counters = MindCounters { submitted: 1, finished: 1, ..MindCounters::default() };
    assert_eq!((mind.counters(), mind.open_turns()), (counters, 0), "the turn is counted and closed");
}

#[test]
fn the_most_urgent_runs_first_then_the_oldest() {
    let (gate, seen) = (Gate::closed(), SeenBriefs::default());
    let mut mind = start(Scripted::default().with_gate(gate.clone()).record(&seen));
    submit(&mut mind, 0, "first");
    until_held(&gate);
    for (turn, priority) in [(1, Priority::Background), (2, Priority::Player), (3, Priority::Background), (4, Priority::Player)] {
        mind.submit(MindRequest { priority, ..request(turn, "next") }).expect("there is room");
    }
    assert_eq!(mind.depth(), 4, "four turns wait and one runs");
    gate.open();
    let mut left = 5;
    events(&mut mind, |event| {
        left -= usize::from(is_end(event));
        left == 0
    });
    let order: Vec<u64> = seen.lock().unwrap().iter().map(|brief| brief.turn.0).collect();
    assert_eq!(order, [0, 2, 4, 1, 3], "players come before chatter, and nothing is pushed aside");
}

#[test]
fn a_full_queue_refuses_at_once() {
    let gate = Gate::closed();
    let settings = MindSettings { queue_capacity: 2, ..MindSettings::default() };
    let mut mind = start_with(Scripted::default().with_gate(gate.clone()), settings);
    submit(&mut mind, 0, "runs");
    until_held(&gate);
    submit(&mut mind, 1, "waits");
    submit(&mut mind, 2, "waits");
    let refused = mind.submit(request(3, "too many"));
    assert_eq!(refused, Err(MindError::QueueFull { capacity: 2 }), "two turns may wait");
    mind.interrupt(TurnId(1));
    assert_eq!(mind.submit(request(4, "fits")), Ok(()), "an interrupted turn makes room at once");
    assert_eq!(mind.counters().refused, 1, "the refusal is counted");
}

#[test]
fn an_interrupt_reaches_a_running_turn_within_a_token() {
    let gate = Gate::closed();
    let mut mind = start(Scripted::default().otherwise("one two three").with_gate(gate.clone()));
    submit(&mut mind, 1, "Hi");
    gate.release(1);
    events(&mut mind, |event| event.progress == Progress::Chunk("one ".into()));
    until_held(&gate);
    mind.interrupt(TurnId(1));
    gate.open();
    let end = end(&mut mind);
    assert_eq!((reply(&end).text.as_str(), reply(&end).finish), ("one ", Finish::Interrupted), "no word came after");
    submit(&mut mind, 2, "Again");
    let next = events(&mut mind, is_end).pop().expect("an end");
    assert_eq!(reply(&next).finish, Finish::Complete, "the next turn is not touched");
    mind.interrupt(TurnId(2));
    assert_eq!(mind.try_recv(), None, "an interrupt after the end does nothing");
}

#[test]
fn an_interrupted_turn_that_waits_ends_at_once() {
    let (gate, seen) = (Gate::closed(), SeenBriefs::default());
    let mut mind = start(Scripted::default().with_gate(gate.clone()).record(&seen));
    submit(&mut mind, 1, "runs");
    until_held(&gate);
    submit(&mut mind, 2, "waits");
    mind.interrupt(TurnId(2));
    let end = end(&mut mind);
    assert_eq!(end.turn, TurnId(2), "it ends while the other still runs");
    assert_eq!((reply(&end).text.as_str(), reply(&end).finish), ("", Finish::Interrupted));
    gate.open();
    events(&mut mind, is_end);
    mind.shutdown();
    assert_eq!(seen.lock().unwrap().len(), 1, "the backend never saw the interrupted turn");
}

#[test]
fn a_passed_deadline_fails_the_turn_even_while_another_runs() {
    let gate = Gate::closed();
    let mut mind = start(Scripted::default().with_gate(gate.clone()));
    submit(&mut mind, 1, "runs");
    until_held(&gate);
    mind.submit(MindRequest { deadline: Some(Duration::from_millis(1)), ..request(2, "late") }).expect("there is room");
    let end = end(&mut mind);
    assert_eq!(end.turn, TurnId(2));
    let passed = |error: &MindError| matches!(error, MindError::DeadlinePassed { waited_ms, deadline_ms: 1 } if *waited_ms >= 1);
    assert!(matches!(&end.progress, Progress::Failed(error) if passed(error)), "found {:?}", end.progress);
}

#[test]
fn a_panic_fails_its_turn_only() {
    let built = Arc::new(AtomicUsize::new(0));
    let count = built.clone();
    let factory = move || -> Result<Box<dyn Backend>, MindError> {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Scripted::default().panic_on("boom", "lost my head").otherwise("fine")))
    };
    let mut mind = Mind::start(factory, MindSettings::default()).unwrap();
    for (turn, line) in [(1, "boom"), (2, "boom again"), (3, "well?")] {
        submit(&mut mind, turn, line);
    }
    let panicked = Progress::Failed(MindError::Panicked { message: "lost my head".into() });
    assert_eq!(end(&mut mind), MindEvent { turn: TurnId(1), progress: panicked.clone() });
    assert_eq!(end(&mut mind), MindEvent { turn: TurnId(2), progress: panicked });
    assert_eq!(reply(&end(&mut mind)).text, "fine", "the queue outlives the backend");
    assert_eq!(mind.counters().panics, 2);
    mind.shutdown();
    assert_eq!(built.load(Ordering::Relaxed), 3, "a backend is built at the start and after each panic");
}

#[test]
fn a_backend_that_cannot_be_built_is_tried_again() {
    let tries = AtomicUsize::new(0);
    let factory = move || -> Result<Box<dyn Backend>, MindError> {
        match tries.fetch_add(1, Ordering::Relaxed) {
            0 | 1 => Err(MindError::Model { message: "no weights".into() }),
            2 => panic!("bad weights"),
            _ => Ok(Box::new(Scripted::default().otherwise("at last"))),
        }
    };
    let mut mind = Mind::start(factory, MindSettings::default()).unwrap();
    let mut found = Vec::new();
    for turn in 0..3 {
        submit(&mut mind, turn, "Hi");
        found.push(end(&mut mind).progress);
    }
    let said = |progress: &Progress, part: &str| matches!(progress, Progress::Failed(MindError::Start { message }) if message.contains(part));
    assert!(said(&found[0], "no weights"), "the first turn tells why: {:?}", found[0]);
    assert!(said(&found[1], "bad weights"), "a panic of the factory is no panic of the mind: {:?}", found[1]);
    assert!(matches!(&found[2], Progress::Finished(reply) if reply.text == "at last"), "found {:?}", found[2]);
}

#[test]
fn chunks_are_merged_where_no_one_fetches_them() {
    let words = "word ".repeat(200);
    let settings = MindSettings { event_capacity: 8, ..MindSettings::default() };
    let mut mind = start_with(Scripted::default().otherwise(words.as_str()), settings);
    submit(&mut mind, 1, "Hi");
    while mind.events.len() < 6 {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(Duration::from_millis(20));
    let events = events(&mut mind, is_end);
    let chunks: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.progress {
            Progress::Chunk(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!(chunks.len() < 200, "{} chunks for 200 words", chunks.len());
    assert_eq!(chunks.concat().trim(), reply(&events[events.len() - 1]).text, "nothing is lost: {chunks:?}");
}

#[test]
fn a_full_event_channel_does_not_hinder_the_end() {
    let settings = MindSettings { event_capacity: 4, ..MindSettings::default() };
    let mut mind = start_with(Scripted::default().otherwise("a b c d e f"), settings);
    for turn in 0..4 {
        submit(&mut mind, turn, "Hi");
    }
    while !mind.events.is_full() {
        std::thread::sleep(Duration::from_millis(1));
    }
    mind.shutdown();
}

#[test]
fn dropping_ends_a_running_turn() {
    struct Tell(Gate, Arc<AtomicUsize>);
    impl Backend for Tell {
        fn name(&self) -> &str {
            "tell"
        }
        fn reply(&mut self, brief: &Brief, sink: &mut dyn ReplySink) -> Result<Reply, MindError> {
            Scripted::default().with_gate(self.0.clone()).reply(brief, sink)
        }
        fn prompt(&self, _: &Brief) -> String {
            String::new()
        }
    }
    impl Drop for Tell {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }
    let (gate, dropped) = (Gate::closed(), Arc::new(AtomicUsize::new(0)));
    let (theirs, count) = (gate.clone(), dropped.clone());
    let factory = move || -> Result<Box<dyn Backend>, MindError> { Ok(Box::new(Tell(theirs.clone(), count.clone()))) };
    let mut mind = Mind::start(factory, MindSettings::default()).unwrap();
    submit(&mut mind, 1, "never answered");
    until_held(&gate);
    let shared = mind.shared.clone();
    drop(mind);
    shared.join();
    assert_eq!(dropped.load(Ordering::SeqCst), 1, "the thread has ended and let its backend go");
}
