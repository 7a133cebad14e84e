//! What to say, before how: the meaning of the line, the fact or the things that answer it, tone and names.

mod look;
mod recollect;

pub use look::Looked;

use super::eye::{Eye, Impression, kind_of};
use super::gaze::Gaze;
use super::grammar::{claim, names_another, own};
use super::names::{Names, Slotted, same};
use super::net::softmax;
use super::reader::{FactBatch, FactFeatures, FactRow, Reader, SURE, TextBatch};
use super::said::Said;
use super::script::{Certainty, Choice, SeenThing, THING_SLOTS};
use super::vocab::{Tone, Vocab};
use super::words::{Word, words};
use crate::brief::{Brief, BriefFact, BriefSource, OfferedAction, Trait, VisibleThing};
use candle_core::Result;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The decisions that the speaker words.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The line, with slots.
    pub line: String,
    /// What it means.
    pub intent: String,
    /// What to speak of.
    pub choice: Choice,
    /// How the character stands to the speaker.
    pub tone: Tone,
    /// What each slot stands for.
    pub names: HashMap<String, String>,
    /// The chosen fact as a sentence with slots, which the speaker says word for word; none for a secret.
    pub claim: Option<String>,
    /// Index of the chosen fact.
    pub fact: Option<usize>,
    /// Indices of the chosen things in the brief's view.
    pub things: Vec<usize>,
    /// What counting or comparing the things in view came to, where that is what the line asks for.
    pub looked: Option<Looked>,
    /// Name of the action called for.
    pub action: Option<String>,
}

/// Reads briefs.
pub struct Planner<'a> {
    /// The reader.
    pub reader: &'a Reader,
    /// The eye.
    pub eye: &'a Eye,
    /// The gaze.
    pub gaze: &'a Gaze,
    /// The vocabulary.
    pub vocab: &'a Vocab,
}

/// A visible thing and what was made of it.
struct Sight {
    thing: VisibleThing,
    impression: Impression,
    index: Option<usize>,
}

impl Planner<'_> {
    /// The plan for a brief.
    ///
    /// # Errors
    /// If the arithmetic fails.
    pub fn plan(&self, brief: &Brief) -> Result<Plan> {
        let sights = self.look(brief)?;
        let names = names_of(brief, sights.iter().map(|s| s.thing.name.as_str()));
        let line = names.slotted(start_of(&brief.line));
        let reading = self.read(brief, &names, &line)?;
        let tone = tone(brief);
        let mut plan = Plan {
            intent: reading.intent,
            choice: Choice::Nothing,
            tone,
            names: fixed_names(brief, &line),
            claim: None,
            fact: None,
            things: Vec::new(),
            looked: None,
            action: reading.action,
            line: line.text.clone(),
        };
        let (fact, is_sure) = (reading.fact.map(|(fact, _)| fact), reading.fact.is_some_and(|(_, share)| share >= SURE));
        match look::looked(&line.text, &line.mentions, &sights).filter(|_| !is_sure) {
            Some(looked) => {
                choose_things(&mut plan, "in_view", &looked.things, &sights);
                plan.looked = Some(looked);
            }
            None => self.choose(&mut plan, brief, &line, fact, &sights),
        }
        if let (Choice::Nothing, Some(fact), true) = (&plan.choice, fact, is_sure) {
            choose_fact(&mut plan, brief, fact);
        }
        Ok(plan)
    }

    fn choose(&self, plan: &mut Plan, brief: &Brief, line: &Slotted, fact: Option<usize>, sights: &[Sight]) {
        let named = line.mentions.iter().find_map(|m| sights.iter().position(|s| same(&s.thing.name, m)));
        let topic = plan.intent.clone();
        if let Some(episode) =
            recollect::episode(brief, fact).filter(|_| ["fact", "ask_remember_me", "ask_repeat"].contains(&topic.as_str()))
        {
            return recollect::choose_episode(plan, brief, episode);
        }
        match topic.as_str() {
            "fact" => match (fact, named) {
                (Some(fact), _) => choose_fact(plan, brief, fact),
                (None, Some(thing)) => choose_things(plan, "in_view", &[thing], sights),
                (None, None) => plan.choice = Choice::Unknown,
            },
            "see" => {
                let things: Vec<usize> = (0..sights.len()).take(THING_SLOTS.len()).collect();
                choose_things(plan, "see", &things, sights);
            }
            "colour" | "where_is" | "in_view" => match (named, fact) {
                (Some(thing), _) => choose_things(plan, &topic, &[thing], sights),
                // Not in view, but known: the cellar key is where she hid it.
                (None, Some(fact)) => choose_fact(plan, brief, fact),
                (None, None) if line.mentions.is_empty() => self.point_out(plan, &topic, sights),
                (None, None) => choose_things(plan, "in_view", &[], sights),
            },
            "colour_of_that" | "what_is_that" => self.point_out(plan, &topic, sights),
            _ => {}
        }
    }

    /// Speaks of what stands most in the middle.
    fn point_out(&self, plan: &mut Plan, topic: &str, sights: &[Sight]) {
        let off = |s: &Sight| (f32::midpoint(s.thing.bounds[0], s.thing.bounds[2]) - 0.5).abs();
        let middle = (0..sights.len()).min_by(|a, b| off(&sights[*a]).total_cmp(&off(&sights[*b])));
        match (middle, topic) {
            (Some(thing), "where_is" | "in_view") => choose_things(plan, "what_is_that", &[thing], sights),
            (Some(thing), "colour") => choose_things(plan, "colour_of_that", &[thing], sights),
            (Some(thing), _) => choose_things(plan, topic, &[thing], sights),
            (None, _) => choose_things(plan, "see", &[], sights),
        }
    }

    fn look(&self, brief: &Brief) -> Result<Vec<Sight>> {
        let Some(view) = &brief.view else { return Ok(Vec::new()) };
        let named = !view.things.is_empty();
        let things = match &view.picture {
            Some(picture) if !named => self.eye.look(picture)?.find(),
            _ => view.things.clone(),
        };
        let boxes: Vec<[f32; 4]> = things.iter().map(|thing| thing.bounds).collect();
        let impressions = match &view.picture {
            Some(picture) => self.gaze.look(picture, &boxes)?,
            None => vec![Impression::default(); things.len()],
        };
        let sight = |(index, (thing, impression)): (usize, (VisibleThing, Impression))| Sight {
            impression: with_known_kind(impression, &thing),
            thing,
            index: named.then_some(index),
        };
        Ok(things.into_iter().zip(impressions).enumerate().map(sight).collect())
    }

    fn read(&self, brief: &Brief, names: &Names, line: &Slotted) -> Result<Choices> {
        let phrases: Vec<Vec<Word>> = brief.facts.iter().map(|f| words(&f.predicate)).collect();
        let before = brief.history.last().map(|e| names.concepts_in(&format!("{} {}", e.line, e.reply))).unwrap_or_default();
        let texts: Vec<Vec<Word>> = brief.facts.iter().flat_map(|f| ends(brief, f)).map(|name| words(&name)).collect();
        let said = Said::new(
            &line.text,
            brief.facts.iter().map(|f| [&*f.subject, &*f.predicate, f.object.as_deref().unwrap_or_default()]),
        );
        let row = |(f, i): (&BriefFact, u32)| FactRow {
            phrase: i,
            names: [2 * i, 2 * i + 1],
            features: FactFeatures { said: said_of(&said, f), ..features(brief, f, line, &before) },
            concepts: keys(f),
        };
        let rows: Vec<FactRow> = brief.facts.iter().zip(0..).map(row).collect();
        let none = [Vec::new()];
        let batch = |texts: &[Vec<Word>]| TextBatch::new(if texts.is_empty() { &none } else { texts });
        let line = TextBatch::new(&[words(&line.text)])?;
        let reading = self.reader.read(&line, &batch(&phrases)?, &batch(&texts)?, &FactBatch::new(&[rows])?)?;
        let shares: Vec<f32> = softmax(&reading.intents)?.flatten_all()?.to_vec1()?;
        let fact = reading.answers()?.first().copied().flatten().filter(|(fact, _)| *fact < brief.facts.len());
        let intent = meant(&shares, fact.is_some());
        let action = if brief.actions.is_empty() {
            None
        } else {
            let text =
                |a: &OfferedAction| if a.description.is_empty() { a.name.replace('_', " ") } else { a.description.clone() };
            let offered: Vec<Vec<Word>> = brief.actions.iter().map(|a| words(&text(a))).collect();
            let offered = self.reader.gist(&TextBatch::new(&offered)?)?;
            let scores = self.reader.actions(&reading.lines, &offered)?.flatten_all()?.to_vec1()?;
            brief.actions.get(best(&scores)).map(|a| a.name.clone())
        };
        Ok(Choices { intent: self.vocab.intents().get(intent).cloned().unwrap_or_default(), fact, action })
    }
}

struct Choices {
    intent: String,
    /// What answers the line, and how likely.
    fact: Option<(usize, f32)>,
    action: Option<String>,
}

/// How likely small talk must be for a line that seems to ask for a fact where none answers it.
const SMALL_TALK: f32 = 0.2;

/// The likeliest meaning, of which the first is a question for a fact. What no fact answers may be small talk.
fn meant(shares: &[f32], is_known: bool) -> usize {
    let likeliest = best(shares);
    let other = 1 + best(shares.get(1..).unwrap_or_default());
    let is_other = likeliest == 0 && !is_known && shares.get(other).is_some_and(|share| *share >= SMALL_TALK);
    if is_other { other } else { likeliest }
}

fn best(scores: &[f32]) -> usize {
    (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or(0)
}

/// The longest line that is read, in bytes: what players type in one go. Attention grows with the square of it.
const MAX_LINE: usize = 512;

pub(super) fn start_of(line: &str) -> &str {
    &line[..line.floor_char_boundary(MAX_LINE)]
}

/// Names that a line or an answer may hold.
#[must_use]
pub fn names_of<'a>(brief: &'a Brief, in_view: impl Iterator<Item = &'a str>) -> Names {
    let of_facts = brief.facts.iter().flat_map(|f| std::iter::once(f.subject.as_str()).chain(f.object.as_deref()));
    Names::new(&brief.persona.name, &brief.speaker, of_facts.chain(in_view))
}

fn features(brief: &Brief, fact: &BriefFact, line: &Slotted, before: &[String]) -> FactFeatures {
    let is = |name: &str, other: &str| !name.is_empty() && same(name, other);
    let subject = |other: &str| is(&fact.subject, other);
    let object = |other: &str| fact.object.as_ref().is_some_and(|o| is(o, other));
    let (first, later) = (line.mentions.first(), line.mentions.get(1..).unwrap_or_default());
    let points_back = line.mentions.is_empty() && points_back(&line.text);
    FactFeatures {
        subject_self: subject(&brief.persona.name),
        subject_speaker: subject(&brief.speaker),
        object_self: object(&brief.persona.name),
        object_speaker: object(&brief.speaker),
        subject_first: first.is_some_and(|m| subject(m)),
        subject_later: later.iter().any(|m| subject(m)),
        object_first: first.is_some_and(|m| object(m)),
        object_later: later.iter().any(|m| object(m)),
        subject_before: points_back && before.iter().any(|m| subject(m)),
        object_before: points_back && before.iter().any(|m| object(m)),
        guarded: fact.object.is_none(),
        said: [0.0; 3],
    }
}

fn said_of(said: &Said, fact: &BriefFact) -> [f32; 3] {
    [&*fact.predicate, &*fact.subject, fact.object.as_deref().unwrap_or_default()].map(|text| said.strength(text))
}

/// Whether a line speaks of something by a word for what was named before.
fn points_back(line: &str) -> bool {
    const WORDS: [&str; 18] = [
        "he", "him", "his", "she", "her", "hers", "they", "them", "their", "theirs", "it", "its", "that", "this", "those",
        "these", "one", "there",
    ];
    let line = line.to_lowercase();
    line.split(|c: char| !c.is_alphanumeric()).any(|word| WORDS.contains(&word))
}

/// The names of subject and object as the reader knows them; a secret's object is not there.
fn ends(brief: &Brief, fact: &BriefFact) -> [String; 2] {
    let name = |name: &str| match name {
        _ if same(name, &brief.persona.name) => "{N}".to_owned(),
        _ if same(name, &brief.speaker) => "{Y}".to_owned(),
        _ => name.to_owned(),
    };
    [name(&fact.subject), fact.object.as_deref().map(name).unwrap_or_default()]
}

fn keys(fact: &BriefFact) -> [u64; 2] {
    [Some(&fact.subject), fact.object.as_ref()].map(|name| {
        let mut hasher = DefaultHasher::new();
        name.map(|n| n.to_lowercase()).hash(&mut hasher);
        hasher.finish()
    })
}

fn choose_fact(plan: &mut Plan, brief: &Brief, index: usize) {
    let fact = &brief.facts[index];
    let certainty = match (&fact.object, &fact.source) {
        (None, _) => Certainty::Guarded,
        (_, BriefSource::Told(_)) => Certainty::Told,
        _ if fact.confidence < 0.6 => Certainty::Unsure,
        _ => Certainty::Sure,
    };
    let about_self = same(&fact.subject, &brief.persona.name);
    plan.intent = "fact".to_owned();
    plan.claim = (certainty != Certainty::Guarded).then(|| claim(&fact.predicate, about_self));
    plan.choice = Choice::Fact { predicate: fact.predicate.clone(), about_self, certainty };
    plan.fact = Some(index);
    let me = &brief.persona.name;
    let person = |name: &str| match name {
        _ if same(name, &brief.speaker) => "you".to_owned(),
        _ if same(name, me) => "me".to_owned(),
        _ if about_self && !names_another(&fact.predicate) => own(name),
        _ => of_oneself(name, me),
    };
    plan.names.insert("{S}".into(), if about_self { "I".into() } else { of_oneself(&fact.subject, me) });
    if let Some(object) = &fact.object {
        plan.names.insert("{O}".into(), person(object));
    }
    if let BriefSource::Told(teller) = &fact.source {
        plan.names.insert("{T}".into(), person(teller));
    }
}

/// "Ilka's mother" as Ilka says it.
fn of_oneself(name: &str, me: &str) -> String {
    let rest = name.strip_prefix(me).and_then(|rest| rest.strip_prefix("'s ").or_else(|| rest.strip_prefix("' ")));
    rest.map_or_else(|| name.to_owned(), |rest| format!("my {rest}"))
}

fn choose_things(plan: &mut Plan, intent: &str, indices: &[usize], sights: &[Sight]) {
    let chosen: Vec<&Sight> = indices.iter().filter_map(|i| sights.get(*i)).collect();
    intent.clone_into(&mut plan.intent);
    plan.things = chosen.iter().filter_map(|s| s.index).collect();
    for (sight, slot) in chosen.iter().zip(THING_SLOTS) {
        plan.names.insert(slot.into(), sight.thing.name.clone());
    }
    plan.choice = Choice::Things(chosen.into_iter().map(seen).collect());
}

fn seen(sight: &Sight) -> SeenThing {
    let [left, top, right, bottom] = sight.thing.bounds;
    let side = match f32::midpoint(left, right) {
        x if x < 0.38 => 0,
        x if x > 0.62 => 2,
        _ => 1,
    };
    let distance = match sight.thing.distance {
        // Not given: a thing that fills much of the picture is near.
        d if d <= 0.0 && (right - left) * (bottom - top) > 0.06 => 0,
        d if d <= 0.0 => 1,
        d if d < 2.5 => 0,
        d if d < 6.0 => 1,
        _ => 2,
    };
    SeenThing { impression: sight.impression.clone(), side, distance }
}

/// What the engine says of a thing's kind outweighs what the eye makes of it.
fn with_known_kind(mut impression: Impression, thing: &VisibleThing) -> Impression {
    if let Some(kind) = kind_of(thing) {
        impression.kinds.fill(0.0);
        impression.kinds[kind] = 1.0;
    }
    if thing.kind.eq_ignore_ascii_case("person") {
        impression.colours.fill(0.0);
    }
    impression
}

/// Names of what characters are not to know that they are.
const STRANGE: [&str; 10] = ["ai", "npc", "npcs", "llm", "gpt", "chatgpt", "chatbot", "bot", "prompt", "openai"];

fn fixed_names(brief: &Brief, line: &Slotted) -> HashMap<String, String> {
    let card = &brief.persona;
    let speaker = if brief.speaker.is_empty() || brief.speaker == "player" { "friend" } else { &brief.speaker };
    let mut names: HashMap<String, String> =
        [("{Y}", speaker), ("{N}", &card.name), ("{R}", &card.role)].map(|(slot, name)| (slot.into(), name.into())).into();
    if let Some(goal) = card.goals.first() {
        names.insert("{G}".into(), goal.text.clone());
    }
    // What there is not in the character's world it does not even name.
    let of_world = |mention: &&String| !STRANGE.contains(&mention.to_lowercase().as_str());
    for (i, mention) in line.mentions.iter().enumerate().filter(|(_, mention)| of_world(mention)) {
        names.insert(format!("{{{}}}", i + 1), mention.clone());
    }
    names.retain(|_, name| !name.is_empty());
    names
}

/// How the character stands to the speaker: by its feelings, and by its nature.
#[must_use]
pub fn tone(brief: &Brief) -> Tone {
    let nature: f32 = brief.persona.traits.iter().map(|t| leaning(*t)).sum();
    let feelings = 0.6 * (brief.relation.trust + brief.relation.liking) - 0.3 * brief.relation.fear;
    match nature.clamp(-0.4, 0.4) + feelings {
        x if x > 0.15 => Tone::Warm,
        x if x < -0.15 => Tone::Cold,
        _ => Tone::Neutral,
    }
}

fn leaning(side: Trait) -> f32 {
    match side {
        Trait::Warm | Trait::Cheerful => 0.25,
        Trait::Generous | Trait::Trusting | Trait::Patient => 0.1,
        Trait::Cold | Trait::Hotheaded => -0.25,
        Trait::Suspicious | Trait::Gloomy | Trait::Greedy | Trait::Taciturn => -0.1,
        _ => 0.0,
    }
}
