//! Copies what a deployment keeps, as far as it is not copied yet.

use std::collections::BTreeSet;

use common::archive::{Archive, Key, ObjectListing, StoredObject};
use futures_util::StreamExt;
use jiff::Timestamp;

use super::deadlines::CallDeadlines;
use super::folder::{
    BackupFolder, Journal, calls_of_forgotten, erasures, is_of_erased, with_forgotten,
};
use super::manifest::{Entries, Entry, Sum};
use crate::deployment::CallStore;
use crate::failure::Failure;
use crate::memories::tombstone::{self, Erasures};
use crate::terminal::Progress;

/// How many files are under way at once. A recording has tens of megabytes.
pub(super) const AT_ONCE: usize = 8;

/// A backup that is being made.
pub(super) struct Copying<'a> {
    calls: CallStore,
    folder: &'a BackupFolder,
    journal: Journal,
    /// What the folder holds.
    entries: Entries,
    /// What the deployment kept when it was looked at.
    there: BTreeSet<Key>,
    /// How many files were new.
    pub(super) copied: u64,
}

impl<'a> Copying<'a> {
    pub(super) fn new(calls: CallStore, folder: &'a BackupFolder) -> Result<Self, Failure> {
        // Locked first: what another run has just copied is known then.
        let journal = folder.journal()?;
        let mut entries = folder.known()?;
        entries.retain(|_, entry| folder.has(entry));
        Ok(Self {
            calls,
            folder,
            journal,
            entries,
            there: BTreeSet::new(),
            copied: 0,
        })
    }

    /// Copies everything below a prefix that is not there yet, or was written again since.
    pub(super) async fn copy(&mut self, prefix: &str) -> Result<(), Failure> {
        let kept = self.calls.list_objects(prefix).await?;
        self.there.extend(kept.iter().map(|kept| kept.key.clone()));
        let new: Vec<StoredObject> = kept
            .into_iter()
            .filter(|kept| !self.is_copied(kept))
            .collect();
        let progress = Progress::new(u64::try_from(new.len()).ok(), "files copied");
        let (calls, folder) = (self.calls.clone(), self.folder);
        let mut copies = futures_util::stream::iter(new)
            .map(async |kept| copy_one(&calls, folder, kept).await)
            .buffer_unordered(AT_ONCE);
        while let Some(copied) = copies.next().await {
            progress.step();
            // Erased since it was listed.
            let Some(entry) = copied? else { continue };
            self.journal.add(&entry)?;
            self.copied += 1;
            self.entries.insert(entry.key.clone(), entry);
        }
        Ok(())
    }

    fn is_copied(&self, kept: &StoredObject) -> bool {
        self.entries
            .get(&kept.key)
            .is_some_and(|entry| entry.sum.bytes == kept.bytes && entry.at == kept.at)
    }

    /// What the backup holds in the end: nothing of a call that is erased or past its deadline by
    /// now, and with `prune` nothing that the deployment no longer keeps. And which calls are
    /// erased.
    pub(super) async fn settle(
        mut self,
        prune: bool,
        now: Timestamp,
    ) -> Result<(Entries, Journal, Erasures), Failure> {
        let here = tombstone::of(&self.calls).await?;
        let marks = self.calls.list_objects("erased/").await?.into_iter();
        for mark in marks
            .filter(|mark| !self.is_copied(mark))
            .collect::<Vec<_>>()
        {
            if let Some(entry) = copy_one(&self.calls, self.folder, mark).await? {
                self.entries.insert(entry.key.clone(), entry);
            }
        }
        let is_kept = |key: &Key| self.there.contains(key);
        let mut erasures = erasures(self.folder, &self.entries).await?.merged(&here);
        erasures
            .ids
            .extend(calls_of_forgotten(&self.entries, &erasures).collect::<Vec<_>>());
        erasures.ids = with_forgotten(erasures.ids, self.entries.keys(), is_kept);
        // What could not be recognised has no id to be marked by: it is gone when the deployment
        // has it no longer.
        let may_leave = |key: &Key| key.conversation().is_none() || prune && !key.is_tombstone();
        let deadlines = CallDeadlines::of(self.folder, &self.entries).await?;
        let is_over = |key: &Key| is_of_erased(key, &erasures.ids) || deadlines.is_over(key, now);
        let leaves = |key: &Key| is_over(key) || may_leave(key) && !is_kept(key);
        self.entries.retain(|key, _| !leaves(key));
        Ok((self.entries, self.journal, erasures))
    }
}

async fn copy_one(
    calls: &CallStore,
    folder: &BackupFolder,
    kept: StoredObject,
) -> Result<Option<Entry>, Failure> {
    let Some(body) = calls.get(&kept.key).await? else {
        return Ok(None);
    };
    let sum = Sum::of(&body);
    folder.put(&kept.key, body).await?;
    Ok(Some(Entry {
        key: kept.key,
        sum,
        at: kept.at,
    }))
}
