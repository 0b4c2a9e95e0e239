//! The identifiers that every log line of one request or job carries.
//!
//! A request or job runs in a span. Its log lines have the fields of that span: `request_id`,
//! `conversation_id` and `agent_id`, as far as they are known.

use tracing::field::{Empty, display};
use tracing::{Instrument, Span, error_span};
use uuid::Uuid;

use crate::call::{AgentId, ConversationId};

tokio::task_local! {
    static REQUEST_ID: String;
}

/// Runs a request in a span with a new request id.
pub async fn in_request<F: Future>(request: F) -> F::Output {
    let request_id = new_request_id();
    // At ERROR, so that the span exists at every log level.
    let span = error_span!(
        "request",
        request_id,
        conversation_id = Empty,
        agent_id = Empty
    );
    REQUEST_ID.scope(request_id, request.instrument(span)).await
}

/// Runs a job of one conversation in a span.
pub async fn in_job<F: Future>(conversation: &ConversationId, job: F) -> F::Output {
    let span = error_span!("job", conversation_id = %conversation, agent_id = Empty);
    job.instrument(span).await
}

/// Returns the id of the current request, or a new one outside a request. The response and the log
/// lines carry the same id.
#[must_use]
pub fn request_id() -> String {
    REQUEST_ID
        .try_with(Clone::clone)
        .unwrap_or_else(|_| new_request_id())
}

/// Adds the conversation to the log lines that follow.
pub fn record_conversation(conversation: &ConversationId) {
    Span::current().record("conversation_id", display(conversation));
}

/// Adds the agent to the log lines that follow.
pub fn record_agent(agent: &AgentId) {
    Span::current().record("agent_id", display(agent));
}

fn new_request_id() -> String {
    format!("req_{}", Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_has_one_id_and_another_request_has_another() {
        let (first, again) = in_request(async { (request_id(), request_id()) }).await;
        assert_eq!(first, again);
        assert_ne!(in_request(async { request_id() }).await, first);
        assert_ne!(request_id(), request_id(), "outside a request");
    }
}
