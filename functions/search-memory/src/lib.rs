//! `POST /webhook/search-memory`: during a call, the agent looks up what the caller said before.
//!
//! One round trip: this agent's memories and those of all agents are asked for at once. A memory store that is away is
//! said to be away; it is never shown as "nothing is known".

mod answer;
mod request;
mod scope;

pub use answer::{Answer, Hit};
pub use request::Request;
pub use scope::Scope;

use std::future::Future;
use std::sync::Arc;

use axum::extract::{FromRef, State};
use axum::routing::post;
use axum::{Json, Router};
use common::call::{AgentId, CallerId, ConversationId};
use common::elevenlabs::authentic::{Doors, Trusted};
use common::measure;
use common::memory::{Importance, Memory};
use common::openmemory::{OpenMemory, OpenMemoryError, Search};
use common::settings::{CallerSettings, RecallSettings, Settings};
use tracing::{error, info};

use answer::Found;

/// Most memories in one answer: an agent that speaks can use a few short facts.
const BEST: usize = 5;

/// What this webhook works with; cheap to clone.
#[derive(Clone, FromRef)]
pub struct SearchMemory {
    doors: Doors,
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
    pub fn new(doors: Doors, openmemory: OpenMemory, settings: &Settings) -> Self {
        let Settings { caller, recall, .. } = settings.clone();
        Self { doors, openmemory, settings: Arc::new(Own { caller, recall }) }
    }
}

/// The route of this webhook.
pub fn router(state: SearchMemory) -> Router {
    Router::new().route("/webhook/search-memory", post(search)).with_state(state)
}

async fn search(State(state): State<SearchMemory>, Trusted(request): Trusted<Request>) -> Json<Answer> {
    let own = &state.settings;
    let scope = Scope::of(&request, own.recall.cross_agent);
    let Some(caller) = request.caller(own.caller.trust_user_id) else {
        return Json(Answer::about_nobody(&scope));
    };
    let found = state.look_up(&caller, &scope, &request.query()).await;
    let answer = Answer::of(found, own.recall.relevance_threshold);
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
    async fn look_up(&self, caller: &CallerId, scope: &Scope, query: &str) -> Found {
        let ask = |agent| {
            self.in_time(Search { caller, agent, query, min_importance: Importance::MIN, limit: BEST, distinct: true })
        };
        match scope {
            Scope::Nowhere => Found::nothing(),
            Scope::ThisAgent(agent) => Found::with_agent(agent, ask(Some(agent)).await),
            Scope::AllAgents => Found::with_all(ask(None).await),
            Scope::ThisAgentFirst(agent) => {
                let (own, all) = tokio::join!(ask(Some(agent)), ask(None));
                Found::choose(agent, own, all, self.settings.recall.relevance_threshold)
            }
        }
    }

    /// What was found, or `None` when the store failed or is late.
    fn in_time<'a>(&'a self, search: Search<'a>) -> impl Future<Output = Option<Vec<Memory>>> + 'a {
        let deadline = self.settings.recall.deadline;
        async move {
            let result: Result<_, OpenMemoryError> =
                match tokio::time::timeout(deadline, self.openmemory.search(search)).await {
                    Ok(result) => result,
                    Err(_) => Err(common::http_client::CallError::TimedOut.into()),
                };
            result
                .inspect_err(|error| {
                    measure::degraded_answer("search-memory");
                    error!(reason = %error, "memory cannot be searched");
                })
                .ok()
        }
    }
}
