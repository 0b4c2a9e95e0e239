//! `POST /webhook/client-data`: when the phone rings, tells the agent who is calling.
//!
//! One round trip to the memory store and no language model: extraction prepared everything after
//! the previous call. A call must start whatever fails here, so every failure yields defaults.

mod outbound;
mod profiles;
mod request;
mod response;

pub use outbound::outbound;
pub use request::Request;
pub use response::{ClientDataResponse, DynamicVariables};

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use common::call::{AgentId, CallerId};
use common::elevenlabs::auth::{Authenticated, WebhookAuth};
use common::memory::{AgentProfile, Importance, Memory};
use common::openmemory::{OpenMemory, OpenMemoryError, Search, within_deadline};
use common::settings::{CallerSettings, GreetingSettings, RecallSettings, Settings};
use common::{trace, webhook_path};
use tracing::{info, warn};

use profiles::Profiles;
use response::CallerLookup;

/// Maximum number of memories, over all agents, that are considered for one context.
const MAX_SHARED_MEMORIES: usize = 10;

/// The state of this webhook; cheap to clone.
#[derive(Clone, FromRef)]
pub struct ClientData {
    auth: WebhookAuth,
    openmemory: OpenMemory,
    profiles: Arc<Profiles>,
    settings: Arc<ClientDataSettings>,
}

struct ClientDataSettings {
    caller: CallerSettings,
    greeting: GreetingSettings,
    recall: RecallSettings,
}

impl ClientData {
    /// Creates the webhook. It authenticates with `auth` and reads from `openmemory`.
    #[must_use]
    pub fn new(auth: WebhookAuth, openmemory: OpenMemory, settings: &Settings) -> Self {
        Self {
            auth,
            openmemory,
            profiles: Arc::default(),
            settings: Arc::new(ClientDataSettings {
                caller: settings.caller.clone(),
                greeting: settings.greeting.clone(),
                recall: settings.recall.clone(),
            }),
        }
    }
}

/// Returns the route of this webhook.
pub fn router(state: ClientData) -> Router {
    Router::new()
        .route(webhook_path::CLIENT_DATA, post(greet))
        .with_state(state)
}

async fn greet(
    State(state): State<ClientData>,
    Authenticated(request): Authenticated<Request>,
) -> Json<ClientDataResponse> {
    let settings = &state.settings;
    let agent = request.agent_id.as_ref();
    trace::record(agent, None);
    let lookup = match (agent, request.caller(settings.caller.trust_user_id)) {
        (Some(agent), Some(caller)) => state.look_up(agent, &caller).await,
        (Some(agent), None) => state.look_up_agent(agent).await,
        (None, _) => CallerLookup::default(),
    };
    info!(caller_known = lookup.knows_caller(), "call started");
    let response = response::compose(
        lookup,
        agent,
        &settings.greeting,
        settings.recall.high_importance,
    );
    Json(if settings.caller.trust_user_id {
        response.with_user_id(request.user_id())
    } else {
        response
    })
}

/// Returns the caller's memories from all agents, or none if agents may not share memories.
///
/// Any memory makes the caller known, but only important ones reach the agent. An empty query lists
/// the most important first.
async fn shared_memories(
    openmemory: &OpenMemory,
    caller: &CallerId,
    cross_agent: bool,
) -> Result<Vec<Memory>, OpenMemoryError> {
    if !cross_agent {
        return Ok(Vec::new());
    }
    let search = Search {
        caller,
        agent: None,
        query: "",
        min_importance: Importance::MIN,
        limit: MAX_SHARED_MEMORIES,
        include_superseded: false,
        distinct: true,
    };
    openmemory.search(search).await
}

impl ClientData {
    /// Requests everything at once, so it takes as long as the slowest request and never longer
    /// than the deadline.
    async fn look_up(&self, agent: &AgentId, caller: &CallerId) -> CallerLookup {
        let memories = shared_memories(&self.openmemory, caller, self.settings.recall.cross_agent);
        let (card, profile, memories) = tokio::join!(
            self.in_time("card", self.openmemory.card(agent, caller)),
            self.profile(agent),
            self.in_time("memories of all agents", memories),
        );
        CallerLookup {
            card: card.flatten(),
            profile,
            shared_memories: memories.unwrap_or_default(),
        }
    }

    /// Looks up only the agent's profile, for an anonymous caller.
    async fn look_up_agent(&self, agent: &AgentId) -> CallerLookup {
        CallerLookup {
            profile: self.profile(agent).await,
            ..CallerLookup::default()
        }
    }

    async fn profile(&self, agent: &AgentId) -> Option<AgentProfile> {
        let cached = self.profiles.fresh(agent, Instant::now());
        if cached.is_some() {
            return cached;
        }
        let Some(stored) = self
            .in_time("agent profile", self.openmemory.agent_profile(agent))
            .await
        else {
            return self.profiles.stale(agent);
        };
        if let Some(profile) = &stored {
            self.profiles.insert(agent, profile, Instant::now());
        }
        stored
    }

    /// Returns the result of `call`, or `None` if it fails or misses the deadline. The call then
    /// starts without it.
    async fn in_time<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, OpenMemoryError>>,
    ) -> Option<T> {
        let deadline = self.settings.greeting.deadline;
        within_deadline(webhook_path::CLIENT_DATA, deadline, call)
            .await
            .inspect_err(|error| warn!(what, reason = %error, "call started without memory"))
            .ok()
    }
}
