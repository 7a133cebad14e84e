//! Events of talk as text and as JSON.

use bevy_persona::prelude::*;
use bevy_persona::test_app::Notice;
use serde_json::{Value, json};

/// An event as one JSON object; `event` names it.
pub(crate) fn json(notice: &Notice) -> Value {
    match notice {
        Notice::TurnStarted(on) => {
            json!({ "event": "turn_started", "turn": on.turn.0, "speaker": on.speaker_name, "line": on.line, "look": format!("{:?}", on.look) })
        }
        Notice::ReplyStarted(on) => json!({ "event": "reply_started", "turn": on.turn.0 }),
        Notice::ReplyChunk(on) => json!({ "event": "reply_chunk", "turn": on.turn.0, "text": on.text }),
        Notice::Replied(on) => replied(on),
        Notice::EmotionChanged(on) => json!({ "event": "emotion_changed", "from": on.from.name(), "to": on.to.name() }),
        Notice::ActionProposed(on) => json!({ "event": "action_proposed", "turn": on.turn.0, "action": on.action }),
        Notice::TurnFailed(on) => {
            json!({ "event": "turn_failed", "turn": on.turn.0, "error": on.error.to_string(), "fallback": on.fallback })
        }
    }
}

fn replied(on: &Replied) -> Value {
    let fact = |f: &RecalledFact| {
        json!({
            "subject": f.subject, "predicate": f.predicate, "object": f.object, "score": f.score,
            "reason": format!("{:?}", f.reason), "withheld": f.withheld, "used": f.used,
        })
    };
    let thing = |t: &SeenThing| json!({ "name": t.name, "distance": t.distance, "used": t.used });
    let figures = &on.figures;
    json!({
        "event": "replied", "turn": on.turn.0, "text": on.text, "emotion": on.emotion.name(),
        "finish": format!("{:?}", on.finish),
        "recalled": on.recalled.iter().map(fact).collect::<Vec<_>>(),
        "seen": on.seen.iter().map(thing).collect::<Vec<_>>(),
        "timings_ms": {
            "perceive": figures.perceive_ms, "recall": figures.recall_ms, "queue": figures.queue_ms,
            "first_token": figures.first_token_ms, "total": figures.total_ms,
        },
        "tokens": { "in": figures.prompt_tokens, "computed": figures.computed_tokens, "out": figures.reply_tokens },
    })
}

/// What a reply rests on, a line each.
pub(crate) fn reasons(on: &Replied) -> String {
    let facts = on
        .recalled
        .iter()
        .filter(|f| f.used)
        .map(|f| format!("\n  rests on: {} {} {}", f.subject, f.predicate, f.object.as_deref().unwrap_or("(kept secret)")));
    let things = on.seen.iter().filter(|t| t.used).map(|t| format!("\n  sees: {}", t.name));
    facts.chain(things).collect()
}
