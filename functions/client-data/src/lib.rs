//! `POST /webhook/client-data`: the phone rings, and the agent is told whom it greets.
//!
//! One round trip to the memory store and no language model: everything was worked out after the
//! previous call. A call starts whatever happens here, so every failure is answered with defaults.

mod answer;
mod outbound;
mod profiles;
mod request;

pub use answer::{ClientDataResponse, DynamicVariables};
pub use outbound::outbound;
pub use request::Request;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use common::call::{AgentId, CallerId};
use common::elevenlabs::auth::{Authenticated, WebhookAuth};
use common::measure;
use common::memory::{AgentProfile, Importance, Memory};
use common::openmemory::{OpenMemory, OpenMemoryError, Search};
use common::settings::{CallerSettings, GreetingSettings, RecallSettings, Settings};
use tracing::{info, warn};

use answer::Recalled;
use profiles::Profiles;

/// Most memories of other agents that are put into one context.
const ELSEWHERE: usize = 10;

/// What this webhook works with; cheap to clone.
#[derive(Clone, FromRef)]
pub struct ClientData {
    auth: WebhookAuth,
    openmemory: OpenMemory,
    profiles: Arc<Profiles>,
    settings: Arc<Own>,
}

struct Own {
    caller: CallerSettings,
    greeting: GreetingSettings,
    recall: RecallSettings,
}

impl ClientData {
    /// The webhook behind these doors, over this store.
    #[must_use]
    pub fn new(auth: WebhookAuth, openmemory: OpenMemory, settings: &Settings) -> Self {
        let Settings {
            caller,
            greeting,
            recall,
            ..
        } = settings.clone();
        let settings = Arc::new(Own {
            caller,
            greeting,
            recall,
        });
        Self {
            auth,
            openmemory,
            profiles: Arc::default(),
            settings,
        }
    }
}

/// The route of this webhook.
pub fn router(state: ClientData) -> Router {
    Router::new()
        .route("/webhook/client-data", post(greet))
        .with_state(state)
}

async fn greet(
    State(state): State<ClientData>,
    Authenticated(request): Authenticated<Request>,
) -> Json<ClientDataResponse> {
    let own = &state.settings;
    let recalled = match (
        request.agent_id.as_ref(),
        request.caller(own.caller.trust_user_id),
    ) {
        (Some(agent), Some(caller)) => state.recall(agent, &caller).await,
        (Some(agent), None) => state.recall_agent(agent).await,
        (None, _) => Recalled::default(),
    };
    info!(
        agent_id = request.agent_id.as_ref().map(AgentId::as_str),
        caller_known = recalled.knows_caller(),
        "a call begins"
    );
    let answer = answer::compose(
        recalled,
        request.agent_id.as_ref(),
        &own.greeting,
        own.recall.high_importance,
    );
    Json(if own.caller.trust_user_id {
        answer.with_user_id(request.user_id())
    } else {
        answer
    })
}

/// A caller's memories of all agents, where agents share them. Any memory makes a caller known;
/// only important ones are told. An empty question lists the most important first.
async fn everywhere(
    openmemory: &OpenMemory,
    caller: &CallerId,
    cross_agent: bool,
) -> Result<Vec<Memory>, OpenMemoryError> {
    let search = Search {
        caller,
        agent: None,
        query: "",
        min_importance: Importance::MIN,
        limit: ELSEWHERE,
        include_superseded: false,
        distinct: true,
    };
    if cross_agent {
        openmemory.search(search).await
    } else {
        Ok(Vec::new())
    }
}

impl ClientData {
    /// Everything at once: the waiting is that of the slowest, and never longer than the deadline.
    async fn recall(&self, agent: &AgentId, caller: &CallerId) -> Recalled {
        let everywhere = everywhere(&self.openmemory, caller, self.settings.recall.cross_agent);
        let (card, profile, everywhere) = tokio::join!(
            self.in_time("card", self.openmemory.card(agent, caller)),
            self.profile(agent),
            self.in_time("memories of all agents", everywhere),
        );
        Recalled {
            card: card.flatten(),
            profile,
            everywhere: everywhere.unwrap_or_default(),
        }
    }

    /// Nobody to remember: only the agent's own first words are asked for.
    async fn recall_agent(&self, agent: &AgentId) -> Recalled {
        Recalled {
            profile: self.profile(agent).await,
            ..Recalled::default()
        }
    }

    async fn profile(&self, agent: &AgentId) -> Option<AgentProfile> {
        let known = self.profiles.fresh(agent, Instant::now());
        if known.is_some() {
            return known;
        }
        match self
            .in_time("agent profile", self.openmemory.agent_profile(agent))
            .await
        {
            Some(asked) => {
                asked
                    .iter()
                    .for_each(|profile| self.profiles.keep(agent, profile, Instant::now()));
                asked
            }
            None => self.profiles.stale(agent),
        }
    }

    /// What was asked for, or `None` when it failed or is late: then the call starts without.
    async fn in_time<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, OpenMemoryError>>,
    ) -> Option<T> {
        let deadline: Duration = self.settings.greeting.deadline;
        let reason = match tokio::time::timeout(deadline, call).await {
            Ok(Ok(recalled)) => return Some(recalled),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "the deadline is over".to_owned(),
        };
        measure::degraded_answer("client-data");
        warn!(what, reason, "a call begins without memory");
        None
    }
}
