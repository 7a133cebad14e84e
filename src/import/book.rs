//! Lorebooks: `character_book` of V2, `Lorebook` of V3, and SillyTavern's world info, which names some fields otherwise.

use super::error::{ImportError, Origin};
use super::json::{Fields, kind};
use super::prose::bounded;
use super::report::{Report, shown};
use serde_json::Value;

/// The most entries.
const MAX_ENTRIES: usize = 4096;
/// The longest text of an entry that is read, in characters.
const MAX_TEXT: usize = 1 << 14;
/// The most keys of an entry that are read, and the longest, in characters.
const MAX_KEYS: usize = 32;
const MAX_KEY: usize = 80;

const RECALL: &str = "when lore comes to mind is recall's own affair (words, names and what is in view)";
const FOR_AUTHORS: &str = "it is for the lorebook's authors";

/// What is taken from a lorebook, macros not yet resolved.
pub(super) struct Book {
    pub name: String,
    /// In the order of insertion.
    pub entries: Vec<Entry>,
}

/// An entry that is switched on.
pub(super) struct Entry {
    /// Where it stands, with its title.
    pub place: String,
    /// Its name or comment.
    pub title: String,
    /// Words that name what it is about; no patterns.
    pub keys: Vec<String>,
    pub content: String,
}

impl Book {
    pub fn read(mut fields: Fields, origin: Origin, report: &mut Report) -> Result<Self, ImportError> {
        let name = fields.text("name", report);
        let list = fields.place("entries");
        let items: Vec<(String, Value)> = match fields.take("entries") {
            Some(Value::Array(items)) => (0..).map(|place: usize| place.to_string()).zip(items).collect(),
            Some(Value::Object(items)) => items.into_iter().collect(),
            other => {
                let found = other.as_ref().map_or("nothing", kind);
                return Err(origin.invalid(list, "a list or a map of entries", found));
            }
        };
        origin.count(&list, items.len(), MAX_ENTRIES, "entries")?;
        let mut entries = Vec::with_capacity(items.len());
        for (key, item) in items {
            let order = order(&item, &key);
            entries.extend(
                Entry::read(item, &format!("{list}[{}]", shown(&key)), &list, origin, report)?.map(|entry| (order, entry)),
            );
        }
        entries.sort_by(|(one, _), (two, _)| one.0.total_cmp(&two.0).then(one.1.cmp(&two.1)));
        fields.leave(&["description"], FOR_AUTHORS, report);
        fields.leave(&["scan_depth", "token_budget", "recursive_scanning"], RECALL, report);
        // A copy of what was imported where the file comes from.
        fields.take("originalData");
        fields.leave_inside("extensions", "it belongs to another application", report);
        fields.finish(report);
        Ok(Self { name, entries: entries.into_iter().map(|(_, entry)| entry).collect() })
    }
}

/// What orders entries: the order of insertion, then their number in the file.
fn order(item: &Value, key: &str) -> (f64, usize) {
    let order = item.get("insertion_order").or_else(|| item.get("order")).and_then(Value::as_f64);
    (order.unwrap_or(0.0), key.parse().unwrap_or(usize::MAX))
}

impl Entry {
    /// None for an entry that never comes to mind. Fields that all entries have are reported once for the whole `list`.
    fn read(item: Value, place: &str, list: &str, origin: Origin, report: &mut Report) -> Result<Option<Self>, ImportError> {
        let found = kind(&item);
        if !item.is_object() {
            return Err(origin.invalid(place, "an entry", found));
        }
        let mut fields = Fields::new(item, format!("{list}[]"), origin)?;
        let [name, comment] = ["name", "comment"].map(|field| fields.text(field, report));
        let (title, other) = if name.trim().is_empty() { (comment, String::new()) } else { (name, comment) };
        if !other.trim().is_empty() && other != title {
            report.left_out(format!("{list}[].comment"), FOR_AUTHORS);
        }
        let place = if title.trim().is_empty() { place.to_owned() } else { format!("{place} ({})", shown(title.trim())) };
        let content = bounded(fields.text("content", report), MAX_TEXT, &place, report);
        let keys: Vec<String> = ["keys", "key"].iter().flat_map(|field| fields.texts(field, report)).collect();
        let is_regex = fields.flag("use_regex") == Some(true);
        let is_off = fields.flag("enabled") == Some(false) || fields.flag("disable") == Some(true);
        leave(fields, report);
        if is_off {
            report.left_out(place, "the entry is switched off");
            return Ok(None);
        }
        let keys = plain(keys, is_regex, &place, report);
        Ok(Some(Self { place, title, keys, content }))
    }
}

/// The keys that are words.
fn plain(keys: Vec<String>, is_regex: bool, place: &str, report: &mut Report) -> Vec<String> {
    let mut plain = Vec::new();
    for key in keys.iter().map(|key| key.trim()).filter(|key| !key.is_empty()) {
        let why = if is_regex || is_pattern(key) {
            "the key is a pattern (regular expression); things are known by names"
        } else if key.chars().nth(MAX_KEY).is_some() {
            "the key is longer than any name"
        } else if plain.len() == MAX_KEYS {
            "an entry has too many keys"
        } else {
            plain.push(key.to_owned());
            continue;
        };
        report.left_out(format!("{place}, key {}", shown(key)), why);
    }
    plain
}

/// Whether a key is written as a pattern: `/mill(er)?/i`.
fn is_pattern(key: &str) -> bool {
    let Some((body, flags)) = key.strip_prefix('/').and_then(|key| key.rsplit_once('/')) else { return false };
    !body.is_empty() && flags.chars().all(|flag| "dgimsuvy".contains(flag))
}

/// Fields of an entry that have no place in lore.
fn leave(mut fields: Fields, report: &mut Report) {
    fields.leave(&["secondary_keys", "keysecondary"], "they say when an entry is used, not what it is about", report);
    let on_use = ["constant", "selective", "selectiveLogic", "case_sensitive", "caseSensitive", "matchWholeWords", "scanDepth"];
    fields.leave(&on_use, RECALL, report);
    let chance = ["probability", "useProbability", "sticky", "cooldown", "delay", "group", "groupWeight", "groupOverride"];
    fields.leave(&chance, RECALL, report);
    fields.leave(
        &["priority", "ignoreBudget", "vectorized", "excludeRecursion", "preventRecursion", "delayUntilRecursion"],
        RECALL,
        report,
    );
    fields.leave(&["position", "depth", "role", "outletName"], "facts have no place in a prompt of their own", report);
    // The order of entries is kept; numbers and switches of editors say nothing of the world.
    for field in ["insertion_order", "order", "id", "uid", "addMemo", "displayIndex", "characterFilter", "automationId"] {
        fields.take(field);
    }
    fields.leave_inside("extensions", "it belongs to another application", report);
    fields.finish(report);
}
