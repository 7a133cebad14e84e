//! The kinds of things and their colours.

use crate::mind::hearth::vocab::{COLOURS, KINDS, PERSON};
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
    /// A chair with a high back, 1.0 m high.
    Chair,
    /// A made bed with a pillow, 2.0 m long.
    Bed,
    /// A bookcase with books on four boards, 1.65 m high.
    Shelf,
    /// A desk lamp with a jointed arm, lit, 0.75 m high.
    Lamp,
    /// An alarm clock with two bells, 0.8 m high.
    Clock,
    /// A screen on a foot, switched on, 0.85 m high.
    Screen,
    /// An open umbrella that stands on its crook, 1.45 m high.
    Umbrella,
    /// Long leaves in an earthen pot, 0.95 m high.
    Plant,
    /// A fir with a bare foot, 2.2 m high.
    Tree,
    /// A rough stone, 0.8 m wide.
    Rock,
    /// A toadstool with pale spots, 0.6 m high.
    Mushroom,
    /// A ribbed pumpkin with a stalk, 0.6 m wide.
    Pumpkin,
    /// A loaf with three cuts, 0.65 m long.
    Bread,
    /// A wedge of cheese with holes, 0.6 m long.
    Cheese,
    /// A fish with a forked tail that stands on its belly, 0.9 m long.
    Fish,
    /// A cat that sits, 0.65 m high.
    Cat,
    /// A full sack, tied up, 0.75 m high.
    Sack,
    /// A round teapot with spout and handle, 0.45 m high.
    Teapot,
    /// A wizard's hat with a bent tip, 0.75 m high.
    Hat,
    /// A boot with a turned-down top, 0.6 m high.
    Boot,
    /// A crown with eight points, 0.4 m high.
    Crown,
    /// A knight's helmet with a slit and a crest, 0.65 m high.
    Helmet,
    /// A large key that stands on its tip, 0.85 m.
    Key,
    /// An anvil with one horn, 0.55 m high.
    Anvil,
    /// A sledgehammer that stands on its handle, 0.95 m.
    Hammer,
    /// An axe that stands on its handle, 1.15 m.
    Axe,
    /// A strung bow with an arrow, 1.55 m.
    Bow,
    /// A bell that hangs in a wooden frame, 1.05 m high.
    Bell,
    /// A round-bellied lute with a bent neck, standing, 1.2 m.
    Lute,
    /// A skull, 0.5 m high.
    Skull,
    /// A globe on a foot, with land on it, 0.8 m high.
    Globe,
    /// A boxy robot with lit eyes, 1.35 m high.
    Robot,
    /// A gas canister with a hand wheel, 1.05 m high.
    Canister,
}

impl PropKind {
    /// All kinds, in the order of Hearth's `KINDS`, which has a person besides.
    pub const ALL: [Self; 53] = [
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
        Self::Chair,
        Self::Bed,
        Self::Shelf,
        Self::Lamp,
        Self::Clock,
        Self::Screen,
        Self::Umbrella,
        Self::Plant,
        Self::Tree,
        Self::Rock,
        Self::Mushroom,
        Self::Pumpkin,
        Self::Bread,
        Self::Cheese,
        Self::Fish,
        Self::Cat,
        Self::Sack,
        Self::Teapot,
        Self::Hat,
        Self::Boot,
        Self::Crown,
        Self::Helmet,
        Self::Key,
        Self::Anvil,
        Self::Hammer,
        Self::Axe,
        Self::Bow,
        Self::Bell,
        Self::Lute,
        Self::Skull,
        Self::Globe,
        Self::Robot,
        Self::Canister,
    ];

    /// The word for it, in lower case, as Hearth's eye names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        KINDS[self.index()]
    }

    /// Its index among Hearth's `KINDS`.
    #[must_use]
    pub fn index(self) -> usize {
        let index = self as usize;
        index + usize::from(index >= PERSON)
    }

    /// Width, height and depth in metres, measured on its meshes.
    #[must_use]
    pub fn size(self) -> Vec3 {
        super::catalogue::shape(self).size()
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
        COLOURS[self as usize]
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

    #[test]
    fn names_are_those_that_the_eye_knows() {
        for kind in PropKind::ALL {
            assert_eq!(kind.name(), format!("{kind:?}").to_lowercase(), "index and name agree");
            assert_eq!(PropKind::named(kind.name()), Some(kind), "a name finds its kind");
        }
        for colour in PropColour::ALL {
            assert_eq!(colour.name(), format!("{colour:?}").to_lowercase(), "index and name agree");
        }
        assert_eq!((KINDS.len(), KINDS[PERSON]), (PropKind::ALL.len() + 1, "person"), "the eye knows people besides");
        assert_eq!(COLOURS.len(), PropColour::ALL.len(), "as many colours");
    }
}
