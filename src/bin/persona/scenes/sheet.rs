//! A contact sheet of scenes with their labels drawn in, for people to check.

use bevy_persona::mind::train::scenes::{Scene, SceneHeader};
use image::{Rgb, RgbImage};

const COLUMNS: u32 = 6;
const ZOOM: u32 = 2;
const GREY: Rgb<u8> = Rgb([40, 40, 40]);

/// At most thirty scenes, enlarged, with a box and a name for each thing.
pub(super) fn sheet(header: &SceneHeader, scenes: &[Scene]) -> RgbImage {
    let tile = header.side * ZOOM + 2;
    let rows = (scenes.len() as u32).div_ceil(COLUMNS).max(1);
    let mut sheet = RgbImage::from_pixel(COLUMNS * tile, rows * tile, GREY);
    for (index, scene) in scenes.iter().enumerate() {
        let (left, top) = (index as u32 % COLUMNS * tile, index as u32 / COLUMNS * tile);
        paste(&mut sheet, scene, left, top, ZOOM);
        for thing in &scene.things {
            let [l, t, r, b] = thing.bounds.map(|v| (v * (header.side * ZOOM - 1) as f32) as u32);
            frame(&mut sheet, left + l, top + t, left + r, top + b);
            let colour = header.colours.get(usize::from(thing.colour)).map_or("", String::as_str);
            let kind = header.kinds.get(usize::from(thing.kind)).map_or("", String::as_str);
            write(&mut sheet, left + l + 2, top + t + 2, &format!("{colour} {kind}"));
        }
    }
    sheet
}

/// Portraits of all kinds, each above its name.
pub(super) fn kinds(header: &SceneHeader, portraits: &[Scene]) -> RgbImage {
    const ACROSS: u32 = 9;
    const LINE: u32 = 9;
    let (wide, high) = (header.side + 2, header.side + LINE);
    let rows = (portraits.len() as u32).div_ceil(ACROSS);
    let mut sheet = RgbImage::from_pixel(ACROSS * wide, rows * high, GREY);
    for (index, scene) in portraits.iter().enumerate() {
        let (left, top) = (index as u32 % ACROSS * wide, index as u32 / ACROSS * high);
        paste(&mut sheet, scene, left, top, 1);
        write(&mut sheet, left + 2, top + header.side + 2, header.kinds.get(index).map_or("", String::as_str));
    }
    sheet
}

fn paste(sheet: &mut RgbImage, scene: &Scene, left: u32, top: u32, zoom: u32) {
    let side = scene.picture.width();
    for y in 0..side * zoom {
        for x in 0..side * zoom {
            let at = ((y / zoom * side + x / zoom) * 3) as usize;
            let rgb = &scene.picture.rgb()[at..at + 3];
            sheet.put_pixel(left + x, top + y, Rgb([rgb[0], rgb[1], rgb[2]]));
        }
    }
}

fn frame(sheet: &mut RgbImage, left: u32, top: u32, right: u32, bottom: u32) {
    for x in left..=right {
        dot(sheet, x, top, 255);
        dot(sheet, x, bottom, 255);
    }
    for y in top..=bottom {
        dot(sheet, left, y, 255);
        dot(sheet, right, y, 255);
    }
}

fn dot(sheet: &mut RgbImage, x: u32, y: u32, value: u8) {
    if x < sheet.width() && y < sheet.height() {
        sheet.put_pixel(x, y, Rgb([value, 255, value]));
    }
}

fn write(sheet: &mut RgbImage, left: u32, top: u32, text: &str) {
    for (index, letter) in text.bytes().enumerate() {
        let rows = if letter.is_ascii_lowercase() { LETTERS[usize::from(letter - b'a')] } else { 0 };
        for bit in 0..15u32 {
            if rows >> (14 - bit) & 1 == 1 {
                let (x, y) = (left + index as u32 * 4 + bit % 3, top + bit / 3);
                for (dx, dy) in [(1, 1), (0, 1), (1, 0)] {
                    if x + dx < sheet.width() && y + dy < sheet.height() {
                        sheet.put_pixel(x + dx, y + dy, Rgb([0, 0, 0]));
                    }
                }
            }
        }
        for bit in (0..15u32).filter(|bit| rows >> (14 - bit) & 1 == 1) {
            dot(sheet, left + index as u32 * 4 + bit % 3, top + bit / 3, 120);
        }
    }
}

/// Small letters, three dots wide and five high, rows from the top.
const LETTERS: [u16; 26] = [
    0b010_101_111_101_101,
    0b110_101_110_101_110,
    0b011_100_100_100_011,
    0b110_101_101_101_110,
    0b111_100_110_100_111,
    0b111_100_110_100_100,
    0b011_100_101_101_011,
    0b101_101_111_101_101,
    0b111_010_010_010_111,
    0b001_001_001_101_010,
    0b101_101_110_101_101,
    0b100_100_100_100_111,
    0b101_111_111_101_101,
    0b110_101_101_101_101,
    0b010_101_101_101_010,
    0b110_101_110_100_100,
    0b010_101_101_110_011,
    0b110_101_110_101_101,
    0b011_100_010_001_110,
    0b111_010_010_010_010,
    0b101_101_101_101_111,
    0b101_101_101_010_010,
    0b101_101_111_111_101,
    0b101_101_010_101_101,
    0b101_101_010_010_010,
    0b111_001_010_100_111,
];
