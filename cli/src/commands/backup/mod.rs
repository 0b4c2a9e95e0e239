//! `elaaoms backup`: copies everything that a deployment keeps and remembers into a folder, while
//! the deployment runs.
//!
//! The files that mark calls as done are copied before the memories are exported. So a backup never
//! says that a call is remembered without holding its memories.
//!
//! Tombstones are read again at the end. Whatever was erased during the run, or since the last
//! backup into the same folder, leaves the backup too. The manifest completes the backup: until it
//! is written, the previous backup in the folder stays intact.

mod copy;
mod deadlines;
mod error;
mod folder;
mod manifest;
pub(crate) mod restore;

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::memory_server::export_to;
use crate::terminal::CommandOutput;
use copy::BackupRun;
use error::BackupError;
use folder::{BackupFolder, PREFIXES};
use manifest::{Counts, Manifest};

/// Copy everything that a deployment keeps and remembers into a folder, while it runs
///
/// Payloads, extraction records, the caller index, tombstones of erased calls, memories and caller
/// cards, with counts and checksums. If the folder holds an earlier backup, only new files are
/// copied, and what was erased since is removed. An interrupted run resumes where it stopped. The
/// folder holds callers' numbers and words and is readable only by its owner. It holds no secrets.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms backup /var/backups/elaaoms
  elaaoms backup /var/backups/elaaoms --data-dir /var/lib/elaaoms --prune
  elaaoms backup ./prod --stage prod --output json")]
pub(crate) struct Arguments {
    /// A new folder, or one with an earlier backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Remove what the deployment no longer keeps, such as calls past their retention
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    // Open the calls before creating the folder, so that nothing is left if there is nothing to
    // back up.
    let calls = deployment.calls()?;
    let folder = BackupFolder::create_or_open(&arguments.folder)?;
    let pepper = fingerprint(&deployment);
    let previous_pepper = folder.manifest()?.and_then(|manifest| manifest.pepper);
    if previous_pepper
        .as_ref()
        .zip(pepper.as_ref())
        .is_some_and(|(previous, current)| previous != current)
    {
        return Err(BackupError::DifferentPepper.into());
    }
    // If the pepper is unknown now, the fingerprint of the previous backup still applies.
    let pepper = pepper.or(previous_pepper);
    let began_at = context.now();
    let mut backup = BackupRun::new(calls, &folder)?;
    for prefix in PREFIXES {
        backup.copy(prefix).await?;
    }
    export_to(&deployment, &folder.new_memories()).await?;
    let copied = backup.copied;
    let (entries, journal, erasures) = backup
        .select_entries(arguments.prune, context.now())
        .await?;
    let remembered = folder.remove_erased_memories(
        &erasures,
        deployment
            .get("CALLER_ID_PEPPER")
            .map(SecretString::from)
            .as_ref(),
    )?;
    let counts = Counts {
        memories: remembered.memories,
        cards: remembered.profiles,
        ..Counts::of(entries.keys())
    };
    let manifest = |files, memories| {
        Manifest::new(
            deployment.name(),
            (began_at, context.now()),
            pepper,
            counts,
            (files, memories),
        )
    };
    let manifest = folder.finish(&entries, manifest, journal).await?;
    let data = json!({"counts": manifest.counts, "files": entries.len(), "copied": copied});
    let entry = AuditEntry {
        action: "backup",
        subject: None,
        counts: data.clone(),
        outcome: "done",
    };
    AuditTrail::of(&deployment)?.write(context, &entry).await?;
    let text = format!(
        "Backed up {} into {}: {}. {copied} new files.",
        manifest.deployment,
        arguments.folder.display(),
        manifest.counts.describe()
    );
    Ok(CommandOutput::new(text, data))
}

/// Returns a fingerprint that shows whether a deployment has the pepper of a backup. The text
/// before the pepper keeps it from being anybody's pseudonym.
fn fingerprint(deployment: &Deployment) -> Option<String> {
    let pepper = SecretString::from(deployment.get("CALLER_ID_PEPPER")?);
    let mut hash = Sha256::new();
    hash.update(b"elaaoms backup: ");
    hash.update(pepper.expose_secret().trim().as_bytes());
    Some(hex::encode(&hash.finalize()[..8]))
}

#[cfg(test)]
mod tests;
