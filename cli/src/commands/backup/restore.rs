//! `elaaoms restore`: writes a backup into a deployment, the same or a new one. Its memory store
//! must run: on one machine that is `elaaoms-local`, unless memories are kept elsewhere.
//!
//! Nothing is written until every file has passed its checksum. Tombstones come first. The files
//! that mark calls as done come last, after the memories, so an interrupted restore never makes a
//! call look remembered.
//!
//! What a deployment has erased stays erased, whatever the backup holds; tombstones are read again
//! at the end. Single memories that `elaaoms memories delete` erased have a tombstone by their id.
//!
//! A tombstone that only the backup has erases that call in the deployment too: files, memories and
//! card. The confirmation names this, and the summary counts it. If the deployment already had the
//! tombstone, a pending extraction job may still erase the call. The job needs the call for that,
//! so it is left in place.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use clap::Args;
use common::archive::{Archive, Key, ObjectListing, PutOutcome, StoredObject};
use common::call::ConversationId;
use common::erasure::sort_for_deletion;
use futures_util::StreamExt;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::copy::MAX_CONCURRENT_FILES;
use super::deadlines::CallDeadlines;
use super::error::BackupError;
use super::fingerprint;
use super::folder::{
    BackupFolder, PREFIXES, belongs_to_erased, calls_of_forgotten_callers, erasures_of,
    with_calls_of_forgotten_callers, with_tombstone,
};
use super::manifest::{Checksum, Entries, Entry, Manifest};
use crate::audit::{AuditEntry, AuditTrail};
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments};
use crate::error::Failure;
use crate::files::read;
use crate::memory_server::{MemoryServer, without_erased};
use crate::terminal::{CommandOutput, Confirmation, Progress};
use crate::tombstone::{self, Erasures};

/// Restore a backup into a deployment
///
/// Checks every file first. Existing files stay. A file that differs is replaced only if it was
/// written before the backup, or with --overwrite. Existing memories and cards are not changed.
/// Calls that were erased, here or in the backup, do not come back: if the backup has a tombstone
/// for a call that still exists here, its files and memories are deleted. The command can be
/// repeated; whatever is already restored is left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # Only check that the backup is intact
  elaaoms restore /var/backups/elaaoms --check
  elaaoms restore /var/backups/elaaoms --data-dir /var/lib/elaaoms
  elaaoms restore ./prod --stage staging --yes --output json")]
pub(crate) struct Arguments {
    /// The folder that `elaaoms backup` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only check that the backup is intact; restore nothing
    #[arg(long, conflicts_with_all = ["overwrite", "yes"])]
    check: bool,
    /// Also replace calls and records that are newer than the backup
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// How many items were restored, skipped or deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct RestoreSummary {
    /// Files that were missing or older.
    files: u64,
    /// Files that already existed.
    #[serde(rename = "there")]
    existing_files: u64,
    /// Files that differ, are newer than the backup, and were not replaced.
    #[serde(rename = "newer")]
    newer_files: u64,
    /// Files, memories and cards of erased calls, which were not restored.
    erased: u64,
    /// Files past the deletion deadline that ElevenLabs gave their call, which were not restored.
    expired: u64,
    /// Files and memories that were deleted here, because the backup has a tombstone for their
    /// call.
    deleted: u64,
    memories: u64,
    cards: u64,
    /// Memories and cards that already existed.
    #[serde(rename = "remembered")]
    existing_memories: u64,
    /// Calls that were not extracted when the backup was made.
    unfinished: usize,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let (folder, manifest) = BackupFolder::open_finished(&arguments.folder)?;
    let entries = folder.files(&manifest)?;
    let export = folder.memories(&manifest)?;
    check(&folder, &entries).await?;
    if arguments.check {
        let text = format!(
            "The backup of {} of {} is intact: {}.",
            manifest.deployment,
            minute(manifest.began_at),
            manifest.counts.describe()
        );
        return Ok(CommandOutput::new(
            text,
            json!({"whole": true, "began_at": manifest.began_at, "counts": manifest.counts}),
        ));
    }
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    if fingerprint(&deployment)
        .zip(manifest.pepper.clone())
        .is_some_and(|(deployment, backup)| deployment != backup)
    {
        return Err(BackupError::DifferentPepper.into());
    }
    let restore_run = RestoreRun::new(
        &folder,
        &entries,
        &deployment,
        &manifest,
        arguments.overwrite,
    )
    .await?;
    let preview = restore_run.preview_deletions().await?;
    arguments
        .confirmation
        .ask(&question(&manifest, &deployment, preview))?;
    let mut restored = RestoreSummary::default();
    let result = restore_run.run(read(&export)?, &mut restored).await;
    let outcome = if result.is_ok() { "done" } else { "failed" };
    let entry = AuditEntry {
        action: "restore",
        subject: None,
        counts: json!(restored),
        outcome,
    };
    AuditTrail::of(&deployment)?.write(context, &entry).await?;
    result?;
    Ok(CommandOutput::new(restored.describe(&deployment), restored))
}

/// Checks every file of the backup against its checksum.
async fn check(folder: &BackupFolder, entries: &Entries) -> Result<(), Failure> {
    let progress = Progress::new(u64::try_from(entries.len()).ok(), "files checked");
    let mut bodies = futures_util::stream::iter(entries.values())
        .map(|entry| folder.get(entry))
        .buffer_unordered(MAX_CONCURRENT_FILES);
    while let Some(body) = bodies.next().await {
        body?;
        progress.step();
    }
    Ok(())
}

/// What the tombstones of a backup will delete in the deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DeletionPreview {
    files: usize,
    memories: usize,
}

fn question(manifest: &Manifest, deployment: &Deployment, preview: DeletionPreview) -> String {
    let Manifest {
        deployment: source,
        began_at,
        counts,
        ..
    } = manifest;
    let mut text = format!(
        "Restore the backup of {source} of {} into {}? It holds {}.",
        minute(*began_at),
        deployment.name(),
        counts.describe()
    );
    let DeletionPreview { files, memories } = preview;
    if files + memories > 0 {
        text += &format!(
            " Its tombstones erase calls that exist here: {files} files and {memories} memories WILL BE DELETED."
        );
    }
    text
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A restore in progress.
struct RestoreRun<'a> {
    folder: &'a BackupFolder,
    entries: &'a Entries,
    calls: CallStore,
    server: MemoryServer,
    card_ttl_hours: u32,
    pepper: Option<SecretString>,
    /// The files that the deployment held at the start.
    existing: HashMap<Key, StoredObject>,
    /// Calls, memories and callers that must not come back.
    erasures: Erasures,
    /// Calls that have a tombstone in the backup but had none in the deployment.
    newly_erased: BTreeSet<ConversationId>,
    began_at: Timestamp,
    overwrite: bool,
    deadlines: CallDeadlines,
    now: Timestamp,
}

/// What was done with a file.
enum RestoreOutcome {
    Restored,
    /// The same file already exists.
    AlreadyPresent,
    /// The deployment has a newer file, which stays.
    KeptNewer,
}

impl<'a> RestoreRun<'a> {
    async fn new(
        folder: &'a BackupFolder,
        entries: &'a Entries,
        deployment: &Deployment,
        manifest: &Manifest,
        overwrite: bool,
    ) -> Result<Self, Failure> {
        let calls = deployment.calls()?;
        let mut existing = HashMap::new();
        for prefix in PREFIXES {
            let objects = calls.list_objects(prefix).await?;
            existing.extend(
                objects
                    .into_iter()
                    .map(|object| (object.key.clone(), object)),
            );
        }
        let deployment_erasures = tombstone::read_archive(&calls).await?;
        let backup_erasures = erasures_of(folder, entries).await?;
        let newly_erased = backup_erasures
            .ids
            .difference(&deployment_erasures.ids)
            .cloned()
            .collect();
        let mut erasures = backup_erasures.merged(&deployment_erasures);
        erasures
            .ids
            .extend(calls_of_forgotten_callers(entries, &erasures).collect::<Vec<_>>());
        erasures.ids = with_calls_of_forgotten_callers(erasures.ids, entries.keys(), |key| {
            existing.contains_key(key)
        });
        Ok(Self {
            folder,
            entries,
            calls,
            server: MemoryServer::new(deployment)?,
            card_ttl_hours: deployment.settings()?.memory.caller_card_ttl_hours,
            pepper: deployment.get("CALLER_ID_PEPPER").map(SecretString::from),
            existing,
            erasures,
            newly_erased,
            began_at: manifest.began_at,
            overwrite,
            deadlines: CallDeadlines::load(folder, entries).await?,
            now: deployment.context.now(),
        })
    }

    /// Counts the files and memories that the tombstones of the backup will delete.
    async fn preview_deletions(&self) -> Result<DeletionPreview, Failure> {
        if self.newly_erased.is_empty() {
            return Ok(DeletionPreview::default());
        }
        let files = self
            .existing
            .keys()
            .filter(|key| belongs_to_erased(key, &self.newly_erased))
            .count();
        Ok(DeletionPreview {
            files,
            memories: self
                .server
                .stores
                .origins()
                .await?
                .count(&self.newly_erased),
        })
    }

    /// Restores the backup and counts into `restored` what was done, also when it fails midway.
    async fn run(&self, export: Vec<u8>, restored: &mut RestoreSummary) -> Result<(), Failure> {
        // Erase before writing the tombstones: a repeated restore recognises by missing tombstones
        // what is still to be erased.
        restored.deleted += self.erase(&self.newly_erased).await?;
        self.restore_tombstones(restored).await?;
        // Restore deadlines before the files that they limit.
        let (deadlines, others): (Vec<&Entry>, Vec<&Entry>) = self
            .entries
            .values()
            .filter(|entry| !entry.key.is_tombstone())
            .partition(|entry| entry.key.is_deadline());
        self.restore_files(deadlines, restored).await?;
        let (records, calls): (Vec<&Entry>, Vec<&Entry>) = others
            .into_iter()
            .partition(|entry| entry.key.as_str().starts_with("extractions/"));
        self.restore_files(calls, restored).await?;
        let (remaining, removed) = without_erased(export, &self.erasures, self.pepper.as_ref())?;
        let imported = self.server.import(remaining).await?;
        restored.erased += removed;
        restored.memories = imported.memories;
        restored.cards = imported.profiles;
        restored.existing_memories = imported.memories_skipped + imported.profiles_skipped;
        let (done, records): (Vec<&Entry>, Vec<&Entry>) =
            records.into_iter().partition(|entry| entry.key.is_done());
        self.restore_files(records, restored).await?;
        self.restore_files(done, restored).await?;
        restored.deleted += self.erase(&self.erased_since().await?).await?;
        restored.unfinished = self.unfinished();
        Ok(())
    }

    /// Writes the tombstones of the backup to their permanent place. A caller's tombstone is
    /// overwritten if the backup's is later.
    async fn restore_tombstones(&self, restored: &mut RestoreSummary) -> Result<(), Failure> {
        let ids: BTreeSet<ConversationId> = with_tombstone(self.entries.keys());
        for id in &ids {
            let key = Key::erased(id);
            let body = self.erasures.body_of(id);
            let is_newer = !body.is_empty()
                && self
                    .calls
                    .get(&key)
                    .await?
                    .is_some_and(|existing| existing != body);
            match self.calls.put_if_absent(&key, body.clone()).await? {
                PutOutcome::Stored => restored.files += 1,
                PutOutcome::AlreadyExists if is_newer => {
                    self.calls.put(&key, body).await?;
                    restored.files += 1;
                }
                PutOutcome::AlreadyExists => restored.existing_files += 1,
            }
        }
        Ok(())
    }

    /// Returns the calls whose tombstones did not exist at the start: those of the backup, and
    /// calls erased since.
    async fn erased_since(&self) -> Result<BTreeSet<ConversationId>, Failure> {
        Ok(
            &tombstone::read_archive(&self.calls).await?.ids
                - &with_tombstone(self.existing.keys()),
        )
    }

    /// Deletes the files and memories of these calls. Returns how many there were.
    async fn erase(&self, calls: &BTreeSet<ConversationId>) -> Result<u64, Failure> {
        if calls.is_empty() {
            return Ok(0);
        }
        let removed = self
            .server
            .erase(
                &self.server.stores.origins().await?,
                calls,
                self.card_ttl_hours,
            )
            .await?;
        let mut deleted = removed.memories;
        let all: BTreeSet<&Key> = self.existing.keys().chain(self.entries.keys()).collect();
        let mut keys: Vec<&Key> = all
            .into_iter()
            .filter(|key| belongs_to_erased(key, calls))
            .collect();
        sort_for_deletion(&mut keys);
        for key in keys {
            deleted += u64::from(self.calls.contains(key).await?);
            self.calls.delete(key).await?;
        }
        Ok(deleted)
    }

    /// Restores these files, except those that are erased or past their deadline.
    async fn restore_files(
        &self,
        entries: Vec<&Entry>,
        restored: &mut RestoreSummary,
    ) -> Result<(), Failure> {
        // Backups of earlier versions hold them.
        let entries = entries
            .into_iter()
            .filter(|entry| !entry.key.is_model_budget());
        let (erased, entries): (Vec<&Entry>, Vec<&Entry>) =
            entries.partition(|entry| belongs_to_erased(&entry.key, &self.erasures.ids));
        restored.erased += erased.len() as u64;
        let (expired, entries): (Vec<&Entry>, Vec<&Entry>) = entries
            .into_iter()
            .partition(|entry| self.deadlines.has_passed(&entry.key, self.now));
        restored.expired += expired.len() as u64;
        let progress = Progress::new(u64::try_from(entries.len()).ok(), "files restored");
        let mut outcomes = futures_util::stream::iter(entries)
            .map(|entry| self.restore_file(entry))
            .buffer_unordered(MAX_CONCURRENT_FILES);
        while let Some(outcome) = outcomes.next().await {
            match outcome? {
                RestoreOutcome::Restored => restored.files += 1,
                RestoreOutcome::AlreadyPresent => restored.existing_files += 1,
                RestoreOutcome::KeptNewer => restored.newer_files += 1,
            }
            progress.step();
        }
        Ok(())
    }

    /// Restores a file together with its deadline, because its age starts anew in the deployment.
    async fn restore_file(&self, entry: &Entry) -> Result<RestoreOutcome, Failure> {
        let outcome = self.put(entry).await?;
        if let (RestoreOutcome::Restored, Some(until)) =
            (&outcome, self.deadlines.until(&entry.key))
        {
            self.calls.delete_by(&entry.key, until, self.now).await?;
        }
        Ok(outcome)
    }

    /// Writes a file unless the deployment has the same or a newer one.
    async fn put(&self, entry: &Entry) -> Result<RestoreOutcome, Failure> {
        let body = self.folder.get(entry).await?;
        let Some(existing) = self.existing.get(&entry.key) else {
            // A file that was written since the start is newer.
            return Ok(match self.calls.put_if_absent(&entry.key, body).await? {
                PutOutcome::Stored => RestoreOutcome::Restored,
                PutOutcome::AlreadyExists => RestoreOutcome::AlreadyPresent,
            });
        };
        let is_same = existing.bytes == entry.checksum.bytes
            && self
                .calls
                .get(&entry.key)
                .await?
                .is_some_and(|body| Checksum::of(&body) == entry.checksum);
        if is_same {
            return Ok(RestoreOutcome::AlreadyPresent);
        }
        if existing.at >= self.began_at && !self.overwrite {
            return Ok(RestoreOutcome::KeptNewer);
        }
        self.calls.put(&entry.key, body).await?;
        Ok(RestoreOutcome::Restored)
    }

    /// Counts the calls in the caller index that are neither extracted nor erased.
    fn unfinished(&self) -> usize {
        let conversations: BTreeSet<ConversationId> = self
            .entries
            .keys()
            .filter(|key| key.as_str().starts_with("callers/"))
            .filter_map(Key::conversation)
            .collect();
        let is_done = |conversation: &ConversationId| {
            let done = Key::done(conversation);
            self.entries.contains_key(&done) || self.existing.contains_key(&done)
        };
        conversations
            .iter()
            .filter(|conversation| {
                !self.erasures.ids.contains(conversation) && !is_done(conversation)
            })
            .count()
    }
}

impl RestoreSummary {
    fn describe(&self, deployment: &Deployment) -> String {
        let Self {
            files,
            existing_files,
            newer_files,
            erased,
            expired,
            deleted,
            memories,
            cards,
            existing_memories,
            unfinished,
        } = self;
        let mut text = format!(
            "Restored into {}: {files} files, {memories} memories, {cards} cards. Already present: \
             {existing_files} files, {existing_memories} memories and cards.",
            deployment.name()
        );
        if *newer_files > 0 {
            text += &format!(
                "\n{newer_files} files are newer than the backup and were kept; --overwrite replaces them."
            );
        }
        if *erased > 0 {
            text += &format!(
                "\n{erased} files, memories and cards belong to erased calls and were not restored."
            );
        }
        if *expired > 0 {
            text += &format!(
                "\n{expired} files are past their deletion deadline at ElevenLabs and were not restored."
            );
        }
        if *deleted > 0 {
            text += &format!(
                "\n{deleted} existing files and memories belong to erased calls and are deleted."
            );
        }
        if *unfinished > 0 {
            text += &format!(
                "\n{unfinished} calls are not extracted yet: `elaaoms replay --missing` queues them."
            );
        }
        text
    }
}
