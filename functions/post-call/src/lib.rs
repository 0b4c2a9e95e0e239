//! `POST /webhook/post-call`: a call is over. Its body is kept byte for byte before it is
//! understood, then its extraction is queued.
//!
//! 200 for anything authentic that is safely kept, readable or not; 401 for what nothing proves;
//! 503 when it could not be kept or queued, so that ElevenLabs comes again.

mod deadlines;
mod kept;
mod receipt;

pub use receipt::Receipt;

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use common::archive::{Archive, Key, PayloadKind, is_erased, is_forgotten};
use common::call::{CallerHash, CallerId, ConversationId, Deadlines};
use common::elevenlabs::auth::{SignedBody, WebhookAuth};
use common::elevenlabs::event::{Event, TranscriptionEvent};
use common::queue::{Enqueued, ExtractionJob, ExtractionQueue};
use common::secrets::Secrets;
use common::settings::{CallerSettings, Settings};
use common::webhook_error::WebhookError;
use jiff::Timestamp;
use tracing::{info, warn};

use receipt::Extraction;

/// What this webhook works with; cheap to clone.
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
    /// The webhook behind these doors, keeping calls in `archive` and queueing them in `queue`.
    pub fn new(
        auth: WebhookAuth,
        secrets: Secrets,
        archive: A,
        queue: Q,
        settings: &Settings,
    ) -> Self {
        let (caller, retention) = (settings.caller.clone(), settings.payload_retention);
        Self {
            auth,
            secrets,
            archive,
            queue,
            caller,
            retention,
        }
    }
}

impl<A, Q> FromRef<PostCall<A, Q>> for WebhookAuth {
    fn from_ref(state: &PostCall<A, Q>) -> Self {
        state.auth.clone()
    }
}

/// The route of this webhook.
pub fn router<A: Archive, Q: ExtractionQueue>(state: PostCall<A, Q>) -> Router {
    Router::new()
        .route("/webhook/post-call", post(receive::<A, Q>))
        // The door has a limit of its own, which answers in our words.
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

async fn receive<A: Archive, Q: ExtractionQueue>(
    State(state): State<PostCall<A, Q>>,
    SignedBody { event, raw }: SignedBody,
) -> Result<Json<Receipt>, WebhookError> {
    let extraction = state.keep(&event, raw, now()).await?;
    let receipt = Receipt::new(&event, extraction);
    info!(
        request_id = receipt.request_id(),
        webhook_type = event.kind(),
        conversation_id = event.conversation_id().map(|id| id.as_str()),
        extraction = extraction.as_str(),
        "a webhook is kept"
    );
    Ok(Json(receipt))
}

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    async fn keep(
        &self,
        event: &Event,
        raw: Bytes,
        now: Timestamp,
    ) -> Result<Extraction, WebhookError> {
        match event {
            Event::Transcription(call) => self.keep_call(call, raw, now).await,
            Event::Erased {
                call: Some(call), ..
            } => {
                self.erase(
                    &call.conversation_id,
                    call.caller(self.caller.trust_user_id),
                )
                .await
            }
            Event::Erased { call: None, .. } => Ok(Extraction::NothingKept),
            Event::ErasedAudio(conversation) => self.erase_recording(conversation).await,
            _ => {
                let (key, body) = kept::payload(event, raw);
                self.archive.put(&key, body).await?;
                self.keep_event(event.conversation_id(), &key, now).await
            }
        }
    }

    /// Leaves a mark with the conversation's id, by which later events of it are known, and removes
    /// what came before. A call that may be remembered, now or by an extraction that is at it, is
    /// left to one more job behind that: it tells whose memories are to be removed.
    async fn erase(
        &self,
        conversation: &ConversationId,
        caller: Option<CallerId>,
    ) -> Result<Extraction, WebhookError> {
        let (mark, call) = (
            Key::erased(conversation),
            Key::payload(conversation, &PayloadKind::Transcription),
        );
        self.archive.put(&mark, Bytes::new()).await?;
        let (received, made) = (
            Key::payloads_of(conversation),
            Key::extractions_of(conversation),
        );
        let (mut received, mut made) =
            tokio::try_join!(self.archive.list(&received), self.archive.list(&made))?;
        made.retain(|key| !key.is_tombstone());
        let was_extracted = made.iter().any(|key| !key.is_deadline());
        let is_kept = received.contains(&call);
        let caller = if caller.is_none() && is_kept {
            self.caller_of(&call).await?
        } else {
            caller
        };
        match self.forget_index(conversation, caller).await? {
            Some(group) if is_kept => {
                received.retain(|key| *key != call);
                made.clear();
                self.queue
                    .push(Enqueued::erasure(
                        ExtractionJob::new(conversation.clone(), call),
                        group,
                    ))
                    .await?;
            }
            _ if !was_extracted => {}
            _ => {
                warn!(conversation_id = %conversation, "a call is erased that was extracted and is kept no more: its memories are left to elaaoms memories")
            }
        }
        for key in received.iter().chain(&made) {
            self.archive.delete(key).await?;
        }
        Ok(Extraction::NothingKept)
    }

    /// A recording whose own retention is zero, and what an earlier delivery of it left.
    async fn erase_recording(
        &self,
        conversation: &ConversationId,
    ) -> Result<Extraction, WebhookError> {
        for kind in [PayloadKind::Audio, PayloadKind::RawAudio] {
            self.archive
                .delete(&Key::payload(conversation, &kind))
                .await?;
        }
        Ok(Extraction::NothingKept)
    }

    /// Takes the conversation out of its caller's index, and says under which pseudonym that
    /// caller's jobs are queued.
    async fn forget_index(
        &self,
        conversation: &ConversationId,
        caller: Option<CallerId>,
    ) -> Result<Option<CallerHash>, WebhookError> {
        let Some(caller) = caller else {
            return Ok(None);
        };
        let group = self.hash(&caller).await?;
        self.archive
            .delete(&Key::caller_index(&group, conversation))
            .await?;
        Ok(Some(group))
    }

    /// Of an event that names no caller the call as it was kept before says whose memories are to
    /// be removed.
    async fn caller_of(&self, call: &Key) -> Result<Option<CallerId>, WebhookError> {
        Ok(self
            .archive
            .get(call)
            .await?
            .and_then(|kept| match Event::read(&kept) {
                Event::Transcription(call) => call.caller(self.caller.trust_user_id),
                _ => None,
            }))
    }

    async fn hash(&self, caller: &CallerId) -> Result<CallerHash, WebhookError> {
        let secrets = self.secrets.current().await;
        Ok(caller.hash(
            secrets
                .caller_id_pepper()
                .ok_or(WebhookError::NotSetUp("CALLER_ID_PEPPER"))?,
        ))
    }

    /// The outcome, unless the conversation is erased: then what was just kept goes again. Looked
    /// at after keeping, so that of two events at once either this one sees the mark or the erasure
    /// sees this one.
    async fn unless_erased(
        &self,
        conversation: Option<&ConversationId>,
        kept: &Key,
        outcome: Extraction,
    ) -> Result<Extraction, WebhookError> {
        let Some(conversation) = conversation else {
            return Ok(outcome);
        };
        if !is_erased(&self.archive, conversation).await? {
            return Ok(outcome);
        }
        self.archive.delete(kept).await?;
        Ok(Extraction::NothingKept)
    }

    async fn keep_call(
        &self,
        call: &TranscriptionEvent,
        raw: Bytes,
        now: Timestamp,
    ) -> Result<Extraction, WebhookError> {
        let payload = Key::payload(&call.conversation_id, &PayloadKind::Transcription);
        let deadlines = self.own_deadlines(call.deadlines, now);
        self.announce(&call.conversation_id, deadlines).await?;
        let outcome = match call.caller(self.caller.trust_user_id) {
            Some(caller) => {
                self.keep_and_queue(call, &caller, (&payload, raw), now)
                    .await?
            }
            None => {
                self.archive.put(&payload, raw).await?;
                self.unless_erased(Some(&call.conversation_id), &payload, Extraction::NoCaller)
                    .await?
            }
        };
        self.limit_received(&call.conversation_id, deadlines, outcome, now)
            .await?;
        Ok(outcome)
    }

    /// The call, the caller's index and the look at what was done before go together; the queue
    /// comes after them, because a job must find what it points to. So does the look for the mark,
    /// as in [`Self::unless_erased`]. An erased call that comes again may be in the hands of an
    /// extraction just now, so it is never simply deleted. A call that began before its caller was
    /// forgotten is erased as well, though it has no tombstone: nobody knew of it then, because it
    /// came late or was past its retention.
    async fn keep_and_queue(
        &self,
        call: &TranscriptionEvent,
        caller: &CallerId,
        (payload, raw): (&Key, Bytes),
        now: Timestamp,
    ) -> Result<Extraction, WebhookError> {
        let group = self.hash(caller).await?;
        let conversation = &call.conversation_id;
        let (index, done) = (
            Key::caller_index(&group, conversation),
            Key::done(conversation),
        );
        let (_, _, remembered) = tokio::try_join!(
            self.archive.put(payload, raw),
            self.archive.put(&index, Bytes::new()),
            self.archive.contains(&done)
        )?;
        let queue = async {
            if remembered {
                return Ok(Extraction::AlreadyDone);
            }
            if call.not_a_conversation().is_some() {
                return Ok(Extraction::NotAConversation);
            }
            let job = ExtractionJob::new(conversation.clone(), payload.clone());
            self.queue
                .push(Enqueued::after_call(job, group.clone()))
                .await?;
            Ok(Extraction::Queued)
        };
        let look = async {
            let (is_erased, is_forgotten) = tokio::try_join!(
                is_erased(&self.archive, conversation),
                is_forgotten(&self.archive, &group, call.began_at(now))
            )?;
            Ok::<_, WebhookError>(is_erased || is_forgotten)
        };
        let (outcome, erased) = tokio::try_join!(queue, look)?;
        if erased {
            return self.erase(conversation, Some(caller.clone())).await;
        }
        Ok(outcome)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a deadline is near or far from now"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests;
