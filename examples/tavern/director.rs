//! Carries out orders one after the other, each when the one before is done.

use crate::orders::{HELP, Order};
use crate::pictures::Wanted;
use crate::player::{Player, place};
use crate::showpiece::Rearrange;
use crate::talk::{Addressed, Aloud, Shown};
use crate::transcript::Transcript;
use bevy::ecs::system::SystemParam;
use bevy::prelude::*;
use bevy_persona::prelude::*;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Instant;

/// What is to be done.
#[derive(Resource)]
pub struct Orders {
    pub queue: VecDeque<Order>,
    /// No more orders will come: leave when all are done.
    pub is_last: bool,
    /// Where pictures and the transcript go.
    pub out: PathBuf,
    /// When a script is given up.
    pub deadline: Option<Instant>,
    /// Who is to answer before the next order.
    waiting_for: Option<Entity>,
    pictures: u32,
}

impl Orders {
    pub fn new(out: PathBuf) -> Self {
        Self { queue: VecDeque::new(), is_last: false, out, deadline: None, waiting_for: None, pictures: 0 }
    }
}

/// What orders act on.
#[derive(SystemParam)]
pub struct Stage<'w, 's> {
    commands: Commands<'w, 's>,
    people: Query<'w, 's, (Entity, &'static Name, Has<Thinking>), With<Shown>>,
    shown: Query<'w, 's, &'static Shown>,
    addressed: ResMut<'w, Addressed>,
    wanted: ResMut<'w, Wanted>,
    transcript: ResMut<'w, Transcript>,
    player: Single<'w, 's, (&'static mut Player, &'static mut Transform)>,
    exit: MessageWriter<'w, AppExit>,
    aloud: Res<'w, Aloud>,
    clock: ResMut<'w, GameClock>,
}

pub fn direct(mut orders: ResMut<Orders>, mut stage: Stage) {
    if let Some(deadline) = orders.deadline
        && Instant::now() > deadline
    {
        eprintln!("the script has not ended in time; {} orders are left", orders.queue.len());
        stage.leave(&orders, false);
        return;
    }
    if let Some(trouble) = stage.wanted.trouble.take() {
        eprintln!("a picture cannot be saved: {trouble}");
        if orders.deadline.is_some() {
            stage.leave(&orders, false);
            return;
        }
    }
    let is_thinking = |entity| stage.people.get(entity).is_ok_and(|(.., thinking)| thinking);
    if stage.wanted.is_open() || orders.waiting_for.is_some_and(is_thinking) {
        return;
    }
    orders.waiting_for = None;
    match orders.queue.pop_front() {
        Some(order) => stage.carry_out(&mut orders, order),
        None if orders.is_last => stage.leave(&orders, true),
        None => {}
    }
}

impl Stage<'_, '_> {
    fn carry_out(&mut self, orders: &mut Orders, order: Order) {
        match order {
            Order::Say { to, line } => self.say(orders, to.as_deref(), line),
            Order::Change(changes) => {
                for change in changes {
                    self.transcript.note(&format!("\n-- the thing: {change:?}"));
                    self.commands.trigger(Rearrange(change));
                }
            }
            Order::Walk(name) => match place(&name) {
                Some((at, look)) => {
                    let (player, transform) = &mut *self.player;
                    player.stand(transform, at, look);
                }
                None => eprintln!("there is no place `{name}`; expected room, counter or table"),
            },
            Order::Picture(name) => {
                orders.pictures += 1;
                let name = name.unwrap_or_else(|| format!("view{:02}", orders.pictures));
                self.transcript.note(&format!("\n-- picture: {name}.png"));
                self.save_eye(orders, &name);
                self.wanted.want(orders.out.join(name + ".png"));
            }
            Order::Sleep => {
                for (entity, ..) in &self.people {
                    self.commands.trigger(EndConversation { entity, partner: None });
                }
                self.clock.seconds += self.clock.day;
                self.transcript.note("\n-- a day passes");
            }
            Order::Note(note) => self.transcript.note(&format!("\n== {note}")),
            Order::Help => println!("{HELP}"),
            Order::Quit => {
                orders.queue.clear();
                orders.is_last = true;
            }
        }
    }

    fn say(&mut self, orders: &mut Orders, to: Option<&str>, line: String) {
        let named = to.and_then(|to| self.people.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(to)));
        let first = || self.people.iter().next().map(|(entity, ..)| entity);
        let Some(entity) = named.map(|(entity, ..)| entity).or(self.addressed.0).or_else(first) else { return };
        self.addressed.0 = Some(entity);
        if !self.aloud.0 && orders.deadline.is_some() {
            println!("to {}: {line}", self.people.get(entity).map_or("nobody", |(_, name, _)| name.as_str()));
        }
        self.commands.trigger(Say::new(entity, line));
        orders.waiting_for = Some(entity);
    }

    /// What the character saw that is spoken to, beside what the player sees.
    fn save_eye(&self, orders: &Orders, name: &str) {
        let shown = self.addressed.0.and_then(|entity| self.shown.get(entity).ok());
        let Some(picture) = shown.and_then(|shown| shown.picture.as_ref()) else { return };
        let path = orders.out.join(format!("{name}-eye.png"));
        let image = image::RgbImage::from_raw(picture.width(), picture.height(), picture.rgb().to_vec());
        if let Some(Err(error)) = image.map(|image| image.save(&path)) {
            eprintln!("{}: {error}", path.display());
        }
    }

    fn leave(&mut self, orders: &Orders, well: bool) {
        let saved = self.transcript.save(&orders.out);
        if let Err(error) = &saved {
            eprintln!("the transcript cannot be saved: {error}");
        }
        self.exit.write(if well && saved.is_ok() { AppExit::Success } else { AppExit::error() });
    }
}
