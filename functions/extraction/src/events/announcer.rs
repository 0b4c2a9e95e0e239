//! Queues the events of a call.

use common::call::CallerId;
use common::events::{ContentSource, Outbox};
use common::queue::ExtractionJob;
use common::secrets::Secrets;

use super::Announcement;
use crate::ExtractionError;

/// Queues events, if there is a target for them. The default has none.
#[derive(Clone, Default)]
pub(crate) struct Announcer(Option<Target>);

#[derive(Clone)]
struct Target {
    outbox: Outbox,
    /// Holds the pepper of pseudonyms.
    secrets: Secrets,
}

impl Announcer {
    pub(crate) fn new(outbox: Outbox, secrets: Secrets) -> Self {
        let is_enabled = outbox.is_enabled();
        Self(is_enabled.then_some(Target { outbox, secrets }))
    }

    /// Queues the events of an extracted call.
    ///
    /// # Errors
    /// If the queue is unavailable. The job of the call then runs again, and queues the same events
    /// without another model request, because its record exists.
    pub(crate) async fn announce(
        &self,
        job: &ExtractionJob,
        caller: &CallerId,
        announcement: &Announcement,
    ) -> Result<(), ExtractionError> {
        let Some(Target { outbox, secrets }) = &self.0 else {
            return Ok(());
        };
        let current = secrets.current().await;
        let pepper = current.caller_id_pepper();
        let pseudonym = caller.hash(pepper.ok_or(ExtractionError::NoPepper)?);
        let source = ContentSource {
            payload: job.payload.clone(),
            record: job.record(),
        };
        let events = announcement.events(&pseudonym);
        outbox.send(&pseudonym, Some(&source), &events).await?;
        Ok(())
    }
}
