//! What the speaker reads before it speaks: one text form, the same in training and in play.
//!
//! `register, length | history | tone, meaning, chosen fact or things | line`. The first two parts only grow from
//! turn to turn, so their cache stays; the third is truncated away after the turn.

use super::eye::Impression;
use super::vocab::{COLOURS, KINDS, Tone, Vocab};
use crate::brief::Register;

/// How sure the character is of the chosen fact, and whether it may say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    /// It knows.
    Sure,
    /// It thinks so.
    Unsure,
    /// Someone told it.
    Told,
    /// It knows and will not tell.
    Guarded,
}

impl Certainty {
    /// Its name in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sure => "sure",
            Self::Unsure => "unsure",
            Self::Told => "told",
            Self::Guarded => "guarded",
        }
    }
}

/// What the reader chose for the speaker to speak of.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// Nothing in particular: the meaning alone decides.
    Nothing,
    /// A question for a fact that the character does not know.
    Unknown,
    /// A fact.
    Fact {
        /// The relation in words.
        predicate: String,
        /// Whether its subject is the character itself.
        about_self: bool,
        /// How sure it is.
        certainty: Certainty,
    },
    /// Things in view, at most three.
    Things(Vec<SeenThing>),
}

/// A thing in view, as the speaker reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeenThing {
    /// What the eye made of it.
    pub impression: Impression,
    /// 0 left, 1 middle, 2 right.
    pub side: usize,
    /// 0 near, 1 a few steps off, 2 far.
    pub distance: usize,
}

/// Values of the soft token of a thing: colours, whether a colour was seen, kinds, side, distance.
pub const THING_VALUES: usize = COLOURS.len() + 1 + KINDS.len() + 3 + 3;

impl SeenThing {
    /// As numbers.
    #[must_use]
    pub fn values(&self) -> [f32; THING_VALUES] {
        let mut values = [0.0; THING_VALUES];
        let (colours, rest) = values.split_at_mut(COLOURS.len());
        colours.copy_from_slice(&self.impression.colours);
        rest[0] = f32::from(self.impression.colour().is_some());
        let (kinds, places) = rest[1..].split_at_mut(KINDS.len());
        kinds.copy_from_slice(&self.impression.kinds);
        places[self.side.min(2)] = 1.0;
        places[3 + self.distance.min(2)] = 1.0;
        values
    }
}

/// The slots of things in view, in order.
pub const THING_SLOTS: [&str; 3] = ["{A}", "{B}", "{D}"];

/// All that decides what the speaker says next.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    /// Way of speaking.
    pub register: Register,
    /// Whether it likes to talk.
    pub long: bool,
    /// Earlier lines and replies, with `{name}` for each name.
    pub history: &'a [(String, String)],
    /// How it stands to the speaker.
    pub tone: Tone,
    /// What the line means, such as `greet`.
    pub intent: &'a str,
    /// What was chosen to speak of.
    pub choice: &'a Choice,
    /// The line, with slots for names.
    pub line: &'a str,
}

/// A script as token ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Prompt {
    /// All ids.
    pub ids: Vec<u32>,
    /// Where the part that only grows ends: what follows belongs to this turn alone.
    pub stable: usize,
    /// Positions of things, whose soft tokens are added to their slot tokens.
    pub things: Vec<(usize, [f32; THING_VALUES])>,
}

impl Script<'_> {
    /// The script in text.
    #[must_use]
    pub fn text(&self) -> String {
        let (stable, turn) = self.parts();
        stable + &turn
    }

    /// The script as ids.
    #[must_use]
    pub fn prompt(&self, vocab: &Vocab) -> Prompt {
        let (stable, turn) = self.parts();
        let mut ids = vocab.encode(&stable);
        let start = ids.len();
        ids.extend(vocab.encode(&turn));
        let mut things = Vec::new();
        if let Choice::Things(seen) = self.choice {
            for (thing, slot) in seen.iter().zip(THING_SLOTS) {
                let slot = vocab.special(slot);
                if let Some(at) = ids[start..].iter().position(|id| *id == slot) {
                    things.push((start + at, thing.values()));
                }
            }
        }
        Prompt { ids, stable: start, things }
    }

    fn parts(&self) -> (String, String) {
        let mut stable = format!("<r:{}>{}", self.register.name(), if self.long { "<long>" } else { "<short>" });
        for (line, reply) in self.history {
            stable += &format!("<you>{line}<me>{reply}<end>");
        }
        let mut turn = format!("<t:{:?}><i:{}>", self.tone, self.intent);
        match self.choice {
            Choice::Nothing => {}
            Choice::Unknown => turn += "<none>",
            Choice::Fact { predicate, about_self, certainty } => {
                let subject = if *about_self { "{N}" } else { "{S}" };
                let certainty = match certainty {
                    Certainty::Sure => "<sure>",
                    Certainty::Unsure => "<unsure>",
                    Certainty::Told => "<told>",
                    Certainty::Guarded => "<guarded>",
                };
                turn += &format!("<fact>{subject} {predicate} {{O}}{certainty}");
            }
            Choice::Things(seen) if seen.is_empty() => turn += "<none>",
            Choice::Things(seen) => turn.extend(THING_SLOTS.iter().take(seen.len()).copied()),
        }
        turn += &format!("<you>{}<me>", self.line);
        (stable, turn)
    }
}
