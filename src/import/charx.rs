//! Cards inside `.charx` files: a zip archive with `card.json` (PKWARE APPNOTE 6.3.10; no encryption, no ZIP64).

use super::error::{ImportError, Origin};
use super::inflate;
use super::json::MAX_JSON;
use super::report::{Report, shown};
use flate2::Crc;
use flate2::read::DeflateDecoder;

/// The first bytes of a zip archive.
pub(super) const SIGNATURE: &[u8] = b"PK\x03\x04";
const CARD: &[u8] = b"card.json";
/// First bytes and sizes of the archive's records.
const END: (&[u8], usize) = (b"PK\x05\x06", 22);
const CENTRAL: (&[u8], usize) = (b"PK\x01\x02", 46);
const LOCAL: (&[u8], usize) = (SIGNATURE, 30);

/// An entry as the archive's directory lists it.
struct Entry<'a> {
    name: &'a [u8],
    is_encrypted: bool,
    method: u16,
    checksum: u32,
    packed: usize,
    unpacked: usize,
    /// Where its own record starts.
    offset: usize,
    /// Length of its record in the directory.
    length: usize,
}

/// The JSON text of the card in a zip archive.
pub(super) fn card(bytes: &[u8], origin: Origin, report: &mut Report) -> Result<Vec<u8>, ImportError> {
    let end = end(bytes).ok_or_else(|| origin.invalid("zip", "the end record of a zip archive", "none"))?;
    let count = number16(bytes, end + 10);
    let mut at = number32(bytes, end + 16);
    let mut card = None;
    for index in 0..count {
        let entry = entry(bytes, at).ok_or_else(|| {
            origin.invalid(format!("zip directory at byte {at}"), format!("entry {} of {count}", index + 1), "none")
        })?;
        at += entry.length;
        if entry.name == CARD {
            card = Some(entry);
        } else if !entry.name.ends_with(b"/") {
            let name = shown(&String::from_utf8_lossy(entry.name));
            report.left_out(format!("file {name}"), "pictures, sounds and other applications' files are the game's own");
        }
    }
    unpack(bytes, &card.ok_or_else(|| origin.invalid("zip", "a file `card.json`", "none"))?, origin)
}

/// Where the end record is: at the very end, but for a comment.
fn end(bytes: &[u8]) -> Option<usize> {
    let (mark, size) = END;
    let last = bytes.len().checked_sub(size)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| bytes[at..].starts_with(mark))
}

fn entry(bytes: &[u8], at: usize) -> Option<Entry<'_>> {
    let record = record(bytes, at, CENTRAL)?;
    let [name, extra, comment] = [28, 30, 32].map(|field| number16(record, field));
    let length = CENTRAL.1 + name + extra + comment;
    Some(Entry {
        name: record.get(CENTRAL.1..CENTRAL.1 + name)?,
        is_encrypted: number16(record, 8) & 1 != 0,
        method: number16(record, 10) as u16,
        checksum: number32(record, 16) as u32,
        packed: number32(record, 20),
        unpacked: number32(record, 24),
        offset: number32(record, 42),
        length: record.get(..length)?.len(),
    })
}

fn unpack(bytes: &[u8], entry: &Entry, origin: Origin) -> Result<Vec<u8>, ImportError> {
    let place = "card.json";
    if entry.is_encrypted {
        return Err(origin.invalid(place, "a file without a password", "an encrypted one"));
    }
    origin.fits(place, entry.unpacked, MAX_JSON)?;
    let cut = || origin.invalid(place, format!("{} bytes", entry.packed), "the end of the archive");
    let record = record(bytes, entry.offset, LOCAL).ok_or_else(cut)?;
    let start = LOCAL.1 + number16(record, 26) + number16(record, 28);
    let packed = record.get(start..).and_then(|rest| rest.get(..entry.packed)).ok_or_else(cut)?;
    let text = match entry.method {
        0 => packed[..packed.len().min(entry.unpacked)].to_vec(),
        8 => inflate(DeflateDecoder::new(packed), entry.unpacked, place, origin)?,
        other => return Err(origin.invalid(place, "compression method 0 or 8", other.to_string())),
    };
    let mut crc = Crc::new();
    crc.update(&text);
    if crc.sum() != entry.checksum {
        let [expected, found] = [entry.checksum, crc.sum()].map(|sum| format!("{sum:08x}"));
        return Err(origin.invalid(place, format!("checksum {expected}"), found));
    }
    Ok(text)
}

/// The bytes from a record on, if one of this kind starts there.
fn record<'a>(bytes: &'a [u8], at: usize, (mark, size): (&[u8], usize)) -> Option<&'a [u8]> {
    bytes.get(at..).filter(|rest| rest.len() >= size && rest.starts_with(mark))
}

/// A number inside a record; the record was found to be long enough.
fn number16(record: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([record[at], record[at + 1]]))
}

fn number32(record: &[u8], at: usize) -> usize {
    number16(record, at) | number16(record, at + 2) << 16
}
