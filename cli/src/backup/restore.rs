//! `elaaoms restore`: a backup goes back into a deployment, the same or a new one. Its memory store
//! has to run: on one machine that is `elaaoms-local`, unless memories are elsewhere.
//!
//! Nothing is written before every file was found to be the one that was backed up. The marks of
//! erased calls come first, and what says that a call is done comes last, after its memories: a
//! restore that breaks off never makes a call pass for remembered. What a deployment has erased
//! stays erased, whatever the backup holds: marks are looked at again at the end. Single memories
//! that `elaaoms memories delete` erased leave no mark: an earlier backup brings them back.
//!
//! A mark that the backup brings erases that call here too, files, memories and card; that is said
//! before and counted. Where the mark was there already, an extraction job may wait that erases the
//! call: it needs the call for that, so it is left.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use clap::Args;
use common::archive::{Archive, Key, ObjectListing, PutOutcome, StoredObject};
use common::call::ConversationId;
use futures_util::StreamExt;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::copy::AT_ONCE;
use super::deadlines::CallDeadlines;
use super::folder::{
    BackupFolder, PREFIXES, calls_of_forgotten, erased, erasures, is_of_erased, with_forgotten,
};
use super::manifest::{Entries, Entry, Manifest, Sum};
use super::{BackupError, fingerprint, memories};
use crate::audit::AuditEntry;
use crate::context::Context;
use crate::deployment::{CallStore, Deployment, DeploymentArguments};
use crate::failure::Failure;
use crate::memories::MemoryServer;
use crate::memories::tombstone::{self, Erasures};
use crate::sign::read;
use crate::terminal::{CommandOutput, Confirmation, Progress};

/// Put a backup back into a deployment
///
/// Checks every file first. What is there already stays; what is there in another form is replaced
/// only when it was written before the backup, or with --overwrite. Memories and cards that are
/// there stay as they are. Calls that were erased, here or in the backup, do not come back; of
/// calls that the backup marks as erased and that are there, files and memories are deleted. It may
/// be repeated: what is restored already is left alone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  # Only look whether the backup is whole
  elaaoms restore /var/backups/elaaoms --check
  elaaoms restore /var/backups/elaaoms --data-dir /var/lib/elaaoms
  elaaoms restore ./prod --stage staging --yes --output json")]
pub(crate) struct Arguments {
    /// The folder that `elaaoms backup` wrote
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only check that the backup is whole; nothing is restored
    #[arg(long, conflicts_with_all = ["overwrite", "yes"])]
    check: bool,
    /// Replace calls and records also where those of the deployment are newer than the backup
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    deployment: DeploymentArguments,
}

/// What became of the backup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Restored {
    /// Files that were not there, or older.
    files: u64,
    /// Files that were there already.
    there: u64,
    /// Files that are there in another form, newer than the backup, and stay.
    newer: u64,
    /// Files, memories and cards of erased calls, which are left out.
    erased: u64,
    /// Files of calls that ElevenLabs allowed to be kept until a time that is over, which are left
    /// out.
    expired: u64,
    /// Files and memories that were there of calls that the backup marks as erased, and are gone.
    deleted: u64,
    memories: u64,
    cards: u64,
    /// Memories and cards that were there already.
    remembered: u64,
    /// Calls that are kept and were not extracted when the backup was made.
    unfinished: usize,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
) -> Result<CommandOutput, Failure> {
    let (folder, manifest) = BackupFolder::finished(&arguments.folder)?;
    let entries = folder.files(&manifest)?;
    let export = folder.memories(&manifest)?;
    check(&folder, &entries).await?;
    if arguments.check {
        let text = format!(
            "The backup of {} at {} is whole: {}.",
            manifest.deployment,
            minute(manifest.began_at),
            manifest.counts.told()
        );
        return Ok(CommandOutput::new(
            text,
            json!({"whole": true, "began_at": manifest.began_at, "counts": manifest.counts}),
        ));
    }
    let deployment = Deployment::find(&arguments.deployment, context).await?;
    if fingerprint(&deployment)
        .zip(manifest.pepper.clone())
        .is_some_and(|(here, there)| here != there)
    {
        return Err(BackupError::OtherDeployment.into());
    }
    let restoring = Restoring::new(
        &folder,
        &entries,
        &deployment,
        &manifest,
        arguments.overwrite,
    )
    .await?;
    let doomed = restoring.doomed().await?;
    arguments
        .confirmation
        .ask(&question(&manifest, &deployment, doomed))?;
    let mut restored = Restored::default();
    let result = restoring.run(read(&export)?, &mut restored).await;
    let outcome = if result.is_ok() { "done" } else { "failed" };
    let deed = AuditEntry {
        action: "restore",
        subject: None,
        counts: json!(restored),
        outcome,
    };
    deployment.trail()?.write(context, &deed).await?;
    result?;
    Ok(CommandOutput::new(restored.told(&deployment), restored))
}

/// Whether every file is the one that was backed up.
async fn check(folder: &BackupFolder, entries: &Entries) -> Result<(), Failure> {
    let progress = Progress::new(u64::try_from(entries.len()).ok(), "files checked");
    let mut bodies = futures_util::stream::iter(entries.values())
        .map(|entry| folder.get(entry))
        .buffer_unordered(AT_ONCE);
    while let Some(body) = bodies.next().await {
        body?;
        progress.step();
    }
    Ok(())
}

/// What the marks of a backup will erase in the deployment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct DeletionPreview {
    files: usize,
    memories: usize,
}

fn question(manifest: &Manifest, deployment: &Deployment, doomed: DeletionPreview) -> String {
    let Manifest {
        deployment: from,
        began_at,
        counts,
        ..
    } = manifest;
    let began_at = minute(*began_at);
    let mut text = format!(
        "Restore the backup of {from} at {began_at} into {}? It holds {}.",
        deployment.name(),
        counts.told()
    );
    let DeletionPreview { files, memories } = doomed;
    if files + memories > 0 {
        text += &format!(
            " It marks calls as erased that are there: {files} files and {memories} memories WILL BE DELETED."
        );
    }
    text
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

struct Restoring<'a> {
    folder: &'a BackupFolder,
    entries: &'a Entries,
    calls: CallStore,
    server: MemoryServer,
    card_ttl_hours: u32,
    pepper: Option<SecretString>,
    /// What the deployment keeps.
    there: HashMap<Key, StoredObject>,
    /// Nothing of these comes back.
    erasures: Erasures,
    /// Of these the backup has the mark, and the deployment had none.
    newly_erased: BTreeSet<ConversationId>,
    began_at: Timestamp,
    overwrite: bool,
    deadlines: CallDeadlines,
    now: Timestamp,
}

/// What became of a file.
enum RestoreOutcome {
    Restored,
    There,
    Newer,
}

impl<'a> Restoring<'a> {
    async fn new(
        folder: &'a BackupFolder,
        entries: &'a Entries,
        deployment: &Deployment,
        manifest: &Manifest,
        overwrite: bool,
    ) -> Result<Self, Failure> {
        let (calls, mut there) = (deployment.calls()?, HashMap::new());
        for prefix in PREFIXES {
            there.extend(
                calls
                    .list_objects(prefix)
                    .await?
                    .into_iter()
                    .map(|kept| (kept.key.clone(), kept)),
            );
        }
        let (server, card_ttl_hours) = (
            MemoryServer::of(deployment)?,
            deployment.settings()?.memory.caller_card_ttl_hours,
        );
        let (here, marked) = (
            tombstone::of(&calls).await?,
            erasures(folder, entries).await?,
        );
        let newly_erased = marked.ids.difference(&here.ids).cloned().collect();
        let mut erasures = marked.merged(&here);
        erasures
            .ids
            .extend(calls_of_forgotten(entries, &erasures).collect::<Vec<_>>());
        erasures.ids = with_forgotten(erasures.ids, entries.keys(), |key| there.contains_key(key));
        let began_at = manifest.began_at;
        let pepper = deployment.get("CALLER_ID_PEPPER").map(SecretString::from);
        let (deadlines, now) = (
            CallDeadlines::of(folder, entries).await?,
            deployment.context.now(),
        );
        Ok(Self {
            folder,
            entries,
            calls,
            server,
            card_ttl_hours,
            pepper,
            there,
            erasures,
            newly_erased,
            began_at,
            overwrite,
            deadlines,
            now,
        })
    }

    /// What will be deleted.
    async fn doomed(&self) -> Result<DeletionPreview, Failure> {
        if self.newly_erased.is_empty() {
            return Ok(DeletionPreview::default());
        }
        let files = self
            .there
            .keys()
            .filter(|key| is_of_erased(key, &self.newly_erased))
            .count();
        Ok(DeletionPreview {
            files,
            memories: self.server.origins().await?.count(&self.newly_erased),
        })
    }

    async fn run(&self, export: Vec<u8>, restored: &mut Restored) -> Result<(), Failure> {
        // Before the marks: a restore that is repeated finds by their absence what it has to erase.
        restored.deleted += self.erase(&self.newly_erased).await?;
        self.tombstones(restored).await?;
        // Before what they limit.
        let (deadlines, others): (Vec<&Entry>, Vec<&Entry>) = self
            .entries
            .values()
            .filter(|entry| !entry.key.is_tombstone())
            .partition(|entry| entry.key.is_deadline());
        self.files(deadlines, restored).await?;
        let (records, calls): (Vec<&Entry>, Vec<&Entry>) = others
            .into_iter()
            .partition(|entry| entry.key.as_str().starts_with("extractions/"));
        self.files(calls, restored).await?;
        let (export, left_out) = memories::without(export, &self.erasures, self.pepper.as_ref())?;
        let imported = self.server.import(export).await?;
        restored.erased += left_out;
        (restored.memories, restored.cards) = (imported.memories, imported.profiles);
        restored.remembered = imported.memories_skipped + imported.profiles_skipped;
        let (done, records): (Vec<&Entry>, Vec<&Entry>) = records
            .into_iter()
            .partition(|entry| entry.key.as_str().ends_with(".done"));
        self.files(records, restored).await?;
        self.files(done, restored).await?;
        restored.deleted += self.erase(&self.erased_since().await?).await?;
        restored.unfinished = self.unfinished();
        Ok(())
    }

    /// The tombstones of the backup, in the place where they last. That of a caller is written
    /// again where the backup's is later.
    async fn tombstones(&self, restored: &mut Restored) -> Result<(), Failure> {
        let ids: BTreeSet<ConversationId> = erased(self.entries.keys());
        for id in &ids {
            let (key, body) = (Key::erased(id), self.erasures.body_of(id));
            let is_newer = !body.is_empty()
                && self
                    .calls
                    .get(&key)
                    .await?
                    .is_some_and(|there| there != body);
            match self.calls.put_if_absent(&key, body.clone()).await? {
                PutOutcome::Stored => restored.files += 1,
                PutOutcome::AlreadyExists if is_newer => {
                    self.calls.put(&key, body).await?;
                    restored.files += 1;
                }
                PutOutcome::AlreadyExists => restored.there += 1,
            }
        }
        Ok(())
    }

    /// The calls whose marks were not there at the start: those of the backup, and of whoever was
    /// forgotten meanwhile.
    async fn erased_since(&self) -> Result<BTreeSet<ConversationId>, Failure> {
        Ok(&tombstone::of(&self.calls).await?.ids - &erased(self.there.keys()))
    }

    /// Deletes what is kept and remembered of these calls; how much that was.
    async fn erase(&self, calls: &BTreeSet<ConversationId>) -> Result<u64, Failure> {
        if calls.is_empty() {
            return Ok(0);
        }
        let removed = self
            .server
            .erase(&self.server.origins().await?, calls, self.card_ttl_hours)
            .await?;
        let mut deleted = removed.memories;
        let keys: BTreeSet<&Key> = self.there.keys().chain(self.entries.keys()).collect();
        for key in keys.into_iter().filter(|key| is_of_erased(key, calls)) {
            deleted += u64::from(self.calls.contains(key).await?);
            self.calls.delete(key).await?;
        }
        Ok(deleted)
    }

    async fn files(&self, entries: Vec<&Entry>, restored: &mut Restored) -> Result<(), Failure> {
        let (gone, entries): (Vec<&Entry>, Vec<&Entry>) = entries
            .into_iter()
            .partition(|entry| is_of_erased(&entry.key, &self.erasures.ids));
        restored.erased += gone.len() as u64;
        let (over, entries): (Vec<&Entry>, Vec<&Entry>) = entries
            .into_iter()
            .partition(|entry| self.deadlines.is_over(&entry.key, self.now));
        restored.expired += over.len() as u64;
        let progress = Progress::new(u64::try_from(entries.len()).ok(), "files restored");
        let mut fates = futures_util::stream::iter(entries)
            .map(|entry| self.file(entry))
            .buffer_unordered(AT_ONCE);
        while let Some(fate) = fates.next().await {
            match fate? {
                RestoreOutcome::Restored => restored.files += 1,
                RestoreOutcome::There => restored.there += 1,
                RestoreOutcome::Newer => restored.newer += 1,
            }
            progress.step();
        }
        Ok(())
    }

    /// A file, with the deadline that it had: its age begins anew.
    async fn file(&self, entry: &Entry) -> Result<RestoreOutcome, Failure> {
        let fate = self.put(entry).await?;
        if let (RestoreOutcome::Restored, Some(until)) = (&fate, self.deadlines.until(&entry.key)) {
            self.calls.delete_by(&entry.key, until, self.now).await?;
        }
        Ok(fate)
    }

    async fn put(&self, entry: &Entry) -> Result<RestoreOutcome, Failure> {
        let body = self.folder.get(entry).await?;
        let Some(there) = self.there.get(&entry.key) else {
            // Whatever came meanwhile is newer.
            return Ok(match self.calls.put_if_absent(&entry.key, body).await? {
                PutOutcome::Stored => RestoreOutcome::Restored,
                PutOutcome::AlreadyExists => RestoreOutcome::There,
            });
        };
        let is_same = there.bytes == entry.sum.bytes
            && self
                .calls
                .get(&entry.key)
                .await?
                .is_some_and(|body| Sum::of(&body) == entry.sum);
        if is_same {
            return Ok(RestoreOutcome::There);
        }
        if there.at >= self.began_at && !self.overwrite {
            return Ok(RestoreOutcome::Newer);
        }
        self.calls.put(&entry.key, body).await?;
        Ok(RestoreOutcome::Restored)
    }

    /// Calls of callers that were not extracted yet.
    fn unfinished(&self) -> usize {
        let calls = self
            .entries
            .keys()
            .filter(|key| key.as_str().starts_with("callers/"));
        let conversations: BTreeSet<ConversationId> = calls.filter_map(Key::conversation).collect();
        let is_done = |conversation: &ConversationId| {
            let done = Key::done(conversation);
            self.entries.contains_key(&done) || self.there.contains_key(&done)
        };
        conversations
            .iter()
            .filter(|conversation| {
                !self.erasures.ids.contains(conversation) && !is_done(conversation)
            })
            .count()
    }
}

impl Restored {
    fn told(&self, deployment: &Deployment) -> String {
        let Self {
            files,
            there,
            newer,
            erased,
            expired,
            deleted,
            memories,
            cards,
            remembered,
            unfinished,
        } = self;
        let mut text = format!(
            "Restored into {}: {files} files, {memories} memories, {cards} cards. There already: {there} files, {remembered} \
             memories and cards.",
            deployment.name()
        );
        if *newer > 0 {
            text += &format!(
                "\n{newer} files are newer than the backup and stay; --overwrite replaces them."
            );
        }
        if *erased > 0 {
            text +=
                &format!("\n{erased} files, memories and cards are of erased calls and stay away.");
        }
        if *expired > 0 {
            text += &format!(
                "\n{expired} files are past the time that ElevenLabs allows and stay away."
            );
        }
        if *deleted > 0 {
            text += &format!(
                "\n{deleted} files and memories that were there are of calls that are erased by now, and are deleted."
            );
        }
        if *unfinished > 0 {
            text += &format!(
                "\n{unfinished} calls wait to be extracted: `elaaoms replay --missing` queues them."
            );
        }
        text
    }
}
