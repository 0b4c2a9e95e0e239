//! `POST /webhook/post-call`: a call is over. Its body is kept byte for byte before it is understood, then its extraction
//! is queued.
//!
//! 200 for anything authentic that is safely kept, readable or not; 401 for what nothing proves; 503 when it could not be
//! kept or queued, so that ElevenLabs comes again.

mod kept;
mod receipt;

pub use receipt::Receipt;

use axum::extract::{DefaultBodyLimit, FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use common::archive::{Archive, Key, PayloadKind};
use common::call::CallerId;
use common::elevenlabs::authentic::{Doors, Signed};
use common::elevenlabs::event::{Event, TranscriptionEvent};
use common::queue::{Enqueued, ExtractionJob, ExtractionQueue};
use common::refusal::Refusal;
use common::secrets::Secrets;
use common::settings::{CallerSettings, Settings};
use tracing::info;

use receipt::Extraction;

/// What this webhook works with; cheap to clone.
#[derive(Clone)]
pub struct PostCall<A, Q> {
    doors: Doors,
    secrets: Secrets,
    archive: A,
    queue: Q,
    caller: CallerSettings,
}

impl<A: Archive, Q: ExtractionQueue> PostCall<A, Q> {
    /// The webhook behind these doors, keeping calls in `archive` and queueing them in `queue`.
    pub fn new(doors: Doors, secrets: Secrets, archive: A, queue: Q, settings: &Settings) -> Self {
        Self { doors, secrets, archive, queue, caller: settings.caller.clone() }
    }
}

impl<A, Q> FromRef<PostCall<A, Q>> for Doors {
    fn from_ref(state: &PostCall<A, Q>) -> Self {
        state.doors.clone()
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
    Signed { event, raw }: Signed,
) -> Result<Json<Receipt>, Refusal> {
    let extraction = state.keep(&event, raw).await?;
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
    async fn keep(&self, event: &Event, raw: Bytes) -> Result<Extraction, Refusal> {
        match event {
            Event::Transcription(call) => self.keep_call(call, raw).await,
            Event::Erased { .. } => Ok(Extraction::NothingKept),
            _ => {
                let (key, body) = kept::payload(event, raw);
                self.archive.put(&key, body).await?;
                Ok(Extraction::NotApplicable)
            }
        }
    }

    async fn keep_call(&self, call: &TranscriptionEvent, raw: Bytes) -> Result<Extraction, Refusal> {
        let payload = Key::payload(&call.conversation_id, &PayloadKind::Transcription);
        let Some(caller) = call.caller(self.caller.trust_user_id) else {
            self.archive.put(&payload, raw).await?;
            return Ok(Extraction::NoCaller);
        };
        self.keep_and_queue(call, &caller, payload, raw).await
    }

    /// The call, the caller's index and the look at what was done before go together; the queue comes last, because a job
    /// must find what it points to.
    async fn keep_and_queue(
        &self,
        call: &TranscriptionEvent,
        caller: &CallerId,
        payload: Key,
        raw: Bytes,
    ) -> Result<Extraction, Refusal> {
        let secrets = self.secrets.current().await;
        let group = caller.hash(secrets.caller_id_pepper().ok_or(Refusal::NotSetUp("CALLER_ID_PEPPER"))?);
        let (index, done) = (Key::caller_index(&group, &call.conversation_id), Key::done(&call.conversation_id));
        let (_, _, remembered) = tokio::try_join!(
            self.archive.put(&payload, raw),
            self.archive.put(&index, Bytes::new()),
            self.archive.contains(&done)
        )?;
        if remembered {
            return Ok(Extraction::AlreadyDone);
        }
        let job = ExtractionJob::new(call.conversation_id.clone(), payload);
        self.queue.push(Enqueued::after_call(job, group)).await?;
        Ok(Extraction::Queued)
    }
}
