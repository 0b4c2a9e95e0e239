//! What the commands that change memories share: the selection of a memory, and the audit entry.

use std::borrow::Cow;

use common::call::{AgentId, CallerHash, CallerId};
use common::correction::Corrections;
use common::events::{OperatorMemory, Outbox};
use common::memory::Memory;
use common::openmemory::{OpenMemory, StoreOutcome};
use serde_json::Value;

use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::{CommandError, Failure};

/// The caller has no memory with this id.
#[derive(Debug, thiserror::Error)]
#[error("this caller has no memory {0}")]
pub(super) struct MemoryNotFound(pub(super) String);

impl CommandError for MemoryNotFound {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some("run `elaaoms memories list` to see the ids".into())
    }
}

/// A change of one caller's memories.
pub(super) struct Change<'a> {
    context: &'a Context,
    caller: &'a CallerId,
    deployment: Deployment,
    store: OpenMemory,
    /// The caller's pseudonym.
    pseudonym: CallerHash,
    card_ttl_hours: u32,
}

impl<'a> Change<'a> {
    /// Fails if the audit entry could not name the caller, before anything changes.
    pub(super) async fn begin(
        arguments: &DeploymentArguments,
        caller: &'a CallerId,
        context: &'a Context,
    ) -> Result<Self, Failure> {
        let deployment = Deployment::find(arguments, context).await?;
        let pepper = deployment.secret("CALLER_ID_PEPPER")?;
        Ok(Self {
            context,
            caller,
            store: deployment.openmemory()?,
            pseudonym: caller.hash(&pepper),
            card_ttl_hours: deployment.settings()?.memory.caller_card_ttl_hours,
            deployment,
        })
    }

    pub(super) fn store(&self) -> &OpenMemory {
        &self.store
    }

    /// Returns an active memory of the caller by its id. Considers only memories of this caller, so
    /// that a mistyped id cannot change another caller's memory.
    pub(super) async fn memory(&self, id: &str) -> Result<Memory, Failure> {
        let memories = self.store.all_memories(None, self.caller).await?;
        memories
            .into_iter()
            .find(|memory| memory.id.0 == id)
            .ok_or_else(|| MemoryNotFound(id.to_owned()).into())
    }

    pub(super) fn corrections(&self) -> Corrections<'_> {
        Corrections {
            openmemory: &self.store,
            caller: self.caller,
            now: self.context.now(),
            card_ttl_hours: self.card_ttl_hours,
        }
    }

    /// Returns where events of changes are put.
    pub(super) async fn outbox(&self) -> Result<Outbox, Failure> {
        self.deployment.outbox().await
    }

    /// Announces a memory that was added, or that corrects another one.
    pub(super) async fn announce(
        &self,
        outbox: &Outbox,
        agent: &AgentId,
        outcome: &StoreOutcome,
        corrected: Option<&Memory>,
    ) -> Result<(), Failure> {
        let memory = OperatorMemory {
            caller: &self.pseudonym,
            agent,
            outcome,
            corrected,
            at: self.context.now(),
        };
        Ok(memory.announce(outbox).await?)
    }

    /// Writes the audit entry of a change that was made.
    pub(super) async fn audit(&self, action: &'static str, counts: Value) -> Result<(), Failure> {
        let entry = AuditEntry {
            action,
            subject: Some(self.pseudonym.as_str().to_owned()),
            counts,
            outcome: "done",
        };
        AuditTrail::of(&self.deployment)?
            .write(self.context, &entry)
            .await?;
        Ok(())
    }
}
