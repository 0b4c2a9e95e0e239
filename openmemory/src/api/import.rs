//! `POST /api/v1/import`.

use std::fs::File;
use std::io::{BufReader, Seek};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;

use super::ApiError;
use super::AppState;
use super::body::not_json;
use super::transfer::{FORMAT, ReadError, Totals, read};
use crate::limits::MAX_IMPORT_BYTES;
use crate::memory::ImportCounts;
use crate::storage::StorageError;

/// Chunks that may wait for the database while the reader continues.
const QUEUED_CHUNKS: usize = 4;

/// Imports an export completely or not at all; DynamoDB imports in parts, which a second import
/// completes. Existing records stay unchanged, so importing twice has no effect.
///
/// The body is first written to an unnamed temporary file. A slow sender then blocks no other
/// writer, and memory use does not depend on the size of the export.
pub(super) async fn import(
    State(state): State<AppState>,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let file = checked(received(body).await?, &state).await?;
    let (sender, receiver) = mpsc::channel(QUEUED_CHUNKS);
    let reading = tokio::task::spawn_blocking(move || {
        read(BufReader::new(file), &mut |piece| {
            sender.blocking_send(piece).is_ok()
        })
    });
    let imported = state.memories.import(receiver).await;
    let totals = reading
        .await
        .map_err(|_| StorageError::Interrupted)?
        .map_err(read_error)?;
    let added = imported?;
    tracing::info!(
        memories = added.memories,
        profiles = added.profiles,
        "import finished"
    );
    Ok(Json(import_response(totals, added)))
}

/// Reads the whole file once if the database imports in parts, so that an invalid entry changes
/// nothing.
async fn checked(mut file: File, state: &AppState) -> Result<File, ApiError> {
    if !state.memories.imports_in_parts() {
        return Ok(file);
    }
    let checking = tokio::task::spawn_blocking(move || {
        let totals = read(BufReader::new(&mut file), &mut |_| true);
        (file, totals)
    });
    let (mut file, totals) = checking.await.map_err(|_| StorageError::Interrupted)?;
    totals.map_err(read_error)?;
    file.rewind().map_err(StorageError::Spool)?;
    Ok(file)
}

async fn received(body: Body) -> Result<File, ApiError> {
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(StorageError::Spool)?);
    let mut size = 0;
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::field("body", "could not be read"))?;
        size += chunk.len() as u64;
        if size > MAX_IMPORT_BYTES {
            return Err(ApiError::TooLarge);
        }
        file.write_all(&chunk).await.map_err(StorageError::Spool)?;
    }
    file.flush().await.map_err(StorageError::Spool)?;
    let mut file = file.into_std().await;
    file.rewind().map_err(StorageError::Spool)?;
    Ok(file)
}

fn read_error(error: ReadError) -> ApiError {
    match error {
        ReadError::Json(error) => not_json(&error),
        ReadError::Entry { place, error } => {
            ApiError::field(format!("{place}.{}", error.field), error.reason)
        }
        ReadError::Format => ApiError::field("format", format!("must be {FORMAT}")),
    }
}

fn import_response(totals: Totals, added: ImportCounts) -> Value {
    json!({
        "status": "success",
        "memories_imported": added.memories,
        "memories_skipped": totals.memories - added.memories,
        "profiles_imported": added.profiles,
        "profiles_skipped": totals.profiles - added.profiles,
        "idempotency_keys_imported": added.receipts,
        "links_imported": added.links,
    })
}
