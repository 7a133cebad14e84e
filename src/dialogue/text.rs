use super::TurnError;

/// The most characters of a speaker's name.
const MAX_NAME: usize = 80;

/// A line as a character hears it: one line, without control characters.
pub(super) fn line(text: &str, limit: usize) -> Result<String, TurnError> {
    // A character takes at most four bytes, so text this long need not be counted.
    if text.len() > limit.saturating_mul(4) {
        return Err(TurnError::LineTooLong { limit, found: text.len() });
    }
    let found = text.chars().count();
    if found > limit {
        return Err(TurnError::LineTooLong { limit, found });
    }
    let line = clean(text.chars());
    if line.is_empty() { Err(TurnError::EmptyLine) } else { Ok(line) }
}

/// A speaker's name, clean and not too long; `None` where nothing is left.
pub(super) fn name(text: &str) -> Option<String> {
    let name = clean(text.chars().take(MAX_NAME));
    (!name.is_empty()).then_some(name)
}

/// Runs of white space become one space; characters that show nothing are dropped.
fn clean(text: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in text.filter(|&c| c.is_whitespace() || !is_hidden(c)) {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Characters that show nothing, but may steer a terminal, turn text around or smuggle words past a reader.
/// Joiners stay: Persian, Indic scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        || matches!(c, '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_visible_text() {
        assert_eq!(line(" Have\tyou\r\n a\u{0}\u{1b}[31m room?\u{202E} ", 4096).as_deref(), Ok("Have you a[31m room?"));
        assert_eq!(line("سلام\u{200C}ها 👩\u{200D}🚀", 64).as_deref(), Ok("سلام\u{200C}ها 👩\u{200D}🚀"), "joiners stay");
        assert_eq!(line("a\u{FFFD}b", 64).as_deref(), Ok("a\u{FFFD}b"), "a lost character stays one character");
        assert_eq!(line("\u{0}\n\u{200B}", 64), Err(TurnError::EmptyLine), "nothing that could be said is left");
    }

    #[test]
    fn a_line_has_a_limit_in_characters() {
        assert!(line(&"é".repeat(64), 64).is_ok(), "64 characters of two bytes fit");
        assert_eq!(line(&"é".repeat(65), 64), Err(TurnError::LineTooLong { limit: 64, found: 65 }));
        let long = "x".repeat(1 << 20);
        assert_eq!(line(&long, 64), Err(TurnError::LineTooLong { limit: 64, found: 1 << 20 }));
    }

    #[test]
    fn names_are_cut_to_size() {
        assert_eq!(name("  Old\nBess ").as_deref(), Some("Old Bess"));
        assert_eq!(name(" \u{7} "), None, "no name is left");
        assert_eq!(name(&"n".repeat(1000)).map(|name| name.len()), Some(MAX_NAME));
    }
}
