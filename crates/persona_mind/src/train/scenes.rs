//! Files of rendered scenes with exact labels, by which the eye learns.
//!
//! `persona scenes` writes them, the trainer reads them. All numbers are little-endian:
//!
//! ```text
//! "PSCN1"            5 bytes
//! side               u32, pixels of a picture's side, 16..=512
//! count              u32, scenes that follow
//! kinds              u8 how many, then for each u8 length and its UTF-8 name
//! colours            likewise
//! for each scene:
//!   picture          side * side RGB triples, rows from the top
//!   things           u8 how many, then for each:
//!                      kind u8, colour u8 (255: none)
//!                      left, top, right, bottom  f32, 0..=1 of the picture
//!                      distance                  f32, metres from the eye to its nearest visible point
//!                      visible                   f32, 0..=1
//!   cells            CELLS * CELLS pairs, rows from the top: kind u8, colour u8 (255: none)
//! ```
//!
//! A thing's box holds its whole outline inside the picture, hidden parts too; `visible` is the part of
//! that outline which nothing hides. Things of which nothing is seen are left out. A cell has the kind and
//! colour of the thing that covers most of it, if that thing covers at least [`COVERED`] of it.

use crate::brief::Picture;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// Cells a side of a picture.
pub const CELLS: usize = 12;
/// "None" as a kind or colour.
pub const NONE: u8 = 255;
/// The part of a cell that a thing must cover to count, 0..=1.
pub const COVERED: f32 = 0.35;

const MAGIC: &[u8; 5] = b"PSCN1";

/// Why a file of scenes cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SceneError {
    /// The file cannot be opened, or ends early.
    #[error("scene {scene}: {source}")]
    Io {
        /// Which scene was read, from 0; 0 for the header too.
        scene: usize,
        /// What the system said.
        source: io::Error,
    },
    /// Not such a file, or a damaged one.
    #[error("scene {scene}: expected {expected}, found {found}")]
    Bad {
        /// Which scene was read, from 0; 0 for the header too.
        scene: usize,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
}

/// What stands at the head of a file of scenes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SceneHeader {
    /// Side of the pictures in pixels.
    pub side: u32,
    /// How many scenes follow.
    pub count: u32,
    /// Names of the kinds, by index.
    pub kinds: Vec<String>,
    /// Names of the colours, by index.
    pub colours: Vec<String>,
}

/// A thing in a scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SceneThing {
    /// Index of its kind.
    pub kind: u8,
    /// Index of its colour, or [`NONE`].
    pub colour: u8,
    /// Left, top, right, bottom, each 0..=1 of the picture.
    pub bounds: [f32; 4],
    /// Metres from the eye.
    pub distance: f32,
    /// The part of its outline that is not hidden, 0..=1.
    pub visible: f32,
}

/// What covers a cell: the kind and colour, each an index or [`NONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the kind.
    pub kind: u8,
    /// Index of the colour.
    pub colour: u8,
}

/// A picture and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The picture.
    pub picture: Picture,
    /// The things seen, in no order.
    pub things: Vec<SceneThing>,
    /// The cells, rows from the top; [`CELLS`] squared.
    pub cells: Vec<Cell>,
}

/// A file of scenes in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneFile {
    /// Its head.
    pub header: SceneHeader,
    /// Its scenes.
    pub scenes: Vec<Scene>,
}

impl SceneFile {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`SceneError`] if it cannot be read, ends early or is damaged.
    pub fn read(path: &Path) -> Result<Self, SceneError> {
        let file = std::fs::File::open(path).map_err(|source| SceneError::Io { scene: 0, source })?;
        let reader = SceneReader::new(BufReader::new(file))?;
        let header = reader.header().clone();
        let scenes = reader.collect::<Result<_, _>>()?;
        Ok(Self { header, scenes })
    }
}

/// Reads scenes one by one; an iterator that ends after the first error.
#[derive(Debug)]
pub struct SceneReader<R> {
    source: R,
    header: SceneHeader,
    next: usize,
}

impl<R: Read> SceneReader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// [`SceneError`] if this is no file of scenes.
    pub fn new(mut source: R) -> Result<Self, SceneError> {
        let mut magic = [0; MAGIC.len()];
        fill(&mut source, &mut magic, 0)?;
        check(&magic == MAGIC, 0, "the bytes \"PSCN1\"", || format!("{magic:?}"))?;
        let side = u32_of(&mut source)?;
        check((16..=512).contains(&side), 0, "a side of 16 to 512", || side.to_string())?;
        let count = u32_of(&mut source)?;
        let kinds = names_of(&mut source)?;
        let colours = names_of(&mut source)?;
        Ok(Self { source, header: SceneHeader { side, count, kinds, colours }, next: 0 })
    }

    /// The head.
    #[must_use]
    pub fn header(&self) -> &SceneHeader {
        &self.header
    }

    fn scene(&mut self) -> Result<Scene, SceneError> {
        let scene = self.next;
        let side = self.header.side;
        let mut rgb = vec![0; side as usize * side as usize * 3];
        fill(&mut self.source, &mut rgb, scene)?;
        let picture = Picture::from_rgb(side, side, rgb).map_err(|e| SceneError::Bad {
            scene,
            expected: "a picture".into(),
            found: e.to_string(),
        })?;
        let mut count = [0];
        fill(&mut self.source, &mut count, scene)?;
        let things = (0..count[0]).map(|_| self.thing()).collect::<Result<_, _>>()?;
        let mut bytes = [0; 2 * CELLS * CELLS];
        fill(&mut self.source, &mut bytes, scene)?;
        let cells = bytes
            .chunks_exact(2)
            .map(|pair| self.indices(pair[0], pair[1]).map(|()| Cell { kind: pair[0], colour: pair[1] }))
            .collect::<Result<_, _>>()?;
        Ok(Scene { picture, things, cells })
    }

    fn thing(&mut self) -> Result<SceneThing, SceneError> {
        let mut bytes = [0; 26];
        fill(&mut self.source, &mut bytes, self.next)?;
        let (kind, colour) = (bytes[0], bytes[1]);
        self.indices(kind, colour)?;
        check(kind != NONE, self.next, "a thing with a kind", || "none".into())?;
        let mut numbers = [0.0; 6];
        for (number, four) in numbers.iter_mut().zip(bytes[2..].chunks_exact(4)) {
            *number = f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        }
        let [left, top, right, bottom, distance, visible] = numbers;
        let parts = [left, top, right, bottom, visible];
        let sane = parts.iter().all(|p| (0.0..=1.0).contains(p)) && (0.0..1e6).contains(&distance);
        check(sane, self.next, "bounds and shares of 0..=1", || format!("{numbers:?}"))?;
        Ok(SceneThing { kind, colour, bounds: [left, top, right, bottom], distance, visible })
    }

    fn indices(&self, kind: u8, colour: u8) -> Result<(), SceneError> {
        let within = |index: u8, names: &[String]| index == NONE || usize::from(index) < names.len();
        let known = within(kind, &self.header.kinds) && within(colour, &self.header.colours);
        check(known, self.next, "a kind and a colour of the head", || format!("{kind} and {colour}"))
    }
}

impl<R: Read> Iterator for SceneReader<R> {
    type Item = Result<Scene, SceneError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.header.count as usize {
            return None;
        }
        let scene = self.scene();
        self.next = if scene.is_ok() { self.next + 1 } else { usize::MAX };
        Some(scene)
    }
}

/// Writes scenes one by one.
#[derive(Debug)]
pub struct SceneWriter<W> {
    sink: W,
    side: u32,
}

impl<W: Write> SceneWriter<W> {
    /// Writes the head; `header.count` scenes must follow.
    ///
    /// # Errors
    /// What the sink says, or `InvalidInput` if there are more than 254 names or one of more than 255 bytes.
    pub fn new(mut sink: W, header: &SceneHeader) -> io::Result<Self> {
        sink.write_all(MAGIC)?;
        sink.write_all(&header.side.to_le_bytes())?;
        sink.write_all(&header.count.to_le_bytes())?;
        for names in [&header.kinds, &header.colours] {
            if names.len() >= usize::from(NONE) || names.iter().any(|n| n.len() > 255) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many names, or too long a one"));
            }
            sink.write_all(&[names.len() as u8])?;
            for name in names {
                sink.write_all(&[name.len() as u8])?;
                sink.write_all(name.as_bytes())?;
            }
        }
        Ok(Self { sink, side: header.side })
    }

    /// Writes one scene.
    ///
    /// # Errors
    /// What the sink says, or `InvalidInput` if the scene is not of the head's form.
    pub fn write(&mut self, scene: &Scene) -> io::Result<()> {
        let picture = &scene.picture;
        let fits = picture.width() == self.side && picture.height() == self.side;
        if !fits || scene.cells.len() != CELLS * CELLS || scene.things.len() > 255 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a scene that does not fit the head"));
        }
        self.sink.write_all(picture.rgb())?;
        self.sink.write_all(&[scene.things.len() as u8])?;
        for thing in &scene.things {
            self.sink.write_all(&[thing.kind, thing.colour])?;
            for number in thing.bounds.into_iter().chain([thing.distance, thing.visible]) {
                self.sink.write_all(&number.to_le_bytes())?;
            }
        }
        let cells: Vec<u8> = scene.cells.iter().flat_map(|c| [c.kind, c.colour]).collect();
        self.sink.write_all(&cells)
    }

    /// Hands out what is still buffered.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(mut self) -> io::Result<W> {
        self.sink.flush()?;
        Ok(self.sink)
    }
}

fn check(fine: bool, scene: usize, expected: &str, found: impl FnOnce() -> String) -> Result<(), SceneError> {
    if fine { Ok(()) } else { Err(SceneError::Bad { scene, expected: expected.into(), found: found() }) }
}

fn fill(source: &mut impl Read, bytes: &mut [u8], scene: usize) -> Result<(), SceneError> {
    source.read_exact(bytes).map_err(|source| SceneError::Io { scene, source })
}

fn u32_of(source: &mut impl Read) -> Result<u32, SceneError> {
    let mut bytes = [0; 4];
    fill(source, &mut bytes, 0)?;
    Ok(u32::from_le_bytes(bytes))
}

fn names_of(source: &mut impl Read) -> Result<Vec<String>, SceneError> {
    let mut length = [0];
    fill(source, &mut length, 0)?;
    (0..length[0])
        .map(|_| {
            let mut length = [0];
            fill(source, &mut length, 0)?;
            let mut bytes = vec![0; usize::from(length[0])];
            fill(source, &mut bytes, 0)?;
            String::from_utf8(bytes).map_err(|e| SceneError::Bad {
                scene: 0,
                expected: "a UTF-8 name".into(),
                found: e.to_string(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> (SceneHeader, Scene) {
        let header = SceneHeader { side: 16, count: 1, kinds: vec!["mug".into()], colours: vec!["red".into(), "blue".into()] };
        let thing = SceneThing { kind: 0, colour: 1, bounds: [0.1, 0.2, 0.3, 0.4], distance: 2.5, visible: 0.75 };
        let mut cells = vec![Cell { kind: NONE, colour: NONE }; CELLS * CELLS];
        cells[7] = Cell { kind: 0, colour: 1 };
        let picture = Picture::from_rgb(16, 16, (0..768).map(|i| i as u8).collect::<Vec<_>>()).unwrap();
        (header, Scene { picture, things: vec![thing], cells })
    }

    fn written() -> Vec<u8> {
        let (header, scene) = sample();
        let mut writer = SceneWriter::new(Vec::new(), &header).unwrap();
        writer.write(&scene).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn a_scene_comes_back_as_it_was_written() {
        let (header, scene) = sample();
        let bytes = written();
        let reader = SceneReader::new(bytes.as_slice()).unwrap();
        assert_eq!(*reader.header(), header, "the head is the same");
        let scenes: Vec<Scene> = reader.map(Result::unwrap).collect();
        assert_eq!(scenes, [scene], "the scene is the same");
    }

    #[test]
    fn every_cut_is_an_error() {
        let bytes = written();
        for end in 0..bytes.len() {
            let whole = SceneReader::new(&bytes[..end]).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            assert!(whole.is_err(), "a file cut after {end} bytes is refused");
        }
    }

    proptest! {
        #[test]
        fn flipped_bytes_never_panic(at in 0usize..1000, to: u8) {
            let mut bytes = written();
            let at = at % bytes.len();
            bytes[at] = to;
            if let Ok(reader) = SceneReader::new(bytes.as_slice()) {
                prop_assert!(reader.take(4).count() <= 4, "reading ends");
            }
        }
    }
}
