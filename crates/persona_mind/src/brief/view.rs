use std::sync::Arc;

/// The largest side of a [`Picture`], in pixels.
pub const MAX_SIDE: u32 = 8192;

/// What a character sees: a picture and the named things the engine says are in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The rendered picture; `None` where only the list of things is known.
    pub picture: Option<Picture>,
    /// Visible named things, nearest first.
    pub things: Vec<VisibleThing>,
}

/// A named thing in view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VisibleThing {
    /// What the character calls it, such as "the cellar key" or "Tobin".
    pub name: String,
    /// What kind of thing it is, such as "barrel"; empty where the game does not say.
    pub kind: String,
    /// Distance from the eye in metres.
    pub distance: f32,
    /// Box in the picture: left, top, right, bottom, each 0..=1 from the top left corner.
    pub bounds: [f32; 4],
}

/// An 8-bit RGB picture, rows from the top, tightly packed. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Arc<[u8]>,
}

/// Why bytes are not a picture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// A side is zero or too long.
    #[error("a picture has sides of 1 to {MAX_SIDE} pixels, found {width} x {height}")]
    Size {
        /// Width found, in pixels.
        width: u32,
        /// Height found, in pixels.
        height: u32,
    },
    /// Not as many bytes as pixels need.
    #[error("a picture of {width} x {height} needs {expected} bytes, found {found}")]
    Length {
        /// Width, in pixels.
        width: u32,
        /// Height, in pixels.
        height: u32,
        /// Bytes needed.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// Not a PNG file, or a damaged one.
    #[error("a PNG file expected: {0}")]
    Png(String),
}

impl Picture {
    /// A picture from `width * height` RGB triples.
    ///
    /// # Errors
    /// [`PictureError`] if a side is 0 or above 8192 pixels, or the byte count differs.
    pub fn from_rgb(width: u32, height: u32, rgb: impl Into<Arc<[u8]>>) -> Result<Self, PictureError> {
        let rgb = rgb.into();
        Self::check(width, height, 3, rgb.len())?;
        Ok(Self { width, height, rgb })
    }

    /// A picture from `width * height` RGBA quadruples; alpha is dropped.
    ///
    /// # Errors
    /// As [`Picture::from_rgb`].
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Result<Self, PictureError> {
        Self::check(width, height, 4, rgba.len())?;
        let rgb: Vec<u8> = rgba.chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        Ok(Self { width, height, rgb: rgb.into() })
    }

    /// A picture from the bytes of a PNG file; its size is checked before memory is taken for it.
    ///
    /// # Errors
    /// [`PictureError`] if it is no PNG file, is damaged, or has a side of 0 or above 8192 pixels.
    pub fn from_png(bytes: &[u8]) -> Result<Self, PictureError> {
        let reader = || image::ImageReader::with_format(std::io::Cursor::new(bytes), image::ImageFormat::Png);
        let damaged = |error: image::ImageError| PictureError::Png(error.to_string());
        let (width, height) = reader().into_dimensions().map_err(damaged)?;
        if width > MAX_SIDE || height > MAX_SIDE {
            return Err(PictureError::Size { width, height });
        }
        let rgb = reader().decode().map_err(damaged)?.into_rgb8().into_raw();
        Self::from_rgb(width, height, rgb)
    }

    fn check(width: u32, height: u32, channels: usize, found: usize) -> Result<(), PictureError> {
        if width == 0 || height == 0 || width > MAX_SIDE || height > MAX_SIDE {
            return Err(PictureError::Size { width, height });
        }
        let expected = width as usize * height as usize * channels;
        if found != expected {
            return Err(PictureError::Length { width, height, expected, found });
        }
        Ok(())
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The bytes: RGB triples, rows from the top.
    #[must_use]
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// This picture at `side` x `side` pixels, each the mean of the pixels it covers.
    #[must_use]
    pub fn resized(&self, side: u32) -> Self {
        let mut rgb = Vec::with_capacity((side * side * 3) as usize);
        for y in 0..side {
            let rows = span(y, side, self.height);
            for x in 0..side {
                rgb.extend(self.mean(span(x, side, self.width), rows.clone()));
            }
        }
        Self { width: side, height: side, rgb: rgb.into() }
    }

    fn mean(&self, columns: std::ops::Range<u32>, rows: std::ops::Range<u32>) -> [u8; 3] {
        let mut sum = [0u64; 3];
        let count = u64::from(columns.end - columns.start) * u64::from(rows.end - rows.start);
        for y in rows {
            for x in columns.clone() {
                let at = (y as usize * self.width as usize + x as usize) * 3;
                for (total, byte) in sum.iter_mut().zip(&self.rgb[at..at + 3]) {
                    *total += u64::from(*byte);
                }
            }
        }
        sum.map(|total| (total / count) as u8)
    }
}

/// The source pixels that pixel `i` of `parts` covers, at least one.
fn span(i: u32, parts: u32, length: u32) -> std::ops::Range<u32> {
    let start = (u64::from(i) * u64::from(length) / u64::from(parts)) as u32;
    let end = (u64::from(i + 1) * u64::from(length)).div_ceil(u64::from(parts)) as u32;
    start..end.max(start + 1).min(length)
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} x {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizing_takes_the_mean_of_what_a_pixel_covers() {
        let two = Picture::from_rgb(2, 1, vec![0, 0, 0, 100, 200, 50]).unwrap();
        assert_eq!(two.resized(1).rgb(), [50, 100, 25], "one pixel is the mean of both");
        let up = Picture::from_rgb(1, 1, vec![9, 8, 7]).unwrap().resized(3);
        assert_eq!(up.rgb(), [9, 8, 7].repeat(9), "one pixel spreads over all");
    }

    #[test]
    fn wrong_sizes_are_errors() {
        assert!(matches!(Picture::from_rgb(0, 5, vec![]), Err(PictureError::Size { .. })));
        assert!(matches!(Picture::from_rgb(16_384, 16_384, vec![]), Err(PictureError::Size { .. })));
        assert!(matches!(Picture::from_rgba(2, 2, &[0; 15]), Err(PictureError::Length { .. })));
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::new(width, height).write_to(&mut bytes, image::ImageFormat::Png).expect("memory takes it");
        bytes.into_inner()
    }

    #[test]
    fn a_png_of_one_pixel_is_read_and_a_huge_one_is_refused_by_its_header() {
        let one = Picture::from_png(&png(1, 1)).expect("one pixel is a picture");
        assert_eq!((one.width(), one.rgb()), (1, &[0, 0, 0][..]));
        let mut huge = png(1, 1);
        // Width and height follow the signature, the length and the name of the first chunk; its checksum follows them.
        huge[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let checksum = crc(&huge[12..29]).to_be_bytes();
        huge[29..33].copy_from_slice(&checksum);
        assert_eq!(Picture::from_png(&huge), Err(PictureError::Size { width: 16_384, height: 16_384 }));
    }

    /// The checksum of PNG chunks (ISO 3309).
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
        })
    }

    proptest::proptest! {
        #[test]
        fn a_damaged_png_never_panics(flips in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0u8..), 1..8)) {
            let mut bytes = png(9, 7);
            for (at, byte) in flips {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = Picture::from_png(&bytes);
        }
    }
}
