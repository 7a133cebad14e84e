//! Who stands where: a grid over all characters, made anew in each frame in which something has happened.

use bevy::prelude::*;

/// The side of a cell, in metres: about half of how far most happenings are perceived.
const CELL: f32 = 16.0;

/// All who may be witnesses, by where they are. Kept from frame to frame for its memory alone.
///
/// A spatial hash with sorted cells (Teschner et al. 2003; sorted as in Green 2008): finding those near a point takes time
/// by how many are near, not by how many there are.
#[derive(Default)]
pub(super) struct Crowd {
    bodies: Vec<Body>,
    /// The bodies' places, those of one cell together.
    sorted: Vec<u32>,
    /// Where each cell begins among them.
    starts: Vec<u32>,
    /// How far the furthest-reaching of those in the grid may be from where it stands.
    reach: f32,
    /// How well the sharpest ears hear.
    hearing: f32,
    /// Those who may be anywhere.
    anywhere: Vec<Entity>,
}

/// One who may be a witness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    pub(super) entity: Entity,
    /// Where it stands.
    pub(super) at: Vec3,
    /// How far its eye may be from there, in metres; infinite where that is not known.
    pub(super) off: f32,
    /// How well it hears.
    pub(super) hearing: f32,
}

impl Crowd {
    /// Forgets who was there, and takes in who is.
    pub(super) fn gather(&mut self, bodies: impl Iterator<Item = Body>) {
        self.bodies.clear();
        self.anywhere.clear();
        (self.reach, self.hearing) = (0.0, 0.0);
        for body in bodies {
            if body.off.is_finite() && body.at.is_finite() {
                (self.reach, self.hearing) = (self.reach.max(body.off), self.hearing.max(body.hearing));
                self.bodies.push(body);
            } else {
                self.anywhere.push(body.entity);
            }
        }
        self.sort();
    }

    /// Gives all who may see something this far, or hear something this loud, among them all who do.
    pub(super) fn near(&self, at: Vec3, visibility: f32, loudness: f32, found: &mut Vec<Entity>) {
        found.clear();
        found.extend(&self.anywhere);
        let is_near = |body: &Body| {
            let range = visibility.max(loudness * body.hearing) + body.off;
            body.at.distance_squared(at) <= range * range
        };
        let mut take = |body: &Body| {
            if is_near(body) {
                found.push(body.entity);
            }
        };
        // A little more, for what is lost in rounding.
        let range = (visibility.max(loudness * self.hearing) + self.reach) * 1.001 + at.abs().max_element() * 1e-6;
        let (low, high) = (cell(at - range), cell(at + range));
        let wide = |low: i32, high: i32| u64::from(high.abs_diff(low)) + 1;
        // What is seen from everywhere is asked of everyone.
        if wide(low.x, high.x).saturating_mul(wide(low.y, high.y)) > self.bodies.len() as u64 {
            self.bodies.iter().for_each(take);
            return;
        }
        for x in low.x..=high.x {
            for y in low.y..=high.y {
                let here = IVec2::new(x, y);
                // Cells far apart may share a place in the table.
                self.sharing(here).filter(|body| cell(body.at) == here).for_each(&mut take);
            }
        }
    }

    /// Sorts the bodies by their cells: counts them, then puts each in its place.
    fn sort(&mut self) {
        let slots = self.bodies.len().next_power_of_two();
        self.starts.clear();
        self.starts.resize(slots + 1, 0);
        for body in &self.bodies {
            self.starts[slot(cell(body.at), slots)] += 1;
        }
        let mut end = 0;
        for start in &mut self.starts {
            end += *start;
            *start = end;
        }
        self.sorted.clear();
        self.sorted.resize(self.bodies.len(), 0);
        for (place, body) in self.bodies.iter().enumerate().rev() {
            let start = &mut self.starts[slot(cell(body.at), slots)];
            *start -= 1;
            self.sorted[*start as usize] = place as u32;
        }
    }

    /// The bodies of all cells that share a place in the table with this one.
    fn sharing(&self, here: IVec2) -> impl Iterator<Item = &Body> {
        let slot = slot(here, self.starts.len() - 1);
        let range = self.starts[slot] as usize..self.starts[slot + 1] as usize;
        self.sorted[range].iter().map(|place| &self.bodies[*place as usize])
    }
}

/// The cell of a place on the ground; what is further off than can be counted is in the last one.
fn cell(at: Vec3) -> IVec2 {
    (Vec2::new(at.x, at.z) / CELL).floor().as_ivec2()
}

/// Where a cell stands in a table of so many slots, a power of two.
fn slot(cell: IVec2, slots: usize) -> usize {
    let mixed = (cell.x as u32).wrapping_mul(0x9E37_79B1) ^ (cell.y as u32).wrapping_mul(0x85EB_CA77);
    (mixed ^ mixed >> 15) as usize & (slots - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crowd(bodies: &[(Vec3, f32, f32)]) -> Crowd {
        let body = |(i, &(at, off, hearing)): (usize, &(Vec3, f32, f32))| {
            let entity = Entity::from_raw_u32(i as u32).expect("a few entities");
            Body { entity, at, off, hearing }
        };
        let mut crowd = Crowd::default();
        // Who was there before is forgotten.
        crowd.gather([Body { entity: Entity::PLACEHOLDER, at: Vec3::ZERO, off: 1.0, hearing: 1.0 }].into_iter());
        crowd.gather(bodies.iter().enumerate().map(body));
        crowd
    }

    fn place() -> impl Strategy<Value = Vec3> {
        let along = || prop_oneof![-60.0..60.0f32, -1e6..1e6f32, Just(f32::MAX), Just(f32::NAN)];
        (along(), along(), along()).prop_map(|(x, y, z)| Vec3::new(x, y, z))
    }

    proptest! {
        #[test]
        fn those_near_are_those_that_a_look_at_all_finds(
            bodies in prop::collection::vec((place(), prop_oneof![0.0..3.0f32, Just(f32::INFINITY)], 0.0..4.0f32), 0..80),
            at in place(),
            visibility in prop_oneof![0.0..50.0f32, Just(1e9f32), Just(f32::INFINITY)],
            loudness in 0.0..40.0f32,
        ) {
            let mut found = Vec::new();
            crowd(&bodies).near(at, visibility, loudness, &mut found);
            let is_near = |(place, off, hearing): &(Vec3, f32, f32)| {
                let range = visibility.max(loudness * hearing) + off;
                !place.is_finite() || !off.is_finite() || place.distance_squared(at) <= range * range
            };
            let mut found: Vec<u32> = found.iter().map(|entity| entity.index_u32()).collect();
            found.sort_unstable();
            let expected: Vec<u32> = (0..bodies.len() as u32).filter(|i| is_near(&bodies[*i as usize])).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
