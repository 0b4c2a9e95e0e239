//! What the operator states about a caller: corrections and additions.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use common::call::AgentId;
use common::correction::{Corrections, Statement};
use common::events::{OperatorMemory, Outbox};
use common::memory::{Category, Importance, MAX_CONTENT_CHARS};
use serde_json::json;

use super::back_to_caller;
use crate::Console;
use crate::access::Submitted;
use crate::data::{Person, memory};
use crate::error::PageError;

/// `POST /callers/{pseudonym}/correct`: stores another content, which supersedes the memory.
pub(crate) async fn correct(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let wrong = memory(&console, &person, form.get("id")).await?;
    let content = read_content(&form)?;
    if content == wrong.content {
        return Err(PageError::invalid("The text is the same as before."));
    }
    let agent = wrong.agent_id.as_ref().ok_or_else(|| {
        PageError::invalid("The memory names no agent. Delete it and add another.")
    })?;
    let correct = Statement {
        content,
        importance: wrong.importance,
        category: wrong.category.unwrap_or(Category::Factual),
        is_pinned: wrong.is_pinned,
    };
    let outbox = outbox(&console)?;
    let outcome = corrections(&console, &person)
        .correct(&wrong, agent, &correct)
        .await?;
    let counts = json!({"memories": 1, "corrected": 1});
    console.audit("edit", Some(&person), counts).await?;
    OperatorMemory {
        caller: person.hash(),
        agent,
        outcome: &outcome,
        corrected: Some(&wrong),
        at: console.backend().now(),
    }
    .announce(&outbox)
    .await?;
    Ok(back_to_caller(&person, "corrected"))
}

/// `POST /callers/{pseudonym}/add`
pub(crate) async fn add(
    State(console): State<Console>,
    Path(pseudonym): Path<String>,
    Extension(form): Extension<Submitted>,
) -> Result<Response, PageError> {
    let person = console.person(&pseudonym).await?;
    let agent = AgentId::parse(form.get("agent"))
        .map_err(|_| PageError::invalid("Give the id of an agent, such as agent_7101."))?;
    let statement = Statement {
        content: read_content(&form)?,
        importance: read_importance(&form)?,
        category: read_category(&form).unwrap_or(Category::Factual),
        is_pinned: form.is_ticked("pinned"),
    };
    let outbox = outbox(&console)?;
    let outcome = corrections(&console, &person)
        .add(&agent, &statement)
        .await?;
    let counts = json!({"memories": 1});
    console.audit("add", Some(&person), counts).await?;
    OperatorMemory {
        caller: person.hash(),
        agent: &agent,
        outcome: &outcome,
        corrected: None,
        at: console.backend().now(),
    }
    .announce(&outbox)
    .await?;
    Ok(back_to_caller(&person, "added"))
}

/// Returns where events of changes are put. Call it before the change, so that nothing changes
/// without an event if there is no queue.
fn outbox(console: &Console) -> Result<Outbox, PageError> {
    let backend = console.backend();
    let settings = &backend.settings.events;
    if settings.targets().is_empty() {
        return Ok(Outbox::default());
    }
    let queue = backend.queue.clone().ok_or(PageError::NoQueue)?;
    Ok(Outbox::new(settings, queue))
}

/// Returns the changes of this caller's memories.
pub(super) fn corrections<'a>(console: &'a Console, person: &'a Person) -> Corrections<'a> {
    let backend = console.backend();
    Corrections {
        openmemory: person.store(backend),
        caller: person.id(),
        now: backend.now(),
        card_ttl_hours: backend.settings.memory.caller_card_ttl_hours,
    }
}

pub(super) fn read_importance(form: &Submitted) -> Result<Importance, PageError> {
    form.get("importance")
        .parse::<u8>()
        .ok()
        .and_then(|number| Importance::try_from(number).ok())
        .ok_or_else(|| PageError::invalid("The importance must be a number from 1 to 10."))
}

pub(super) fn read_category(form: &Submitted) -> Option<Category> {
    Category::ALL
        .into_iter()
        .find(|category| category.as_str() == form.get("category"))
}

fn read_content(form: &Submitted) -> Result<&str, PageError> {
    let content = form.get("content");
    if content.is_empty() || content.chars().count() > MAX_CONTENT_CHARS {
        let message = format!("A memory must have 1 to {MAX_CONTENT_CHARS} characters.");
        return Err(PageError::Invalid(message));
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use common::queue::{DeadLetter, Enqueued, QueueError, RequeueSummary};
    use futures_util::future::BoxFuture;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use crate::testing::{Bench, MARKUP};
    use crate::{JobQueue, QueueDepth, SharedQueue};

    const ADDITION: &str = "agent=agent_1&content=Has+a+dog.&importance=5&category=factual";
    const CORRECTION: &str = "id=mem_1&content=Has+a+cat.";

    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<Enqueued>>>);

    impl JobQueue for Recorder {
        fn queue_depth(&self, _now: Timestamp) -> BoxFuture<'_, Result<QueueDepth, QueueError>> {
            Box::pin(std::future::ready(Ok(QueueDepth::default())))
        }

        fn dead_letters(&self) -> BoxFuture<'_, Result<Vec<DeadLetter>, QueueError>> {
            Box::pin(std::future::ready(Ok(Vec::new())))
        }

        fn replay_dead_letters(
            &self,
            _replay: u64,
        ) -> BoxFuture<'_, Result<RequeueSummary, QueueError>> {
            Box::pin(std::future::ready(Err(QueueError::Unavailable(
                String::new(),
            ))))
        }

        fn add_job(&self, job: Enqueued) -> BoxFuture<'_, Result<(), QueueError>> {
            self.0.lock().unwrap().push(job);
            Box::pin(std::future::ready(Ok(())))
        }
    }

    /// Submits a form about the caller and returns the events that are then in the queue.
    async fn events_after(action: &str, form: &str) -> Vec<Value> {
        let recorder = Recorder::default();
        let bench = Bench::with_receiver(Some(SharedQueue::new(recorder.clone())));
        let cookie = bench.enter().await;
        let path = format!("{}/{action}", bench.caller_path());
        let (status, html) = bench.post(&cookie, &path, form).await;
        assert_eq!(status, 303, "{html}");
        let jobs = recorder.0.lock().unwrap();
        jobs.iter()
            .flat_map(|job| {
                let text = serde_json::to_string(&job.job).unwrap();
                assert!(!text.contains("Has a") && !text.contains(MARKUP), "{text}");
                let job: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(job["events"]["target"], "webhook");
                job["events"]["list"].as_array().unwrap().clone()
            })
            .collect()
    }

    #[tokio::test]
    async fn an_addition_is_announced_without_its_words() {
        let events = events_after("add", ADDITION).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["type"], "memory.stored");
        assert_eq!(events[0]["data"]["memory_id"], "mem_new");
        assert_eq!(events[0]["data"]["source"], "operator");
    }

    #[tokio::test]
    async fn a_correction_announces_what_it_supersedes() {
        let events = events_after("correct", CORRECTION).await;
        let types: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
        assert_eq!(
            types,
            [&json!("memory.stored"), &json!("memory.superseded")]
        );
        assert_eq!(events[1]["data"]["memory_id"], "mem_1");
        assert_eq!(events[1]["data"]["superseded_by"], "mem_new");
    }

    #[tokio::test]
    async fn a_deletion_is_not_announced() {
        let events = events_after("delete", "id=mem_1&confirm=yes").await;
        assert_eq!(events, [] as [Value; 0]);
    }

    #[tokio::test]
    async fn without_a_queue_for_events_nothing_changes() {
        let bench = Bench::with_receiver(None);
        let cookie = bench.enter().await;
        let path = format!("{}/add", bench.caller_path());
        let (status, html) = bench.post(&cookie, &path, ADDITION).await;
        assert_eq!(status, 400, "{html}");
        assert!(html.contains("no queue yet"), "{html}");
        assert!(bench.actions.lock().unwrap().is_empty());
    }
}
