use super::Fact;

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct RecallQuery<'a> {
    /// The line that was said.
    pub line: &'a str,
    /// Earlier lines and replies, oldest first; what they name matters too, less the older it is.
    pub context: &'a [&'a str],
    /// The character's own name.
    pub own_name: &'a str,
    /// The speaker's name.
    pub speaker: &'a str,
    /// The character's trust in the speaker, -1..=1: opens secrets.
    pub trust: f32,
    /// Names of things in view.
    pub in_view: &'a [&'a str],
    /// The most facts.
    pub max_facts: usize,
    /// The most tokens the facts may take (estimated at four bytes a token).
    pub max_tokens: usize,
}

/// A recalled fact.
#[derive(Clone, Debug, PartialEq)]
pub struct Recalled {
    /// The fact.
    pub fact: Fact,
    /// How much it matters, higher is more.
    pub score: f32,
    /// Whether it is a secret still kept from the speaker: its object must not leave the character.
    pub withheld: bool,
}
