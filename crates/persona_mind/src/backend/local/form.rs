//! Replies as JSON: what is said, the mood, and an action of those that are allowed.

use crate::brief::{Brief, Emotion, Reply};
use crate::engine::grammar::Grammar;
use serde_json::{Value, json};

/// The longest speech, in characters: a model that is held to JSON can not end a sentence by itself.
const MOST_SPEECH: usize = 600;
/// The most arguments of an action, and the longest, in characters.
const MOST_ARGUMENTS: usize = 4;
const MOST_ARGUMENT: usize = 80;

/// The form of a reply to this brief: no other mood and no other action can be written.
pub(super) fn grammar(brief: &Brief) -> Grammar {
    let moods: Vec<&str> = Emotion::ALL.iter().map(|mood| mood.name()).collect();
    let simple =
        json!({ "anyOf": [{ "type": "string", "maxLength": MOST_ARGUMENT }, { "type": "number" }, { "type": "boolean" }] });
    let arguments = json!({
        "type": "object",
        "patternProperties": { "^[a-z_]{1,20}$": simple },
        "additionalProperties": false,
        "maxProperties": MOST_ARGUMENTS,
    });
    let action = |name: &str| {
        json!({
            "type": "object",
            "properties": { "name": { "const": name }, "arguments": arguments },
            "required": ["name", "arguments"],
            "additionalProperties": false,
        })
    };
    let mut actions = vec![json!({ "type": "null" })];
    actions.extend(brief.actions.iter().map(|offered| action(&offered.name)));
    let schema = json!({
        "type": "object",
        "properties": {
            "say": { "type": "string", "minLength": 1, "maxLength": MOST_SPEECH },
            "emotion": { "enum": moods },
            "action": { "anyOf": actions },
        },
        "required": ["say", "emotion", "action"],
        "additionalProperties": false,
    });
    Grammar::JsonSchema(schema.to_string())
}

/// Takes out what is said while the JSON comes.
#[derive(Clone, Debug, Default)]
pub(super) struct SayReader {
    raw: String,
    /// How much of `raw` has been read.
    read: usize,
    place: Place,
    /// The first half of a character that two escapes make up.
    high: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Inside,
    After,
}

impl SayReader {
    /// Takes more of the JSON and gives what of it is said.
    pub(super) fn push(&mut self, text: &str) -> String {
        self.raw += text;
        let mut said = String::new();
        if self.place == Place::Before {
            let Some(begin) = begin(&self.raw) else { return said };
            (self.read, self.place) = (begin, Place::Inside);
        }
        while self.place == Place::Inside {
            let rest = &self.raw[self.read..];
            let Some((length, character)) = next(rest) else { break };
            self.read += length;
            match character {
                Next::End => self.place = Place::After,
                Next::Plain(c) => {
                    self.high = None;
                    said.push(c);
                }
                Next::Unit(unit) => said.extend(self.unit(unit)),
            }
        }
        said
    }

    /// A unit of UTF-16; halves of characters come one after the other.
    fn unit(&mut self, unit: u32) -> Option<char> {
        match (self.high.take(), unit) {
            (_, 0xD800..0xDC00) => {
                self.high = Some(unit);
                None
            }
            (Some(high), 0xDC00..0xE000) => char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (unit - 0xDC00)),
            (_, unit) => char::from_u32(unit).or(Some(char::REPLACEMENT_CHARACTER)),
        }
    }

    /// Writes down mood and action, where the JSON has come so far.
    pub(super) fn note(&self, brief: &Brief, reply: &mut Reply) {
        // One that was cut off has neither.
        let Ok(json) = serde_json::from_str::<Value>(&self.raw) else { return };
        if let Some(mood) = Emotion::ALL.iter().find(|mood| json["emotion"] == mood.name()) {
            reply.emotion = *mood;
        }
        let name = json["action"]["name"].as_str().filter(|name| brief.actions.iter().any(|offered| offered.name == *name));
        reply.action = name.map(str::to_owned);
        reply.arguments =
            name.and(json["action"]["arguments"].as_object()).filter(|all| !all.is_empty()).map(|all| json!(all).to_string());
    }
}

/// Where the text of `say` begins, behind its quotation mark.
fn begin(raw: &str) -> Option<usize> {
    const KEY: &str = "\"say\"";
    let key = raw.find(KEY)? + KEY.len();
    let rest = raw[key..].trim_start();
    let value = rest.strip_prefix(':')?.trim_start();
    value.starts_with('"').then(|| raw.len() - value.len() + 1)
}

enum Next {
    Plain(char),
    Unit(u32),
    End,
}

/// The next character of a text in JSON, and its bytes; `None` where it has not come whole.
fn next(rest: &str) -> Option<(usize, Next)> {
    let mut characters = rest.chars();
    match characters.next()? {
        '"' => Some((1, Next::End)),
        '\\' => match characters.next()? {
            'u' => {
                let digits = rest.get(2..6)?;
                Some((6, Next::Unit(u32::from_str_radix(digits, 16).unwrap_or(0xFFFD))))
            }
            'n' | 'r' | 't' | 'b' | 'f' => Some((2, Next::Plain(' '))),
            other => Some((1 + other.len_utf8(), Next::Plain(other))),
        },
        other => Some((other.len_utf8(), Next::Plain(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brief::OfferedAction;

    fn read(json: &str, step: usize) -> (String, SayReader) {
        let (mut reader, mut said) = (SayReader::default(), String::new());
        let characters: Vec<char> = json.chars().collect();
        for piece in characters.chunks(step) {
            said += &reader.push(&piece.iter().collect::<String>());
        }
        (said, reader)
    }

    #[test]
    fn what_is_said_comes_out_however_it_comes_in() {
        let json = r#"{ "say" : "Well, \"love\",\n\u00e9 \ud83d\ude00 \ud83d x \\ é", "emotion":"Happy", "action":null}"#;
        for step in 1..12 {
            assert_eq!(read(json, step).0, "Well, \"love\", é 😀  x \\ é", "in pieces of {step}");
        }
        assert_eq!(read("", 1).0, "");
        assert_eq!(read(r#"{"say": "cut o"#, 2).0, "cut o", "as far as it came");
    }

    #[test]
    fn mood_and_action_are_those_of_the_brief() {
        let offered = OfferedAction { name: "give_item".into(), description: String::new() };
        let brief = Brief { actions: vec![offered], ..Brief::default() };
        let note = |json: &str| {
            let mut reply = Reply::default();
            read(json, 5).1.note(&brief, &mut reply);
            (reply.emotion, reply.action, reply.arguments)
        };
        let whole = r#"{"say":"Here.","emotion":"happy","action":{"name":"give_item","arguments":{"item":"key"}}}"#;
        let whole = whole.replace("happy", Emotion::Happy.name());
        assert_eq!(note(&whole), (Emotion::Happy, Some("give_item".into()), Some(r#"{"item":"key"}"#.into())));
        assert_eq!(note(&whole.replace("give_item", "attack")).1, None, "what is not offered is not taken");
        assert_eq!(note(&whole[..30]), (Emotion::default(), None, None), "what is cut off has neither");
    }
}
