//! The audit trail: one JSON line for each look at a caller's memories, erasure, export, replay and
//! restore. Who, when, what, how much; ids only as hashes under the operator's pepper, so that the
//! trail of an erasure holds nobody who was erased.
//!
//! On one machine it is `audit.log` in the data folder; on AWS each line is an object below
//! `audit/` in the bucket of calls. Neither expires with the calls.

mod actor;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use bytes::Bytes;
use common::archive::{Archive, Key};
use common::call::CallerId;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::context::Context;
use crate::deployment::{AwsApi, CallStore, Deployment};
use crate::failure::Failure;
use actor::Actor;

/// Where the lines go.
pub(crate) enum AuditTrail {
    File(PathBuf),
    /// With the way to ask AWS who the actor is, where there is one.
    Bucket(CallStore, Option<AwsApi>),
}

/// What was done, or tried.
#[derive(Serialize)]
pub(crate) struct AuditEntry {
    /// `list`, `search`, `show`, `forget`, `delete`, `export`, `import`, `replay`, `backup`,
    /// `restore`
    pub(crate) action: &'static str,
    /// Whom or what it was about, hashed; absent for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    /// How much of what.
    pub(crate) counts: Value,
    /// `done`, or `failed`: then the counts are what was done before.
    pub(crate) outcome: &'static str,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    actor: Actor,
    version: &'static str,
    #[serde(flatten)]
    deed: &'a AuditEntry,
}

impl AuditTrail {
    /// Adds a line, on disk or in the bucket before this returns.
    pub(crate) async fn write(&self, context: &Context, deed: &AuditEntry) -> Result<(), Failure> {
        let api = match self {
            Self::File(_) => None,
            Self::Bucket(_, api) => api.as_ref(),
        };
        let (actor, now) = (Actor::of(context, api).await, context.now());
        let line = Line {
            time: now.to_string(),
            actor,
            version: env!("CARGO_PKG_VERSION"),
            deed,
        };
        let mut line =
            serde_json::to_vec(&line).map_err(|error| Failure::Audit(error.to_string()))?;
        line.push(b'\n');
        match self {
            Self::File(file) => {
                append(file, &line).map_err(|error| Failure::Audit(error.to_string()))
            }
            Self::Bucket(calls, _) => {
                let key = Key::audit(now, &Uuid::new_v4().simple().to_string());
                calls
                    .put(&key, Bytes::from(line))
                    .await
                    .map_err(|error| Failure::Audit(error.to_string()))
            }
        }
    }
}

/// Writes down that somebody looked at what is remembered of a caller, before it is shown. Without
/// `CALLER_ID_PEPPER` the entry does not say of whom.
pub(crate) async fn record_access(
    deployment: &Deployment,
    action: &'static str,
    caller: &CallerId,
    counts: Value,
) -> Result<(), Failure> {
    let pepper = deployment.get("CALLER_ID_PEPPER").map(SecretString::from);
    let subject = pepper.map(|pepper| caller.hash(&pepper).as_str().to_owned());
    let deed = AuditEntry {
        action,
        subject,
        counts,
        outcome: "done",
    };
    deployment.trail()?.write(&deployment.context, &deed).await
}

/// One write of a whole line: two commands at once do not mix theirs.
fn append(file: &std::path::Path, line: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(line)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn each_deed_is_one_line_with_who_and_when() {
        let folder = tempfile::tempdir().unwrap();
        let trail = AuditTrail::File(folder.path().join("audit.log"));
        let context = Context::fixed(&[("USER", "mira")], || jiff::Timestamp::UNIX_EPOCH);
        for action in ["forget", "replay"] {
            let deed = AuditEntry {
                action,
                subject: None,
                counts: json!({"memories": 2}),
                outcome: "done",
            };
            trail.write(&context, &deed).await.unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_ne!(lines[0]["who"], "mira", "a variable names nobody");
        assert_eq!(
            lines[0]["identified_by"],
            if cfg!(unix) { "os" } else { "none" }
        );
        assert_eq!(lines[0]["time"], "1970-01-01T00:00:00Z");
        assert_eq!(lines[1]["action"], "replay");
    }
}
