use serde::Deserialize;

/// A fact by its subject, predicate and object.
pub type Triple = [String; 3];
/// The least and the most that is right.
pub type Band = (f32, f32);

/// One step of a case: something that is done, or something that must be so by now.
///
/// `by` and `whom` are "player" where they are left out.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Step {
    /// Something happens, at a place or before a character's eyes. Those who see or hear it learn of it.
    Happens {
        /// What.
        fact: Triple,
        /// Where, in metres; this or `near`.
        #[serde(default)]
        at: Option<[f32; 3]>,
        /// Right before whom.
        #[serde(default)]
        near: Option<String>,
        /// How far it is heard, in metres; 15 where it is left out.
        #[serde(default = "loudness")]
        loudness: f32,
        /// How far it is seen, in metres; 30 where it is left out.
        #[serde(default = "visibility")]
        visibility: f32,
        /// How much it matters, 0..=1; from 0.5 on it is remembered as an episode. 0.2 where it is left out.
        #[serde(default = "importance")]
        importance: f32,
    },
    /// Someone says a line to a character, who answers.
    Says {
        /// To whom.
        to: String,
        /// What.
        line: String,
        /// Who.
        #[serde(default = "player")]
        by: String,
    },
    /// Someone tells a character a fact. Fails where the teller keeps quiet.
    Tells {
        /// Who.
        who: String,
        /// Whom.
        to: String,
        /// What.
        fact: Triple,
    },
    /// Game time passes; conversations that are silent for ten minutes are over, and what is faint is forgotten.
    Passes {
        /// Days.
        #[serde(default)]
        days: f64,
        /// Hours.
        #[serde(default)]
        hours: f64,
        /// Minutes.
        #[serde(default)]
        minutes: f64,
    },
    /// From now on a character trusts another this much, -1..=1.
    Trusts {
        /// Who.
        who: String,
        /// Whom.
        #[serde(default = "player")]
        whom: String,
        /// How much.
        trust: f32,
    },
    /// The game sets a flag, for which secrets may wait.
    Flag(String),
    /// The game is saved.
    Save,
    /// The last save is loaded.
    Load,
    /// A character knows a fact and believes that it holds.
    Knows {
        /// Who.
        who: String,
        /// What.
        fact: Triple,
    },
    /// A character has never heard of a fact, which another knows or which has happened in this case.
    DoesNotKnow {
        /// Who.
        who: String,
        /// What.
        fact: Triple,
    },
    /// A character has heard of a fact and does not believe it, or knows that it holds no longer.
    Doubts {
        /// Who.
        who: String,
        /// What.
        fact: Triple,
    },
    /// A fact is among the first that come to a character's mind for a line.
    Recalls {
        /// Who.
        who: String,
        /// The line.
        line: String,
        /// What.
        fact: Triple,
        /// Among how many; 5 where it is left out.
        #[serde(default = "five")]
        among: usize,
        /// Who asks.
        #[serde(default = "player")]
        by: String,
    },
    /// A character that is asked withholds a secret: its object is neither in the reply nor in what the model was given.
    Refuses {
        /// Who.
        who: String,
        /// What is asked.
        line: String,
        /// Which secret; where it is left out, the one that the line brings to mind first.
        #[serde(default)]
        fact: Option<Triple>,
        /// Who asks.
        #[serde(default = "player")]
        by: String,
    },
    /// A character's reply contains any of these, whatever their case. Needs a model.
    Answers {
        /// Who.
        who: String,
        /// What is asked.
        line: String,
        /// Any of these.
        contains: Vec<String>,
        /// Who asks.
        #[serde(default = "player")]
        by: String,
    },
    /// A character says none of these in the whole case, before and after this step.
    NeverSays {
        /// Who.
        who: String,
        /// None of these, whatever their case.
        words: Vec<String>,
    },
    /// A character remembers an episode that contains all of these.
    Remembers {
        /// Who.
        who: String,
        /// All of these, whatever their case.
        words: Vec<String>,
    },
    /// A character tells one and keeps quiet to another.
    TellsButNot {
        /// Who.
        who: String,
        /// Whom it tells.
        to: String,
        /// What.
        fact: Triple,
        /// Whom it does not tell.
        not_to: String,
    },
    /// A character's feelings towards another lie in these bands.
    Feels {
        /// Who.
        who: String,
        /// Towards whom.
        #[serde(default = "player")]
        whom: String,
        /// Trust, -1..=1.
        #[serde(default)]
        trust: Option<Band>,
        /// Liking, -1..=1.
        #[serde(default)]
        liking: Option<Band>,
        /// Fear, 0..=1.
        #[serde(default)]
        fear: Option<Band>,
    },
}

pub(super) const PLAYER: &str = "player";

fn player() -> String {
    PLAYER.into()
}

fn loudness() -> f32 {
    15.0
}

fn visibility() -> f32 {
    30.0
}

fn importance() -> f32 {
    0.2
}

fn five() -> usize {
    5
}

impl Step {
    /// Those who must be in the cast.
    pub(super) fn characters(&self) -> Vec<&str> {
        match self {
            Self::Happens { near, .. } => near.as_deref().into_iter().collect(),
            Self::Says { to, .. } | Self::Tells { to, .. } => vec![to],
            Self::TellsButNot { who, to, .. } => vec![who, to],
            Self::Trusts { who, .. }
            | Self::Knows { who, .. }
            | Self::DoesNotKnow { who, .. }
            | Self::Doubts { who, .. }
            | Self::Recalls { who, .. }
            | Self::Refuses { who, .. }
            | Self::Answers { who, .. }
            | Self::NeverSays { who, .. }
            | Self::Remembers { who, .. }
            | Self::Feels { who, .. } => vec![who],
            Self::Passes { .. } | Self::Flag(_) | Self::Save | Self::Load => Vec::new(),
        }
    }

    /// Those who may be anyone that the file names.
    pub(super) fn others(&self) -> Option<&str> {
        match self {
            Self::Says { by, .. } | Self::Recalls { by, .. } | Self::Refuses { by, .. } | Self::Answers { by, .. } => Some(by),
            Self::Tells { who, .. } => Some(who),
            Self::TellsButNot { not_to, .. } => Some(not_to),
            Self::Trusts { whom, .. } | Self::Feels { whom, .. } => Some(whom),
            _ => None,
        }
    }

    /// What is wrong with the step by itself.
    pub(super) fn fault(&self) -> Option<String> {
        let within = |value: f32, low: f32, high: f32, field: &str| {
            (!(low..=high).contains(&value)).then(|| format!("`{field}`: a number of {low}..={high} expected, found {value}"))
        };
        let band = |band: Option<Band>, low: f32, field: &str| {
            let (least, most) = band?;
            let turned =
                || (least > most).then(|| format!("`{field}`: the lesser number first expected, found ({least}, {most})"));
            within(least, low, 1.0, field).or_else(|| within(most, low, 1.0, field)).or_else(turned)
        };
        let empty = |words: &[String], field: &str| {
            let is_empty = words.is_empty() || words.iter().any(|word| word.trim().is_empty());
            is_empty.then(|| format!("`{field}`: at least one word expected, and no empty ones"))
        };
        match self {
            Self::Happens { at, near, .. } if at.is_some() == near.is_some() => Some("either `at` or `near` expected".into()),
            Self::Happens { at, loudness, visibility, importance, .. } => {
                let far = at.iter().flatten().find_map(|metres| within(*metres, -FAR, FAR, "at"));
                far.or_else(|| within(*loudness, 0.0, FAR, "loudness"))
                    .or_else(|| within(*visibility, 0.0, FAR, "visibility"))
                    .or_else(|| within(*importance, 0.0, 1.0, "importance"))
            }
            Self::Passes { days, hours, minutes } => {
                let seconds = seconds(*days, *hours, *minutes);
                let is_right = [days, hours, minutes].into_iter().all(|time| *time >= 0.0) && seconds > 0.0 && seconds <= LONG;
                (!is_right).then(|| "more than no time and at most a hundred years expected".into())
            }
            Self::Trusts { trust, .. } => within(*trust, -1.0, 1.0, "trust"),
            Self::Recalls { among: 0, .. } => Some("`among`: at least 1 expected".into()),
            Self::Answers { contains, .. } => empty(contains, "contains"),
            Self::NeverSays { words, .. } | Self::Remembers { words, .. } => empty(words, "words"),
            Self::Feels { trust: None, liking: None, fear: None, .. } => Some("`trust`, `liking` or `fear` expected".into()),
            Self::Feels { trust, liking, fear, .. } => {
                band(*trust, -1.0, "trust").or_else(|| band(*liking, -1.0, "liking")).or_else(|| band(*fear, 0.0, "fear"))
            }
            _ => None,
        }
    }

    /// The fact that it is about.
    pub(super) fn fact(&self) -> Option<&Triple> {
        match self {
            Self::Happens { fact, .. }
            | Self::Tells { fact, .. }
            | Self::Knows { fact, .. }
            | Self::DoesNotKnow { fact, .. }
            | Self::Doubts { fact, .. }
            | Self::Recalls { fact, .. }
            | Self::TellsButNot { fact, .. } => Some(fact),
            Self::Refuses { fact, .. } => fact.as_ref(),
            _ => None,
        }
    }
}

/// The farthest place and range, in metres.
const FAR: f32 = 1e6;
/// The longest time, in seconds.
const LONG: f64 = 100.0 * 366.0 * 86_400.0;

/// Game time in seconds.
pub(super) fn seconds(days: f64, hours: f64, minutes: f64) -> f64 {
    days * 86_400.0 + hours * 3600.0 + minutes * 60.0
}
