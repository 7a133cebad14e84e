//! Texts as people write them: marks of layout taken off, speech apart from gestures, sentences, and lengths.

use super::report::Report;

/// At most so many characters of a text.
pub(super) fn bounded(mut text: String, limit: usize, place: &str, report: &mut Report) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        let found = text.chars().count();
        text.truncate(end);
        report.shortened(place, format!("{limit} of {found} characters were read"));
    }
    text
}

/// A text without marks of layout (Markdown, tags), one paragraph a line, and without control characters.
pub(super) fn clean(text: &str) -> String {
    let text = without_tags(text);
    let lines = text.lines().map(|line| {
        let line: String = line.chars().filter(|letter| !is_control(*letter) && !matches!(letter, '*' | '`')).collect();
        let line = line.trim().trim_start_matches(['#', '>', '•']).trim();
        let line = line.strip_prefix("- ").unwrap_or(line);
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    lines.filter(|line| line.chars().any(char::is_alphanumeric)).collect::<Vec<_>>().join("\n")
}

/// Control characters, and those that turn the direction of writing, which hide what a text says.
fn is_control(letter: char) -> bool {
    (letter.is_control() && !letter.is_whitespace())
        || matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Takes out `<tag>` and `</tag>`.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        kept.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let letters = name.bytes().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || b"_- /".contains(byte)).count();
        if letters > 0 && name.as_bytes().get(letters) == Some(&b'>') {
            rest = &name[letters + 1..];
        } else {
            kept.push('<');
        }
    }
    kept + rest
}

/// What is spoken aloud: no `*gestures*`, and where there are quotation marks, only what stands in them.
pub(super) fn spoken(text: &str) -> String {
    let mut said = String::new();
    for line in text.lines() {
        for (place, part) in line.split('*').enumerate() {
            let is_emphasis = place > 0 && !part.trim().contains(' ') && !said.trim().is_empty();
            if place % 2 == 0 || is_emphasis {
                said.push_str(part);
            }
        }
        said.push('\n');
    }
    let quotes = quoted(&said);
    clean(if quotes.trim().is_empty() { &said } else { &quotes }).replace('\n', " ")
}

fn quoted(text: &str) -> String {
    let mut quotes = String::new();
    let mut is_open = false;
    for letter in text.chars() {
        let was_open = is_open;
        match letter {
            '“' | '«' => is_open = true,
            '”' | '»' => is_open = false,
            '"' => is_open = !is_open,
            _ if is_open => quotes.push(letter),
            _ => {}
        }
        if was_open && !is_open {
            quotes.push(' ');
        }
    }
    quotes
}

/// Words that end in a full stop without ending a sentence.
const SHORTENED: [&str; 12] = ["mr", "mrs", "ms", "dr", "st", "sr", "jr", "prof", "capt", "lt", "vs", "e.g"];

/// The sentences of a text; a line's end ends one too.
pub(super) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let mut start = 0;
        for (at, letter) in line.char_indices() {
            let end = at + letter.len_utf8();
            let is_end = match letter {
                '。' | '！' | '？' => true,
                '.' | '!' | '?' => ends(&line[start..at], &line[end..], letter),
                _ => false,
            };
            if is_end {
                found.push(line[start..end].trim());
                start = end;
            }
        }
        found.push(line[start..].trim());
    }
    found.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    found
}

fn ends(before: &str, after: &str, mark: char) -> bool {
    let next = after.trim_start().chars().next();
    let goes_on = !after.starts_with(char::is_whitespace) || next.is_some_and(char::is_lowercase);
    let is_shortened = || {
        let last = before.rsplit([' ', '.']).next().unwrap_or_default().to_lowercase();
        last.chars().count() == 1 || SHORTENED.contains(&last.as_str())
    };
    !(goes_on || (mark == '.' && is_shortened()))
}

/// The whole sentences of a text that fit into `limit` characters; where not even one does, its first words.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    let Some((limit, _)) = text.char_indices().nth(limit) else { return text.trim() };
    let head = &text[..limit];
    let ends = sentences(text).into_iter().scan(0, |at, sentence| {
        *at += text[*at..].find(sentence)? + sentence.len();
        Some(*at)
    });
    match ends.take_while(|end| *end <= limit).last() {
        Some(end) => text[..end].trim(),
        None => head.rfind(char::is_whitespace).map_or(head, |space| &head[..space]).trim(),
    }
}

/// A sentence in parts of at most `limit` characters, parted where it can be: at a mark, else between words.
pub(super) fn parts(sentence: &str, limit: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = sentence.trim();
    while let Some((end, _)) = rest.char_indices().nth(limit) {
        let head = &rest[..end];
        let after = |marks: &[char]| head.rfind(marks).map(|at| at + 1).filter(|at| *at > end / 2);
        let at = after(&[';', ',']).or_else(|| head.rfind(char::is_whitespace).filter(|at| *at > 0)).unwrap_or(end);
        parts.push(rest[..at].trim());
        rest = rest[at..].trim();
    }
    parts.push(rest);
    parts.retain(|part| part.chars().any(char::is_alphanumeric));
    parts
}
