//! `GET /api/v1/export`.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::sync::mpsc;

use super::ApiError;
use super::clock::now;
use crate::start::AppState;
use crate::storage::{ExportChunk, StorageError};
use crate::transfer::ExportWriter;

type Pieces = mpsc::Receiver<Result<ExportChunk, StorageError>>;

/// Gives everything out, history included, as it is at this moment; piece by piece, however much it
/// is.
///
/// A database that fails at the start is answered with 500; one that fails later breaks the answer
/// off, so that half an export is never taken for a whole one.
pub(super) async fn export(State(state): State<AppState>) -> Result<Response, ApiError> {
    let mut pieces = state.memories.export();
    let first = pieces.recv().await.ok_or(StorageError::Interrupted)??;
    let mut head = Vec::new();
    let writing = ExportWriter::begin(now(), &mut head);
    let sending = Sending {
        pieces,
        writing,
        head,
        next: Some(first),
    };
    let body = Body::from_stream(stream::try_unfold(sending, Sending::step));
    tracing::info!("everything is exported");
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

struct Sending {
    pieces: Pieces,
    writing: ExportWriter,
    head: Vec<u8>,
    /// The piece to send next; the end has been sent when there is none.
    next: Option<ExportChunk>,
}

impl Sending {
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, StorageError> {
        let Some(piece) = self.next.take() else {
            return Ok(None);
        };
        let mut out = std::mem::take(&mut self.head);
        self.writing
            .write_chunk(&piece, &mut out)
            .map_err(|_| StorageError::Unreadable("entry"))?;
        if !matches!(piece, ExportChunk::End) {
            self.next = Some(
                self.pieces
                    .recv()
                    .await
                    .ok_or(StorageError::Interrupted)
                    .flatten()
                    .inspect_err(|error| {
                        tracing::error!(%error, "an export broke off");
                    })?,
            );
        }
        Ok(Some((out.into(), self)))
    }
}
