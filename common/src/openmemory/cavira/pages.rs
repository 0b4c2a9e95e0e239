//! Exports the server's rows in the format of the bundled memory store, `openmemory/1`.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tracing::warn;

use super::super::OpenMemoryError;
use super::super::clock::now;
use super::super::server::Server;
use super::row::Row;
use super::wire::page_of_all_users;

/// Number of rows in a page.
const PAGE: usize = 500;
/// The fields of a row's metadata that the export format does not keep in the metadata.
const TOP_LEVEL_FIELDS: [&str; 8] = [
    "kind",
    "keys",
    "agent_id",
    "caller_id",
    "reinforcement_count",
    "superseded_by",
    "importance",
    "expires_at",
];

/// A running export.
pub(in super::super) struct Pages {
    server: Server,
    offset: usize,
    stage: Stage,
    is_first: bool,
    profiles: Vec<Value>,
    skipped: usize,
}

enum Stage {
    Head,
    Rows,
    Done,
}

impl Pages {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            offset: 0,
            stage: Stage::Head,
            is_first: true,
            profiles: Vec::new(),
            skipped: 0,
        }
    }

    pub(in super::super) async fn next(&mut self) -> Result<Option<Bytes>, OpenMemoryError> {
        match self.stage {
            Stage::Head => {
                self.stage = Stage::Rows;
                let head = format!(
                    r#"{{"status":"success","format":"openmemory/1","exported_at":"{}","memories":["#,
                    now()
                );
                Ok(Some(head.into()))
            }
            Stage::Rows => self.rows().await.map(Some),
            Stage::Done => Ok(None),
        }
    }

    async fn rows(&mut self) -> Result<Bytes, OpenMemoryError> {
        let rows = page_of_all_users(&self.server, self.offset, PAGE).await?;
        self.offset += rows.len();
        let mut piece = String::new();
        for row in &rows {
            match entry(row) {
                Some(Entry::Memory(memory)) => {
                    let comma = if std::mem::take(&mut self.is_first) {
                        ""
                    } else {
                        ","
                    };
                    piece.push_str(&format!("{comma}{memory}"));
                }
                Some(Entry::Profile(profile)) => self.profiles.push(profile),
                None => self.skipped += 1,
            }
        }
        if rows.len() < PAGE {
            piece.push_str(&self.tail());
            self.stage = Stage::Done;
        }
        Ok(piece.into())
    }

    fn tail(&self) -> String {
        if self.skipped > 0 {
            warn!(
                rows = self.skipped,
                "rows left out of the export: neither memories nor caller cards"
            );
        }
        format!(
            r#"],"profiles":{},"idempotency_keys":[]}}"#,
            Value::from(self.profiles.clone())
        )
    }
}

/// An entry of the export format.
enum Entry {
    Memory(Value),
    Profile(Value),
}

/// Converts a row. Returns `None` for placeholders and for rows of other programs.
fn entry(row: &Row) -> Option<Entry> {
    let agent = row.text("agent_id")?;
    let caller = row.text("caller_id")?;
    let created_at = row.created_at()?;
    if row.is_pending() {
        return None;
    }
    if row.text("kind") == Some("profile") {
        return Some(Entry::Profile(
            json!({"agent_id": agent, "caller_id": caller, "profile_data": row.metadata.get("profile_data"),
            "created_at": created_at, "updated_at": created_at, "expires_at": row.expires_at()?}),
        ));
    }
    let superseded_by = row.text("superseded_by");
    row.is_memory().then(|| {
        Entry::Memory(json!({"memory_id": row.id, "agent_id": agent, "caller_id": caller, "content": row.content,
            "metadata": remaining_metadata(&row.metadata), "importance": row.importance(), "reinforcement_count": row.reinforcement_count().max(1),
            "created_at": created_at, "updated_at": created_at, "happened_at": row.said_at(),
            "expires_at": row.expires_at(),
            "superseded_by": superseded_by, "superseded_at": superseded_by.map(|_| created_at)}))
    })
}

fn remaining_metadata(metadata: &Map<String, Value>) -> Map<String, Value> {
    metadata
        .iter()
        .filter(|(name, _)| !TOP_LEVEL_FIELDS.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}
