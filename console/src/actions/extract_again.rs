//! Extracts a call again.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use common::archive::{Key, PayloadKind};
use common::call::ConversationId;
use common::queue::replay::{Replay, ReplayOutcome, version};
use serde_json::json;

use crate::Console;
use crate::error::PageError;

/// `POST /calls/{conversation}/redo`: the new memories replace the earlier ones.
pub(crate) async fn redo(
    State(console): State<Console>,
    Path(conversation): Path<String>,
) -> Result<Response, PageError> {
    let id = ConversationId::parse(conversation).map_err(|_| PageError::UnknownCall)?;
    let backend = console.backend();
    let queue = backend.queue.clone().ok_or(PageError::NoQueue)?;
    let replay = Replay {
        archive: backend.archive.clone(),
        queue,
        pepper: backend.pepper.clone(),
        version: version(backend.now()),
        trust_user_id: backend.settings.caller.trust_user_id,
    };
    let payload = Key::payload(&id, &PayloadKind::Transcription);
    match replay.put_back(payload, true).await? {
        ReplayOutcome::Queued => {}
        ReplayOutcome::Anonymous => {
            return Err(PageError::invalid("The call has no caller to remember."));
        }
        ReplayOutcome::AlreadyExtracted | ReplayOutcome::Missing | ReplayOutcome::NotACall => {
            return Err(PageError::UnknownCall);
        }
    }
    let counts = json!({"which": {"conversations": 1, "redo": true}, "calls": {"put_back": 1}});
    console.audit("replay", None, counts).await?;
    Ok(Redirect::to(&format!("/calls/{id}?done=queued")).into_response())
}
