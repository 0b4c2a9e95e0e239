//! `GET /api/v1/export`.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::mpsc;

use super::ApiError;
use super::AppState;
use super::transfer::ExportWriter;
use crate::storage::{ExportChunk, StorageError};

type Chunks = mpsc::Receiver<Result<ExportChunk, StorageError>>;

/// Streams a snapshot of everything, including superseded memories.
///
/// If the database fails before the first chunk, the response is 500. If it fails later, the
/// response is aborted, so that a partial export is never mistaken for a complete one.
pub(super) async fn export(State(state): State<AppState>) -> Result<Response, ApiError> {
    let mut chunks = state.memories.export();
    let first = chunks.recv().await.ok_or(StorageError::Interrupted)??;
    let mut head = Vec::new();
    let writing = ExportWriter::begin(state.memories.now(), &mut head);
    let sending = Sending {
        chunks,
        writing,
        head,
        next: Some(first),
    };
    let body = Body::from_stream(stream::try_unfold(sending, Sending::step));
    tracing::info!("export started");
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

struct Sending {
    chunks: Chunks,
    writing: ExportWriter,
    head: Vec<u8>,
    /// The chunk to send next; `None` after the end has been sent.
    next: Option<ExportChunk>,
}

impl Sending {
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, StorageError> {
        let Some(chunk) = self.next.take() else {
            return Ok(None);
        };
        let mut out = std::mem::take(&mut self.head);
        self.writing
            .write_chunk(&chunk, &mut out)
            .map_err(|_| StorageError::Unreadable("entry"))?;
        if !matches!(chunk, ExportChunk::End) {
            self.next = Some(
                self.chunks
                    .recv()
                    .await
                    .ok_or(StorageError::Interrupted)
                    .flatten()
                    .inspect_err(|error| {
                        tracing::error!(%error, "export aborted");
                    })?,
            );
        }
        Ok(Some((out.into(), self)))
    }
}
