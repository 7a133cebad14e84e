//! Questions about what is in view that are answered by counting and comparing, not by reading.

use super::Sight;
use crate::hearth::names::same;
use crate::hearth::vocab::KINDS;

/// What such a question comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// The topic of the written lines that say it.
    pub topic: &'static str,
    /// Words that go into them.
    pub words: Vec<(&'static str, String)>,
    /// The things they speak of, as indices of what is seen.
    pub(super) things: Vec<usize>,
}

/// The answer to a line that asks for a count, for the nearest, for what is beside another, or which of two is more; `None` for any
/// other line, or where nothing is in view that it could be about.
pub(super) fn looked(line: &str, mentions: &[String], sights: &[Sight]) -> Option<Looked> {
    let line = line.to_lowercase();
    let named: Vec<usize> = mentions.iter().filter_map(|m| sights.iter().position(|s| same(&s.thing.name, m))).collect();
    let asks = |words: &[&str]| words.iter().any(|word| line.contains(word));
    match named.as_slice() {
        _ if line.contains("how many ") => count(&line, sights),
        [a, b, ..] => more(&asks, [*a, *b], sights),
        [thing] if asks(&["next to", "beside", "left of", "right of", "close to"]) && asks(&["what", "who", "which"]) => {
            let neighbour = others(*thing, sights).min_by(|a, b| gap(*thing, *a, sights).total_cmp(&gap(*thing, *b, sights)))?;
            Some(Looked { topic: "beside", words: Vec::new(), things: vec![*thing, neighbour] })
        }
        [] if asks(&["nearest", "closest"]) && asks(&["what", "who", "which"]) => {
            let known = (0..sights.len()).filter(|i| sights[*i].thing.distance > 0.0);
            let nearest = known.min_by(|a, b| sights[*a].thing.distance.total_cmp(&sights[*b].thing.distance))?;
            Some(Looked { topic: "nearest", words: Vec::new(), things: vec![nearest] })
        }
        _ => None,
    }
}

fn others(thing: usize, sights: &[Sight]) -> impl Iterator<Item = usize> {
    (0..sights.len()).filter(move |i| *i != thing)
}

/// How far apart two things stand in the picture.
fn gap(a: usize, b: usize, sights: &[Sight]) -> f32 {
    let middle = |i: usize| {
        let [left, top, right, bottom] = sights[i].thing.bounds;
        [f32::midpoint(left, right), f32::midpoint(top, bottom)]
    };
    let ([ax, ay], [bx, by]) = (middle(a), middle(b));
    (ax - bx).hypot(ay - by)
}

fn count(line: &str, sights: &[Sight]) -> Option<Looked> {
    if sights.is_empty() {
        return None;
    }
    const NUMBERS: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const ENDS: [&str; 14] =
        ["are", "do", "can", "is", "in", "on", "here", "there", "did", "does", "stand", "have", "you", "now"];
    let (_, asked) = line.split_once("how many ")?;
    let words =
        asked.split(|c: char| !c.is_alphanumeric() && c != '-').take_while(|word| !word.is_empty() && !ENDS.contains(word));
    let kind = words.collect::<Vec<_>>().join(" ");
    let all = ["things", "objects", "items"].contains(&kind.as_str());
    let things: Vec<usize> = (0..sights.len()).filter(|i| all || is_of(&sights[*i], &kind)).collect();
    // What is no kind of thing is not counted by looking: "how many children have you?"
    if things.is_empty() && !KINDS.iter().any(|known| is_plural(&kind, known)) {
        return None;
    }
    let number = NUMBERS.get(things.len()).map_or_else(|| things.len().to_string(), |word| (*word).to_owned());
    let one = KINDS.iter().find(|known| things.len() == 1 && is_plural(&kind, known));
    let kind = one.map_or(kind, |one| (*one).to_owned());
    let topic = if things.is_empty() { "count_none" } else { "count_some" };
    Some(Looked { topic, words: vec![("{n}", number), ("{K}", kind)], things })
}

/// Whether a thing is one of those that a word in the plural stands for.
fn is_of(sight: &Sight, plural: &str) -> bool {
    let name = sight.thing.name.to_lowercase();
    let seen = sight.impression.kind().map_or("", |kind| KINDS[kind]);
    let kind = sight.thing.kind.to_lowercase();
    [kind.as_str(), name.rsplit(' ').next().unwrap_or_default(), seen].into_iter().any(|one| is_plural(plural, one))
}

fn is_plural(word: &str, one: &str) -> bool {
    let ends = |one_end: &str, end: &str| one.strip_suffix(one_end).is_some_and(|stem| word.strip_prefix(stem) == Some(end));
    !one.is_empty()
        && (word == one
            || ends("", "s")
            || ends("", "es")
            || ends("y", "ies")
            || ends("f", "ves")
            || ends("fe", "ves")
            || ends("man", "men"))
        || (one == "person" && word == "people")
}

/// Which of two things is nearer, further, bigger or smaller.
fn more(asks: &dyn Fn(&[&str]) -> bool, [a, b]: [usize; 2], sights: &[Sight]) -> Option<Looked> {
    let distance = |i: usize| Some(sights[i].thing.distance).filter(|distance| *distance > 0.0);
    let size = |i: usize| {
        let [left, top, right, bottom] = sights[i].thing.bounds;
        Some(((right - left) * (bottom - top)).max(0.0).sqrt() * distance(i)?)
    };
    let is_first = match () {
        () if asks(&["nearer", "closer"]) => distance(a)? < distance(b)?,
        () if asks(&["further", "farther"]) => distance(a)? > distance(b)?,
        () if asks(&["bigger", "larger"]) => size(a)? > size(b)?,
        () if asks(&["smaller"]) => size(a)? < size(b)?,
        () => return None,
    };
    let things = if is_first { vec![a, b] } else { vec![b, a] };
    Some(Looked { topic: "more", words: Vec::new(), things })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brief::VisibleThing;
    use crate::hearth::eye::Impression;

    fn sights() -> Vec<Sight> {
        let thing = |name: &str, kind: &str, distance: f32, left: f32, size: f32| Sight {
            thing: VisibleThing { name: name.into(), kind: kind.into(), distance, bounds: [left, 0.4, left + size, 0.4 + size] },
            impression: Impression::default(),
            index: None,
        };
        vec![
            thing("the red barrel", "barrel", 4.0, 0.1, 0.1),
            thing("the old barrel", "barrel", 2.0, 0.7, 0.1),
            thing("the cellar key", "key", 3.0, 0.6, 0.02),
            thing("Tobin", "person", 5.0, 0.3, 0.2),
        ]
    }

    fn answer(line: &str, mentions: &[&str]) -> Option<(&'static str, Vec<usize>, String)> {
        let mentions: Vec<String> = mentions.iter().map(|m| (*m).to_owned()).collect();
        let Looked { topic, words, things } = looked(line, &mentions, &sights())?;
        Some((topic, things, words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn things_are_counted_by_what_they_are() {
        assert_eq!(answer("How many barrels do you see?", &[]), Some(("count_some", vec![0, 1], "two barrels".into())));
        assert_eq!(answer("how many keys are there", &[]), Some(("count_some", vec![2], "one key".into())));
        assert_eq!(answer("how many people are here?", &[]), Some(("count_some", vec![3], "one person".into())));
        assert_eq!(answer("how many chairs are there?", &[]), Some(("count_none", vec![], "no chairs".into())));
        assert_eq!(answer("how many things can you see", &[]).map(|found| found.1.len()), Some(4));
        assert_eq!(answer("How many children do you have?", &[]), None, "that is no kind of thing");
    }

    #[test]
    fn things_are_compared_by_where_they_are() {
        assert_eq!(answer("what is nearest to you?", &[]), Some(("nearest", vec![1], String::new())));
        assert_eq!(answer("What is next to {1}?", &["the old barrel"]), Some(("beside", vec![1, 2], String::new())));
        let two = ["the red barrel", "the old barrel"];
        assert_eq!(answer("which is closer, {1} or {2}?", &two), Some(("more", vec![1, 0], String::new())));
        assert_eq!(answer("which is bigger, {1} or {2}?", &two), Some(("more", vec![0, 1], String::new())), "as far as it is");
        assert_eq!(answer("which is smaller, {1} or {2}?", &two), Some(("more", vec![1, 0], String::new())));
        assert_eq!(answer("where is {1}?", &["the red barrel"]), None);
    }
}
