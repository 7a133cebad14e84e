//! Game time: what "yesterday" means to a character.

mod calendar;

pub use calendar::Calendar;

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// The time of the game's world, which facts and memories are dated by.
///
/// It follows Bevy's virtual time at `speed`; a game that keeps its own calendar sets `seconds` itself and `speed` to 0.
///
/// ```
/// use bevy_persona::clock::GameClock;
///
/// let clock = GameClock { seconds: 200_000.0, ..GameClock::default() };
/// assert_eq!(clock.since(clock.seconds - 90_000.0), "yesterday");
/// assert_eq!(clock.since(clock.seconds - 30.0), "just now");
/// ```
#[derive(Resource, Clone, Copy, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Resource, Default, Debug, PartialEq, Serialize, Deserialize)]
pub struct GameClock {
    /// Seconds of game time since its beginning.
    pub seconds: f64,
    /// Seconds of game time in one of virtual time; 0 stands still.
    pub speed: f64,
    /// Seconds of a day.
    pub day: f64,
    /// Days of a year.
    pub year: f64,
}

impl Default for GameClock {
    /// Real time from 0, days of 24 hours, years of 365 days.
    fn default() -> Self {
        Self { seconds: 0.0, speed: 1.0, day: 86_400.0, year: 365.0 }
    }
}

impl GameClock {
    /// How long ago a time was, in words: "just now", "this morning" is left to the game.
    #[must_use]
    pub fn since(&self, then: f64) -> String {
        let days = |seconds: f64| (seconds / self.day.max(1.0)).floor();
        let passed = (self.seconds - then).max(0.0);
        // By the calendar, not by 24 hours: what was before midnight was yesterday.
        let nights = (days(self.seconds) - days(then)).max(0.0);
        match nights {
            _ if passed < self.day / 288.0 => "just now".to_owned(),
            _ if passed < self.day / 24.0 => "a little while ago".to_owned(),
            0.0 => "earlier today".to_owned(),
            1.0 => "yesterday".to_owned(),
            n if n < 7.0 => format!("{} days ago", number(n)),
            n if n < 14.0 => "a week ago".to_owned(),
            n if n < 60.0 => format!("{} weeks ago", number((n / 7.0).floor())),
            n if n < self.year => format!("{} months ago", number((n / self.year.max(1.0) * 12.0).floor().max(2.0))),
            n if n < 2.0 * self.year => "a year ago".to_owned(),
            n => format!("{} years ago", number((n / self.year.max(1.0)).floor())),
        }
    }
}

const WORDS: [&str; 13] =
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

fn number(n: f64) -> String {
    WORDS.get(n as usize).map_or_else(|| format!("{n:.0}"), |word| (*word).to_owned())
}

impl GameClock {
    /// The time that a line speaks of, from and to in seconds of game time: "yesterday", "three days ago", "last week", "the
    /// first day".
    #[must_use]
    pub fn spoken_of(&self, line: &str) -> Option<(f64, f64)> {
        let day = self.day.max(1.0);
        let today = (self.seconds / day).floor();
        let days = |from: f64, to: f64| Some((from * day, to * day));
        let line = line.to_lowercase();
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let has = |phrase: &str| {
            let phrase: Vec<&str> = phrase.split(' ').collect();
            words.windows(phrase.len()).any(|window| window == phrase)
        };
        for (at, word) in words.iter().enumerate() {
            if *word != "ago" || at < 2 {
                continue;
            }
            let unit = match words[at - 1].trim_end_matches('s') {
                "day" | "night" => 1.0,
                "week" => 7.0,
                "month" => self.year / 12.0,
                "year" | "winter" | "summer" => self.year,
                _ => continue,
            };
            let count = match words[at - 2] {
                "a" | "an" => Some(1.0),
                "couple" => Some(2.0),
                word => WORDS.iter().position(|other| *other == word).map(|n| n as f64).or_else(|| word.parse().ok()),
            };
            // "Two weeks ago" means some day about then.
            let slack = if unit > 1.0 { unit / 2.0 } else { 0.0 };
            return count.and_then(|n: f64| days(today - n * unit - slack, today - n * unit + slack + 1.0));
        }
        match () {
            () if has("day before yesterday") => days(today - 2.0, today - 1.0),
            () if has("yesterday") || has("last night") || has("last evening") => days(today - 1.0, today),
            () if has("today") || has("this morning") || has("tonight") || has("this evening") => days(today, today + 1.0),
            () if has("last week") => days(today - 14.0, today - 6.0),
            () if has("first day") || has("first met") || has("first time") => Some((f64::NEG_INFINITY, day)),
            () => None,
        }
    }
}

/// Keeps the clock.
pub struct ClockPlugin;

impl Plugin for ClockPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<GameClock>()
            .init_resource::<Calendar>()
            .register_type::<GameClock>()
            .register_type::<Calendar>()
            .add_systems(First, tick.after(bevy::time::TimeSystems));
    }
}

fn tick(time: Res<Time<Virtual>>, mut clock: ResMut<GameClock>) {
    let passed = time.delta_secs_f64() * clock.speed;
    if passed != 0.0 {
        clock.seconds += passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_understood() {
        let day = 86_400.0;
        let clock = GameClock { seconds: 100.5 * day, ..GameClock::default() };
        for (line, from, to) in [
            ("What did I tell you yesterday?", 99.0, 100.0),
            ("two days ago", 98.0, 99.0),
            ("Do you remember, 3 nights ago?", 97.0, 98.0),
            ("It was a week ago.", 89.5, 97.5),
            ("this morning", 100.0, 101.0),
        ] {
            assert_eq!(clock.spoken_of(line), Some((from * day, to * day)), "{line:?}");
        }
        assert_eq!(clock.spoken_of("Long ago there was a king. Have you seen him to-day?"), None, "no day is named");
    }

    #[test]
    fn times_are_told_by_the_calendar() {
        let day = 86_400.0;
        let clock = GameClock { seconds: 1000.0 * day + 3600.0 * 8.0, ..GameClock::default() };
        for (ago, words) in [
            (10.0, "just now"),
            (1200.0, "a little while ago"),
            (5.0 * 3600.0, "earlier today"),
            (9.0 * 3600.0, "yesterday"),
            (2.0 * day, "two days ago"),
            (8.0 * day, "a week ago"),
            (21.0 * day, "three weeks ago"),
            (90.0 * day, "two months ago"),
            (400.0 * day, "a year ago"),
            (900.0 * day, "two years ago"),
        ] {
            assert_eq!(clock.since(clock.seconds - ago), words, "{ago} seconds ago");
        }
        assert_eq!(clock.since(clock.seconds + 50.0), "just now", "what is yet to come is not spoken of as past");
        let odd = GameClock { day: 0.0, year: 0.0, ..clock };
        assert!(!odd.since(0.0).is_empty(), "a calendar without days does not panic");
    }
}
