//! Samples that talk of what is seen.

use super::{Generator, Sample, pick, pick_str};
use crate::hearth::eye::Impression;
use crate::hearth::phrasebook::fill;
use crate::hearth::script::{Choice, SeenThing};
use crate::hearth::vocab::SIDES;
use rand::Rng;

/// Topics that need one thing, by their ids in the content.
const ONE_THING: [&str; 5] = ["colour", "colour_of_that", "where_is", "what_is_that", "in_view"];

impl Generator<'_> {
    pub(super) fn ask_view(&self, sample: &mut Sample, rng: &mut impl Rng) {
        let (topic, intent, count) = match rng.random_range(0..10) {
            0..4 => {
                let count = rng.random_range(0..=3);
                (["see_nothing", "see_one", "see_two", "see_three"][count], "see", count)
            }
            4 => ("not_in_view", "in_view", 0),
            _ => {
                let topic = pick(&ONE_THING, rng);
                (if topic == "in_view" { "is_in_view" } else { topic }, topic, 1)
            }
        };
        let coloured = topic.starts_with("colour");
        let things: Vec<SeenThing> = (0..count).map(|_| draw_thing(coloured, rng)).collect();
        let lines_of = match intent {
            "see" => "see_one",
            "in_view" => "not_in_view",
            other => other,
        };
        let lines = self.view(lines_of).map_or(&[] as &[String], |v| &v.lines);
        let line = self.wording(lines, rng).unwrap_or("what do you see");
        sample.line = line.replace("{A0}", "{1}").replace("{X}", "{1}");
        let replies = self.view(topic).and_then(|v| v.replies.iter().find(|(r, _)| *r == sample.register));
        let reply = replies.map(|(_, list)| pick_str(list, rng)).unwrap_or_default();
        sample.reply = fill(&super::augment::slots(&reply), &things);
        sample.intent = self.intents.iter().position(|i| i == intent).unwrap_or(0);
        sample.choice = Choice::Things(things);
    }

    fn view(&self, id: &str) -> Option<&super::super::content::ViewTalk> {
        self.content.views.iter().find(|v| v.id == id)
    }
}

/// A thing with an impression as the eye gives them: mostly sure, sometimes torn.
fn draw_thing(coloured: bool, rng: &mut impl Rng) -> SeenThing {
    let mut impression = Impression::default();
    if coloured || rng.random_bool(0.93) {
        blur(&mut impression.colours, rng);
    }
    if rng.random_bool(0.9) {
        blur(&mut impression.kinds, rng);
    }
    SeenThing { impression, side: rng.random_range(0..3), distance: rng.random_range(0..3) }
}

fn blur(values: &mut [f32], rng: &mut impl Rng) {
    let sure = rng.random_range(0.4..1.0f32);
    let top = rng.random_range(0..values.len());
    let other = rng.random_range(0..values.len());
    values[top] += sure;
    values[other] += (1.0 - sure) * if other == top { 1.0 } else { 0.8 };
    let rest = 1.0 - values.iter().sum::<f32>();
    let count = values.len() as f32;
    values.iter_mut().for_each(|v| *v += rest / count);
}

const _: () = assert!(SIDES.len() == 3, "soft tokens hold three sides");
