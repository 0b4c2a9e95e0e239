//! `elaaoms backup`: everything that a deployment keeps and remembers, into a folder, while it
//! runs.
//!
//! What says that a call is done is copied before the memories are exported, so a backup never says
//! of a call that it is remembered without holding its memories. The marks of erased calls are
//! looked at again at the end: what is erased meanwhile, or was since the last backup into the same
//! folder, leaves the backup too. The manifest makes it a backup: until it is written, the one that
//! was in the folder before stays whole.

mod copy;
mod deadlines;
mod folder;
mod manifest;
pub(crate) mod memories;
pub(crate) mod restore;

use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::AuditEntry;
use crate::context::Context;
use crate::deployment::{Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::memories::export_to;
use crate::terminal::CommandOutput;
use copy::Copying;
use folder::{BackupFolder, PREFIXES};
use manifest::{Counts, Manifest};

/// Copy everything that a deployment keeps and remembers into a folder, while it runs
///
/// Payloads, extraction records, the callers' index, marks of erased calls, memories and caller
/// cards, with counts and checksums. Into a folder with an earlier backup only what is new is
/// copied; what was erased since leaves it. A run that broke off goes on where it was. The folder
/// holds callers' numbers and words: it is readable for its owner alone. Secrets are not in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  elaaoms backup /var/backups/elaaoms
  elaaoms backup /var/backups/elaaoms --data-dir /var/lib/elaaoms --prune
  elaaoms backup ./prod --stage prod --output json")]
pub(crate) struct Arguments {
    /// The folder: a new one, or one with an earlier backup
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Leave out what the deployment no longer keeps, such as calls that are past their retention
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// Why a folder cannot be backed up into, or restored from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    #[error("{} has something else in it", .0.display())]
    SomethingElse(PathBuf),
    #[error("there is no backup in {}", .0.display())]
    None(PathBuf),
    #[error("the backup in {} was never finished", .0.display())]
    Unfinished(PathBuf),
    #[error("another backup into {} is under way", .0.display())]
    Busy(PathBuf),
    #[error("the backup is of a deployment with another CALLER_ID_PEPPER")]
    OtherDeployment,
    #[error("the backup is damaged: {0} is not what was written")]
    Damaged(String),
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    #[error("the backup is of a form that this version does not know")]
    OtherFormat,
}

impl BackupError {
    /// What to try.
    pub(crate) fn advice(&self) -> &'static str {
        match self {
            Self::SomethingElse(_) => "name an empty folder, a new one, or one with a backup in it",
            Self::None(_) => "name the folder that `elaaoms backup` wrote",
            Self::Unfinished(_) => {
                "repeat `elaaoms backup` with this folder: it goes on where it was"
            }
            Self::Busy(_) => "wait for it, or name another folder",
            Self::OtherDeployment => {
                "set CALLER_ID_PEPPER to that of the deployment that the backup is of"
            }
            Self::Damaged(_) | Self::Unreadable(..) => {
                "of this backup nothing was restored: restore another one, or, where the deployment is still there, delete that \
                 file and repeat `elaaoms backup` with this folder"
            }
            Self::OtherFormat => "use the version of elaaoms that wrote it",
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    // Before the folder is made: where there is nothing to back up, nothing is left.
    let calls = deployment.calls()?;
    let folder = BackupFolder::make(&arguments.folder)?;
    let pepper = fingerprint(&deployment);
    let before = folder.manifest()?.and_then(|manifest| manifest.pepper);
    if before
        .as_ref()
        .zip(pepper.as_ref())
        .is_some_and(|(before, now)| before != now)
    {
        return Err(BackupError::OtherDeployment.into());
    }
    // Where it is not visible today, it is the one that it was.
    let pepper = pepper.or(before);
    let began_at = context.now();
    let mut copying = Copying::new(calls, &folder)?;
    for prefix in PREFIXES {
        copying.copy(prefix).await?;
    }
    export_to(&deployment, &folder.new_memories()).await?;
    let copied = copying.copied;
    let (entries, journal, erasures) = copying.settle(arguments.prune, context.now()).await?;
    let remembered = folder.leave_out(
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
    let deed = AuditEntry {
        action: "backup",
        subject: None,
        counts: data.clone(),
        outcome: "done",
    };
    deployment.trail()?.write(context, &deed).await?;
    let text = format!(
        "Backed up {} into {}: {}. {copied} files were new.",
        manifest.deployment,
        arguments.folder.display(),
        manifest.counts.told()
    );
    Ok(CommandOutput::new(text, data))
}

/// By which it is seen that a deployment has the pepper of a backup. The words before it make it no
/// pseudonym of anybody.
fn fingerprint(deployment: &Deployment) -> Option<String> {
    let pepper = SecretString::from(deployment.get("CALLER_ID_PEPPER")?);
    let mut hash = Sha256::new();
    hash.update(b"elaaoms backup: ");
    hash.update(pepper.expose_secret().trim().as_bytes());
    Some(hex::encode(&hash.finalize()[..8]))
}

#[cfg(test)]
mod tests;
