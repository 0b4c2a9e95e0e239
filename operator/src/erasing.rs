//! The parts of a deployment that an erasure uses.

use std::sync::Arc;

use common::archive::ObjectListing;
use common::audit::{AuditEntry, AuditSink};
use common::call::CallerId;
use common::events::Outbox;
use common::settings::CallerSettings;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::{CallerData, MemoryStores, OperatorError, Person, Report};

/// The parts of a deployment that hold a caller's data, and where an erasure is recorded.
pub struct Erasing<A> {
    /// The archive of calls.
    pub archive: A,
    /// The memory store.
    pub stores: MemoryStores,
    /// The key of the callers' pseudonyms. Calls are indexed by pseudonym.
    pub pepper: SecretString,
    /// Who counts as a caller.
    pub callers: CallerSettings,
    /// Where events are put.
    pub outbox: Outbox,
    /// The audit trail.
    pub audit: Arc<dyn AuditSink>,
    /// Shows how far the erasure is.
    pub report: Arc<dyn Report>,
    /// Returns the current time.
    pub clock: fn() -> Timestamp,
}

impl<A: ObjectListing> Erasing<A> {
    /// Returns the person to whom a caller belongs, with all linked ids.
    ///
    /// # Errors
    /// [`OperatorError::Store`]
    pub async fn person(&self, caller: &CallerId) -> Result<Person, OperatorError> {
        Person::find(caller, &self.pepper, &self.stores).await
    }

    /// Searches the index, every archived event, and the memory store for a person's data.
    ///
    /// # Errors
    /// [`OperatorError::Archive`] and [`OperatorError::Store`]
    pub async fn find_data(&self, person: &Person) -> Result<CallerData, OperatorError> {
        let (callers, report) = (&self.callers, &*self.report);
        person
            .find_data(&self.archive, &self.stores, callers, report)
            .await
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) async fn write_audit(
        &self,
        action: &'static str,
        person: &Person,
        counts: Value,
        outcome: &'static str,
    ) -> Result<(), OperatorError> {
        let entry = AuditEntry {
            action,
            subject: Some(person.subject()),
            counts,
            outcome,
        };
        self.audit.write(entry).await.map_err(OperatorError::Audit)
    }
}
