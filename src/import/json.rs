//! JSON from outside: bounded, and read field by field so that nothing is passed over in silence.

use super::error::{ImportError, Origin};
use super::report::{Report, shown};
use serde_json::{Map, Value};

/// The longest JSON text, in bytes.
pub(super) const MAX_JSON: usize = 16 << 20;
/// The most values in it: each takes some 32 bytes of memory, however short it is written.
const MAX_VALUES: usize = 1 << 20;

/// Reads a JSON text. Nesting deeper than 128 is an error of the parser's own.
pub(super) fn parse(bytes: &[u8], place: &str, origin: Origin) -> Result<Value, ImportError> {
    origin.fits(place, bytes.len(), MAX_JSON)?;
    // Each value but the first comes after one of these, so there are no more values than these and one.
    let values = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    origin.count(place, values, MAX_VALUES, "values")?;
    let text = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    serde_json::from_slice(text).map_err(|error| {
        let place = format!("{place}, line {}, column {}", error.line(), error.column());
        origin.invalid(place, "JSON", error.to_string())
    })
}

/// What a value is, for errors and notes.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether a value says nothing, so that nothing is lost with it.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

/// An object whose fields are taken out one by one; [`finish`](Self::finish) reports those that nobody took.
pub(super) struct Fields {
    /// Where it stands, such as `data`; empty for the root.
    place: String,
    map: Map<String, Value>,
}

impl Fields {
    pub fn new(value: Value, place: impl Into<String>, origin: Origin) -> Result<Self, ImportError> {
        let place = place.into();
        match value {
            Value::Object(map) => Ok(Self { place, map }),
            other => Err(origin.invalid(if place.is_empty() { "the root" } else { &place }, "an object", kind(&other))),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.map.get(name).is_some_and(|value| !value.is_null())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.map.keys().map(String::as_str)
    }

    /// The place of a field of this object.
    pub fn place(&self, name: &str) -> String {
        if self.place.is_empty() { shown(name) } else { format!("{}.{}", self.place, shown(name)) }
    }

    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    /// A text; empty where there is none.
    pub fn text(&mut self, name: &str, report: &mut Report) -> String {
        match self.take(name) {
            None => String::new(),
            Some(Value::String(text)) => text,
            Some(other) => {
                report.left_out(self.place(name), format!("text expected, found {}", kind(&other)));
                String::new()
            }
        }
    }

    /// A list of texts; one text is taken as a list separated by commas, as old files have it.
    pub fn texts(&mut self, name: &str, report: &mut Report) -> Vec<String> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::String(text)) => text.split(',').map(str::to_owned).collect(),
            Some(Value::Array(list)) => {
                let mut texts = Vec::with_capacity(list.len());
                for item in list {
                    match item {
                        Value::String(text) => texts.push(text),
                        other => report.left_out(self.place(name), format!("text expected, found {}", kind(&other))),
                    }
                }
                texts
            }
            Some(other) => {
                report.left_out(self.place(name), format!("a list of texts expected, found {}", kind(&other)));
                Vec::new()
            }
        }
    }

    pub fn flag(&mut self, name: &str) -> Option<bool> {
        self.take(name)?.as_bool()
    }

    /// Reports fields that have no place in our files; each item of a list is counted.
    pub fn leave(&mut self, names: &[&str], why: &str, report: &mut Report) {
        for name in names {
            let Some(value) = self.take(name) else { continue };
            let times = if let Value::Array(list) = &value { list.iter().filter(|item| !is_blank(item)).count() } else { 1 };
            for _ in 0..if is_blank(&value) { 0 } else { times } {
                report.left_out(self.place(name), why);
            }
        }
    }

    /// Reports each field of an object that belongs to other applications.
    pub fn leave_inside(&mut self, name: &str, why: &str, report: &mut Report) {
        match self.take(name) {
            Some(Value::Object(map)) => {
                for (key, _) in map.iter().filter(|(_, value)| !is_blank(value)) {
                    report.left_out(format!("{}.{}", self.place(name), shown(key)), why);
                }
            }
            Some(other) if !is_blank(&other) => report.left_out(self.place(name), why),
            _ => {}
        }
    }

    /// Reports all fields that were not taken.
    pub fn finish(mut self, report: &mut Report) {
        let names: Vec<String> = self.map.keys().cloned().collect();
        for name in names {
            self.leave(&[&name], "a field that the specification does not have", report);
        }
    }
}
