//! `POST /webhook/search-memory`: during a call, the agent looks up what the caller said before.
//!
//! One round trip: memories and caller card are requested at once, one request each. The response
//! contains the best memories whatever their relevance, so the agent never claims to know nothing
//! about a caller it knows. If the memory store is unavailable, the response says so instead of
//! looking like an empty result.

mod caller;
mod matching;
mod outcome;
mod request;
mod response;
mod scope;

pub use caller::Caller;
pub use matching::Match;
pub use request::Request;
pub use response::{Hit, SearchResponse};
pub use scope::Scope;

use std::future::Future;
use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use common::call::{AgentId, CallerId};
use common::elevenlabs::auth::{Authenticated, WebhookAuth};
use common::memory::{CallerCard, Importance, is_shareable_with};
use common::openmemory::{ExplainedMemory, OpenMemory, OpenMemoryError, Search, within_deadline};
use common::settings::{CallerSettings, RecallSettings, Settings};
use common::{trace, webhook_path};
use tracing::{error, info};

use outcome::SearchOutcome;

/// Maximum number of memories in a response: a speaking agent can use only a few short facts.
const MAX_RESULTS: usize = 5;
/// How many memories of all agents are requested to pick this agent's from.
const CANDIDATES: usize = 20;

/// The state of this webhook; cheap to clone.
#[derive(Clone, FromRef)]
pub struct SearchMemory {
    auth: WebhookAuth,
    openmemory: OpenMemory,
    settings: Arc<SearchMemorySettings>,
}

struct SearchMemorySettings {
    caller: CallerSettings,
    recall: RecallSettings,
}

impl SearchMemory {
    /// Creates the webhook. It authenticates with `auth` and reads from `openmemory`.
    #[must_use]
    pub fn new(auth: WebhookAuth, openmemory: OpenMemory, settings: &Settings) -> Self {
        Self {
            auth,
            openmemory,
            settings: Arc::new(SearchMemorySettings {
                caller: settings.caller.clone(),
                recall: settings.recall.clone(),
            }),
        }
    }
}

/// Returns the route of this webhook.
pub fn router(state: SearchMemory) -> Router {
    Router::new()
        .route(webhook_path::SEARCH_MEMORY, post(search))
        .with_state(state)
}

async fn search(
    State(state): State<SearchMemory>,
    Authenticated(request): Authenticated<Request>,
) -> Json<SearchResponse> {
    trace::record(request.agent_id.as_ref(), request.conversation_id.as_ref());
    let Some(caller) = request.caller(state.settings.caller.trust_user_id) else {
        let scope = Scope::from_request(&request, state.settings.recall.cross_agent);
        return Json(SearchResponse::anonymous(&scope));
    };
    let response = state.answer(&caller, &request).await;
    info!(
        results = response.results.len(),
        memory_available = response.memory_available,
        "memories searched"
    );
    Json(response)
}

impl SearchMemory {
    /// Answers a request about this caller, whoever the request names. The console shows operators
    /// what an agent would receive.
    pub async fn answer(&self, caller: &CallerId, request: &Request) -> SearchResponse {
        let recall = &self.settings.recall;
        let agent = request.agent_id.as_ref();
        let scope = Scope::from_request(request, recall.cross_agent);
        let outcome = self.look_up(caller, agent, &scope, &request.query()).await;
        SearchResponse::new(outcome, recall.relevance_threshold)
    }

    /// Returns the memories that the search behind [`answer`](Self::answer) finds, and what the score
    /// of each consists of.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular if the store cannot explain its order.
    pub async fn explain(
        &self,
        caller: &CallerId,
        request: &Request,
    ) -> Result<Vec<ExplainedMemory>, OpenMemoryError> {
        let scope = Scope::from_request(request, self.settings.recall.cross_agent);
        if scope == Scope::Nowhere {
            return Ok(Vec::new());
        }
        self.openmemory
            .explain(search_in(&scope, caller, &request.query()))
            .await
    }

    /// Requests memories and card at once, so it takes as long as the slower request and never
    /// longer than the deadline.
    async fn look_up(
        &self,
        caller: &CallerId,
        agent: Option<&AgentId>,
        scope: &Scope,
        query: &str,
    ) -> SearchOutcome {
        if *scope == Scope::Nowhere {
            return SearchOutcome::empty();
        }
        let search = search_in(scope, caller, query);
        let (memories, card) = tokio::join!(
            self.in_time("memory search failed", self.openmemory.recall(search)),
            self.in_time("caller card lookup failed", self.card(agent, caller)),
        );
        let memories = memories.map(|mut memories| {
            memories.retain(|memory| is_shareable_with(memory, agent));
            memories
        });
        SearchOutcome::within(scope, memories, self.settings.recall.relevance_threshold)
            .with_card(card.flatten())
    }

    async fn card(
        &self,
        agent: Option<&AgentId>,
        caller: &CallerId,
    ) -> Result<Option<CallerCard>, OpenMemoryError> {
        match agent {
            Some(agent) => self.openmemory.card(agent, caller).await,
            None => Ok(None),
        }
    }

    /// Returns the result of `call`, or `None` if it fails or misses the deadline.
    async fn in_time<T>(
        &self,
        failure: &'static str,
        call: impl Future<Output = Result<T, OpenMemoryError>>,
    ) -> Option<T> {
        let deadline = self.settings.recall.deadline;
        within_deadline(webhook_path::SEARCH_MEMORY, deadline, call)
            .await
            .inspect_err(|error| error!(reason = %error, "{failure}"))
            .ok()
    }
}

/// The search for `query` within `scope`. If this agent's memories come first, they are picked from
/// a longer list of all agents' memories.
fn search_in<'a>(scope: &'a Scope, caller: &'a CallerId, query: &'a str) -> Search<'a> {
    let picks_own_first = matches!(scope, Scope::ThisAgentFirst(_));
    Search {
        caller,
        agent: scope.agent(),
        query,
        min_importance: Importance::MIN,
        limit: if picks_own_first {
            CANDIDATES
        } else {
            MAX_RESULTS
        },
        include_superseded: true,
        // If two agents stored the same words, the store might return only the other agent's
        // memory, so duplicates are removed after this agent's memories have been picked.
        distinct: !picks_own_first,
    }
}
