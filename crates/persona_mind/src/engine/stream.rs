//! From tokens to text that can be shown: whole characters, and nothing from a stop string on.

/// Collects the bytes of tokens and gives out text as soon as it is certain.
///
/// ```
/// use persona_mind::engine::stream::TextStream;
/// let mut stream = TextStream::new(vec!["\nPlayer:".into()]);
/// assert_eq!(stream.push(b"Aye.\nPl"), "Aye.", "this may become the stop string");
/// assert_eq!(stream.push(b"ayer: so"), "");
/// assert!(stream.is_stopped());
/// ```
#[derive(Clone, Debug, Default)]
pub struct TextStream {
    stops: Vec<String>,
    held: Vec<u8>,
    stopped: bool,
}

impl TextStream {
    /// A stream that ends before the first of `stops`; empty ones are ignored.
    #[must_use]
    pub fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|s| !s.is_empty());
        Self { stops, ..Self::default() }
    }

    /// Whether a stop string has been met.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Takes bytes and gives the text that is now certain.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        if self.stopped {
            return String::new();
        }
        self.held.extend_from_slice(bytes);
        if let Some(at) = self.stops.iter().filter_map(|s| find(&self.held, s.as_bytes())).min() {
            self.stopped = true;
            self.held.truncate(at);
            return self.finish();
        }
        let certain = self.held.len() - self.open_stop().max(open_character(&self.held));
        let rest = self.held.split_off(certain);
        let text = String::from_utf8_lossy(&self.held).into_owned();
        self.held = rest;
        text
    }

    /// What was held back, at the end of the text.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned()
    }

    /// Length of the longest end of the text that begins a stop string.
    fn open_stop(&self) -> usize {
        let longest =
            |stop: &String| (1..stop.len().min(self.held.len() + 1)).rev().find(|n| self.held.ends_with(&stop.as_bytes()[..*n]));
        self.stops.iter().filter_map(longest).max().unwrap_or(0)
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

/// Bytes at the end that begin a character whose rest has not come.
fn open_character(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(_) => 0,
        // No length of the error: the text ends inside a character.
        Err(error) if error.error_len().is_none() => bytes.len() - error.valid_up_to(),
        // Broken in the middle; it is replaced, but the end may still be open.
        Err(error) => open_character(&bytes[error.valid_up_to() + error.error_len().unwrap_or(1)..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_in_two_tokens_comes_whole() {
        let mut stream = TextStream::new(Vec::new());
        let bytes = "né".as_bytes();
        assert_eq!(stream.push(&bytes[..2]), "n", "half a character is held back");
        assert_eq!(stream.push(&bytes[2..]), "é", "and comes with its other half");
    }

    #[test]
    fn broken_bytes_are_replaced_and_do_not_stop_the_text() {
        let mut stream = TextStream::new(Vec::new());
        assert_eq!(stream.push(b"a\xFFb\xC3"), "a\u{FFFD}b", "only the open end is held back");
        assert_eq!(stream.finish(), "\u{FFFD}", "an end that never came");
    }

    #[test]
    fn what_only_looks_like_a_stop_is_given_out() {
        let mut stream = TextStream::new(vec!["###".into(), "\nYou:".into()]);
        assert_eq!(stream.push(b"one #"), "one ", "perhaps a stop");
        assert_eq!(stream.push(b"2"), "#2", "it was none");
        assert_eq!(stream.push(b" two##"), " two", "perhaps a stop");
        assert_eq!(stream.push(b"# three"), "", "the stop itself is not text");
        assert!(stream.is_stopped(), "the text has ended");
        assert_eq!(stream.push(b"more"), "", "and stays so");
    }
}
