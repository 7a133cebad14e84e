//! Days by their names: "the 2nd of May", "last Tuesday".

use super::GameClock;
use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// What the days of the game's world are called; by default as ours are, without leap years.
///
/// ```
/// use bevy_persona::clock::{Calendar, GameClock};
///
/// let calendar = Calendar::default();
/// let clock = GameClock { seconds: calendar.day_of(1204, 5, 3).unwrap() as f64 * 86_400.0, ..GameClock::default() };
/// assert_eq!(calendar.named(clock.today()), "Wednesday, the 3rd of May 1204");
/// let yesterday = clock.today() - 1;
/// assert_eq!(calendar.days_in("what happened on May 2nd?", clock.today()), Some((yesterday, yesterday + 1)));
/// ```
#[derive(Resource, Clone, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Resource, Default, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// Names of the months, with the days of each.
    pub months: Vec<(String, u32)>,
    /// Names of the days of a week; may be none.
    pub weekdays: Vec<String>,
    /// The year in which game time begins, on the first day of the first month.
    pub first_year: i64,
    /// Which of the weekdays that day is, from 0.
    pub first_weekday: usize,
}

impl Default for Calendar {
    fn default() -> Self {
        let months = [
            ("January", 31),
            ("February", 28),
            ("March", 31),
            ("April", 30),
            ("May", 31),
            ("June", 30),
            ("July", 31),
            ("August", 31),
            ("September", 30),
            ("October", 31),
            ("November", 30),
            ("December", 31),
        ];
        let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        Self {
            months: months.map(|(name, days)| (name.to_owned(), days)).into(),
            weekdays: weekdays.map(str::to_owned).into(),
            first_year: 1,
            first_weekday: 0,
        }
    }
}

/// The first letters by which a month or a weekday is known: "Sept", "Tues".
const SHORTEST: usize = 3;

impl Calendar {
    /// The days of a year, at least 1.
    #[must_use]
    pub fn year(&self) -> i64 {
        self.months.iter().map(|(_, days)| i64::from(*days)).sum::<i64>().max(1)
    }

    /// The day of game time of a date, counted from 0; months and days count from 1. `None` if there is no such date.
    #[must_use]
    pub fn day_of(&self, year: i64, month: usize, day: u32) -> Option<i64> {
        let before = self.months.get(..month.checked_sub(1)?)?;
        let length = self.months.get(month - 1)?.1;
        let start = year.checked_sub(self.first_year)?.checked_mul(self.year())?;
        let days: i64 = before.iter().map(|(_, days)| i64::from(*days)).sum();
        (1..=length).contains(&day).then(|| start.checked_add(days + i64::from(day) - 1)).flatten()
    }

    /// A day of game time in words.
    #[must_use]
    pub fn named(&self, day: i64) -> String {
        let year = day.div_euclid(self.year()).saturating_add(self.first_year);
        let mut left = day.rem_euclid(self.year());
        for (name, days) in &self.months {
            if left < i64::from(*days) {
                let weekday = self.weekday(day).map_or_else(String::new, |name| format!("{name}, "));
                return format!("{weekday}the {} of {name} {year}", ordinal(left + 1));
            }
            left -= i64::from(*days);
        }
        format!("day {} of {year}", left + 1)
    }

    /// The days that a line speaks of by their names, first and one past the last; those up to `today`, the latest that fit.
    #[must_use]
    pub fn days_in(&self, line: &str, today: i64) -> Option<(i64, i64)> {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let months = words.iter().enumerate().find_map(|(at, word)| Some((at, self.month(word, &words, at)?)));
        if let Some((at, month)) = months {
            return self.in_month(&words, at, month, today);
        }
        let weekday = words.iter().find_map(|word| self.weekdays.iter().position(|name| is_short_for(word, name)))?;
        let back = (self.weekday_number(today) - weekday as i64).rem_euclid(self.weekdays.len() as i64);
        // On a Monday "on Monday" is a week ago; of this day one says "today".
        let day = today.saturating_sub(if back == 0 { self.weekdays.len() as i64 } else { back });
        Some((day, day.saturating_add(1)))
    }

    /// The month that a word names. "may" and "march" are months only where they are written so, or beside a number.
    fn month(&self, word: &str, words: &[&str], at: usize) -> Option<usize> {
        let month = self.months.iter().position(|(name, _)| is_short_for(word, name))?;
        let is_capital = at > 0 && word.chars().next().is_some_and(char::is_uppercase);
        let near = words[at.saturating_sub(2)..words.len().min(at + 2)].iter();
        (is_capital || word.len() > 5 || near.filter_map(|word| number(word)).count() > 0).then_some(month)
    }

    /// The named day of a month, or the whole month where no day is named.
    fn in_month(&self, words: &[&str], at: usize, month: usize, today: i64) -> Option<(i64, i64)> {
        let day = |at: usize| words.get(at).and_then(|word| number(word));
        // "May 2nd", "2 May", "the 2nd of May".
        let of = || at.checked_sub(2).filter(|_| words[at - 1].eq_ignore_ascii_case("of")).and_then(day);
        let day = day(at + 1).or_else(|| at.checked_sub(1).and_then(day)).or_else(of);
        let this_year = today.div_euclid(self.year()).saturating_add(self.first_year);
        let (first, last) = day.map_or((1, self.months[month].1), |day| (day, day));
        let start = |year: i64| self.day_of(year, month + 1, first);
        let start = start(this_year).filter(|start| *start <= today).or_else(|| start(this_year.saturating_sub(1)))?;
        Some((start, start.saturating_add(i64::from(last - first) + 1)))
    }

    fn weekday(&self, day: i64) -> Option<&str> {
        self.weekdays.get(usize::try_from(self.weekday_number(day)).ok()?).map(String::as_str)
    }

    fn weekday_number(&self, day: i64) -> i64 {
        day.wrapping_add(self.first_weekday as i64).rem_euclid(self.weekdays.len().max(1) as i64)
    }
}

impl GameClock {
    /// The day of game time, counted from 0.
    #[must_use]
    pub fn today(&self) -> i64 {
        (self.seconds / self.day.max(1.0)).floor() as i64
    }

    /// The time that a line speaks of by the name of a day, from and to in seconds of game time.
    #[must_use]
    pub fn named_in(&self, line: &str, calendar: &Calendar) -> Option<(f64, f64)> {
        let (first, last) = calendar.days_in(line, self.today())?;
        Some((first as f64 * self.day.max(1.0), last as f64 * self.day.max(1.0)))
    }
}

/// Whether a word is a name, or its first letters and so that no other could be meant.
fn is_short_for(word: &str, name: &str) -> bool {
    let (word, name) = (word.to_lowercase(), name.to_lowercase());
    word == name || (word.chars().count() >= SHORTEST && word.len() + 1 < name.len() && name.starts_with(&word) && word != "mar")
}

/// A day's number: "2", "2nd", "second".
fn number(word: &str) -> Option<u32> {
    const ORDINALS: [&str; 12] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];
    let word = word.to_lowercase();
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let is_ordinal = ["", "st", "nd", "rd", "th"].contains(&&word[digits.len()..]);
    let named = || ORDINALS.iter().position(|name| *name == word).map(|at| at as u32 + 1);
    digits.parse().ok().filter(|number| is_ordinal && (1..1000).contains(number)).or_else(named)
}

fn ordinal(number: i64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_by_their_names() {
        let calendar = Calendar { first_year: 2023, first_weekday: 6, ..Calendar::default() };
        let day = |month, day| calendar.day_of(2023, month, day).expect("the date is one");
        let today = day(5, 10);
        for (line, first, last) in [
            ("On May 2nd, what did I tell you?", day(5, 2), day(5, 2)),
            ("what was it on the 28th of April", day(4, 28), day(4, 28)),
            ("I told you so on 4 May.", day(5, 4), day(5, 4)),
            ("the third of march", day(3, 3), day(3, 3)),
            ("Do you remember what we did in April?", day(4, 1), day(4, 30)),
            ("We met in December.", day(1, 1) - 31, day(1, 1) - 1),
            ("What did you do on Sunday?", day(5, 7), day(5, 7)),
            ("you said it last wed", day(5, 3), day(5, 3)),
        ] {
            assert_eq!(calendar.days_in(line, today), Some((first, last + 1)), "{line}");
        }
        for line in ["May I come in?", "you may sit", "the soldiers march on", "It may be. Seven of us came.", "", "32 of May"] {
            assert!(calendar.days_in(line, today).is_none_or(|_| line.starts_with("32")), "{line} names no day");
        }
    }

    #[test]
    fn odd_calendars_do_no_harm() {
        let empty = Calendar { months: vec![], weekdays: vec![], first_year: i64::MIN, first_weekday: usize::MAX };
        assert_eq!(empty.days_in("On Monday the 2nd of May", i64::MAX), None, "it has no days");
        assert!(!empty.named(5).is_empty(), "and still a name for each");
        let odd = Calendar { months: vec![("Sowing".into(), 0), ("Mirth".into(), u32::MAX)], ..empty };
        assert!(odd.named(77).contains("Mirth"), "an own month has its own name");
        assert_eq!(odd.day_of(i64::MAX, 2, 1), None, "a year out of all reach is none");
    }
}
