//! Delivers queued events to the operator's webhook or event bus.

use std::time::Instant;

use common::archive::Archive;
use common::events::{DeliveryError, Event, EventBatch, EventJob, EventTarget, Receipt, Receivers};
use common::measure;
use common::settings::CallerSettings;
use jiff::Timestamp;
use tracing::{info, warn};

use super::EventError;
use super::content::CallContent;

/// The delivery of events; cheap to clone.
#[derive(Clone)]
pub struct EventDelivery<A> {
    archive: A,
    receivers: Receivers,
    trust_user_id: bool,
}

impl<A: Archive> EventDelivery<A> {
    /// Creates the delivery. Content comes from `archive`.
    pub fn new(archive: A, receivers: Receivers, callers: &CallerSettings) -> Self {
        Self {
            archive,
            receivers,
            trust_user_id: callers.trust_user_id,
        }
    }

    /// Delivers the events of a job. `clock` returns the time of each attempt. Events that were
    /// delivered before a failure are delivered again with the same ids.
    ///
    /// # Errors
    /// [`EventError`]: after an outage, deliver the job again. Any other error is permanent.
    pub async fn run(&self, job: &EventJob, clock: fn() -> Timestamp) -> Result<(), EventError> {
        let batch = &job.events;
        let receiver = batch.target.as_str();
        let count = batch.list.len();
        let is_delivered = match batch.target {
            EventTarget::Webhook => self.to_webhook(batch, clock).await?,
            EventTarget::Bus => self.to_bus(batch).await?,
        };
        match is_delivered {
            true => info!(receiver, count, "events delivered"),
            false => warn!(receiver, count, "events dropped: the receiver is not set"),
        }
        Ok(())
    }

    /// Returns `false` if there is no webhook any more.
    async fn to_webhook(
        &self,
        batch: &EventBatch,
        clock: fn() -> Timestamp,
    ) -> Result<bool, EventError> {
        let Some(webhook) = &self.receivers.webhook else {
            return Ok(false);
        };
        for (event, body) in self.bodies(batch).await? {
            let started = Instant::now();
            let answer = webhook.deliver(&event.id, body, clock()).await;
            measure::event_delivery(
                EventTarget::Webhook.as_str(),
                kind(&answer),
                1,
                started.elapsed(),
            );
            if answer? == Receipt::Gone {
                let event_id = event.id.as_str();
                warn!(event_id, "event dropped: the receiver answered 410");
            }
        }
        Ok(true)
    }

    /// Returns `false` if there is no bus any more.
    async fn to_bus(&self, batch: &EventBatch) -> Result<bool, EventError> {
        let Some(bus) = &self.receivers.bus else {
            return Ok(false);
        };
        let events = self.bodies(batch).await?;
        let started = Instant::now();
        let answer = bus.put(&events).await;
        let outcome = answer.as_ref().err().map_or("ok", DeliveryError::kind);
        measure::event_delivery(
            EventTarget::Bus.as_str(),
            outcome,
            events.len(),
            started.elapsed(),
        );
        answer?;
        Ok(true)
    }

    async fn bodies<'a>(
        &self,
        batch: &'a EventBatch,
    ) -> Result<Vec<(&'a Event, String)>, EventError> {
        let content = match &batch.source {
            Some(source) if self.receivers.get_content => {
                CallContent::read(&self.archive, source, self.trust_user_id).await?
            }
            _ => CallContent::default(),
        };
        let mut bodies = Vec::with_capacity(batch.list.len());
        for event in &batch.list {
            let body = event.body(&content.of(&self.archive, event).await?);
            bodies.push((event, body.map_err(|_| DeliveryError::Unserializable)?));
        }
        Ok(bodies)
    }
}

/// Returns the outcome of a delivery in metrics.
fn kind(answer: &Result<Receipt, DeliveryError>) -> &'static str {
    match answer {
        Ok(Receipt::Accepted) => "ok",
        Ok(Receipt::Gone) => "gone",
        Err(error) => error.kind(),
    }
}
