//! `POST /webhook/search-memory`: during a call, the agent looks up what the caller said before.
//!
//! One round trip: memories and caller card are asked for at once, each with one request. The best
//! memories are given whatever their relevance, so that the agent never says that nothing is known
//! of a caller who is known. A memory store that is away is said to be away; it is never shown as
//! "nothing is known".

mod answer;
mod caller;
mod found;
mod matching;
mod request;
mod scope;

pub use answer::{Hit, SearchResponse};
pub use caller::Caller;
pub use matching::Match;
pub use request::Request;
pub use scope::Scope;

use std::future::Future;
use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use common::call::{AgentId, CallerId, ConversationId};
use common::elevenlabs::auth::{Authenticated, WebhookAuth};
use common::measure;
use common::memory::{Importance, is_told_to};
use common::openmemory::{OpenMemory, OpenMemoryError, Search};
use common::settings::{CallerSettings, RecallSettings, Settings};
use tracing::{error, info};

use found::Found;

/// Most memories in one answer: an agent that speaks can use a few short facts.
const BEST: usize = 5;
/// Memories of all agents among which this agent's are looked for first.
const CANDIDATES: usize = 20;

/// What this webhook works with; cheap to clone.
#[derive(Clone, FromRef)]
pub struct SearchMemory {
    auth: WebhookAuth,
    openmemory: OpenMemory,
    settings: Arc<Own>,
}

struct Own {
    caller: CallerSettings,
    recall: RecallSettings,
}

impl SearchMemory {
    /// The webhook behind these doors, over this store.
    #[must_use]
    pub fn new(auth: WebhookAuth, openmemory: OpenMemory, settings: &Settings) -> Self {
        let Settings { caller, recall, .. } = settings.clone();
        Self {
            auth,
            openmemory,
            settings: Arc::new(Own { caller, recall }),
        }
    }
}

/// The route of this webhook.
pub fn router(state: SearchMemory) -> Router {
    Router::new()
        .route("/webhook/search-memory", post(search))
        .with_state(state)
}

async fn search(
    State(state): State<SearchMemory>,
    Authenticated(request): Authenticated<Request>,
) -> Json<SearchResponse> {
    let own = &state.settings;
    let scope = Scope::of(&request, own.recall.cross_agent);
    let Some(caller) = request.caller(own.caller.trust_user_id) else {
        return Json(SearchResponse::about_nobody(&scope));
    };
    let found = state
        .look_up(&caller, request.agent_id.as_ref(), &scope, &request.query())
        .await;
    let answer = SearchResponse::of(found, own.recall.relevance_threshold);
    info!(
        agent_id = request.agent_id.as_ref().map(AgentId::as_str),
        conversation_id = request.conversation_id.as_ref().map(ConversationId::as_str),
        results = answer.results.len(),
        memory_available = answer.memory_available,
        "memory was searched"
    );
    Json(answer)
}

impl SearchMemory {
    /// Memories and card at once: the waiting is that of the slower one, and never longer than the
    /// deadline.
    async fn look_up(
        &self,
        caller: &CallerId,
        agent: Option<&AgentId>,
        scope: &Scope,
        query: &str,
    ) -> Found {
        if *scope == Scope::Nowhere {
            return Found::nothing();
        }
        let is_chosen_here = matches!(scope, Scope::ThisAgentFirst(_));
        let search = Search {
            caller,
            agent: scope.agent(),
            query,
            min_importance: Importance::MIN,
            limit: if is_chosen_here { CANDIDATES } else { BEST },
            include_superseded: true,
            // Of two agents that were told the same, this one's memory must not be the one that is
            // left out.
            distinct: !is_chosen_here,
        };
        let card = async {
            match agent {
                Some(agent) => self.openmemory.card(agent, caller).await,
                None => Ok(None),
            }
        };
        let (memories, card) = tokio::join!(
            self.in_time("memory cannot be searched", self.openmemory.recall(search)),
            self.in_time("the caller card cannot be read", card),
        );
        let mut memories = memories;
        memories
            .iter_mut()
            .for_each(|found| found.retain(|memory| is_told_to(memory, agent)));
        Found::within(scope, memories, self.settings.recall.relevance_threshold)
            .with_card(card.flatten())
    }

    /// What the store gave, or `None` when it failed or is late.
    async fn in_time<T>(
        &self,
        failure: &'static str,
        call: impl Future<Output = Result<T, OpenMemoryError>>,
    ) -> Option<T> {
        let result = match tokio::time::timeout(self.settings.recall.deadline, call).await {
            Ok(result) => result,
            Err(_) => Err(common::http_client::CallError::TimedOut.into()),
        };
        result
            .inspect_err(|error| {
                measure::degraded_answer("search-memory");
                error!(reason = %error, "{failure}");
            })
            .ok()
    }
}
