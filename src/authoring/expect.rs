//! What must be so at a step of a case.

use super::Step;
use super::play::{Play, Undone, reason};
use super::step::{Band, Triple};
use super::words::{contains, how_known, instead, names, sentence};
use crate::dialogue::recall_context;
use crate::knowledge::{Fact, Knowledge, RecallQuery, Recalled, StoryFlags};
use crate::memory::{DialogueHistory, Feelings, Memory};
use crate::persona::nearest;
use crate::witness::Silence;
use persona_mind::brief::Brief;

/// Whether something is as expected.
pub(super) enum Verdict {
    Right,
    Wrong(Undone),
    /// It cannot be tried, and why.
    Untried(String),
}

impl Verdict {
    fn of(is_right: bool, expected: impl FnOnce() -> String, found: impl FnOnce() -> String) -> Self {
        if is_right { Self::Right } else { Self::Wrong(Undone { expected: expected(), found: found() }) }
    }
}

impl Play {
    pub fn expect(&mut self, step: &Step) -> Result<Verdict, Undone> {
        Ok(match step {
            Step::Knows { who, fact } => self.knows(who, fact),
            Step::DoesNotKnow { who, fact } => self.does_not_know(who, fact),
            Step::Doubts { who, fact } => self.doubts(who, fact),
            Step::Recalls { who, line, fact, among, by } => self.recalls(who, line, fact, *among, by),
            Step::Refuses { who, line, fact, by } => self.refuses(who, line, fact.as_ref(), by)?,
            Step::Answers { who, line, contains, by } => self.answers(who, line, contains, by)?,
            Step::Remembers { who, words } => self.remembers(who, words),
            Step::TellsButNot { who, to, fact, not_to } => self.tells_but_not(who, to, fact, not_to),
            Step::Feels { who, whom, trust, liking, fear } => self.feels(who, whom, [*trust, *liking, *fear]),
            // What is never said is looked for at the end; all others are deeds.
            _ => Verdict::Right,
        })
    }

    fn knows(&self, who: &str, fact: &Triple) -> Verdict {
        let knowledge: Knowledge = self.component(who);
        let [s, p, o] = fact;
        let found = || match knowledge.get(s, p, o) {
            Some(known) => format!("{who} has it, but: {}", how_known(&known, &self.clock())),
            None => instead(&knowledge, fact, &self.clock()),
        };
        Verdict::of(knowledge.contains(s, p, o), || format!("{who} knows that {}", sentence(fact)), found)
    }

    fn does_not_know(&self, who: &str, fact: &Triple) -> Verdict {
        let expected = || format!("{who} has never heard that {}", sentence(fact));
        // One misspelt name would make it true for ever.
        if let Some(found) = self.nobody_knows(fact) {
            return Verdict::Wrong(Undone { expected: expected(), found });
        }
        let [s, p, o] = fact;
        let known = self.component::<Knowledge>(who).get(s, p, o);
        let found =
            || known.as_ref().map_or_else(String::new, |known| format!("{who} knows it: {}", how_known(known, &self.clock())));
        Verdict::of(known.is_none(), expected, found)
    }

    /// Says so where a fact is nowhere in the case, with the nearest that is.
    fn nobody_knows(&self, fact: &Triple) -> Option<String> {
        let [s, p, o] = fact;
        let same = |other: &Triple| sentence(other).eq_ignore_ascii_case(&sentence(fact));
        let minds: Vec<Knowledge> = self.names().map(|name| self.component(name)).collect();
        if self.told.iter().any(same) || minds.iter().any(|knowledge| knowledge.get(s, p, o).is_some()) {
            return None;
        }
        let all: Vec<String> = minds.iter().flat_map(Knowledge::iter).map(|fact| in_words(&fact)).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let near = nearest(&sentence(fact), &all).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Some(format!("nobody in this case knows that {}, so this says nothing{near}", sentence(fact)))
    }

    fn doubts(&self, who: &str, fact: &Triple) -> Verdict {
        let [s, p, o] = fact;
        let known = self.component::<Knowledge>(who).get(s, p, o);
        let is_right = known.as_ref().is_some_and(|known| !known.holds());
        let found = || match &known {
            Some(known) => format!("{who} believes it: {}", how_known(known, &self.clock())),
            None => format!("{who} has never heard of it"),
        };
        Verdict::of(is_right, || format!("{who} has heard, and does not believe, that {}", sentence(fact)), found)
    }

    /// What a line brings to a character's mind, without what only fills the room.
    fn comes_to_mind(&self, who: &str, line: &str, by: &str) -> Vec<Recalled> {
        let knowledge: Knowledge = self.component(who);
        let history: DialogueHistory = self.component(who);
        let flags = self.app.world().resource::<StoryFlags>();
        let recalled = knowledge.recall(&RecallQuery {
            line,
            context: &recall_context(history.with(by)),
            own_name: who,
            speaker: by,
            trust: self.component::<Feelings>(who).get(by).trust,
            flags: flags.set(),
            ..RecallQuery::default()
        });
        recalled.into_iter().filter(|one| one.score > 0.0).collect()
    }

    fn recalls(&self, who: &str, line: &str, fact: &Triple, among: usize, by: &str) -> Verdict {
        let recalled = self.comes_to_mind(who, line, by);
        let first = &recalled[..recalled.len().min(among)];
        let place = recalled.iter().position(|one| says(&one.fact, fact));
        let found = || {
            let list: Vec<String> = first.iter().map(|one| format!("{} ({:.1})", in_words(&one.fact), one.score)).collect();
            let list = if list.is_empty() { "nothing".into() } else { list.join("; ") };
            let place = place.map_or_else(|| "not at all".to_owned(), |place| format!("as number {}", place + 1));
            format!("it comes {place}; first come: {list}")
        };
        let expected = || format!("{line:?} brings to {who}'s mind, among the first {among}, that {}", sentence(fact));
        Verdict::of(place.is_some_and(|place| place < among), expected, found)
    }

    fn refuses(&mut self, who: &str, line: &str, fact: Option<&Triple>, by: &str) -> Result<Verdict, Undone> {
        let recalled = self.comes_to_mind(who, line, by);
        let is_asked = |one: &&Recalled| fact.is_none_or(|fact| says(&one.fact, fact));
        let replied = self.say(who, line, by)?;
        let brief = self.last_brief().unwrap_or_default();
        let expected = || match fact {
            Some(fact) => format!("{who} keeps from {by} that {}", sentence(fact)),
            None => format!("{who} keeps from {by} what is asked for"),
        };
        let wrong = |found: String| Ok(Verdict::Wrong(Undone { expected: expected(), found }));
        let Some(asked) = recalled.iter().filter(|one| fact.is_some() || one.withheld).find(is_asked) else {
            return wrong(format!("no secret of that kind comes to mind; the reply is {:?}", replied.text));
        };
        if !asked.withheld {
            return wrong(format!("it is no secret from {by}; the reply is {:?}", replied.text));
        }
        let object = asked.fact.object.name();
        if names(&replied.text, object) {
            return wrong(format!("the reply is {:?}, which names {object:?}", replied.text));
        }
        match given_away(&brief, object) {
            Some(place) => wrong(format!("the model is given {object:?}: {place}")),
            None => Ok(Verdict::Right),
        }
    }

    fn answers(&mut self, who: &str, line: &str, any: &[String], by: &str) -> Result<Verdict, Undone> {
        if !self.has_model() {
            return Ok(Verdict::Untried("as there is no model".into()));
        }
        let replied = self.say(who, line, by)?;
        let is_right = any.iter().any(|words| contains(&replied.text, words));
        let rests_on: Vec<String> = replied
            .recalled
            .iter()
            .filter(|fact| fact.used)
            .map(|fact| format!("{} {} {}", fact.subject, fact.predicate, fact.object.as_deref().unwrap_or("(kept secret)")))
            .collect();
        let rests_on = if rests_on.is_empty() { String::new() } else { format!(", which rests on: {}", rests_on.join("; ")) };
        Ok(Verdict::of(
            is_right,
            || format!("{who}'s answer to {line:?} contains any of {any:?}"),
            || format!("{:?}{rests_on}", replied.text),
        ))
    }

    fn remembers(&self, who: &str, words: &[String]) -> Verdict {
        let memory: Memory = self.component(who);
        let is_right = memory.episodes().iter().any(|episode| words.iter().all(|word| contains(&episode.what, word)));
        let found = || {
            let all: Vec<String> = memory.episodes().iter().rev().take(5).map(|episode| format!("{:?}", episode.what)).collect();
            if all.is_empty() { "no episodes at all".into() } else { format!("the latest are {}", all.join(", ")) }
        };
        Verdict::of(is_right, || format!("{who} remembers an episode with {words:?}"), found)
    }

    fn tells_but_not(&mut self, who: &str, to: &str, fact: &Triple, not_to: &str) -> Verdict {
        let kept = self.tell(who, not_to, fact);
        let told = self.tell(who, to, fact);
        self.told.push(fact.clone());
        let is_right = told.is_ok() && matches!(kept, Err(Silence::Secret));
        let one = |name: &str, result: Result<(), Silence>| match result {
            Ok(()) => format!("{name} is told"),
            Err(why) => format!("{name} is not told ({})", reason(why)),
        };
        let expected = || format!("{who} tells {to}, and keeps from {not_to}, that {}", sentence(fact));
        Verdict::of(is_right, expected, || format!("{}, {}", one(to, told), one(not_to, kept)))
    }

    fn feels(&self, who: &str, whom: &str, bands: [Option<Band>; 3]) -> Verdict {
        let relation = self.component::<Feelings>(who).get(whom);
        let values = [("trust", relation.trust), ("liking", relation.liking), ("fear", relation.fear)];
        // A hundredth is less than anyone writes.
        let is_off = |value: f32, (least, most): Band| value < least - 1e-3 || value > most + 1e-3;
        let off = values.into_iter().zip(bands).find_map(|((name, value), band)| {
            band.filter(|band| is_off(value, *band)).map(|(least, most)| (name, value, least, most))
        });
        match off {
            None => Verdict::Right,
            Some((name, value, least, most)) => Verdict::Wrong(Undone {
                expected: format!("{who}'s {name} in {whom} is {least}..={most}"),
                found: format!("it is {value:.2}"),
            }),
        }
    }
}

fn says(fact: &Fact, [subject, predicate, object]: &Triple) -> bool {
    fact.same_as(&Fact::new(subject.as_str(), predicate.as_str(), object.as_str()))
}

fn in_words(fact: &Fact) -> String {
    format!("{} {} {}", fact.subject, fact.predicate, fact.object)
}

/// Where a brief names the object of a secret, besides what the speaker has said.
fn given_away(brief: &Brief, object: &str) -> Option<String> {
    let fact = brief.facts.iter().find(|fact| fact.object.as_deref().is_some_and(|other| names(other, object)));
    let episode = || brief.episodes.iter().map(|episode| &episode.what).find(|what| names(what, object));
    let reply = || brief.history.iter().map(|past| &past.reply).find(|reply| names(reply, object));
    fact.map(|fact| format!("{} {} {}", fact.subject, fact.predicate, fact.object.as_deref().unwrap_or_default()))
        .or_else(|| episode().cloned())
        .or_else(|| reply().cloned())
}
