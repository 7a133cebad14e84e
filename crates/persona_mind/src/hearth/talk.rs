//! Wording the plan: the decoder, its caches, and the check of each candidate before it is spoken.

use super::net::{Linear, Params};
use super::phrasebook::{GUARDED, Phrasebook, UNKNOWN};
use super::plan::Plan;
use super::script::{Choice, Prompt, THING_VALUES};
use super::speech::Speech;
use super::vocab::{COLOURS, Vocab};
use crate::brief::{ConversationId, Emotion, Register};
use crate::engine::decoder::{Cache, Decoder, Input, Rows};
use candle_core::{Device, Result, Tensor};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;

/// Conversations whose history stays computed.
const CACHES: usize = 16;

/// The decoder with the caches of the latest conversations.
pub struct Speaker {
    decoder: Decoder,
    thing: Linear,
    /// What it keeps to.
    pub phrasebook: Phrasebook,
    caches: Vec<Conversation>,
}

struct Conversation {
    id: ConversationId,
    /// What the cache holds.
    ids: Vec<u32>,
    cache: Cache,
}

/// What was computed for a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Computed {
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Those that were not in the cache.
    pub fresh: usize,
}

/// A worded reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wording {
    /// The text.
    pub text: String,
    /// The mood that goes with it.
    pub emotion: Emotion,
    /// Number of tokens.
    pub tokens: usize,
    /// Slots that it speaks.
    pub slots: Vec<String>,
    /// Whether it came to its end.
    pub ended: bool,
}

impl Speaker {
    /// A speaker of this decoder, the soft tokens' projection, and the lines that small talk keeps to.
    ///
    /// # Errors
    /// If the projection is missing.
    pub fn new(decoder: Decoder, params: Params, dim: usize, phrasebook: Phrasebook) -> Result<Self> {
        Ok(Self { decoder, thing: Linear::new(params, "thing", THING_VALUES, dim)?, phrasebook, caches: Vec::new() })
    }

    /// Computes a prompt, taking from the conversation's cache what has not changed, and gives the logits after it.
    ///
    /// # Errors
    /// If the arithmetic fails.
    pub fn prefill(&mut self, id: ConversationId, prompt: &Prompt) -> Result<(Vec<f32>, Computed)> {
        let known = self.caches.iter().position(|c| c.id == id);
        let mut conversation = match known {
            Some(at) => self.caches.remove(at),
            None => Conversation { id, ids: Vec::new(), cache: self.decoder.new_cache() },
        };
        let same = conversation.ids.iter().zip(&prompt.ids[..prompt.stable]).take_while(|(a, b)| a == b).count();
        conversation.cache.truncate(same);
        // The stable part goes first and stays; what belongs to this turn alone is cut off again before the next.
        let fresh = &prompt.ids[same..];
        let mut x = self.decoder.embed(fresh)?;
        let things: Vec<_> = prompt.things.iter().filter(|(at, _)| *at >= same).collect();
        if !things.is_empty() {
            let at = Tensor::from_iter(things.iter().map(|(at, _)| (*at - same) as u32), &Device::Cpu)?;
            let values = Tensor::from_iter(things.iter().flat_map(|(_, v)| v.iter().copied()), &Device::Cpu)?;
            let values = values.reshape((things.len(), THING_VALUES))?;
            x = x.index_add(&at, &self.thing.forward(&values)?, 0)?;
        }
        let logits = self.decoder.forward(Input::Soft(&x), Rows::Last, &mut conversation.cache)?.to_vec1()?;
        conversation.ids = prompt.ids[..prompt.stable].to_vec();
        self.caches.truncate(CACHES - 1);
        self.caches.insert(0, conversation);
        Ok((logits, Computed { prompt: prompt.ids.len(), fresh: fresh.len() }))
    }

    /// Words one candidate after [`Speaker::prefill`] of the same prompt; `keep_on` is asked after every token.
    ///
    /// # Errors
    /// If the arithmetic fails.
    pub fn word(
        &mut self,
        prompt: &Prompt,
        logits: &[f32],
        plan: &Plan,
        (register, long): (Register, bool),
        vocab: &Vocab,
        choice: &mut Chance,
        replies: &[&str],
        keep_on: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Wording> {
        let conversation = &mut self.caches[0];
        conversation.cache.truncate(prompt.ids.len());
        let allowed = Allowed::new(plan, vocab);
        let may_speak = |id| allowed.allows(id);
        let along = |topic: &str| self.phrasebook.path(register, topic, plan.tone, allowed.end, may_speak, replies);
        let mut path = match (&plan.choice, &plan.claim) {
            (Choice::Fact { certainty, .. }, Some(claim)) => {
                self.phrasebook.telling(register, *certainty, plan.tone, claim, long, vocab, replies)
            }
            (Choice::Fact { .. }, None) => along(GUARDED),
            (Choice::Nothing, _) => along(&plan.intent),
            (Choice::Unknown, _) => along(UNKNOWN),
            // A colour that was not seen is not named.
            (Choice::Things(things), _)
                if plan.intent.starts_with("colour") && things.iter().all(|t| t.impression.colour().is_none()) =>
            {
                along(UNKNOWN)
            }
            (Choice::Things(things), _) => {
                self.phrasebook.viewing(register, (&plan.intent, plan.looked.as_ref()), things, vocab, may_speak)
            }
        };
        let mut speech = Speech::new(vocab, &plan.names);
        let mut wording = Wording::default();
        let first = choice.pick(logits, |id| vocab.special_name(id).is_some_and(|t| t.starts_with("<e:")));
        wording.emotion = emotion(vocab.special_name(first));
        let mut next = vec![first];
        while wording.tokens < choice.max_tokens {
            let logits: Vec<f32> = self.decoder.forward(Input::Ids(&next), Rows::Last, &mut conversation.cache)?.to_vec1()?;
            let last = choice.pick_line(&logits, |id| allowed.allows(id) && path.leads_to(id));
            if keep_on().is_break() {
                break;
            }
            if last == allowed.end {
                wording.ended = true;
                break;
            }
            wording.tokens += 1;
            path.step(last);
            speech.push(last);
            next = vec![last];
        }
        wording.slots = speech.slots().to_vec();
        wording.text = speech.finish();
        Ok(wording)
    }
}

/// How much hotter than the rest the choice among written lines is.
const FREEDOM: f32 = 2.5;

/// How the next token is drawn.
pub struct Chance {
    /// Chance itself.
    pub rng: ChaCha8Rng,
    /// 0 always takes the likeliest.
    pub temperature: f32,
    /// The most tokens of a reply.
    pub max_tokens: usize,
}

impl Chance {
    /// Draws among the allowed ids that are at least a tenth as likely as the likeliest.
    fn pick(&mut self, logits: &[f32], allowed: impl Fn(u32) -> bool) -> u32 {
        self.draw(logits, allowed, self.temperature, 0.1)
    }

    /// Draws more freely: any of the lines that are left is a sound one.
    fn pick_line(&mut self, logits: &[f32], allowed: impl Fn(u32) -> bool) -> u32 {
        self.draw(logits, allowed, FREEDOM * self.temperature, 0.01)
    }

    fn draw(&mut self, logits: &[f32], allowed: impl Fn(u32) -> bool, temperature: f32, least: f32) -> u32 {
        let ids: Vec<u32> = (0..logits.len() as u32).filter(|id| allowed(*id)).collect();
        let Some(best) = ids.iter().copied().max_by(|a, b| logits[*a as usize].total_cmp(&logits[*b as usize])) else { return 0 };
        if temperature <= 0.0 {
            return best;
        }
        let weight = |id: u32| ((logits[id as usize] - logits[best as usize]) / temperature).exp();
        let likely: Vec<(u32, f32)> = ids.into_iter().map(|id| (id, weight(id))).filter(|(_, w)| *w > least).collect();
        let mut at = self.rng.random_range(0.0..1.0f32) * likely.iter().map(|(_, w)| w).sum::<f32>();
        for (id, weight) in &likely {
            at -= weight;
            if at <= 0.0 {
                return *id;
            }
        }
        best
    }
}

/// Which tokens a plan lets the model speak: text, its end, the slots that stand for something, and the colours and
/// places of what is in view.
struct Allowed {
    specials: Vec<bool>,
    end: u32,
}

impl Allowed {
    fn new(plan: &Plan, vocab: &Vocab) -> Self {
        let mut specials: Vec<bool> = (0..).map_while(|id| vocab.special_name(id)).map(|t| plan.names.contains_key(t)).collect();
        let end = vocab.special("<end>");
        specials[end as usize] = true;
        if let Choice::Things(things) = &plan.choice {
            for colour in things.iter().filter_map(|t| t.impression.colour()) {
                specials[vocab.special(&format!("<c:{}>", COLOURS[colour])) as usize] = true;
            }
            if let Some(first) = things.first() {
                let side = ["left", "middle", "right"][first.side.min(2)];
                let distance = ["near", "mid", "far"][first.distance.min(2)];
                specials[vocab.special(&format!("<side:{side}>")) as usize] = true;
                specials[vocab.special(&format!("<dist:{distance}>")) as usize] = true;
            }
        }
        Self { specials, end }
    }

    fn allows(&self, id: u32) -> bool {
        self.specials.get(id as usize).copied().unwrap_or(true)
    }
}

fn emotion(token: Option<&str>) -> Emotion {
    let name = token.and_then(|t| t.strip_prefix("<e:")?.strip_suffix('>')).unwrap_or_default();
    Emotion::ALL.iter().copied().find(|e| e.name() == name).unwrap_or_default()
}
