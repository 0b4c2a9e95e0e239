//! An export of this server's rows in the format of the bundled service: `openmemory/1`.

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tracing::warn;

use super::super::OpenMemoryError;
use super::super::clock::now;
use super::super::server::Server;
use super::profiles::expires_at;
use super::row::Row;
use super::wire::page_of_all;

/// Rows that are asked for at once.
const PAGE: usize = 500;
/// What our metadata holds beside what the bundled service keeps elsewhere.
const ELSEWHERE: [&str; 8] = [
    "kind",
    "keys",
    "agent_id",
    "caller_id",
    "reinforcement_count",
    "superseded_by",
    "importance",
    "expires_at",
];

/// The document on its way.
pub(in super::super) struct Pages {
    server: Server,
    offset: usize,
    stage: Stage,
    is_first: bool,
    profiles: Vec<Value>,
    passed_over: usize,
}

enum Stage {
    Head,
    Rows,
    Done,
}

impl Pages {
    pub(super) fn of(server: Server) -> Self {
        Self {
            server,
            offset: 0,
            stage: Stage::Head,
            is_first: true,
            profiles: Vec::new(),
            passed_over: 0,
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
        let rows = page_of_all(&self.server, self.offset, PAGE).await?;
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
                None => self.passed_over += 1,
            }
        }
        if rows.len() < PAGE {
            piece.push_str(&self.tail());
            self.stage = Stage::Done;
        }
        Ok(piece.into())
    }

    fn tail(&self) -> String {
        if self.passed_over > 0 {
            warn!(
                rows = self.passed_over,
                "rows that are no memory of a caller were left out of the export"
            );
        }
        format!(
            r#"],"profiles":{},"idempotency_keys":[]}}"#,
            Value::from(self.profiles.clone())
        )
    }
}

enum Entry {
    Memory(Value),
    Profile(Value),
}

fn entry(row: &Row) -> Option<Entry> {
    let (agent, caller) = (row.text("agent_id")?, row.text("caller_id")?);
    let created_at = row.created_at()?;
    if row.is_pending() {
        return None;
    }
    if row.text("kind") == Some("profile") {
        return Some(Entry::Profile(
            json!({"agent_id": agent, "caller_id": caller, "profile_data": row.metadata.get("profile_data"),
            "created_at": created_at, "updated_at": created_at, "expires_at": expires_at(row)?}),
        ));
    }
    let superseded_by = row.text("superseded_by");
    row.is_memory().then(|| {
        Entry::Memory(json!({"memory_id": row.id, "agent_id": agent, "caller_id": caller, "content": row.content,
            "metadata": kept(&row.metadata), "importance": row.importance(), "reinforcement_count": row.reinforcement_count().max(1),
            "created_at": created_at, "updated_at": created_at, "happened_at": row.said_at(),
            "expires_at": expires_at(row),
            "superseded_by": superseded_by, "superseded_at": superseded_by.map(|_| created_at)}))
    })
}

fn kept(metadata: &Map<String, Value>) -> Map<String, Value> {
    metadata
        .iter()
        .filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect()
}
