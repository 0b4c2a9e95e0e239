//! Writes each access and each change to the deployment's audit trail.

use common::audit::AuditEntry;
use serde_json::Value;

use crate::Console;
use crate::data::Person;
use crate::error::PageError;

impl Console {
    /// Records an operation; call it before showing what it returned. `person` is the caller
    /// concerned, if it is one.
    pub(crate) async fn audit(
        &self,
        action: &'static str,
        person: Option<&Person>,
        counts: Value,
    ) -> Result<(), PageError> {
        self.audit_outcome(action, person, counts, "done").await
    }

    pub(crate) async fn audit_outcome(
        &self,
        action: &'static str,
        person: Option<&Person>,
        counts: Value,
        outcome: &'static str,
    ) -> Result<(), PageError> {
        let entry = AuditEntry {
            action,
            subject: person.map(|person| person.pseudonym().to_owned()),
            counts,
            outcome,
        };
        self.backend()
            .audit
            .write(entry)
            .await
            .map_err(PageError::Audit)
    }
}
