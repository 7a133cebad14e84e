//! The kinds of things and their colours.

use bevy::prelude::*;

/// What a [`Prop`](super::Prop) is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Reflect)]
#[reflect(Default)]
pub enum PropKind {
    /// A bulging cask with iron hoops, 0.95 m high.
    #[default]
    Barrel,
    /// A cube of boards with dark corner beams, 0.7 m.
    Crate,
    /// A box with a round lid, iron bands and a lock, 0.9 m wide.
    Chest,
    /// A mug with one handle, 0.3 m high.
    Mug,
    /// A bottle with a cork, 0.62 m high.
    Bottle,
    /// A lit candle on a dish, 0.5 m high.
    Candle,
    /// A lantern with lit glass and a ring, 0.6 m high.
    Lantern,
    /// A round seat on three legs, 0.52 m high.
    Stool,
    /// A long top on four legs, 0.78 m high.
    Table,
    /// A thick closed book with pale pages, lying.
    Book,
    /// A broad sword that stands on its point, 1.25 m.
    Sword,
    /// A heater shield with a pale cross that stands upright, 0.95 m.
    Shield,
    /// An apple with a stalk, 0.3 m.
    Apple,
    /// A bucket with a bow handle, 0.45 m high.
    Bucket,
    /// A squat cooking pot on three feet with two ears.
    Pot,
    /// A ball with a pale band, 0.5 m.
    Ball,
    /// A vase with a wide belly and a narrow neck, 0.75 m high.
    Vase,
    /// A hanging cloth on a cross, 2.0 m high.
    Banner,
    /// Two rails with rungs, leaning back, 2.1 m high.
    Ladder,
    /// A cart wheel with eight spokes that stands upright, 0.95 m.
    Wheel,
}

impl PropKind {
    /// All kinds, in the order of Hearth's `KINDS`.
    pub const ALL: [Self; 20] = [
        Self::Barrel,
        Self::Crate,
        Self::Chest,
        Self::Mug,
        Self::Bottle,
        Self::Candle,
        Self::Lantern,
        Self::Stool,
        Self::Table,
        Self::Book,
        Self::Sword,
        Self::Shield,
        Self::Apple,
        Self::Bucket,
        Self::Pot,
        Self::Ball,
        Self::Vase,
        Self::Banner,
        Self::Ladder,
        Self::Wheel,
    ];

    /// The word for it, in lower case, as Hearth's eye names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        crate::mind::hearth::vocab::KINDS[self as usize]
    }

    /// The kind with this name, whatever its case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// The colour of a [`Prop`](super::Prop)'s main body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Reflect)]
#[reflect(Default)]
pub enum PropColour {
    /// Red.
    #[default]
    Red,
    /// Orange.
    Orange,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
    /// Pink.
    Pink,
    /// White.
    White,
    /// Grey.
    Grey,
    /// Black.
    Black,
    /// Brown.
    Brown,
}

impl PropColour {
    /// All colours, in the order of Hearth's `COLOURS`.
    pub const ALL: [Self; 11] = [
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Blue,
        Self::Purple,
        Self::Pink,
        Self::White,
        Self::Grey,
        Self::Black,
        Self::Brown,
    ];

    /// The word for it, in lower case, as Hearth's eye names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        crate::mind::hearth::vocab::COLOURS[self as usize]
    }

    /// The colour with this name, whatever its case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colour| colour.name().eq_ignore_ascii_case(name))
    }

    /// The usual shade.
    #[must_use]
    pub fn color(self) -> Color {
        let (r, g, b) = match self {
            Self::Red => (196, 22, 22),
            Self::Orange => (244, 120, 10),
            Self::Yellow => (245, 214, 20),
            Self::Green => (30, 140, 45),
            Self::Blue => (28, 66, 205),
            Self::Purple => (112, 32, 160),
            Self::Pink => (245, 130, 185),
            Self::White => (242, 242, 240),
            Self::Grey => (128, 128, 130),
            Self::Black => (20, 20, 22),
            Self::Brown => (104, 58, 24),
        };
        Color::srgb_u8(r, g, b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mind::hearth::vocab::{COLOURS, KINDS};

    #[test]
    fn names_are_those_that_the_eye_knows() {
        for kind in PropKind::ALL {
            assert_eq!(kind.name(), format!("{kind:?}").to_lowercase(), "index and name agree");
            assert_eq!(PropKind::named(kind.name()), Some(kind), "a name finds its kind");
        }
        for colour in PropColour::ALL {
            assert_eq!(colour.name(), format!("{colour:?}").to_lowercase(), "index and name agree");
        }
        assert_eq!(KINDS.len(), PropKind::ALL.len() + 1, "the eye knows people besides");
        assert_eq!(COLOURS.len(), PropColour::ALL.len(), "as many colours");
    }
}
