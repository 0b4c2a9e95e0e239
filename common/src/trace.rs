//! The identifiers that every log line of one request or job carries, and the trace headers that
//! its requests to the memory store and the model carry.
//!
//! A request or job runs in a span. Its log lines have the fields of that span: `request_id`,
//! `trace_id`, `conversation_id` and `agent_id`, as far as they are known. The trace comes from the
//! request's headers or from the queue message. Without either, a new one begins.

mod xray;

use http::{HeaderMap, HeaderName};
use reqwest::RequestBuilder;
use tracing::field::{self, Empty};
use tracing::{Instrument, Span, error_span, record_all};
use uuid::Uuid;
use web::trace::{TRACEPARENT, Trace};

use crate::call::{AgentId, ConversationId};
use xray::XrayHeader;

/// The header of AWS X-Ray. On Lambda, every request has it.
const XRAY: HeaderName = HeaderName::from_static("x-amzn-trace-id");

tokio::task_local! {
    static REQUEST_ID: String;
    static TRACE: Trace;
    static XRAY_HEADER: Option<XrayHeader>;
}

/// The trace that a request continues.
#[derive(Debug)]
pub struct IncomingTrace {
    trace: Trace,
    xray: Option<XrayHeader>,
}

impl IncomingTrace {
    /// Reads the trace from a request's headers. Malformed headers are ignored.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Self {
        let xray = single(headers, XRAY).and_then(XrayHeader::parse);
        Self {
            trace: continued(single(headers, TRACEPARENT), xray.as_ref()),
            xray,
        }
    }
}

/// Runs a request in a span with a new request id and its trace.
pub async fn in_request<F: Future>(incoming: IncomingTrace, request: F) -> F::Output {
    let IncomingTrace { trace, xray } = incoming;
    let request_id = new_request_id();
    // At ERROR, so that the span exists at every log level.
    let span = error_span!(
        "request",
        request_id,
        trace_id = trace.id(),
        conversation_id = Empty,
        agent_id = Empty
    );
    let request = REQUEST_ID.scope(request_id, request.instrument(span));
    XRAY_HEADER.scope(xray, TRACE.scope(trace, request)).await
}

/// Runs a job of one conversation in a span, with the trace that [`traceparent`] returned when the
/// job was queued.
pub async fn in_job<F: Future>(
    conversation: &ConversationId,
    traceparent: Option<&str>,
    job: F,
) -> F::Output {
    let trace = continued(traceparent, current_xray().as_ref());
    let span = error_span!(
        "job",
        trace_id = trace.id(),
        conversation_id = %conversation,
        agent_id = Empty
    );
    // A job is a large future. In a box, the scopes around it do not make it larger.
    let job = Box::pin(job.instrument(span));
    TRACE.scope(trace, job).await
}

/// Runs the jobs of one invocation of a Lambda function, which has this X-Ray header.
pub async fn in_invocation<F: Future>(xray: Option<&str>, jobs: F) -> F::Output {
    XRAY_HEADER
        .scope(xray.and_then(XrayHeader::parse), jobs)
        .await
}

/// Returns the id of the current request, or a new one outside a request. The response and the log
/// lines carry the same id.
#[must_use]
pub fn request_id() -> String {
    REQUEST_ID
        .try_with(Clone::clone)
        .unwrap_or_else(|_| new_request_id())
}

/// Returns the `traceparent` that continues the current trace, or `None` outside a request or job.
#[must_use]
pub fn traceparent() -> Option<String> {
    TRACE.try_with(|trace| trace.traceparent()).ok()
}

/// Adds the headers that continue the current trace.
pub fn propagate(mut request: RequestBuilder) -> RequestBuilder {
    if let Some(traceparent) = traceparent() {
        request = request.header(TRACEPARENT, traceparent);
    }
    if let Some(xray) = current_xray() {
        request = request.header(XRAY, xray.as_str());
    }
    request
}

/// Adds the agent and the conversation to the log lines that follow, as far as they are known.
///
/// Call it once: each call parses and formats all fields of the span anew.
pub fn record(agent: Option<&AgentId>, conversation: Option<&ConversationId>) {
    if agent.is_none() && conversation.is_none() {
        return;
    }
    record_all!(
        Span::current(),
        agent_id = agent.map(field::display),
        conversation_id = conversation.map(field::display)
    );
}

/// Returns the trace that a valid header names, or else a new one.
fn continued(traceparent: Option<&str>, xray: Option<&XrayHeader>) -> Trace {
    traceparent
        .and_then(Trace::parse)
        .or_else(|| xray.map(XrayHeader::trace))
        .unwrap_or_else(Trace::start)
}

fn current_xray() -> Option<XrayHeader> {
    XRAY_HEADER.try_with(Clone::clone).ok().flatten()
}

/// Returns the value of a header that was sent exactly once.
fn single(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}

fn new_request_id() -> String {
    format!("req_{}", Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests;
