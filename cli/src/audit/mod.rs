//! The audit trail: one JSON line for each access to a caller's memories and each change of them,
//! erasure, export, import, backup, restore, replay and change of settings.
//!
//! On one machine the trail is `audit.log` in the data folder. On AWS each line is an object below
//! `audit/` in the bucket of calls. Neither expires with the calls.

mod actor;

use std::borrow::Cow;
use std::path::PathBuf;

use bytes::Bytes;
use common::archive::{Archive, Key};
use common::audit;
pub(crate) use common::audit::AuditEntry;
use common::audit::AuditSink;
use common::call::CallerId;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;

use crate::aws::AwsSession;
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, Place};
use crate::error::{CommandError, Failure};

/// An audit line could not be written.
#[derive(Debug, thiserror::Error)]
#[error("could not write the audit line: {0}")]
pub(crate) struct AuditError(pub(crate) String);

impl CommandError for AuditError {
    fn advice(&self) -> Option<Cow<'static, str>> {
        Some(
            "select the data folder with --data-dir, and run the command as a user who may write there"
                .into(),
        )
    }
}

/// Where audit lines are written.
pub(crate) enum AuditTrail {
    File(PathBuf),
    /// The bucket of calls, and the session that identifies the actor on AWS, if available.
    Bucket(CallStore, Option<Box<AwsSession>>),
}

impl AuditTrail {
    /// Returns the trail of a deployment.
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, Failure> {
        match &deployment.place {
            Place::Machine(machine) => Ok(Self::File(machine.data_dir.join("audit.log"))),
            Place::Aws(stack) => Ok(Self::Bucket(
                deployment.calls()?,
                Some(Box::new(stack.session.clone())),
            )),
        }
    }

    /// Writes an entry. When this returns, the line is on disk or in the bucket.
    pub(crate) async fn write(
        &self,
        context: &Context,
        entry: &AuditEntry,
    ) -> Result<(), AuditError> {
        let session = match self {
            Self::File(_) => None,
            Self::Bucket(_, session) => session.as_deref(),
        };
        let actor = actor::identify(context, session).await;
        let now = context.now();
        let text =
            audit::line(now, &actor, entry).map_err(|error| AuditError(error.to_string()))?;
        match self {
            Self::File(file) => {
                audit::append(file, &text).map_err(|error| AuditError(error.to_string()))?;
            }
            Self::Bucket(calls, _) => {
                let key = Key::audit(now, &Uuid::new_v4().simple().to_string());
                calls
                    .put(&key, Bytes::from(text))
                    .await
                    .map_err(|error| AuditError(error.to_string()))?;
            }
        }
        Ok(())
    }
}

/// The trail of a deployment, for rules and pages that another program shares.
pub(crate) struct DeploymentTrail {
    trail: AuditTrail,
    context: Context,
}

impl DeploymentTrail {
    pub(crate) fn of(deployment: &Deployment) -> Result<Self, Failure> {
        Ok(Self {
            trail: AuditTrail::of(deployment)?,
            context: deployment.context.clone(),
        })
    }
}

impl AuditSink for DeploymentTrail {
    fn write(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async move {
            let written = self.trail.write(&self.context, &entry).await;
            written.map_err(|AuditError(reason)| reason)
        })
    }
}

/// Records that somebody accessed a caller's memories; call it before showing them. Without
/// `CALLER_ID_PEPPER` the entry does not identify the caller.
pub(crate) async fn record_access(
    deployment: &Deployment,
    action: &'static str,
    caller: &CallerId,
    counts: Value,
) -> Result<(), Failure> {
    let pepper = deployment.get("CALLER_ID_PEPPER").map(SecretString::from);
    let subject = pepper.map(|pepper| caller.hash(&pepper).as_str().to_owned());
    let entry = AuditEntry {
        action,
        subject,
        counts,
        outcome: "done",
    };
    AuditTrail::of(deployment)?
        .write(&deployment.context, &entry)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn each_entry_is_one_line_with_actor_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let trail = AuditTrail::File(folder.path().join("audit.log"));
        let context = Context::fixed(&[("USER", "mira")], || jiff::Timestamp::UNIX_EPOCH);
        for action in ["forget", "replay"] {
            let entry = AuditEntry {
                action,
                subject: None,
                counts: json!({"memories": 2}),
                outcome: "done",
            };
            trail.write(&context, &entry).await.unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_ne!(
            lines[0]["who"], "mira",
            "a variable does not name the actor"
        );
        assert_eq!(
            lines[0]["identified_by"],
            if cfg!(unix) { "os" } else { "none" }
        );
        assert_eq!(lines[0]["time"], "1970-01-01T00:00:00Z");
        assert_eq!(lines[1]["action"], "replay");
    }
}
