//! The memory store's entries about one person.

use std::fmt;
use std::io::{BufReader, Read};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use operator::IncompleteExport;

/// The entries about one person, in the form of the store's own export. Includes superseded
/// memories.
#[derive(Debug, Default)]
pub(crate) struct StoreEntries {
    pub(crate) memories: Vec<Value>,
    /// Caller cards.
    pub(crate) profiles: Vec<Value>,
    /// Idempotency keys, which prevent a memory from being stored twice.
    pub(crate) receipts: Vec<Value>,
    /// Whether no entry is missing. Without the store's export, superseded memories of some agents
    /// may be missing.
    pub(crate) is_complete: bool,
}

impl StoreEntries {
    /// Reads the entries with one of these caller ids from an export. Holds only one other entry in
    /// memory at a time.
    pub(crate) fn read(names: &[String], export: impl Read) -> Result<Self, IncompleteExport> {
        let mut reader = serde_json::Deserializer::from_reader(BufReader::new(export));
        ExportVisitor(names)
            .deserialize(&mut reader)
            .map_err(|_| IncompleteExport)
    }
}

struct ExportVisitor<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for ExportVisitor<'_> {
    type Value = StoreEntries;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<StoreEntries, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ExportVisitor<'_> {
    type Value = StoreEntries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export of the memory store")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<StoreEntries, M::Error> {
        let mut entries = StoreEntries {
            is_complete: true,
            ..StoreEntries::default()
        };
        while let Some(name) = map.next_key::<String>()? {
            let list = match name.as_str() {
                "memories" => &mut entries.memories,
                "profiles" => &mut entries.profiles,
                "idempotency_keys" => &mut entries.receipts,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *list = map.next_value_seed(ListVisitor(self.0))?;
        }
        Ok(entries)
    }
}

/// Keeps the entries of a list that have one of these caller ids.
struct ListVisitor<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for ListVisitor<'_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListVisitor<'_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of entries")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Vec<Value>, S::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = seq.next_element::<Value>()? {
            if entry["caller_id"]
                .as_str()
                .is_some_and(|caller| self.0.iter().any(|name| name == caller))
            {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_entries_of_one_person_are_read_under_every_name() {
        let memory = |id: &str, caller: &str| json!({"memory_id": id, "caller_id": caller, "superseded_by": null});
        let export = json!({"status": "success", "extra": {"caller_id": "+1"},
            "memories": [memory("m1", "+1"), memory("m2", "+2"), memory("m3", "0a1b")],
            "profiles": [{"caller_id": "*"}, {"caller_id": "+1", "profile_data": {}}],
            "idempotency_keys": [{"caller_id": "+2"}, {"caller_id": "0a1b"}]});
        let names = ["+1".to_owned(), "0a1b".to_owned()];
        let entries = StoreEntries::read(&names, export.to_string().as_bytes()).unwrap();
        assert_eq!(entries.memories, [memory("m1", "+1"), memory("m3", "0a1b")]);
        assert_eq!(
            (
                entries.profiles.len(),
                entries.receipts.len(),
                entries.is_complete
            ),
            (1, 1, true)
        );
        let truncated = &export.to_string().into_bytes()[..120];
        assert!(
            matches!(StoreEntries::read(&names, truncated), Err(IncompleteExport)),
            "a truncated export is an error"
        );
    }
}
