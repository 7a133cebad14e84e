//! Cards inside PNG and APNG files: JSON as base64 in a text chunk (W3C PNG specification, third edition, 11.3.3).

use super::error::{ImportError, Origin};
use super::inflate;
use super::json::MAX_JSON;
use super::report::{Report, shown};
use flate2::Crc;
use flate2::read::ZlibDecoder;

/// The first bytes of every PNG file.
pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Names of chunks that hold a card, the newer form first.
const KEYWORDS: [&str; 2] = ["ccv3", "chara"];
/// Name of chunks that hold pictures and sounds.
const ASSET: &str = "chara-ext-asset_";
/// The longest text of a chunk, in bytes: the longest JSON in base64, with room for line ends.
const MAX_TEXT: usize = MAX_JSON / 2 * 3;
/// The longest chunk, in bytes.
const MAX_CHUNK: usize = i32::MAX as usize;

struct Chunk<'a> {
    /// For errors: kind and offset.
    place: String,
    kind: [u8; 4],
    data: &'a [u8],
    checksum: u32,
}

/// The JSON text of the card in a PNG file, and the name of its chunk.
pub(super) fn card(bytes: &[u8], origin: Origin, report: &mut Report) -> Result<(Vec<u8>, &'static str), ImportError> {
    let mut found: [Option<Chunk>; 2] = [None, None];
    let mut at = SIGNATURE.len();
    loop {
        let chunk = read(bytes, at, origin)?;
        at += chunk.data.len() + 12;
        if chunk.kind == *b"IEND" {
            break;
        }
        let Some(keyword) = keyword(&chunk) else { continue };
        match KEYWORDS.iter().position(|name| name.eq_ignore_ascii_case(&keyword)) {
            Some(which) if found[which].is_none() => found[which] = Some(chunk),
            Some(_) => report.left_out(chunk.place, "a second card in the file"),
            None if keyword.starts_with(ASSET) => {
                report.left_out(format!("chunk {}", shown(&keyword)), "pictures and sounds are the game's own");
            }
            None => {}
        }
    }
    match found {
        [Some(newer), older] => {
            if let Some(older) = older {
                report.left_out(older.place, "the card in the older form; the newer one, `ccv3`, was taken");
            }
            Ok((json(&newer, origin)?, "ccv3"))
        }
        [None, Some(chunk)] => Ok((json(&chunk, origin)?, "chara")),
        [None, None] => Err(origin.invalid("PNG", "a text chunk `ccv3` or `chara`", "a picture without a card")),
    }
}

fn read<'a>(bytes: &'a [u8], at: usize, origin: Origin) -> Result<Chunk<'a>, ImportError> {
    let place = || format!("PNG chunk at byte {at}");
    let cut = || origin.invalid(place(), "a chunk", "the end of the file");
    let (head, rest) = bytes.get(at..).and_then(|rest| rest.split_first_chunk::<8>()).ok_or_else(cut)?;
    let [a, b, c, d, kind @ ..] = *head;
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    origin.fits(&place(), length, MAX_CHUNK)?;
    let (data, rest) = rest.split_at_checked(length).ok_or_else(|| {
        origin.invalid(place(), format!("a chunk of {length} bytes"), format!("{} bytes to the end of the file", rest.len()))
    })?;
    let checksum = rest.first_chunk::<4>().ok_or_else(cut)?;
    let place = format!("PNG chunk {} at byte {at}", kind.escape_ascii());
    Ok(Chunk { place, kind, data, checksum: u32::from_be_bytes(*checksum) })
}

/// The name of a text chunk: up to 79 letters, then a zero.
fn keyword(chunk: &Chunk) -> Option<String> {
    if !matches!(&chunk.kind, b"tEXt" | b"zTXt" | b"iTXt") {
        return None;
    }
    // Assets have their path in the name, which may be longer than the 79 letters of the specification.
    let end = chunk.data.iter().take(512).position(|&byte| byte == 0)?;
    Some(chunk.data[..end].iter().map(|&byte| char::from(byte)).collect())
}

fn json(chunk: &Chunk, origin: Origin) -> Result<Vec<u8>, ImportError> {
    origin.fits(&chunk.place, chunk.data.len(), MAX_TEXT)?;
    let mut crc = Crc::new();
    crc.update(&chunk.kind);
    crc.update(chunk.data);
    if crc.sum() != chunk.checksum {
        let [expected, found] = [crc.sum(), chunk.checksum].map(|sum| format!("{sum:08x}"));
        return Err(origin.invalid(&chunk.place, format!("checksum {expected}"), found));
    }
    let text = text(chunk, origin)?;
    if text.trim_ascii_start().starts_with(b"{") {
        return Ok(text);
    }
    let letters: Vec<u8> = text.into_iter().filter(|byte| !byte.is_ascii_whitespace() && *byte != 0).collect();
    base64::decode(letters).map_err(|error| origin.invalid(&chunk.place, "base64", error.to_string()))
}

/// The text after the name, inflated where it is compressed.
fn text(chunk: &Chunk, origin: Origin) -> Result<Vec<u8>, ImportError> {
    let cut = || origin.invalid(&chunk.place, "a text", "the end of the chunk");
    let rest = after_zero(chunk.data).ok_or_else(cut)?;
    let (is_compressed, method, text) = match &chunk.kind {
        b"tEXt" => (false, 0, rest),
        b"zTXt" => rest.split_first().map(|(&method, text)| (true, method, text)).ok_or_else(cut)?,
        // iTXt: two bytes on compression, then the language and the name in that language, each with a zero.
        _ => {
            let [flag, method] = *rest.first_chunk::<2>().ok_or_else(cut)?;
            (flag != 0, method, after_zero(&rest[2..]).and_then(after_zero).ok_or_else(cut)?)
        }
    };
    if !is_compressed {
        return Ok(text.to_vec());
    }
    if method != 0 {
        return Err(origin.invalid(&chunk.place, "compression method 0", method.to_string()));
    }
    inflate(ZlibDecoder::new(text), MAX_TEXT, &chunk.place, origin)
}

fn after_zero(data: &[u8]) -> Option<&[u8]> {
    data.iter().position(|&byte| byte == 0).map(|zero| &data[zero + 1..])
}
