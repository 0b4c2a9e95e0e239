//! The lines of the audit trail: one JSON object for each access of an operator to callers' data,
//! and for each change of them.
//!
//! A line records who, when, what and how much. Ids appear only as hashes under the operator's
//! pepper, so the trail of an erasure does not name the erased caller.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// An operation that was performed or attempted.
#[derive(Debug, Serialize)]
pub struct AuditEntry {
    /// `list`, `search`, `show`, `outbound`, `edit`, `add`, `pin`, `forget`, `opt-out`, `opt-in`,
    /// `delete`, `export`, `import`, `replay`, `backup`, `restore`, `settings`; from the console also `reveal`, `call`
    /// and `greeting`
    pub action: &'static str,
    /// Hash of the caller or item concerned; absent when the operation covers everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Number of affected items by kind.
    pub counts: Value,
    /// `done` or `failed`. After a failure the counts cover what was done before it.
    pub outcome: &'static str,
}

/// Where audit entries are written.
pub trait AuditSink: Send + Sync + 'static {
    /// Writes an entry. When this returns without an error, the entry is safe. The error says why
    /// it is not.
    fn write(&self, entry: AuditEntry) -> BoxFuture<'_, Result<(), String>>;
}

/// The actor of an audit entry. AWS or the operating system names the actor, because anybody can
/// set an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// ARN of the AWS identity, or name of the effective user.
    pub who: String,
    /// The authority that confirms `who`: `sts`, `os` or `none`.
    pub identified_by: &'static str,
    /// The effective user id, where the operating system has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Value of `SUDO_USER`. It is an ordinary variable and proves nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified_sudo_user: Option<String>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    #[serde(flatten)]
    actor: &'a Actor,
    version: &'static str,
    #[serde(flatten)]
    entry: &'a AuditEntry,
}

/// Returns the line of an entry, with its line break.
///
/// # Errors
/// If the entry cannot be serialized.
pub fn line(now: Timestamp, actor: &Actor, entry: &AuditEntry) -> serde_json::Result<Vec<u8>> {
    let mut text = serde_json::to_vec(&Line {
        time: now.to_string(),
        actor,
        version: env!("CARGO_PKG_VERSION"),
        entry,
    })?;
    text.push(b'\n');
    Ok(text)
}

/// Appends a line to a file in a single write, so that concurrent programs do not mix theirs. When
/// this returns, the line is on disk.
///
/// # Errors
/// If the file cannot be written.
pub fn append(file: &Path, line: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(line)?;
    file.sync_all()
}
