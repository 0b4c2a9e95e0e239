//! Puts events into the queue, if there is a target for them.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{ContentSource, Event, EventBatch, EventJob, EventTarget};
use crate::call::CallerHash;
use crate::queue::{Enqueued, ExtractionQueue, QueueError};
use crate::settings::EventSettings;

/// Most events of one job. Each may take five seconds, and Lambda ends an invocation after five
/// minutes.
const MAX_EVENTS: usize = 25;

type Push = dyn Fn(Enqueued) -> BoxFuture<'static, Result<(), QueueError>> + Send + Sync;

/// Where events are put. Cheap to clone. The default has no target and drops events.
#[derive(Clone, Default)]
pub struct Outbox {
    targets: Vec<EventTarget>,
    push: Option<Arc<Push>>,
}

impl Outbox {
    /// Returns an outbox that puts events for each target of the settings into `queue`.
    pub fn new<Q: ExtractionQueue>(settings: &EventSettings, queue: Q) -> Self {
        let push = move |job: Enqueued| -> BoxFuture<'static, Result<(), QueueError>> {
            let queue = queue.clone();
            Box::pin(async move { queue.push(job).await })
        };
        Self {
            targets: settings.targets(),
            push: Some(Arc::new(push)),
        }
    }

    /// Returns whether there is a target.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.push.is_some() && !self.targets.is_empty()
    }

    /// Puts the events of one caller into the queue. The same events give the same jobs.
    ///
    /// # Errors
    /// [`QueueError`]: some jobs may have been added.
    pub async fn send(
        &self,
        caller: &CallerHash,
        source: Option<&ContentSource>,
        events: &[Event],
    ) -> Result<(), QueueError> {
        let Some(push) = &self.push else {
            return Ok(());
        };
        for target in &self.targets {
            for list in events.chunks(MAX_EVENTS) {
                let batch = EventBatch {
                    target: *target,
                    source: source.cloned(),
                    list: list.to_vec(),
                };
                push(Enqueued::events(EventJob { events: batch }, caller)).await?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use jiff::Timestamp;

    use super::*;
    use crate::events::{EventData, EventId, ForgottenCaller};
    use crate::settings::Settings;

    #[derive(Clone, Default)]
    struct Recorder(Arc<Mutex<Vec<Enqueued>>>);

    impl ExtractionQueue for Recorder {
        async fn push(&self, job: Enqueued) -> Result<(), QueueError> {
            self.0.lock().unwrap().push(job);
            Ok(())
        }
    }

    fn settings(set: &'static [&str]) -> EventSettings {
        let lookup = |name: &str| match name {
            "OPENMEMORY_API_URL" => Some("http://127.0.0.1:8080"),
            "EVENTS_URL" if set.contains(&name) => Some("https://events.example.com/"),
            "EVENTS_BUS" if set.contains(&name) => Some("calls"),
            "AWS_REGION" => Some("eu-west-1"),
            _ => None,
        };
        Settings::read(|name| lookup(name).map(str::to_owned))
            .unwrap()
            .events
    }

    fn caller() -> CallerHash {
        CallerHash::parse(&"0a".repeat(32)).unwrap()
    }

    fn events(count: usize) -> Vec<Event> {
        (0..count)
            .map(|number| Event {
                id: EventId::derived_from(&[&number.to_string()]),
                timestamp: Timestamp::UNIX_EPOCH,
                data: EventData::CallerForgotten(ForgottenCaller { caller: caller() }),
            })
            .collect()
    }

    async fn sent(set: &'static [&str], count: usize) -> Vec<Enqueued> {
        let recorder = Recorder::default();
        let outbox = Outbox::new(&settings(set), recorder.clone());
        assert_eq!(outbox.is_enabled(), !set.is_empty());
        outbox.send(&caller(), None, &events(count)).await.unwrap();
        recorder.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn without_a_target_nothing_is_queued() {
        assert_eq!(sent(&[], 3).await, []);
        let sent = Outbox::default().send(&caller(), None, &events(1)).await;
        assert_eq!(sent, Ok(()));
    }

    #[tokio::test]
    async fn each_target_gets_jobs_in_a_group_of_its_own() {
        let jobs = sent(&["EVENTS_URL", "EVENTS_BUS"], MAX_EVENTS + 1).await;
        let groups: Vec<&str> = jobs.iter().map(|job| job.group.as_str()).collect();
        let webhook = format!("events-webhook-{}", caller().as_str());
        let bus = format!("events-bus-{}", caller().as_str());
        assert_eq!(groups, [&webhook, &webhook, &bus, &bus]);
        assert!(groups.iter().all(|group| group.len() <= 128));
    }

    #[tokio::test]
    async fn the_same_events_give_the_same_jobs() {
        let both = &["EVENTS_URL", "EVENTS_BUS"];
        let jobs = sent(both, 3).await;
        assert_eq!(jobs, sent(both, 3).await);
        assert_ne!(jobs[0].deduplication_id, jobs[1].deduplication_id);
    }
}
