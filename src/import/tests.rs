//! Whole files, as they come from other tools, and as they come from people who mean harm.

use super::json::MAX_JSON;
use super::{ImportError, Imported, NoteKind, import};
use crate::knowledge::{Fact, LoreLayer};
use crate::persona::{ParsedPersona, parse_lore, parse_persona};
use flate2::write::{DeflateEncoder, ZlibEncoder};
use flate2::{Compression, Crc};
use persona_mind::brief::{Register, Trait};
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use serde_json::json;
use std::io::Write;

const MARTA: &str = include_str!("../../tests/data/cards/marta.v2.json");
const EDDA: &str = include_str!("../../tests/data/cards/edda.v3.json");
const MOOR: &str = include_str!("../../tests/data/cards/moor.world.json");

#[track_caller]
fn imported(bytes: impl AsRef<[u8]>) -> Imported {
    import(bytes.as_ref(), "cards/a card.json").expect("the file is right")
}

#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, error: &str) -> ImportError {
    let found = import(bytes.as_ref(), "cards/bad.png").expect_err("the file is wrong");
    let text = found.to_string();
    assert!(text.starts_with("cards/bad.png: ") && text.contains(error), "expected `{error}` in `{text}`");
    found
}

/// What the written files say when they are read again.
#[track_caller]
fn read(imported: &Imported) -> (Option<ParsedPersona>, Option<LoreLayer>) {
    let persona = imported.persona.as_ref().map(|text| {
        let parsed = parse_persona(text, "p").unwrap_or_else(|error| panic!("the persona can be read: {error}\n{text}"));
        let lore = format!("lore/{}.lore.ron", imported.stem);
        let there: &[&str] = if imported.lore.is_some() { &[&lore] } else { &[] };
        parsed.check_lore(text, "p", there).expect("its lore is there");
        parsed
    });
    let lore = imported.lore.as_ref();
    (
        persona,
        lore.map(|text| parse_lore(text, "l").unwrap_or_else(|error| panic!("the lore can be read: {error}\n{text}")).layer),
    )
}

fn said(facts: &[Fact]) -> Vec<String> {
    facts.iter().map(|fact| format!("{} | {} | {}", fact.subject, fact.predicate, fact.object)).collect()
}

#[track_caller]
fn notes(imported: &Imported, kind: NoteKind, places: &[&str]) {
    for place in places {
        let is_there = imported.report.notes().any(|(note, _)| note.kind == kind && note.place.contains(place));
        assert!(is_there, "{kind:?} is noted for {place}, in\n{}", imported.report);
    }
}

#[test]
fn a_v2_card_is_a_persona() {
    let imported = imported(MARTA);
    assert_eq!((imported.form, imported.stem.as_str()), ("character card V2", "marta"), "form and name for files");
    let (Some(parsed), None) = read(&imported) else { panic!("a persona without lore comes of it") };
    let card = &parsed.persona.card;
    assert_eq!((card.name.as_str(), card.role.as_str()), ("Marta", "innkeeper of the Gilded Oak"), "who she is");
    assert!(
        card.about.starts_with("Marta is the innkeeper") && card.about.ends_with("Marta distrusts the player at first."),
        "her life"
    );
    assert_eq!(card.traits, [Trait::Warm, Trait::Shrewd, Trait::Proud], "what she is like");
    assert_eq!(card.register, Register::Rustic, "how she speaks, by `aye` and `lass`");
    let pairs = [
        ("Hello.", "Aye, come in, and shut the door!"),
        ("Have you a room?", "For honest coin, lass, always."),
        ("Is the ale good?", "Nobody has died of it, aye, and some have tried."),
    ];
    assert_eq!(card.examples, pairs.map(|(line, reply)| (line.to_owned(), reply.to_owned())), "samples, without gestures");
    let facts = ["Marta | is the innkeeper of | the Gilded Oak", "Marta | lives in | Riverbend"];
    assert_eq!(said(&parsed.persona.facts), facts, "what the description says plainly");
    let left = ["scenario", "system_prompt", "alternate_greetings", "creator_notes", "tags", "creator", "character_version"];
    notes(&imported, NoteKind::LeftOut, &left.map(|field| format!("data.{field}")).each_ref().map(String::as_str));
    notes(&imported, NoteKind::LeftOut, &["extensions.depth_prompt", "data.personality, `ambitious`", "data.mes_example"]);
    notes(&imported, NoteKind::Guessed, &["data.first_mes", "speech.register", "role"]);
    let greetings = imported.report.notes().find(|(note, _)| note.place == "data.alternate_greetings");
    assert_eq!(greetings.map(|(_, times)| times), Some(2), "each greeting is counted");
}

#[test]
fn a_v3_card_is_a_persona_with_lore() {
    let imported = imported(EDDA);
    let (Some(parsed), Some(lore)) = read(&imported) else { panic!("persona and lore come of it") };
    let card = &parsed.persona.card;
    assert_eq!((card.name.as_str(), imported.stem.as_str()), ("Edda", "edda"), "the nickname is her name");
    assert_eq!(card.about, "Edda is a lamplighter. She knows \"every\" lane \\ alley.", "macros are resolved, quotes kept");
    assert_eq!(card.traits, [Trait::Taciturn], "`never timid` is not timid");
    assert_eq!(card.register, Register::Plain, "nothing tells a way of speaking");
    let facts = [
        "Lanternmoor | is | a town on the moor",
        "Edda | lives in | Lanternmoor",
        "the Old Mill | is the home of | the monks",
        "the Old Mill | lies near | Riverbend",
        "the Old Mill | was | burnt down twice, rebuilt twice, and nobody says why",
        "the Old Mill | is described thus: | Nobody goes there",
        "Spirits | fear | iron",
    ];
    assert_eq!(said(&lore.facts().collect::<Vec<_>>()), facts, "entries in their order, sentence by sentence");
    let aliases: Vec<_> = lore.aliases().iter().map(|(name, other)| (name.name(), other.name())).collect();
    assert_eq!(aliases, [("the Old Mill", "the mill")], "other keys are other names");
    let left =
        ["@@depth 4", "@@role system", "@@@position before_desc", "/lantern(moor)?/i", "key gh.st", "entries[2]", "entries[4]"];
    notes(&imported, NoteKind::LeftOut, &left);
    let fields =
        ["group_only_greetings", "creator_notes_multilingual", "assets[icon main]", "source", "creation_date", "surprise"];
    notes(&imported, NoteKind::LeftOut, &fields);
    let of_entries = ["entries[].secondary_keys", "entries[].constant", "entries[].position", "entries[].extensions.probability"];
    notes(&imported, NoteKind::LeftOut, &of_entries);
    notes(&imported, NoteKind::Guessed, &["data.description", "entries[3] (Spirits)"]);
}

#[test]
fn world_info_is_lore() {
    let imported = imported(MOOR);
    let (None, Some(lore)) = read(&imported) else { panic!("lore alone comes of it") };
    assert_eq!(imported.stem, "a_card", "the file's name serves where the book has none");
    assert_eq!(
        said(&lore.facts().collect::<Vec<_>>()),
        ["Queen Mab | rules | the moor", "the Bog | was made by | giants"],
        "what it says"
    );
    notes(&imported, NoteKind::LeftOut, &["entries[].selectiveLogic", "entries[].probability", "entries[2]"]);
}

#[test]
fn a_lorebook_of_v3_is_lore() {
    let entry = json!({"keys": ["queen mab"], "content": "Queen Mab rules the moor.", "enabled": true, "insertion_order": 1});
    let book = json!({"spec": "lorebook_v3", "data": {"name": "Moor Lore", "extensions": {}, "entries": [entry]}});
    let imported = imported(book.to_string());
    assert_eq!((imported.form, imported.stem.as_str()), ("lorebook", "moor_lore"), "form and name");
    let (None, Some(lore)) = read(&imported) else { panic!("lore alone comes of it") };
    assert_eq!(said(&lore.facts().collect::<Vec<_>>()), ["Queen Mab | rules | the moor"], "what it says");
}

#[test]
fn a_card_of_the_first_version_is_a_persona() {
    let imported = imported("\u{FEFF}{\"name\": \"Óðr\", \"description\": 7, \"personality\": null}");
    assert_eq!((imported.form, imported.stem.as_str()), ("character card V1", "óðr"), "a mark of byte order is no harm");
    assert_eq!(read(&imported).0.map(|parsed| parsed.persona.card.name.clone()).as_deref(), Some("Óðr"), "name");
    notes(&imported, NoteKind::LeftOut, &["description"]);
}

/// A text chunk, of whatever kind.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    let length = u32::try_from(data.len()).expect("a small chunk");
    [&length.to_be_bytes(), &kind[..], data, &crc.sum().to_be_bytes()].concat()
}

fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    [super::png::SIGNATURE, &header, &chunks.concat(), &chunk(b"IEND", &[])].concat()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(data).expect("memory takes it");
    packer.finish().expect("memory takes it")
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    packer.write_all(data).expect("memory takes it");
    packer.finish().expect("memory takes it")
}

#[test]
fn a_picture_holds_the_same_card() {
    let text = base64::encode(EDDA);
    let whole = imported(EDDA);
    let files = [
        png(&[chunk(b"tEXt", &[b"ccv3\0", text.as_bytes()].concat())]),
        png(&[chunk(b"zTXt", &[b"ccv3\0\0", &zlib(text.as_bytes())[..]].concat())]),
        png(&[chunk(b"iTXt", &[b"ccv3\0\0\0en\0\0", text.as_bytes()].concat())]),
        png(&[chunk(b"iTXt", &[b"ccv3\0\x01\0\0\0", &zlib(text.as_bytes())[..]].concat())]),
        png(&[chunk(b"tEXt", &[b"chara\0", text.as_bytes()].concat())]),
        png(&[
            chunk(b"tEXt", &[b"chara\0", base64::encode(MARTA).as_bytes()].concat()),
            chunk(b"tEXt", &[b"ccv3\0", text.as_bytes()].concat()),
        ]),
    ];
    for (number, file) in files.iter().enumerate() {
        let found = imported(file);
        assert_eq!((&found.persona, &found.lore), (&whole.persona, &whole.lore), "file {number} holds the same card");
    }
    notes(&imported(&files[5]), NoteKind::LeftOut, &["PNG chunk tEXt at byte 33"]);
    let asset = png(&[chunk(b"tEXt", b"chara-ext-asset_a.png\0AAAA"), chunk(b"tEXt", &[b"ccv3\0", text.as_bytes()].concat())]);
    notes(&imported(asset), NoteKind::LeftOut, &["chunk chara-ext-asset_a.png"]);
}

/// An entry of an archive: name, method, size that it claims to have, and what is in it.
struct Packed<'a>(&'a str, u16, usize, u32, Vec<u8>);

impl<'a> Packed<'a> {
    fn stored(name: &'a str, data: &[u8]) -> Self {
        Self(name, 0, data.len(), sum(data), data.to_vec())
    }

    fn deflated(name: &'a str, data: &[u8]) -> Self {
        Self(name, 8, data.len(), sum(data), deflated(data))
    }
}

fn sum(data: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(data);
    crc.sum()
}

fn zip(files: &[Packed]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for Packed(name, method, size, sum, data) in files {
        let long = |number: usize| u32::try_from(number).expect("a small archive").to_le_bytes();
        let offset = archive.len();
        let name_length = u16::try_from(name.len()).expect("a short name").to_le_bytes();
        // Version, flags, method, time and date, checksum, both sizes, lengths of name and extra field.
        let common = [&[20, 0, 0, 0], &method.to_le_bytes()[..], &[0; 4], &sum.to_le_bytes(), &long(data.len()), &long(*size)];
        let common = [&common.concat()[..], &name_length, &[0, 0]].concat();
        archive.extend([b"PK\x03\x04", &common[..], name.as_bytes(), data].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &long(offset), name.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).expect("few files").to_le_bytes();
    let [size, start] = [directory.len(), archive.len()].map(|number| u32::try_from(number).expect("small").to_le_bytes());
    [&archive, &directory, &b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &start, &[0, 0]].concat()
}

#[test]
fn an_archive_holds_the_same_card() {
    let whole = imported(EDDA);
    let icon = Packed::stored("assets/icon/images/main.png", b"a picture");
    for card in [Packed::stored("card.json", EDDA.as_bytes()), Packed::deflated("card.json", EDDA.as_bytes())] {
        let found = imported(zip(&[Packed::stored("assets/", b""), card, Packed::stored(icon.0, &icon.4)]));
        assert_eq!((&found.persona, &found.lore), (&whole.persona, &whole.lore), "the archive holds the same card");
        notes(&found, NoteKind::LeftOut, &["file assets/icon/images/main.png"]);
    }
}

#[test]
fn errors_name_place_and_what_was_expected() {
    refused("hello", "the first bytes: PNG, a zip archive or a JSON object expected, found `hello`");
    refused("{\"name\": \"M\",\n oops}", "JSON, line 2, column 2: JSON expected");
    refused("{}", "the root: a character card or a lorebook expected, found an empty object");
    refused("{\"a\": 1, \"b\": 2}", "found fields a, b");
    refused("{\"data\": {\"name\": \" \"}}", "data.name: a name with letters or digits expected, found ` `");
    refused("{\"name\": \"M\", \"character_book\": 3}", "character_book: an object expected, found a number");
    refused("{\"entries\": 3}", "entries: a list or a map of entries expected, found a number");
    refused("{\"entries\": [3]}", "entries[0]: an entry expected, found a number");
    refused(png(&[]), "PNG: a text chunk `ccv3` or `chara` expected, found a picture without a card");
    refused(png(&[chunk(b"tEXt", b"chara\0?")]), "PNG chunk tEXt at byte 33: base64 expected");
    refused(zip(&[]), "the first bytes");
    refused(zip(&[Packed::stored("card.txt", b"{}")]), "zip: a file `card.json` expected");
    let mut flipped = png(&[chunk(b"tEXt", &[b"chara\0", base64::encode(MARTA).as_bytes()].concat())]);
    flipped[60] ^= 1;
    refused(flipped, "PNG chunk tEXt at byte 33: checksum");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_taken() {
    let is_too_large = |error: ImportError, limit: usize| {
        let ImportError::TooLarge { limit: named, found, .. } = error else { panic!("too large, not {error}") };
        assert_eq!(named, limit, "the limit is named");
        found
    };
    let zeros = vec![b' '; 64 << 20];
    let honest = zip(&[Packed::deflated("card.json", &zeros)]);
    assert_eq!(is_too_large(refused(honest, "card.json: at most 16777216 bytes"), MAX_JSON), zeros.len(), "as it claims");
    let liar = zip(&[Packed("card.json", 8, 100, 0, deflated(&zeros))]);
    assert_eq!(is_too_large(refused(liar, "card.json"), 100), 101, "reading stops at the first byte that is too many");
    let text = png(&[chunk(b"zTXt", &[b"chara\0\0", &zlib(&zeros)[..]].concat())]);
    let limit = MAX_JSON / 2 * 3;
    assert_eq!(is_too_large(refused(text, "PNG chunk zTXt"), limit), limit + 1, "here too");
    let endless = [super::png::SIGNATURE, &[0xFF; 4], b"tEXtchara\0"].concat();
    assert_eq!(is_too_large(refused(endless, "PNG chunk at byte 8"), i32::MAX as usize), u32::MAX as usize, "2^32-1 bytes");
    let long = [super::png::SIGNATURE, &[0x7F, 0xFF, 0xFF, 0xFF], b"tEXtchara\0"].concat();
    refused(long, "a chunk of 2147483647 bytes expected, found 6 bytes to the end of the file");
    refused(format!("{{\"a\":[{}0]}}", "0,".repeat(2 << 20)), "at most 1048576 values");
    refused(format!("{{\"a\":{}", "[".repeat(100_000)), "recursion limit");
    let entries = vec![json!({"keys": ["a"], "content": "b"}); 5000];
    refused(json!({ "entries": entries }).to_string(), "entries: at most 4096 entries expected, found 5000");
}

#[test]
fn long_texts_are_cut_at_a_sentence_and_the_cut_is_told() {
    let description = "Marta has a long story. ".repeat(200);
    let found = imported(json!({"name": "Marta", "description": description}).to_string());
    let (Some(parsed), _) = read(&found) else { panic!("a persona comes of it") };
    assert!(parsed.persona.card.about.len() <= 1200 && parsed.persona.card.about.ends_with("story."), "whole sentences");
    notes(&found, NoteKind::Shortened, &["description"]);

    let sentence: String = (0..300).map(|number| format!("word{number} ")).collect();
    let entries = vec![json!({"keys": ["mill"], "content": sentence})];
    let found = imported(json!({ "entries": entries }).to_string());
    let (_, Some(lore)) = read(&found) else { panic!("lore comes of it") };
    assert!(lore.facts().count() > 5, "a long sentence becomes several facts");
    assert!(lore.facts().all(|fact| fact.object.chars().count() <= 240), "none of them long");

    let songs = |mill: usize| (0..900).map(|song| format!("They sang {mill} {song}. ")).collect::<String>();
    let entries: Vec<_> = (0..100).map(|mill| json!({"keys": [format!("mill {mill}")], "content": songs(mill)})).collect();
    let found = imported(json!({ "entries": entries }).to_string());
    read(&found);
    notes(&found, NoteKind::LeftOut, &["entries[99]"]);
}

#[test]
fn damaged_files_never_panic() {
    let text = base64::encode(EDDA);
    let files = [
        EDDA.as_bytes().to_vec(),
        png(&[chunk(b"tEXt", &[b"chara\0", text.as_bytes()].concat())]),
        png(&[chunk(b"zTXt", &[b"ccv3\0\0", &zlib(text.as_bytes())[..]].concat())]),
        png(&[chunk(b"iTXt", &[b"ccv3\0\x01\0\0\0", &zlib(text.as_bytes())[..]].concat())]),
        zip(&[Packed::deflated("card.json", EDDA.as_bytes()), Packed::stored("a.png", b"a")]),
    ];
    for file in &files {
        for end in 0..file.len() {
            assert!(
                import(&file[..end], "cut").is_err() || file[end..].trim_ascii().is_empty(),
                "a file cut at {end} is refused"
            );
        }
        let mut damaged = file.clone();
        for at in 0..file.len() {
            let bit = 1 << (at % 8);
            damaged[at] ^= bit;
            if let Ok(found) = import(&damaged, "flipped") {
                read(&found);
            }
            damaged[at] ^= bit;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_card_says_is_written_so_that_it_can_be_read(
        texts in prop::array::uniform8(any::<String>()),
        dialogue in "(<START>\n|\\{\\{user\\}\\}: |\\{\\{char\\}\\}: |\"|\\*|\\PC{0,8}|\n){0,24}",
        prose in "(Marta |is |the |of |lives in |It |\\{\\{|\\}\\}|char|\\. |, |@@|\\PC{0,8}|\n){0,40}",
    ) {
        let [name, nickname, description, personality, greeting, key, other, title] = texts;
        let entries = json!([
            {"keys": [key, other, "mill"], "comment": title, "content": prose, "enabled": true, "insertion_order": 1},
            {"keys": [], "name": title, "content": description, "enabled": true, "insertion_order": 0},
        ]);
        let data = json!({
            "name": format!("M{name}"), "nickname": nickname, "description": format!("{description} {prose}"),
            "personality": personality, "first_mes": greeting, "mes_example": dialogue,
            "character_book": {"entries": entries},
        });
        read(&imported(json!({"spec": "chara_card_v3", "spec_version": "3.0", "data": data}).to_string()));
    }

    #[test]
    fn any_bytes_are_imported_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..512), form in 0usize..3) {
        let start: &[u8] = [super::png::SIGNATURE, super::charx::SIGNATURE, b"{"][form];
        let _ = import(&[start, &bytes].concat(), "noise");
    }
}
