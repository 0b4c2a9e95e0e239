//! The audit trail: one JSON line for each erasure, export, replay and restore. Who, when, what, how much; ids only as
//! hashes under the operator's pepper, so that the trail of an erasure holds nobody who was erased.
//!
//! On one machine it is `audit.log` in the data folder; on AWS each line is an object below `audit/` in the bucket of calls,
//! where it stays as long as calls do.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use bytes::Bytes;
use common::archive::{Archive, Key};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::context::Context;
use crate::deployment::CallStore;
use crate::failure::Failure;

/// Where the lines go.
pub(crate) enum Trail {
    File(PathBuf),
    Bucket(CallStore),
}

/// What was done, or tried.
#[derive(Serialize)]
pub(crate) struct Deed {
    /// `forget`, `delete`, `export`, `import`, `replay`, `backup`, `restore`
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
    who: String,
    version: &'static str,
    #[serde(flatten)]
    deed: &'a Deed,
}

impl Trail {
    /// Adds a line, on disk or in the bucket before this returns.
    pub(crate) async fn write(&self, context: &Context, deed: &Deed) -> Result<(), Failure> {
        let who = ["SUDO_USER", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| context.get(name));
        let now = context.now();
        let line = Line {
            time: now.to_string(),
            who: who.unwrap_or_else(|| "unknown".to_owned()),
            version: env!("CARGO_PKG_VERSION"),
            deed,
        };
        let mut line = serde_json::to_vec(&line).map_err(|error| Failure::Audit(error.to_string()))?;
        line.push(b'\n');
        match self {
            Self::File(file) => append(file, &line).map_err(|error| Failure::Audit(error.to_string())),
            Self::Bucket(calls) => {
                let key = Key::audit(now, &Uuid::new_v4().simple().to_string());
                calls.put(&key, Bytes::from(line)).await.map_err(|error| Failure::Audit(error.to_string()))
            }
        }
    }
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
        let trail = Trail::File(folder.path().join("audit.log"));
        let context = Context::fixed(&[("USER", "mira")], || jiff::Timestamp::UNIX_EPOCH);
        for action in ["forget", "replay"] {
            let deed = Deed { action, subject: None, counts: json!({"memories": 2}), outcome: "done" };
            trail.write(&context, &deed).await.unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("audit.log")).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["who"], "mira");
        assert_eq!(lines[0]["time"], "1970-01-01T00:00:00Z");
        assert_eq!(lines[1]["action"], "replay");
    }
}
