//! Puts the dead letters back into the queue.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use common::queue::replay::version;
use serde_json::json;

use crate::Console;
use crate::error::PageError;

/// `POST /queue/replay`
pub(crate) async fn dead_letters(State(console): State<Console>) -> Result<Response, PageError> {
    let backend = console.backend();
    let queue = backend.queue.as_ref().ok_or(PageError::NoQueue)?;
    let summary = queue
        .jobs()
        .replay_dead_letters(version(backend.now()))
        .await?;
    let counts = json!({"which": "dead letters",
        "calls": {"put_back": summary.jobs, "unreadable": summary.unreadable}});
    console.audit("replay", None, counts).await?;
    Ok(Redirect::to("/queue?done=replayed").into_response())
}
