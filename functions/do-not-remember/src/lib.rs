//! `POST /webhook/do-not-remember`: during a call, the caller asks not to be remembered.
//!
//! Records the wish in the caller's tombstone first and then in those of the ids that are linked to
//! the caller, and deletes the memories and cards of this person. From then on post-call and
//! extraction store nothing of the person, the current call included. If the memory store fails, the
//! caller's own wish holds, and a repeated request completes it.
//!
//! Archived calls stay, because the number of a caller can be forged. An operator erases them with
//! `elaaoms memories opt-out`.

mod request;
mod response;

use std::time::Duration;

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use common::archive::{Archive, OptOut, Requester, opt_out};
use common::call::{CallerHash, CallerId};
use common::elevenlabs::auth::{Authenticated, WebhookAuth};
use common::openmemory::{OpenMemory, within_deadline};
use common::secrets::Secrets;
use common::settings::{CallerSettings, Settings};
use common::webhook_error::WebhookError;
use common::{trace, webhook_path};
use jiff::Timestamp;
use secrecy::SecretString;
use tracing::{error, info};

use request::Request;
use response::Answer;

/// How long the memory store may take to return the linked ids.
const LINKS_DEADLINE: Duration = Duration::from_secs(2);
/// How long the memory store may take to delete everything of a caller. With the deadline above,
/// shorter than the time limit of the function and of the tool.
const STORE_DEADLINE: Duration = Duration::from_secs(6);

/// The state of this webhook; cheap to clone.
#[derive(Clone)]
pub struct DoNotRemember<A> {
    auth: WebhookAuth,
    secrets: Secrets,
    archive: A,
    openmemory: OpenMemory,
    caller: CallerSettings,
}

impl<A: Archive> DoNotRemember<A> {
    /// Creates the webhook. It authenticates with `auth`, records wishes in `archive` and deletes
    /// memories from `openmemory`.
    pub fn new(
        auth: WebhookAuth,
        secrets: Secrets,
        archive: A,
        openmemory: OpenMemory,
        settings: &Settings,
    ) -> Self {
        Self {
            auth,
            secrets,
            archive,
            openmemory,
            caller: settings.caller.clone(),
        }
    }
}

impl<A> FromRef<DoNotRemember<A>> for WebhookAuth {
    fn from_ref(state: &DoNotRemember<A>) -> Self {
        state.auth.clone()
    }
}

/// Returns the route of this webhook.
pub fn router<A: Archive>(state: DoNotRemember<A>) -> Router {
    Router::new()
        .route(webhook_path::DO_NOT_REMEMBER, post(receive::<A>))
        .with_state(state)
}

async fn receive<A: Archive>(
    State(state): State<DoNotRemember<A>>,
    Authenticated(request): Authenticated<Request>,
) -> Result<Json<Answer>, WebhookError> {
    trace::record(request.agent_id.as_ref(), request.conversation_id.as_ref());
    let answer = state.answer(request, now()).await?;
    info!(status = answer.status(), "wish not to be remembered");
    Ok(Json(answer))
}

impl<A: Archive> DoNotRemember<A> {
    async fn answer(&self, request: Request, now: Timestamp) -> Result<Answer, WebhookError> {
        if !request.names_a_caller() {
            return Err(WebhookError::BadRequest("caller_id is missing".to_owned()));
        }
        let Some(caller) = request.caller(self.caller.trust_user_id) else {
            return Ok(Answer::ANONYMOUS);
        };
        if !request.is_confirmed() {
            return Ok(Answer::NOT_CONFIRMED);
        }
        let wish = OptOut {
            requested_by: Requester::Agent,
            agent_id: request.agent_id,
            conversation_id: request.conversation_id,
            ..OptOut::by_operator(now)
        };
        let pepper = self.pepper().await?;
        let own = caller.pseudonyms(&pepper);
        self.record(&own, &wish).await?;
        let Some(linked) = self.linked(&caller).await else {
            return Ok(Answer::STORE_UNAVAILABLE);
        };
        let person = for_person(&wish, &own, &linked, &pepper);
        if person.pseudonyms.len() > own.len() {
            self.record(&person.pseudonyms, &person).await?;
        }
        Ok(self.delete(&caller).await)
    }

    async fn pepper(&self) -> Result<SecretString, WebhookError> {
        let secrets = self.secrets.current().await;
        let pepper = secrets.caller_id_pepper();
        pepper
            .cloned()
            .ok_or(WebhookError::MissingSecret("CALLER_ID_PEPPER"))
    }

    async fn record(&self, caller: &[CallerHash], wish: &OptOut) -> Result<(), WebhookError> {
        opt_out(&self.archive, caller, wish)
            .await
            .map_err(WebhookError::NotRecorded)
    }

    /// Returns the ids that are linked to the caller, or `None` if the store fails. The store forgets
    /// links with the caller, so this comes before the deletion.
    async fn linked(&self, caller: &CallerId) -> Option<Vec<CallerId>> {
        let linked = self.openmemory.linked_ids(caller);
        within_deadline(webhook_path::DO_NOT_REMEMBER, LINKS_DEADLINE, linked)
            .await
            .inspect_err(|error| {
                error!(reason = %error, "linked ids of a caller who opted out are not known");
            })
            .ok()
    }

    /// Deletes the caller's memories and cards.
    async fn delete(&self, caller: &CallerId) -> Answer {
        let forgotten = self.openmemory.forget_caller(caller);
        match within_deadline(webhook_path::DO_NOT_REMEMBER, STORE_DEADLINE, forgotten).await {
            Ok(_) => Answer::DONE,
            Err(error) => {
                error!(reason = %error, "memories of a caller who opted out were not deleted");
                Answer::STORE_UNAVAILABLE
            }
        }
    }
}

/// Returns the wish of a person with several ids. It names all of them, because the store forgets
/// which ids were linked.
fn for_person(
    wish: &OptOut,
    own: &[CallerHash],
    linked: &[CallerId],
    pepper: &SecretString,
) -> OptOut {
    let mut wish = wish.clone();
    wish.add(own);
    for id in linked {
        wish.add(&id.pseudonyms(pepper));
    }
    wish
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tombstone holds the time of the request"
)]
fn now() -> Timestamp {
    Timestamp::now()
}
