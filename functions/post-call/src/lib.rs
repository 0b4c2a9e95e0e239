//! `POST /webhook/post-call`: after a call, stores the body byte for byte before interpreting it,
//! then queues the extraction.
//!
//! Answers 200 to any authentic body that is stored, readable or not; 401 to an unauthenticated
//! one; and 503 if it could not store or queue, so that ElevenLabs delivers the webhook again.

mod deadlines;
mod erasure;
mod opt_out;
mod payload;
mod receipt;

pub use receipt::Receipt;

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use common::archive::{Archive, Key, PayloadKind, is_erased, is_forgotten};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::auth::{SignedBody, WebhookAuth};
use common::elevenlabs::event::{Event, TranscriptionEvent};
use common::queue::{Enqueued, ExtractionJob, ExtractionQueue};
use common::secrets::Secrets;
use common::settings::{CallerSettings, Settings};
use common::webhook_error::WebhookError;
use common::{trace, webhook_path};
use jiff::Timestamp;
use tracing::info;

use receipt::ExtractionStatus;

/// The state of this webhook; cheap to clone.
#[derive(Clone)]
pub struct PostCall<A, Q> {
    auth: WebhookAuth,
    secrets: Secrets,
    archive: A,
    queue: Q,
    caller: CallerSettings,
    retention: Option<Duration>,
}

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    /// Creates the webhook. It authenticates with `auth`, stores calls in `archive` and queues
    /// their extraction in `queue`.
    pub fn new(
        auth: WebhookAuth,
        secrets: Secrets,
        archive: A,
        queue: Q,
        settings: &Settings,
    ) -> Self {
        Self {
            auth,
            secrets,
            archive,
            queue,
            caller: settings.caller.clone(),
            retention: settings.payload_retention,
        }
    }
}

impl<A, Q> FromRef<PostCall<A, Q>> for WebhookAuth {
    fn from_ref(state: &PostCall<A, Q>) -> Self {
        state.auth.clone()
    }
}

/// Returns the route of this webhook.
pub fn router<A: Archive, Q: ExtractionQueue>(state: PostCall<A, Q>) -> Router {
    Router::new()
        .route(webhook_path::POST_CALL, post(receive::<A, Q>))
        // `SignedBody` has its own limit, which answers with our error body.
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

async fn receive<A: Archive, Q: ExtractionQueue>(
    State(state): State<PostCall<A, Q>>,
    SignedBody { event, raw }: SignedBody,
) -> Result<Json<Receipt>, WebhookError> {
    trace::record(None, event.conversation_id());
    let extraction = state.store(&event, raw, now()).await?;
    let receipt = Receipt::new(&event, extraction);
    info!(
        webhook_type = event.kind(),
        extraction = extraction.as_str(),
        "webhook stored"
    );
    Ok(Json(receipt))
}

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    async fn store(
        &self,
        event: &Event,
        raw: Bytes,
        now: Timestamp,
    ) -> Result<ExtractionStatus, WebhookError> {
        match event {
            Event::Transcription(call) => self.store_call(call, raw, now).await,
            Event::Erased {
                call: Some(call), ..
            } => {
                let caller = call.caller(self.caller.trust_user_id);
                self.erase(&call.conversation_id, caller).await
            }
            Event::Erased { call: None, .. } => Ok(ExtractionStatus::NothingKept),
            Event::ErasedAudio(conversation) => self.erase_recording(conversation).await,
            _ => {
                let (key, body) = payload::key_and_body(event, raw);
                self.archive.put(&key, body).await?;
                self.finish_event(event.conversation_id(), &key, now).await
            }
        }
    }

    async fn store_call(
        &self,
        call: &TranscriptionEvent,
        raw: Bytes,
        now: Timestamp,
    ) -> Result<ExtractionStatus, WebhookError> {
        let conversation = &call.conversation_id;
        let payload = Key::payload(conversation, &PayloadKind::Transcription);
        let caller = call.caller(self.caller.trust_user_id);
        if let Some(caller) = &caller
            && self.is_opted_out(caller).await?
        {
            return self.leave_out(conversation, caller.clone()).await;
        }
        let deadlines = self.effective_deadlines(call.deadlines, now);
        self.store_deadlines(conversation, deadlines).await?;
        let status = match caller {
            Some(caller) => {
                self.store_and_queue(call, &caller, (&payload, raw), now)
                    .await?
            }
            None => {
                self.archive.put(&payload, raw).await?;
                self.unless_erased(conversation, &payload, ExtractionStatus::NoCaller)
                    .await?
            }
        };
        self.limit_payloads(conversation, deadlines, status, now)
            .await?;
        Ok(status)
    }

    /// Stores the call, indexes it under its caller, and queues its extraction.
    ///
    /// The payload, the index entry and the check for an earlier extraction run at once. The queue
    /// comes after them, because a job must find the payload it points to. The check for a
    /// tombstone comes after them for the reason given at [`Self::unless_erased`].
    ///
    /// An extraction may be reading an erased call that is delivered again, so the payload is never
    /// simply deleted. A call that began before its caller was forgotten is erased even without a
    /// tombstone: it was unknown then, because it came late or was past its retention. So is a call
    /// whose caller opts out while it is being stored.
    async fn store_and_queue(
        &self,
        call: &TranscriptionEvent,
        caller: &CallerId,
        (payload, raw): (&Key, Bytes),
        now: Timestamp,
    ) -> Result<ExtractionStatus, WebhookError> {
        let group = self.hash(caller).await?;
        let conversation = &call.conversation_id;
        let index = Key::caller_index(&group, conversation);
        let done = Key::done(conversation);
        let (_, _, is_done) = tokio::try_join!(
            self.archive.put(payload, raw),
            self.archive.put(&index, Bytes::new()),
            self.archive.contains(&done)
        )?;
        let (status, is_erased, is_forgotten) = tokio::try_join!(
            self.queue_extraction(call, payload, &group, is_done),
            async { Ok(is_erased(&self.archive, conversation).await?) },
            async { Ok(is_forgotten(&self.archive, &group, call.began_at(now)).await?) },
        )?;
        if is_erased || is_forgotten {
            return self.erase(conversation, Some(caller.clone())).await;
        }
        Ok(status)
    }

    async fn queue_extraction(
        &self,
        call: &TranscriptionEvent,
        payload: &Key,
        group: &CallerHash,
        is_done: bool,
    ) -> Result<ExtractionStatus, WebhookError> {
        if is_done {
            return Ok(ExtractionStatus::AlreadyDone);
        }
        if call.not_a_conversation().is_some() {
            return Ok(ExtractionStatus::NotAConversation);
        }
        let job = ExtractionJob::new(call.conversation_id.clone(), payload.clone())
            .with_traceparent(trace::traceparent());
        self.queue
            .push(Enqueued::after_call(job, group.clone()))
            .await?;
        Ok(ExtractionStatus::Queued)
    }

    async fn hash(&self, caller: &CallerId) -> Result<CallerHash, WebhookError> {
        let secrets = self.secrets.current().await;
        let pepper = secrets
            .caller_id_pepper()
            .ok_or(WebhookError::MissingSecret("CALLER_ID_PEPPER"))?;
        Ok(caller.hash(pepper))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "deadlines are compared with the time of the request"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests;
