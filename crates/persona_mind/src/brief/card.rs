use serde::{Deserialize, Serialize};

/// Who a character is, as far as a model needs it: the persona file without facts and feelings.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct PersonaCard {
    /// The character's own name.
    pub name: String,
    /// What the character is to the world, such as "innkeeper of the Gilded Oak".
    pub role: String,
    /// BCP 47 language tag of what it speaks.
    pub language: String,
    /// A few sentences about its life.
    pub about: String,
    /// What it is like.
    pub traits: Vec<Trait>,
    /// Its way of speaking.
    pub register: Register,
    /// 0: a word or two; 1: speeches.
    pub verbosity: f32,
    /// Turns of phrase of its own.
    pub catchphrases: Vec<String>,
    /// Lines and the character's answers to them, as samples of its voice.
    pub examples: Vec<(String, String)>,
    /// What it wants, most important first.
    pub goals: Vec<Goal>,
    /// 0: says only what it knows; 1: invents freely about trifles.
    pub improvisation: f32,
    /// What it will not talk about, and how it says so.
    pub boundaries: Boundaries,
    /// Lines to fall back on when no reply can be had.
    pub fallbacks: Vec<String>,
}

/// Something a character wants.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Goal {
    /// The name the game knows it by.
    pub id: String,
    /// The goal in words.
    pub text: String,
    /// Higher is more important.
    pub priority: i32,
}

/// What a character will not talk about.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Boundaries {
    /// Topics never discussed, in words.
    pub never_discuss: Vec<String>,
    /// Lines that refuse such a topic.
    pub refusals: Vec<String>,
}

impl Boundaries {
    /// What the character says to a line that names a topic it never discusses, whatever the case; one of its refusals,
    /// drawn by the seed. None if there is nothing to refuse, or no words for it.
    #[must_use]
    pub fn refusal(&self, line: &str, seed: u64) -> Option<&str> {
        let line = line.to_lowercase();
        let named = self.never_discuss.iter().any(|topic| !topic.is_empty() && line.contains(&topic.to_lowercase()));
        if named { self.any_refusal(seed) } else { None }
    }

    /// One of the refusals, drawn by the seed.
    #[must_use]
    pub fn any_refusal(&self, seed: u64) -> Option<&str> {
        let count = self.refusals.len().max(1) as u64;
        self.refusals.get((seed % count) as usize).map(String::as_str)
    }
}

macro_rules! named_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// All values, in order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as written in a persona file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }
        }
    };
}

named_enum! {
    /// A way of speaking.
    Register {
        /// Everyday words.
        #[default]
        Plain,
        /// Country folk: "aye", "love", "nought".
        Rustic,
        /// Court and chivalry: polite, long, formal address.
        Courtly,
        /// Few words, rough ones.
        Gruff,
        /// Learned, precise, a little dry.
        Scholarly,
        /// Street slang, quick and sly.
        Streetwise,
        /// Service and office: correct, helpful, neutral.
        Formal,
        /// Light, teasing, full of fun.
        Playful,
    }
}

named_enum! {
    /// A mood, as shown on a face.
    Emotion {
        /// Nothing in particular.
        #[default]
        Neutral,
        /// Glad.
        Happy,
        /// Tickled.
        Amused,
        /// Down.
        Sad,
        /// Cross.
        Angry,
        /// Frightened.
        Afraid,
        /// Taken aback.
        Surprised,
        /// Put off.
        Disgusted,
        /// On guard.
        Suspicious,
        /// Pleased with itself.
        Proud,
    }
}

named_enum! {
    /// A lasting side of a character.
    Trait {
        /// Kind-hearted.
        #[default]
        Warm,
        /// Distant.
        Cold,
        /// Sharp in business.
        Shrewd,
        /// Thinks well of itself.
        Proud,
        /// Thinks little of itself.
        Humble,
        /// Fears little.
        Brave,
        /// Fears much.
        Timid,
        /// Talks much.
        Talkative,
        /// Talks little.
        Taciturn,
        /// Wants to know.
        Curious,
        /// Believes no one.
        Suspicious,
        /// Believes everyone.
        Trusting,
        /// Jokes.
        Witty,
        /// Never jokes.
        Grave,
        /// Quick to anger.
        Hotheaded,
        /// Slow to anger.
        Patient,
        /// Gives.
        Generous,
        /// Keeps.
        Greedy,
        /// Keeps its word.
        Loyal,
        /// Keeps nothing but secrets.
        Sly,
        /// Tells the truth, even when it hurts.
        Honest,
        /// Expects the best.
        Cheerful,
        /// Expects the worst.
        Gloomy,
        /// Holds to faith.
        Pious,
        /// Loves learning.
        Bookish,
        /// Loves work.
        Diligent,
        /// Loves rest.
        Lazy,
    }
}
