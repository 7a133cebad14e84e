//! The local backend on a real, tiny model that has learned to go on with stories.

mod common;

use common::data;
use persona_mind::backend::Local;
use persona_mind::brief::{BriefFact, BriefSource, ConversationId, Exchange, Finish, PersonaCard, TurnId};
use persona_mind::engine::sampler::Sampling;
use persona_mind::{Backend, Brief, MindError, ReplySink};
use std::ops::ControlFlow;
use std::sync::Arc;

fn model() -> Option<Local> {
    Some(Local::open(&data("stories260K/stories260K.gguf")?).expect("a model that runs here"))
}

fn brief(line: &str) -> Brief {
    let persona = PersonaCard { name: "Lily".into(), role: "a girl".into(), improvisation: 1.0, ..PersonaCard::default() };
    Brief {
        conversation: ConversationId(1),
        persona: Arc::new(persona),
        speaker: "Tom".into(),
        line: line.into(),
        max_tokens: 24,
        seed: 7,
        ..Brief::default()
    }
}

fn fact(object: &str) -> BriefFact {
    BriefFact {
        subject: "the ball".into(),
        predicate: "is under".into(),
        object: Some(object.into()),
        confidence: 1.0,
        source: BriefSource::Authored,
        score: 1.0,
        ..BriefFact::default()
    }
}

/// Breaks after so many calls.
struct Patience(usize);

impl ReplySink for Patience {
    fn chunk(&mut self, _: &str) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(1);
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn a_seed_decides_the_reply() {
    let (Some(mut a), Some(mut b)) = (model(), model()) else { return };
    let one = a.reply(&brief("Do you want to play?"), &mut ()).expect("a reply");
    let same = b.reply(&brief("Do you want to play?"), &mut ()).expect("a reply");
    assert_eq!(one.text, same.text, "same brief, same seed, same words");
    assert!(one.stats.reply_tokens > 1, "it says something: {one:?}");
    let other = b.reply(&Brief { seed: 8, ..brief("Do you want to play?") }, &mut ()).expect("a reply");
    assert_ne!(one.text, other.text, "another seed, other words");
}

#[test]
fn a_second_turn_computes_only_what_is_new() {
    let Some(mut model) = model() else { return };
    let mut brief = brief("Do you want to play?");
    let first = model.reply(&brief, &mut ()).expect("a reply");
    assert_eq!(first.stats.computed_tokens, first.stats.prompt_tokens, "nothing was known before");
    brief.history.push(Exchange { speaker: "Tom".into(), line: std::mem::take(&mut brief.line), reply: first.text });
    brief.line = "Where is the ball?".into();
    let second = model.reply(&brief, &mut ()).expect("a reply");
    let (known, before) = (second.stats.prompt_tokens - second.stats.computed_tokens, first.stats.prompt_tokens);
    assert!(known * 5 > before * 4, "the sheet is not computed again: {:?} after {before}", second.stats);
}

#[test]
fn another_conversation_begins_with_what_it_shares() {
    let Some(mut model) = model() else { return };
    let first = model.reply(&brief("Do you want to play?"), &mut ()).expect("a reply");
    let other = Brief { conversation: ConversationId(2), ..brief("Where is the ball?") };
    let second = model.reply(&other, &mut ()).expect("a reply");
    assert!(second.stats.computed_tokens * 3 < first.stats.computed_tokens, "{:?} after {:?}", second.stats, first.stats);
}

#[test]
fn facts_and_talk_give_way_where_they_do_not_fit() {
    let Some(mut model) = model() else { return };
    let mut brief = brief("Where is the ball?");
    brief.facts = (0..200).map(|i| fact(&format!("the big red box number {i}"))).collect();
    let exchange = |i: usize| Exchange { speaker: "Tom".into(), line: format!("This is line {i}."), reply: "Oh yes.".into() };
    brief.history = (0..100).map(exchange).collect();
    let reply = model.reply(&brief, &mut ()).expect("what fits is taken");
    assert!((1000..2048).contains(&reply.stats.prompt_tokens), "the model's own length is filled: {:?}", reply.stats);
    let error = model.reply(&Brief { line: "a lot ".repeat(4000), ..brief }, &mut ()).expect_err("a line can not give way");
    assert!(matches!(error, MindError::TooLong { .. }), "{error}");
}

#[test]
fn an_interrupt_stops_before_the_first_token_and_after_it() {
    let Some(mut model) = model() else { return };
    let brief = brief("Do you want to play?");
    let early = model.reply(&brief, &mut Patience(1)).expect("a reply");
    assert_eq!((early.finish, early.text.as_str()), (Finish::Interrupted, ""), "before it read the prompt");
    let reading = model.reply(&brief, &mut Patience(2)).expect("a reply");
    assert_eq!((reading.finish, reading.text.as_str()), (Finish::Interrupted, ""), "while it read the prompt");
    let whole = model.reply(&brief, &mut ()).expect("a reply");
    assert!(whole.stats.computed_tokens < whole.stats.prompt_tokens, "what was read before the interrupt is kept");
    let cut = model.reply(&brief, &mut Patience(4)).expect("a reply");
    assert_eq!((cut.finish, cut.stats.reply_tokens <= 3), (Finish::Interrupted, true), "{cut:?}");
    assert!(whole.text.starts_with(cut.text.trim_end()), "the same words, cut short");
}

#[test]
fn what_is_refused_is_refused_without_the_model() {
    let Some(mut model) = model() else { return };
    let mut persona = PersonaCard { name: "Lily".into(), ..PersonaCard::default() };
    persona.boundaries.never_discuss = vec!["the moon".into()];
    persona.boundaries.refusals = vec!["I do not talk of that.".into()];
    let reply = model.reply(&Brief { persona: Arc::new(persona), ..brief("What about the Moon?") }, &mut ()).expect("a reply");
    assert_eq!(reply.text, "I do not talk of that.");
    assert_eq!(reply.stats.prompt_tokens, 0, "nothing was computed");
}

#[test]
fn sampling_can_be_set() {
    let Some(model) = model() else { return };
    let mut greedy = model.with_sampling(Sampling::GREEDY);
    let one = greedy.reply(&brief("Hello"), &mut ()).expect("a reply").text;
    let two = greedy.reply(&Brief { seed: 99, ..brief("Hello") }, &mut ()).expect("a reply").text;
    assert_eq!(one, two, "greedy knows no chance");
}

/// Notes what it hears.
#[derive(Default)]
struct Notes(Vec<String>);

impl ReplySink for Notes {
    fn chunk(&mut self, text: &str) -> ControlFlow<()> {
        self.0.extend((!text.is_empty()).then(|| text.to_owned()));
        ControlFlow::Continue(())
    }
}

#[test]
fn of_several_candidates_one_is_spoken_and_the_prompt_is_read_once() {
    let (Some(several), Some(mut alone)) = (model(), model()) else { return };
    let sampling = Sampling { temperature: 1.5, top_k: 0, top_p: 1.0, min_p: 0.0, ..Sampling::default() };
    let (mut several, mut heard) = (several.with_candidates(4).with_sampling(sampling.clone()), Notes::default());
    let reply = several.reply(&brief("Do you want to play?"), &mut heard).expect("a reply");
    assert_eq!(heard.0, [reply.text.as_str()], "it is heard in one piece");
    alone = alone.with_sampling(sampling);
    let each: Vec<Brief> = (7..11).map(|seed| Brief { seed, ..brief("Do you want to play?") }).collect();
    let texts: Vec<String> = each.iter().map(|brief| alone.reply(brief, &mut ()).expect("a reply").text).collect();
    assert!(texts.contains(&reply.text), "it is one of {texts:?}: {:?}", reply.text);
    let (prompt, computed) = (reply.stats.prompt_tokens, reply.stats.computed_tokens);
    assert!(computed < prompt + 4 * 20, "four replies to {prompt} tokens computed {computed}");
    let cut = several.reply(&brief("And now?"), &mut Patience(9)).expect("what it has");
    assert_eq!((cut.finish, cut.text.as_str()), (Finish::Interrupted, ""), "nothing was heard before it was interrupted");
    assert!(!several.reply(&brief("Well?"), &mut ()).expect("a reply").text.is_empty(), "and the next turn works");
}

#[test]
fn several_turns_at_once_are_what_each_is_alone() {
    let (Some(mut together), Some(mut alone)) = (model(), model()) else { return };
    let briefs: Vec<Brief> = (1..=5)
        .map(|i| Brief {
            turn: TurnId(i),
            conversation: ConversationId(i),
            seed: i,
            ..brief(["Hello!", "Where is the ball?"][i as usize % 2])
        })
        .collect();
    let expected: Vec<String> = briefs.iter().map(|brief| alone.reply(brief, &mut ()).expect("a reply").text).collect();
    let turns = together.together().expect("it takes several on");
    briefs.iter().for_each(|brief| turns.begin(brief, false).expect("a prompt that fits"));
    let (mut order, mut said, mut ended) = (Vec::new(), vec![String::new(); briefs.len()], 0);
    while ended < briefs.len() {
        let replies = turns.step(&mut |turn, text| {
            if !text.is_empty() {
                order.push(turn);
                said[turn.0 as usize - 1] += text;
            }
            ControlFlow::Continue(())
        });
        for (turn, reply) in replies {
            let reply = reply.expect("a reply");
            assert_eq!(reply.text.trim(), said[turn.0 as usize - 1].trim(), "the reply is what was streamed");
            assert!(reply.stats.prompt_tokens > 0 && reply.stats.reply_tokens > 0, "{:?}", reply.stats);
            ended += 1;
        }
    }
    assert_eq!(said, expected, "the same words as alone");
    let first_end = order.iter().rposition(|turn| *turn == order[0]).unwrap_or(0);
    let others: std::collections::BTreeSet<_> = order[..first_end].iter().collect();
    assert!(others.len() >= 4, "they speak side by side: {order:?}");
}

#[test]
fn a_small_budget_is_paid_for_in_time_alone() {
    let (Some(mut rich), Some(poor)) = (model(), model()) else { return };
    let mut poor = poor.with_cache_bytes(0);
    for turn in 1..=4 {
        let brief = Brief { conversation: ConversationId(turn % 2), seed: turn, ..brief("Where is the ball?") };
        let (a, b) = (rich.reply(&brief, &mut ()).expect("a reply"), poor.reply(&brief, &mut ()).expect("a reply"));
        assert_eq!(a.text, b.text, "the same words");
        assert_eq!(b.stats.computed_tokens, b.stats.prompt_tokens, "all is computed again");
    }
}
