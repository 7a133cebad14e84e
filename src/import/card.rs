//! Character cards: the flat first version, V2 (malfoyslastname) and V3 (kwaroran), field by field.

use super::book::Book;
use super::error::{ImportError, Origin};
use super::json::{Fields, kind};
use super::prose::{bounded, clean};
use super::report::{Report, shown};
use serde_json::Value;

/// The longest name, in characters.
const MAX_NAME: usize = 80;
/// The longest text of a field that is read, in characters.
const MAX_TEXT: usize = 1 << 16;
/// Fields of the first version, which later ones repeat at the root.
const FIRST: [&str; 6] = ["name", "description", "personality", "scenario", "first_mes", "mes_example"];

const FOR_MODELS: &str = "it instructs a language model; the plugin writes its own prompt";
const OF_THE_CARD: &str = "it tells of the card, not of the character";
const ONE_GREETING: &str = "only the first greeting is taken, as a sample of speech";

/// What a file holds.
pub(super) enum Content {
    Card(Box<Card>),
    Book(Book),
}

/// What is taken from a card, macros not yet resolved.
pub(super) struct Card {
    /// The specification it follows.
    pub form: &'static str,
    /// Where its fields stand: `data.` or nothing.
    pub place: &'static str,
    /// What the character is called: its nickname, where it has one.
    pub name: String,
    /// The name on the card.
    pub full_name: String,
    pub description: String,
    pub personality: String,
    pub first_mes: String,
    pub mes_example: String,
    pub book: Option<Book>,
}

/// Tells card and lorebook apart, and reads either.
pub(super) fn read(value: Value, origin: Origin, report: &mut Report) -> Result<Content, ImportError> {
    let mut root = Fields::new(value, "", origin)?;
    let spec = root.text("spec", report);
    let version = root.text("spec_version", report);
    if root.has("entries") && !root.has("data") && !root.has("first_mes") {
        return Book::read(root, origin, report).map(Content::Book);
    }
    let data = root.take("data").filter(Value::is_object);
    let (form, place, fields) = match (data, spec.as_str()) {
        (Some(data), "lorebook_v3") => {
            root.finish(report);
            return Book::read(Fields::new(data, "data", origin)?, origin, report).map(Content::Book);
        }
        (Some(data), spec) => {
            let form = form(spec, &version, report);
            let data = Fields::new(data, "data", origin)?;
            finish_root(root, &data, report);
            (form, "data.", data)
        }
        (None, _) if root.has("name") => ("character card V1", "", root),
        (None, _) => {
            let names: Vec<String> = root.names().take(8).map(shown).collect();
            let found = if names.is_empty() { "an empty object".into() } else { format!("fields {}", names.join(", ")) };
            return Err(origin.invalid("the root", "a character card or a lorebook", found));
        }
    };
    Card::read(form, place, fields, origin, report).map(|card| Content::Card(Box::new(card)))
}

fn form(spec: &str, version: &str, report: &mut Report) -> &'static str {
    let (form, known) = match spec {
        "chara_card_v2" => ("character card V2", 2.0),
        "chara_card_v3" => ("character card V3", 3.0),
        other => {
            report.guessed("spec", format!("`{}` is not known; read as a character card V2", shown(other)));
            return "character card V2";
        }
    };
    if version.trim().parse::<f64>().is_ok_and(|version| version > known) {
        report.guessed("spec_version", format!("`{}` is newer than {known}; read as {known}", shown(version)));
    }
    form
}

/// Later versions repeat the first version's fields at the root; what else is there is reported.
fn finish_root(mut root: Fields, data: &Fields, report: &mut Report) {
    for name in FIRST.iter().chain(&["tags", "creator_notes", "creatorcomment", "avatar", "chat", "create_date"]) {
        if data.has(name) || !FIRST.contains(name) {
            root.take(name);
        }
    }
    root.finish(report);
}

impl Card {
    fn read(
        form: &'static str,
        place: &'static str,
        mut fields: Fields,
        origin: Origin,
        report: &mut Report,
    ) -> Result<Self, ImportError> {
        let on_card = fields.text("name", report);
        let full_name = name(&on_card);
        if full_name.is_empty() {
            return Err(origin.invalid(fields.place("name"), "a name with letters or digits", format!("`{}`", shown(&on_card))));
        }
        let nickname = name(&fields.text("nickname", report));
        let mut text =
            |field: &str, report: &mut Report| bounded(fields.text(field, report), MAX_TEXT, &fields.place(field), report);
        let [description, personality, first_mes, mes_example] =
            ["description", "personality", "first_mes", "mes_example"].map(|field| text(field, report));
        let book = match fields.take("character_book") {
            None => None,
            Some(book @ Value::Object(_)) => {
                Some(Book::read(Fields::new(book, fields.place("character_book"), origin)?, origin, report)?)
            }
            Some(other) => {
                let found = kind(&other);
                return Err(origin.invalid(fields.place("character_book"), "an object", found));
            }
        };
        leave(fields, report);
        let name = if nickname.is_empty() { full_name.clone() } else { nickname };
        Ok(Self { form, place, name, full_name, description, personality, first_mes, mes_example, book })
    }
}

fn name(text: &str) -> String {
    let line = clean(text).replace(['{', '}'], "");
    line.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_NAME).collect::<String>().trim().to_owned()
}

/// Fields that have no place in a persona.
fn leave(mut fields: Fields, report: &mut Report) {
    fields.leave(&["scenario"], "where and when a talk takes place is the game's own", report);
    fields.leave(&["system_prompt", "post_history_instructions"], FOR_MODELS, report);
    fields.leave(&["alternate_greetings", "group_only_greetings"], ONE_GREETING, report);
    fields.leave(&["creator_notes", "creator_notes_multilingual", "tags", "creator", "character_version"], OF_THE_CARD, report);
    fields.leave(&["source", "creation_date", "modification_date"], OF_THE_CARD, report);
    if let Some(Value::Array(assets)) = fields.take("assets") {
        for asset in &assets {
            let part = |name: &str| shown(asset.get(name).and_then(Value::as_str).unwrap_or("?"));
            let place = fields.place(&format!("assets[{} {}]", part("type"), part("name")));
            report.left_out(place, "pictures and sounds are the game's own");
        }
    }
    fields.leave_inside("extensions", "it belongs to another application", report);
    fields.finish(report);
}
