//! The conversation on paper. Nothing in it depends on the clock, so the same script gives the same transcript; times are
//! written to a file of their own.

use bevy::platform::collections::HashMap;
use bevy::prelude::*;
use bevy_persona::mind::brief::TurnId;
use bevy_persona::prelude::*;
use std::fmt::Write;
use std::path::Path;

/// The text so far.
#[derive(Resource, Default)]
pub struct Transcript {
    text: String,
    figures: String,
    turns: u32,
    actions: HashMap<TurnId, String>,
}

/// How many recalled facts are listed.
const FACTS: usize = 6;

impl Transcript {
    /// A line between turns.
    pub fn note(&mut self, note: &str) {
        self.text.push_str(note);
        self.text.push('\n');
    }

    /// What a character would like to do; comes before its reply or after it.
    pub fn action(&mut self, turn: TurnId, action: &str) {
        let late = format!("    would like to: {action}\n");
        self.text = self.text.replacen(&place_of(turn), &late, 1);
        self.actions.insert(turn, action.to_owned());
    }

    /// A finished turn.
    pub fn replied(&mut self, name: &Name, turn: &Replied) {
        self.turns += 1;
        let text = &mut self.text;
        let _ = writeln!(text, "\n[{}] {} to {name}: {}", self.turns, turn.speaker_name, turn.line);
        let _ = writeln!(text, "    {name} ({}): {}", turn.emotion.name(), turn.text);
        match self.actions.get(&turn.turn) {
            Some(action) => {
                let _ = writeln!(text, "    would like to: {action}");
            }
            None => text.push_str(&place_of(turn.turn)),
        }
        let seen = turn.seen.iter().map(|t| format!("{}{} {:.1} m", if t.used { "*" } else { "" }, t.name, t.distance));
        let _ = writeln!(text, "    sees: {}", seen.collect::<Vec<_>>().join(", "));
        text.push_str("    recalls (* the reply rests on it):\n");
        let used = turn.recalled.iter().enumerate().filter(|(i, f)| *i < FACTS || f.used);
        for (_, fact) in used {
            let _ = writeln!(text, "      {} {}", if fact.used { "*" } else { " " }, in_words(fact));
        }
        let f = &turn.figures;
        let _ = writeln!(text, "    tokens: {} in, {} computed, {} out", f.prompt_tokens, f.computed_tokens, f.reply_tokens);
        let _ = writeln!(
            self.figures,
            "[{}] perceive {:.0} ms, recall {:.2} ms, queue {:.0} ms, first text {:.0} ms, whole reply {:.0} ms",
            self.turns, f.perceive_ms, f.recall_ms, f.queue_ms, f.first_token_ms, f.total_ms
        );
    }

    /// A turn without a reply.
    pub fn failed(&mut self, name: &Name, line: &str, turn: &TurnFailed) {
        self.turns += 1;
        let _ = writeln!(self.text, "\n[{}] to {name}: {line}", self.turns);
        let _ = writeln!(self.text, "    {name} (instead of a reply): {}\n    failed: {}", turn.fallback, turn.error);
    }

    /// Writes `transcript.txt` and `figures.txt` into a folder.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn save(&self, folder: &Path) -> Result<(), String> {
        let mut text = self.text.clone();
        for turn in 0..=u64::from(self.turns) * 2 {
            text = text.replace(&place_of(TurnId(turn)), "");
        }
        for (file, text) in [("transcript.txt", &text), ("figures.txt", &self.figures)] {
            let path = folder.join(file);
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}

/// Where an action goes that comes after its reply.
fn place_of(turn: TurnId) -> String {
    format!("\u{1}{}\u{1}", turn.0)
}

/// A recalled fact with its score and what found it.
pub fn in_words(fact: &RecalledFact) -> String {
    let object = fact.object.as_deref().unwrap_or("(kept secret)");
    let reason = format!("{:?}", fact.reason).to_lowercase();
    format!("{:5.2} {reason:<9} {} {} {object}", fact.score, fact.subject, fact.predicate)
}
