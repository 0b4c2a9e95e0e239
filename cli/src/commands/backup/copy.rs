//! Copies the files of a deployment that the backup does not have yet.

use std::collections::BTreeSet;

use common::archive::{Archive, Key, ObjectListing, StoredObject};
use futures_util::StreamExt;
use jiff::Timestamp;

use super::deadlines::CallDeadlines;
use super::folder::{
    BackupFolder, Journal, belongs_to_erased, calls_of_forgotten_callers, erasures_of,
    with_calls_of_forgotten_callers,
};
use super::manifest::{Checksum, Entries, Entry};
use crate::deployment::CallStore;
use crate::error::Failure;
use crate::terminal::Progress;
use crate::tombstone::{self, Erasures};

/// Number of files copied or restored concurrently. A recording can have tens of megabytes.
pub(super) const MAX_CONCURRENT_FILES: usize = 8;

/// A backup run in progress.
pub(super) struct BackupRun<'a> {
    calls: CallStore,
    folder: &'a BackupFolder,
    journal: Journal,
    /// The files in the backup folder.
    entries: Entries,
    /// The keys that the deployment held when it was listed.
    source_keys: BTreeSet<Key>,
    /// Number of files copied in this run.
    pub(super) copied: u64,
}

impl<'a> BackupRun<'a> {
    /// Locks the backup folder and reads which files it has.
    pub(super) fn new(calls: CallStore, folder: &'a BackupFolder) -> Result<Self, Failure> {
        // Lock first, so that files copied by another run until then are included.
        let journal = folder.journal()?;
        let mut entries = folder.recorded_entries()?;
        entries.retain(|_, entry| folder.has(entry));
        Ok(Self {
            calls,
            folder,
            journal,
            entries,
            source_keys: BTreeSet::new(),
            copied: 0,
        })
    }

    /// Copies the files below a prefix that are missing in the backup or have changed since.
    pub(super) async fn copy(&mut self, prefix: &str) -> Result<(), Failure> {
        let mut objects = self.calls.list_objects(prefix).await?;
        // It counts for one day only, and it names the caller's pseudonym.
        objects.retain(|object| !object.key.is_model_budget());
        self.source_keys
            .extend(objects.iter().map(|object| object.key.clone()));
        let new: Vec<StoredObject> = objects
            .into_iter()
            .filter(|object| !self.is_copied(object))
            .collect();
        let progress = Progress::new(u64::try_from(new.len()).ok(), "files copied");
        let calls = self.calls.clone();
        let folder = self.folder;
        let mut copies = futures_util::stream::iter(new)
            .map(async |object| copy_one(&calls, folder, object).await)
            .buffer_unordered(MAX_CONCURRENT_FILES);
        while let Some(copied) = copies.next().await {
            progress.step();
            // Erased after it was listed.
            let Some(entry) = copied? else { continue };
            self.journal.add(&entry)?;
            self.copied += 1;
            self.entries.insert(entry.key.clone(), entry);
        }
        Ok(())
    }

    fn is_copied(&self, object: &StoredObject) -> bool {
        self.entries
            .get(&object.key)
            .is_some_and(|entry| entry.checksum.bytes == object.bytes && entry.at == object.at)
    }

    /// Determines the final content of the backup and which calls are erased.
    ///
    /// Files of calls that are erased or past their deadline by now are dropped, and with `prune`
    /// also files that the deployment no longer holds.
    pub(super) async fn select_entries(
        mut self,
        prune: bool,
        now: Timestamp,
    ) -> Result<(Entries, Journal, Erasures), Failure> {
        let deployment_erasures = tombstone::read_archive(&self.calls).await?;
        self.copy_new_tombstones().await?;
        let mut erasures = erasures_of(self.folder, &self.entries)
            .await?
            .merged(&deployment_erasures);
        erasures
            .ids
            .extend(calls_of_forgotten_callers(&self.entries, &erasures).collect::<Vec<_>>());
        erasures.ids = with_calls_of_forgotten_callers(erasures.ids, self.entries.keys(), |key| {
            self.source_keys.contains(key)
        });
        let deadlines = CallDeadlines::load(self.folder, &self.entries).await?;
        self.entries.retain(|key, _| {
            let is_expired =
                belongs_to_erased(key, &erasures.ids) || deadlines.has_passed(key, now);
            // A body that could not be parsed has no id for a tombstone: it leaves the backup when
            // the deployment no longer holds it.
            let is_prunable = key.conversation().is_none() || prune && !key.is_tombstone();
            !is_expired && (!is_prunable || self.source_keys.contains(key))
        });
        Ok((self.entries, self.journal, erasures))
    }

    /// Copies the tombstones that were written since they were copied first.
    async fn copy_new_tombstones(&mut self) -> Result<(), Failure> {
        for tombstone in self.calls.list_objects("erased/").await? {
            if self.is_copied(&tombstone) {
                continue;
            }
            if let Some(entry) = copy_one(&self.calls, self.folder, tombstone).await? {
                self.entries.insert(entry.key.clone(), entry);
            }
        }
        Ok(())
    }
}

/// Copies one file. Returns `None` when the deployment no longer holds it.
async fn copy_one(
    calls: &CallStore,
    folder: &BackupFolder,
    object: StoredObject,
) -> Result<Option<Entry>, Failure> {
    let Some(body) = calls.get(&object.key).await? else {
        return Ok(None);
    };
    let checksum = Checksum::of(&body);
    folder.put(&object.key, body).await?;
    Ok(Some(Entry {
        key: object.key,
        checksum,
        at: object.at,
    }))
}
