//! `GET /api/v1/export` and `POST /api/v1/import`.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Failure;
use super::body::{Raw, not_json};
use super::clock::now;
use crate::memory::Snapshot;
use crate::start::AppState;
use crate::transfer::{InvalidEntry, MemoryEntry, ProfileEntry, ReceiptEntry};

/// The version of the export's shape.
const FORMAT: &str = "openmemory/1";

/// Everything that is kept.
#[derive(Serialize)]
pub(super) struct Export {
    status: &'static str,
    format: &'static str,
    exported_at: Timestamp,
    memories: Vec<MemoryEntry>,
    profiles: Vec<ProfileEntry>,
    idempotency_keys: Vec<ReceiptEntry>,
}

#[derive(Deserialize)]
struct Import {
    format: String,
    #[serde(default)]
    memories: Vec<MemoryEntry>,
    #[serde(default)]
    profiles: Vec<ProfileEntry>,
    #[serde(default)]
    idempotency_keys: Vec<ReceiptEntry>,
}

/// Gives everything out, history included.
pub(super) async fn export(State(state): State<AppState>) -> Result<Json<Export>, Failure> {
    let snapshot = state.memories.export().await?;
    tracing::info!(memories = snapshot.memories.len(), profiles = snapshot.profiles.len(), "everything was exported");
    Ok(Json(Export {
        status: "success",
        format: FORMAT,
        exported_at: now(),
        memories: snapshot.memories.iter().map(MemoryEntry::from).collect(),
        profiles: snapshot.profiles.iter().map(ProfileEntry::from).collect(),
        idempotency_keys: snapshot.receipts.iter().map(ReceiptEntry::from).collect(),
    }))
}

/// Takes an export in; what is there already stays as it is, so importing twice changes nothing.
pub(super) async fn import(State(state): State<AppState>, Raw(body): Raw) -> Result<Json<Value>, Failure> {
    let import: Import = serde_json::from_slice(&body).map_err(|error| not_json(&error))?;
    if import.format != FORMAT {
        return Err(Failure::field("format", format!("must be {FORMAT}")));
    }
    let snapshot = Snapshot {
        memories: entries("memories", import.memories)?,
        profiles: entries("profiles", import.profiles)?,
        receipts: entries("idempotency_keys", import.idempotency_keys)?,
    };
    let added = state.memories.import(&snapshot).await?;
    tracing::info!(memories = added.memories, profiles = added.profiles, "an export was imported");
    Ok(Json(json!({
        "status": "success",
        "memories_imported": added.memories,
        "memories_skipped": snapshot.memories.len() as u64 - added.memories,
        "profiles_imported": added.profiles,
        "profiles_skipped": snapshot.profiles.len() as u64 - added.profiles,
        "idempotency_keys_imported": added.receipts,
    })))
}

fn entries<E, T: TryFrom<E, Error = InvalidEntry>>(name: &str, entries: Vec<E>) -> Result<Vec<T>, Failure> {
    let checked = |(at, entry)| {
        T::try_from(entry).map_err(|error| Failure::field(format!("{name}[{at}].{}", error.field), error.reason))
    };
    entries.into_iter().enumerate().map(checked).collect()
}
