use super::GgufError;
use super::cursor::Cursor;
use std::io::{Read, Seek};

const MAX_TEXT: u64 = 1 << 24;
/// The largest vocabularies have about 260,000 tokens and twice as many merges.
const MAX_LIST: u64 = 1 << 21;

/// A metadata value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number that was stored unsigned.
    Unsigned(u64),
    /// A whole number that was stored signed.
    Signed(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A list of whole numbers, or of truth values as 0 and 1.
    Integers(Vec<i64>),
    /// A list of numbers that were stored with a fraction.
    Numbers(Vec<f32>),
}

impl Value {
    pub(super) fn read<R: Read + Seek>(cursor: &mut Cursor<R>, key: &str) -> Result<Self, GgufError> {
        match cursor.u32(key)? {
            8 => Ok(Self::Text(cursor.string(key, MAX_TEXT)?)),
            9 => list(cursor, key),
            kind => scalar(cursor, key, kind),
        }
    }

    /// What it is, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Unsigned(n) => n.to_string(),
            Self::Signed(n) => n.to_string(),
            Self::Float(n) => n.to_string(),
            Self::Bool(b) => b.to_string(),
            Self::Text(text) => format!("the text {:?}", text.chars().take(40).collect::<String>()),
            Self::Texts(texts) => format!("a list of {} texts", texts.len()),
            Self::Integers(numbers) => format!("a list of {} whole numbers", numbers.len()),
            Self::Numbers(numbers) => format!("a list of {} numbers", numbers.len()),
        }
    }

    fn as_number(&self) -> f32 {
        if let Self::Float(number) = self { *number as f32 } else { f32::NAN }
    }

    fn as_integer(&self) -> i64 {
        match self {
            Self::Unsigned(n) => i64::try_from(*n).unwrap_or(i64::MAX),
            Self::Signed(n) => *n,
            Self::Bool(b) => i64::from(*b),
            _ => i64::MAX,
        }
    }
}

fn scalar<R: Read + Seek>(cursor: &mut Cursor<R>, key: &str, kind: u32) -> Result<Value, GgufError> {
    Ok(match kind {
        0 => Value::Unsigned(u64::from(u8::from_le_bytes(cursor.bytes(key)?))),
        1 => Value::Signed(i64::from(i8::from_le_bytes(cursor.bytes(key)?))),
        2 => Value::Unsigned(u64::from(u16::from_le_bytes(cursor.bytes(key)?))),
        3 => Value::Signed(i64::from(i16::from_le_bytes(cursor.bytes(key)?))),
        4 => Value::Unsigned(u64::from(u32::from_le_bytes(cursor.bytes(key)?))),
        5 => Value::Signed(i64::from(i32::from_le_bytes(cursor.bytes(key)?))),
        6 => Value::Float(f64::from(f32::from_le_bytes(cursor.bytes(key)?))),
        7 => Value::Bool(cursor.bytes::<1>(key)? != [0]),
        10 => Value::Unsigned(u64::from_le_bytes(cursor.bytes(key)?)),
        11 => Value::Signed(i64::from_le_bytes(cursor.bytes(key)?)),
        12 => Value::Float(f64::from_le_bytes(cursor.bytes(key)?)),
        other => return Err(cursor.broken(format!("type of `{key}`"), "0 to 12", other)),
    })
}

fn list<R: Read + Seek>(cursor: &mut Cursor<R>, key: &str) -> Result<Value, GgufError> {
    let kind = cursor.u32(key)?;
    let count = cursor.count(key, MAX_LIST)?;
    let least = match kind {
        8 | 10 | 11 | 12 => 8,
        4..=6 => 4,
        2 | 3 => 2,
        0 | 1 | 7 => 1,
        other => return Err(cursor.broken(format!("type of the elements of `{key}`"), "texts or numbers", other)),
    };
    cursor.need(key, count as u64 * least)?;
    match kind {
        8 => (0..count).map(|_| cursor.string(key, MAX_TEXT)).collect::<Result<_, _>>().map(Value::Texts),
        6 | 12 => (0..count).map(|_| Ok(scalar(cursor, key, kind)?.as_number())).collect::<Result<_, _>>().map(Value::Numbers),
        _ => (0..count).map(|_| Ok(scalar(cursor, key, kind)?.as_integer())).collect::<Result<_, _>>().map(Value::Integers),
    }
}
