//! Training samples, drawn from the written content at random: a small world of facts or things, a line, what it
//! means, which fact or thing answers it, and a reply in voice.

pub(super) mod augment;
mod steps;
mod told;
mod view;
mod world;

pub(super) use augment::slots;
pub use told::{NAMES, Told};
pub use world::{SELF, SPEAKER};

use super::content::{About, Content, Intent, Kind, Relation, Style};
use crate::brief::{Emotion, Register};
use crate::hearth::grammar::first_person;
use crate::hearth::reader::FactFeatures;
use crate::hearth::script::{Certainty, Choice};
use crate::hearth::vocab::Tone;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use std::ops::RangeInclusive;
use world::MOST_FACTS;

/// Small talk that a fact may answer.
const ASKING: [&str; 11] = [
    "ask_age",
    "ask_name",
    "ask_work",
    "ask_wants",
    "ask_secret",
    "ask_help",
    "ask_feelings",
    "ask_remember_me",
    "opinion_of",
    "trade_buy",
    "haggle",
];

/// One fact of a sample's world.
#[derive(Clone, Debug)]
pub struct SampleFact {
    /// Index of the relation in the content.
    pub relation: usize,
    /// The relation in words.
    pub predicate: String,
    /// What the reader is told of it.
    pub features: FactFeatures,
    /// Subject and object; 0 is the character itself, 1 the speaker, the others are in [`Sample::names`].
    pub concepts: [u64; 2],
}

/// One sample, in text.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Way of speaking.
    pub register: Register,
    /// Whether the character likes to talk.
    pub long: bool,
    /// How it stands to the speaker.
    pub tone: Tone,
    /// Earlier lines and replies.
    pub history: Vec<(String, String)>,
    /// What the concepts are called.
    pub names: Vec<(Kind, String)>,
    /// The facts the character recalls.
    pub facts: Vec<SampleFact>,
    /// The line, with slots for names.
    pub line: String,
    /// Index of what it means, in [`Content::intent_ids`].
    pub intent: usize,
    /// For a question that asks for one: the relation.
    pub asked: Option<usize>,
    /// For a question: which fact answers it, `facts.len()` for none.
    pub answer: Option<usize>,
    /// For a question in two steps: the fact that leads to what it asks about.
    pub step: Option<usize>,
    /// What the speaker speaks of.
    pub choice: Choice,
    /// Words of the actions offered.
    pub actions: Vec<String>,
    /// Which of them is called for, `actions.len()` for none.
    pub action: usize,
    /// The mood after the turn.
    pub emotion: Emotion,
    /// What the character says, with slots for names.
    pub reply: String,
}

impl Sample {
    /// About how long the speaker's text is, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        let history: usize = self.history.iter().map(|(line, reply)| line.len() + reply.len()).sum();
        history + self.line.len() + self.reply.len()
    }

    /// Relation, subject and object of a fact in words; of a secret no object.
    #[must_use]
    pub fn texts<'a>(&'a self, fact: &'a SampleFact) -> [&'a str; 3] {
        let [subject, object] = fact.concepts.map(|concept| self.name(concept));
        [&fact.predicate, subject, if fact.features.guarded { "" } else { object }]
    }

    /// Has the line say some words of facts, as players do ("which ear should I talk into?"): often of the right one, whose meaning
    /// is then sometimes a strange one; seldom, and less, of others.
    fn hint(&mut self, stranger: Option<(usize, &str)>, rng: &mut impl Rng) {
        let answer = self.answer.filter(|_| self.asked.is_some() && self.step.is_none());
        if let (Some(fact), Some((relation, predicate))) = (answer.and_then(|answer| self.facts.get_mut(answer)), stranger) {
            (fact.relation, fact.predicate) = (relation, predicate.to_owned());
            let end = [0, 0, 0, 1, 2, 2][rng.random_range(0..6)];
            fact.features.said[end] = rng.random_range(0.5..=1.0);
        }
        for (i, fact) in self.facts.iter_mut().enumerate() {
            for strength in &mut fact.features.said {
                if rng.random_bool(if answer == Some(i) { 0.1 } else { 0.015 }) {
                    *strength = rng.random_range(0.1..if answer == Some(i) { 1.0 } else { 0.7 });
                }
            }
        }
    }

    /// Takes a fact out, if whom it is about is still spoken of without it.
    fn forget(&mut self, index: usize) -> bool {
        let others = self.facts.iter().enumerate().filter(|(i, _)| *i != index);
        let is_known = |concept: &u64| *concept == SELF || others.clone().any(|(_, fact)| fact.concepts.contains(concept));
        let may_go = self.facts[index].concepts.iter().all(is_known);
        if may_go {
            self.facts.remove(index);
        }
        may_go
    }

    /// Notes at each fact that the line names this concept.
    fn mark_named(&mut self, named: u64) {
        for fact in &mut self.facts {
            [fact.features.subject_first, fact.features.object_first] = fact.concepts.map(|c| c == named);
        }
    }

    /// Begins the line with another concept: "nice boots. where did you get them".
    fn speak_of(&mut self, other: u64, rng: &mut impl Rng) {
        let line = self.line.replace("{1}", "{2}");
        for fact in &mut self.facts {
            let features = &mut fact.features;
            features.subject_later |= features.subject_first;
            features.object_later |= features.object_first;
        }
        self.mark_named(other);
        self.line = augment::remark(&line, "{1}", rng);
    }

    /// Notes at each fact that the last exchange named this concept.
    fn mark_before(&mut self, named: u64) {
        for fact in &mut self.facts {
            [fact.features.subject_before, fact.features.object_before] = fact.concepts.map(|c| c == named);
        }
    }
}

/// Draws samples from content.
pub struct Generator<'a> {
    content: &'a Content,
    intents: Vec<String>,
    holdout: bool,
    /// The most replies of an intent in one register and tone.
    replies: usize,
    /// How many facts a sample holds.
    facts: RangeInclusive<usize>,
    /// The relations, each in one wording, that facts are drawn from; all in any wording where it is empty.
    stock: Vec<(usize, &'a str)>,
}

impl<'a> Generator<'a> {
    /// A generator; with `holdout` it draws lines that training never sees: every twelfth wording.
    #[must_use]
    pub fn new(content: &'a Content, holdout: bool) -> Self {
        Self { content, intents: content.intent_ids(), holdout, replies: usize::MAX, facts: 2..=MOST_FACTS, stock: Vec::new() }
    }

    /// Uses only so many replies of each intent in each register and tone: a short run learns few lines well rather than
    /// many badly.
    #[must_use]
    pub fn with_replies(mut self, most: usize) -> Self {
        self.replies = most;
        self
    }

    /// Makes samples of exactly so many facts.
    #[must_use]
    pub fn with_facts(mut self, count: usize) -> Self {
        self.facts = count..=count;
        self
    }

    /// Draws the facts of the next samples from a few relations in one wording each, so that a batch holds few texts more
    /// than once.
    pub fn restock(&mut self, relations: usize, rng: &mut impl Rng) {
        let fresh = |_| {
            let relation = rng.random_range(0..self.content.relations.len());
            self.wording(&self.content.relations[relation].facts, rng).map(|predicate| (relation, predicate))
        };
        self.stock = (0..relations).filter_map(fresh).collect();
    }

    /// The next sample.
    pub fn sample(&self, rng: &mut impl Rng) -> Sample {
        let mut sample = Sample {
            register: pick(Register::ALL, rng),
            long: rng.random_bool(0.4),
            tone: pick(&Tone::ALL, rng),
            history: Vec::new(),
            names: Vec::new(),
            facts: Vec::new(),
            line: String::new(),
            intent: 0,
            asked: None,
            answer: None,
            step: None,
            choice: Choice::Nothing,
            actions: Vec::new(),
            action: 0,
            emotion: Emotion::Neutral,
            reply: String::new(),
        };
        self.add_facts(&mut sample, rng);
        match rng.random_range(0..100) {
            0..40 => self.ask_fact(&mut sample, rng),
            40..47 => self.ask_openly(&mut sample, rng),
            47..62 => self.ask_view(&mut sample, rng),
            _ => self.converse(&mut sample, rng),
        }
        if !self.holdout {
            let stranger = self.relation(rng).filter(|_| rng.random_bool(0.3));
            sample.hint(stranger, rng);
        }
        self.offer_actions(&mut sample, rng);
        if rng.random_bool(0.2) {
            for _ in 0..rng.random_range(1..=2) {
                sample.history.push(self.earlier_exchange(sample.register, rng));
            }
        }
        if sample.intent == 0 && rng.random_bool(0.06) {
            sample.line = format!("{}. {}", self.remark(rng), sample.line);
        }
        sample.line = augment::line(&sample.line, rng);
        sample
    }

    /// What a player may say before a question.
    fn remark(&self, rng: &mut impl Rng) -> &'a str {
        const BEFORE: [&str; 10] = [
            "greet",
            "flatter",
            "thanks",
            "wellbeing",
            "complain",
            "weather_talk",
            "praise_place",
            "introduce_self",
            "apologise",
            "joke",
        ];
        let intents: Vec<&Intent> = self.content.intents.iter().filter(|i| BEFORE.contains(&i.id.as_str())).collect();
        intents.choose(rng).and_then(|intent| self.wording(&intent.lines, rng)).filter(|l| !l.contains('{')).unwrap_or("hello")
    }

    /// The wordings that belong to one side of the split: every twelfth is held out.
    pub(super) fn ours(wordings: &[String], held_out: bool) -> impl Iterator<Item = &str> {
        wordings.iter().enumerate().filter(move |(i, _)| (i % 12 == 11) == held_out).map(|(_, wording)| wording.as_str())
    }

    /// Picks among the wordings of this side of the split, or among all where it has none.
    fn wording<'b>(&self, wordings: &'b [String], rng: &mut impl Rng) -> Option<&'b str> {
        let ours = Self::ours(wordings, self.holdout).count();
        if ours == 0 {
            return wordings.choose(rng).map(String::as_str);
        }
        Self::ours(wordings, self.holdout).nth(rng.random_range(0..ours))
    }

    fn relation(&self, rng: &mut impl Rng) -> Option<(usize, &'a str)> {
        if let Some(stocked) = self.stock.choose(rng) {
            return Some(*stocked);
        }
        let relation = rng.random_range(0..self.content.relations.len());
        Some((relation, self.wording(&self.content.relations[relation].facts, rng)?))
    }

    fn ask_fact(&self, sample: &mut Sample, rng: &mut impl Rng) {
        if rng.random_bool(0.25) && self.ask_in_steps(sample, rng).is_some() {
            return;
        }
        let target = rng.random_range(0..sample.facts.len().max(1));
        let Some(fact) = sample.facts.get(target).cloned() else { return self.converse(sample, rng) };
        // Sometimes another has the same; and sometimes the other alone.
        let has_rival = rng.random_bool(0.3) && self.add_rival(sample, &fact, rng).is_some();
        let is_rivals = has_rival && rng.random_bool(0.3) && sample.forget(target);
        let known = !is_rivals && rng.random_bool(0.75);
        let relation = if known || is_rivals { fact.relation } else { self.absent_relation(sample, fact.relation, rng) };
        // A bare "where is it" is answered by what it is hidden under, if that is known.
        let is_in = self.content.relations.iter().position(|r| r.id == "is_in");
        let asked = is_in.filter(|i| known && self.content.related(*i, relation) && rng.random_bool(0.3)).unwrap_or(relation);
        let content = &self.content.relations[asked];
        let by_object = !content.ask_subject.is_empty() && (fact.features.object_self || rng.random_bool(0.3));
        let named = fact.concepts[usize::from(by_object)];
        let ask_self = named == SELF && !by_object && !content.ask_self.is_empty() && rng.random_bool(0.9);
        let (questions, place) = match (ask_self, by_object) {
            (true, _) => (&content.ask_self, "{S}"),
            (_, true) => (&content.ask_subject, "{O}"),
            _ => (&content.ask_object, "{S}"),
        };
        let question = self.wording(questions, rng).unwrap_or("what about {S}").to_owned();
        let pronoun = named != SELF && named != SPEAKER && rng.random_bool(0.12);
        let kind = if by_object { content.object } else { content.subject };
        sample.line = match named {
            _ if pronoun => augment::pronoun(&question, place, kind == Kind::Person, rng),
            SELF => augment::second_person(&question, place),
            SPEAKER => augment::first_person(&question, place),
            _ => question.replace(place, "{1}"),
        };
        match named {
            _ if pronoun => sample.mark_before(named),
            SELF | SPEAKER => {}
            _ => sample.mark_named(named),
        }
        let other = fact.concepts[usize::from(!by_object)];
        if known && !pronoun && other != SELF && other != SPEAKER && rng.random_bool(0.12) {
            sample.speak_of(other, rng);
        }
        sample.asked = Some(relation);
        sample.answer = Some(if known { target } else { sample.facts.len() });
        if known {
            self.tell(sample, &fact, &self.content.relations[relation], rng);
        } else {
            self.admit_ignorance(sample, named != SELF && named != SPEAKER && !pronoun, rng);
        }
    }

    /// A question that any fact about the right one answers.
    fn ask_openly(&self, sample: &mut Sample, rng: &mut impl Rng) {
        let Some(question) = self.content.open.choose(rng) else { return self.converse(sample, rng) };
        let is_answer = |f: &SampleFact| match question.about {
            About::Named => f.concepts[0] != SELF && f.concepts[0] != SPEAKER,
            About::News => !f.features.subject_self && !f.features.guarded,
            About::Oneself => f.features.subject_self && !f.features.guarded,
        };
        let fitting: Vec<usize> = (0..sample.facts.len()).filter(|i| is_answer(&sample.facts[*i])).collect();
        let known = rng.random_bool(0.85);
        let target = fitting.choose(rng).copied().filter(|_| known || question.about != About::Named);
        sample.line = self.wording(&question.lines, rng).unwrap_or("what do you know").replace("{X}", "{1}");
        sample.answer = Some(target.unwrap_or(sample.facts.len()));
        let Some(target) = target else { return self.admit_ignorance(sample, question.about == About::Named, rng) };
        let fact = sample.facts[target].clone();
        if question.about == About::Named {
            sample.mark_named(fact.concepts[0]);
        }
        self.tell(sample, &fact, &self.content.relations[fact.relation], rng);
    }

    /// The same of another: who asks after the smith's wife does not ask after the miller's.
    fn add_rival(&self, sample: &mut Sample, fact: &SampleFact, rng: &mut impl Rng) -> Option<usize> {
        let content = &self.content.relations[fact.relation];
        let predicate = self.wording(&content.facts, rng).unwrap_or(&fact.predicate).to_owned();
        let ends = [self.concept(sample, content.subject, rng), self.concept(sample, content.object, rng)];
        self.add_fact(sample, fact.relation, &predicate, ends, rng)
    }

    /// A relation that no fact of the sample has, sometimes one that is easily taken for another that is there.
    fn absent_relation(&self, sample: &Sample, present: usize, rng: &mut impl Rng) -> usize {
        let absent = |r: &usize| sample.facts.iter().all(|f| !self.content.related(f.relation, *r));
        // The very nearest may mean the same.
        let near = self.content.neighbours.get(present).map_or(&[][..], |near| near.get(2..).unwrap_or_default());
        if let Some(near) = near.choose(rng).filter(|r| absent(r) && rng.random_bool(0.3)) {
            return *near;
        }
        let start = rng.random_range(0..self.content.relations.len());
        (start..self.content.relations.len()).chain(0..start).find(absent).unwrap_or(start)
    }

    fn tell(&self, sample: &mut Sample, fact: &SampleFact, content: &Relation, rng: &mut impl Rng) {
        let style = self.style(sample.register);
        let certainty = if fact.features.guarded {
            Certainty::Guarded
        } else {
            pick(&[Certainty::Sure, Certainty::Sure, Certainty::Sure, Certainty::Unsure, Certainty::Told], rng)
        };
        let about_self = fact.features.subject_self;
        let core = match (about_self, content.says.is_empty()) {
            // A first-person form of its own where there is one; else the character speaks of itself by name.
            (true, _) if !content.says_self.is_empty() => pick_str(&content.says_self, rng),
            (true, true) => format!("I {} {{O}}", first_person(&fact.predicate)),
            (false, true) => format!("{{S}} {} {{O}}", fact.predicate),
            (about_self, false) => pick_str(&content.says, rng).replace("{S}", if about_self { "{N}" } else { "{S}" }),
        };
        sample.reply = match certainty {
            Certainty::Guarded => pick_str(by_tone(&style.guarded, sample.tone), rng),
            Certainty::Unsure => insert(&pick_str(&style.unsure, rng), &core),
            Certainty::Told => insert(&pick_str(&style.told, rng), &core),
            Certainty::Sure => insert(&pick_str(by_tone(&style.frames, sample.tone), rng), &core),
        };
        if sample.long && certainty != Certainty::Guarded && rng.random_bool(0.6) {
            sample.reply = format!("{} {}", sample.reply, pick_str(&style.and_you, rng));
        }
        sample.emotion = match (certainty, sample.tone) {
            (Certainty::Guarded, _) => Emotion::Suspicious,
            (_, Tone::Warm) => Emotion::Happy,
            _ => Emotion::Neutral,
        };
        sample.choice = Choice::Fact { predicate: fact.predicate.clone(), about_self, certainty };
        sample.reply = slots(&sample.reply);
    }

    fn admit_ignorance(&self, sample: &mut Sample, named: bool, rng: &mut impl Rng) {
        let style = self.style(sample.register);
        let list = if named && rng.random_bool(0.6) { &style.ignorant_of } else { &style.ignorant };
        sample.reply = slots(&pick_str(by_tone(list, sample.tone), rng));
        sample.choice = Choice::Unknown;
    }

    fn converse(&self, sample: &mut Sample, rng: &mut impl Rng) {
        let Some(index) = (0..self.content.intents.len()).collect::<Vec<_>>().choose(rng).copied() else { return };
        let intent = &self.content.intents[index];
        sample.intent = self.intents.len() - self.content.intents.len() + index;
        // No fact answers small talk, but for what asks for one.
        if !ASKING.contains(&intent.id.as_str()) {
            sample.answer = Some(sample.facts.len());
        }
        sample.line = self.wording(&intent.lines, rng).unwrap_or("hello").replace("{X}", "{1}");
        sample.reply = self.intent_reply(intent, sample.register, sample.tone, rng);
        sample.emotion = match sample.tone {
            Tone::Warm => intent.emotion.0,
            Tone::Neutral => intent.emotion.1,
            Tone::Cold => intent.emotion.2,
        };
    }

    fn intent_reply(&self, intent: &Intent, register: Register, tone: Tone, rng: &mut impl Rng) -> String {
        let replies = intent.replies(register, tone);
        slots(&pick_str(&replies[..replies.len().min(self.replies.max(1))], rng))
    }

    fn earlier_exchange(&self, register: Register, rng: &mut impl Rng) -> (String, String) {
        let intent = self.content.intents.choose(rng).expect("content holds intents");
        let line = augment::line(&pick_str(&intent.lines, rng), rng);
        let reply = self.intent_reply(intent, register, pick(&Tone::ALL, rng), rng);
        (augment::anonymous(&line), augment::anonymous(&reply))
    }

    fn offer_actions(&self, sample: &mut Sample, rng: &mut impl Rng) {
        let mut kinds: Vec<_> = self.content.actions.iter().collect();
        kinds.shuffle(rng);
        let intent = &self.intents[sample.intent];
        sample.actions = kinds.iter().take(4).map(|a| pick_str(&a.wordings, rng)).collect();
        let called = kinds.iter().take(4).position(|a| a.intents.contains(intent) && a.tones.contains(&sample.tone));
        sample.action = called.unwrap_or(sample.actions.len());
    }

    fn style(&self, register: Register) -> &'a Style {
        self.content.styles.iter().find(|s| s.register == register).expect("content has been checked to hold every register")
    }
}

fn pick<T: Copy>(from: &[T], rng: &mut impl Rng) -> T {
    from[rng.random_range(0..from.len())]
}

fn pick_str(from: &[String], rng: &mut impl Rng) -> String {
    from.choose(rng).cloned().unwrap_or_default()
}

fn by_tone(lists: &[(Tone, Vec<String>)], tone: Tone) -> &[String] {
    lists.iter().find(|(t, _)| *t == tone).map_or(&[], |(_, list)| list)
}

/// Puts a core sentence into a frame.
fn insert(frame: &str, core: &str) -> String {
    let mut chars = core.chars();
    let capital: String = chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default();
    frame.replace("{core}", core).replace("{Core}", &capital)
}
