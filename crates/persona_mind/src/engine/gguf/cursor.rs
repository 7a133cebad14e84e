use super::GgufError;
use std::io::{BufReader, Read, Seek, SeekFrom};

/// Reads little-endian values in order and knows how much is left.
pub(super) struct Cursor<R> {
    source: BufReader<R>,
    at: u64,
    end: u64,
}

impl<R: Read + Seek> Cursor<R> {
    pub fn new(source: R) -> Result<Self, GgufError> {
        let mut source = BufReader::new(source);
        let failed = |error| GgufError::Read { at: 0, error };
        let end = source.seek(SeekFrom::End(0)).map_err(failed)?;
        source.seek(SeekFrom::Start(0)).map_err(failed)?;
        Ok(Self { source, at: 0, end })
    }

    /// Bytes read.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Bytes in all.
    pub fn end(&self) -> u64 {
        self.end
    }

    pub fn into_source(self) -> R {
        self.source.into_inner()
    }

    pub fn broken(&self, what: impl Into<String>, expected: impl ToString, found: impl ToString) -> GgufError {
        GgufError::Broken { at: self.at, what: what.into(), expected: expected.to_string(), found: found.to_string() }
    }

    pub fn bytes<const N: usize>(&mut self, what: &str) -> Result<[u8; N], GgufError> {
        self.need(what, N as u64)?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes).map_err(|error| GgufError::Read { at: self.at, error })?;
        self.at += N as u64;
        Ok(bytes)
    }

    pub fn u32(&mut self, what: &str) -> Result<u32, GgufError> {
        self.bytes(what).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, what: &str) -> Result<u64, GgufError> {
        self.bytes(what).map(u64::from_le_bytes)
    }

    /// A number of things, of which there may be at most `most`.
    pub fn count(&mut self, what: &str, most: u64) -> Result<usize, GgufError> {
        let count = self.u64(what)?;
        if count > most {
            return Err(self.broken(what, format!("at most {most}"), count));
        }
        usize::try_from(count).map_err(|_| self.broken(what, "a count that fits memory", count))
    }

    /// A text of at most `most` bytes; what is not UTF-8 is replaced.
    pub fn string(&mut self, what: &str, most: u64) -> Result<String, GgufError> {
        let length = self.count(what, most)?;
        self.need(what, length as u64)?;
        let mut bytes = vec![0; length];
        self.source.read_exact(&mut bytes).map_err(|error| GgufError::Read { at: self.at, error })?;
        self.at += length as u64;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Fails unless `length` more bytes are there.
    pub fn need(&self, what: &str, length: u64) -> Result<(), GgufError> {
        let left = self.end.saturating_sub(self.at);
        if length > left {
            return Err(self.broken(what, format!("{length} bytes"), format!("{left} bytes before the end of the file")));
        }
        Ok(())
    }
}
