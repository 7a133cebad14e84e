//! Lines that writers wrote, which the speaker keeps to.
//!
//! A speaker of this size has the wit to choose what fits, but not the grammar to make up every sentence. It words its reply along
//! the lines for what was meant, token by token: what it says is sound, and which of them it says is its own choice. A fact is
//! told within a written frame: "If you have to know, {core}."

use super::asides::is_said;
use super::plan::Looked;
use super::script::{Certainty, SeenThing, THING_SLOTS};
use super::vocab::{COLOURS, Tone, Vocab};
use crate::brief::Register;
use std::borrow::Cow;
use std::collections::HashMap;

/// The topic of lines that own to not knowing.
pub const UNKNOWN: &str = "unknown";
/// The topic of lines that keep a secret.
pub const GUARDED: &str = "guarded";
/// What the topics of lines on what is in view begin with; the view's id follows.
pub const VIEW: &str = "view:";
/// The topic of what a talkative character adds to a fact.
pub const ASIDE: &str = "aside";

/// The topic of what is said before a reply, and of what is said behind it.
pub const OPENER: &str = "opener";
/// See [`OPENER`].
pub const CLOSER: &str = "closer";

/// Written lines by register, topic (an intent, [`UNKNOWN`], [`GUARDED`], [`ASIDE`], or how sure a fact is) and tone.
#[derive(Clone, Debug, Default)]
pub struct Phrasebook {
    lines: HashMap<(Register, String), Vec<(Tone, Line)>>,
    /// Lines with `{core}` for the sentence that states a fact, and lines with places for what is in view.
    frames: HashMap<(Register, String), Vec<(Tone, String)>>,
}

/// A line as it is written, and in tokens.
#[derive(Clone, Debug)]
struct Line {
    text: String,
    ids: Vec<u32>,
}

/// The lines that a reply can still become.
pub struct Path<'a> {
    lines: Vec<Cow<'a, [u32]>>,
    end: u32,
    at: usize,
}

impl Phrasebook {
    /// A book of [`entry`]s. What is not of that form is left out.
    #[must_use]
    pub fn new(entries: &[String], vocab: &Vocab) -> Self {
        let mut book = Self::default();
        for entry in entries {
            let parts: Vec<&str> = entry.splitn(4, '\t').collect();
            let &[register, topic, tone, line] = parts.as_slice() else { continue };
            let register = Register::ALL.iter().find(|r| r.name() == register);
            let tone = Tone::ALL.iter().find(|t| format!("{t:?}") == tone);
            let (Some(register), Some(tone)) = (register, tone) else { continue };
            let place = (*register, topic.to_owned());
            if line.contains("{core}") || line.contains("{Core}") || topic.starts_with(VIEW) {
                book.frames.entry(place).or_default().push((*tone, line.to_owned()));
            } else {
                book.lines.entry(place).or_default().push((*tone, Line { ids: vocab.encode(line), text: line.to_owned() }));
            }
        }
        book
    }

    /// The frames for a fact, with the sentence that states it, and with an aside where the character is talkative. In a model
    /// file without frames the sentence stands by itself. Frames of earlier replies are left out, while there are others.
    #[must_use]
    pub fn telling(
        &self,
        register: Register,
        certainty: Certainty,
        tone: Tone,
        claim: &str,
        long: bool,
        vocab: &Vocab,
        replies: &[&str],
    ) -> Path<'_> {
        let place = |topic: &str| (register, topic.to_owned());
        let all = self.frames.get(&place(certainty.name())).map_or(&[][..], Vec::as_slice);
        let frames: Vec<&String> = in_tone(all, tone).collect();
        let fresh: Vec<&String> = frames.iter().copied().filter(|frame| !is_said(frame, replies)).collect();
        let frames = if fresh.is_empty() { frames } else { fresh };
        let fill = |frame: &String| vocab.encode(&frame.replace("{core}", claim).replace("{Core}", claim));
        let mut lines: Vec<Cow<[u32]>> = frames.into_iter().map(fill).map(Cow::Owned).collect();
        if lines.is_empty() {
            lines.push(Cow::Owned(vocab.encode(&format!("{claim}."))));
        }
        if long {
            let asides = self.lines.get(&place(ASIDE)).map_or(&[][..], Vec::as_slice);
            let both =
                |(line, (_, aside)): (&Cow<[u32]>, &(Tone, Line))| Cow::Owned([line.as_ref(), aside.ids.as_slice()].concat());
            let with: Vec<Cow<[u32]>> =
                lines.iter().flat_map(|line| asides.iter().map(move |aside| (line, aside))).map(both).collect();
            lines.extend(with);
        }
        Path { lines, end: vocab.special("<end>"), at: 0 }
    }

    /// The lines on what is in view, filled with it; without any, all is free.
    #[must_use]
    pub fn viewing(
        &self,
        register: Register,
        (intent, looked): (&str, Option<&Looked>),
        things: &[SeenThing],
        vocab: &Vocab,
        may_speak: impl Fn(u32) -> bool,
    ) -> Path<'_> {
        let id = match (intent, things.len()) {
            _ if looked.is_some() => looked.map_or("", |looked| looked.topic),
            ("see", count) => ["see_nothing", "see_one", "see_two", "see_three"][count.min(3)],
            ("in_view", 0) => "not_in_view",
            ("in_view", _) => "is_in_view",
            (other, _) => other,
        };
        let all = self.frames.get(&(register, format!("{VIEW}{id}"))).map_or(&[][..], Vec::as_slice);
        let words = looked.map_or(&[][..], |looked| looked.words.as_slice());
        let with_words = |line: &String| capital(words.iter().fold(line.clone(), |line, (slot, word)| line.replace(slot, word)));
        let filled = all.iter().map(|(_, line)| vocab.encode(&fill(&with_words(line), things)));
        let lines = filled.filter(|line| line.iter().all(|id| may_speak(*id))).map(Cow::Owned).collect();
        Path { lines, end: vocab.special("<end>"), at: 0 }
    }

    /// The lines on a topic in a tone, or in any where there are none in that one, that hold only tokens that may be spoken;
    /// without those that stand in earlier replies, while there are others.
    #[must_use]
    pub fn path(
        &self,
        register: Register,
        topic: &str,
        tone: Tone,
        end: u32,
        may_speak: impl Fn(u32) -> bool,
        replies: &[&str],
    ) -> Path<'_> {
        let all = self.lines.get(&(register, topic.to_owned())).map_or(&[][..], Vec::as_slice);
        let all: Vec<_> = all.iter().filter(|(_, line)| line.ids.iter().all(|id| may_speak(*id))).map(|(t, l)| (*t, l)).collect();
        let lines: Vec<&Line> = in_tone(&all, tone).copied().collect();
        let fresh: Vec<&Line> = lines.iter().filter(|line| !is_said(&line.text, replies)).copied().collect();
        let lines = if fresh.is_empty() { lines } else { fresh };
        Path { lines: lines.into_iter().map(|line| Cow::Borrowed(line.ids.as_slice())).collect(), end, at: 0 }
    }

    /// What is written on a topic in a tone, or in none.
    pub fn phrases(&self, register: Register, topic: &str, tone: Tone) -> impl Iterator<Item = &str> {
        let all = self.lines.get(&(register, topic.to_owned())).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |(of, _)| *of == tone || *of == Tone::Neutral).map(|(_, line)| line.text.as_str())
    }
}

/// What there is in a tone, or all where there is nothing in that one.
fn in_tone<T>(all: &[(Tone, T)], tone: Tone) -> impl Iterator<Item = &T> {
    let any = all.iter().any(|(t, _)| *t == tone);
    all.iter().filter(move |(t, _)| *t == tone || !any).map(|(_, line)| line)
}

/// An entry of a model file: register, topic, tone and line, with tabs between.
#[must_use]
pub fn entry(register: Register, topic: &str, tone: Tone, line: &str) -> String {
    format!("{}\t{topic}\t{tone:?}\t{line}", register.name())
}

impl Path<'_> {
    /// Whether the next token may be this one.
    #[must_use]
    pub fn leads_to(&self, id: u32) -> bool {
        self.lines.is_empty() || self.lines.iter().any(|line| line.get(self.at).copied().unwrap_or(self.end) == id)
    }

    /// Takes a step.
    pub fn step(&mut self, id: u32) {
        let at = self.at;
        self.lines.retain(|line| line.get(at) == Some(&id));
        self.at += 1;
    }
}

/// A line with a capital at its beginning, where that is a letter.
fn capital(line: String) -> String {
    let mut letters = line.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A written line on what is in view, with the things' colours and the first one's place.
#[must_use]
pub fn fill(line: &str, things: &[SeenThing]) -> String {
    let mut reply = line.to_owned();
    let colour = |thing: &SeenThing| thing.impression.colour().map(|c| format!("<c:{}>", COLOURS[c])).unwrap_or_default();
    if let Some(first) = things.first() {
        let side = ["left", "middle", "right"][first.side];
        let distance = ["near", "mid", "far"][first.distance];
        reply = reply
            .replace("{A0}", "{A}#")
            .replace("{c}", &colour(first))
            .replace("{side}", &format!("<side:{side}>"))
            .replace("{dist}", &format!("<dist:{distance}>"));
    }
    for (thing, slot) in things.iter().zip(THING_SLOTS) {
        let bare = format!("{slot}#");
        reply = reply.replace(&bare, "\0").replace(slot, &format!("{}{slot}", colour(thing))).replace('\0', slot);
    }
    reply
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hearth::vocab::special_tokens;

    #[test]
    fn a_path_keeps_to_the_lines_of_its_register() {
        let mut tokens = special_tokens(&[]);
        tokens.extend((33u8..=126).map(|b| (b as char).to_string()).chain(["\u{120}".into()]));
        let vocab = Vocab::new(tokens, &[], &[]).expect("letters are a vocabulary");
        let line = |register, tone, line| entry(register, "greet", tone, line);
        let entries = [
            line(Register::Gruff, Tone::Neutral, "Aye."),
            line(Register::Gruff, Tone::Neutral, "Ah."),
            line(Register::Gruff, Tone::Neutral, "A {G}"),
            line(Register::Gruff, Tone::Cold, "Away."),
            line(Register::Plain, Tone::Neutral, "Yes."),
            "no tab".to_owned(),
        ];
        let book = Phrasebook::new(&entries, &vocab);
        let (end, goal) = (vocab.special("<end>"), vocab.special("{G}"));
        let id = |letter: &str| vocab.encode(letter)[0];
        let tell = |claim: &str| book.telling(Register::Gruff, Certainty::Sure, Tone::Cold, claim, false, &vocab, &[]);
        assert!(tell("A {O}").leads_to(id("A")) && !tell("A {O}").leads_to(id("F")), "a fact without a frame stands by itself");
        let mut path = book.path(Register::Gruff, "greet", Tone::Neutral, end, |id| id != goal, &[]);
        assert!(path.leads_to(id("A")) && !path.leads_to(id("Y")), "lines of another register are not on it");
        path.step(id("A"));
        assert!(path.leads_to(id("y")) && path.leads_to(id("h")), "all of its own are");
        assert!(!path.leads_to(goal) && !path.leads_to(id("w")), "but not those with an empty slot or in another tone");
        let mut fresh = book.path(Register::Gruff, "greet", Tone::Neutral, end, |id| id != goal, &["Well. Aye."]);
        fresh.step(id("A"));
        assert!(fresh.leads_to(id("h")) && !fresh.leads_to(id("y")), "what was said gives way to the other");
        for letter in ["h", "."] {
            path.step(id(letter));
        }
        assert!(path.leads_to(end) && !path.leads_to(id(".")), "and at the end of a line is its end");
        assert!(
            book.path(Register::Gruff, "greet", Tone::Warm, end, |_| true, &[]).leads_to(id("A")),
            "another tone is better than none"
        );
        assert!(book.viewing(Register::Gruff, ("see", None), &[], &vocab, |_| true).leads_to(goal), "without lines all is free");
    }
}
