//! Folder archives with a fault. Operations without a fault are delegated to the folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use common::archive::folder::FolderArchive;
use common::archive::{Archive, ArchiveError, DeletionSchedule, Key, PutOutcome};
use jiff::{SignedDuration, Timestamp};

/// Delegates the named operations to the folder in the first field.
macro_rules! delegate {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        $(async fn $name(&self, $($argument: $type),*) -> Result<$output, ArchiveError> {
            self.0.$name($($argument),*).await
        })*
    };
}

/// A folder that, like an S3 bucket, cannot delete within two days.
#[derive(Clone)]
pub(crate) struct SlowDeletion(pub(crate) FolderArchive);

impl Archive for SlowDeletion {
    delegate! {
        put(key: &Key, body: Bytes) -> ();
        put_if_absent(key: &Key, body: Bytes) -> PutOutcome;
        get(key: &Key) -> Option<Bytes>;
        contains(key: &Key) -> bool;
        delete(key: &Key) -> ();
        list(prefix: &str) -> Vec<Key>;
    }

    async fn delete_by(
        &self,
        _: &Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<DeletionSchedule, ArchiveError> {
        let is_close = until.duration_since(now) < SignedDuration::from_hours(48);
        Ok(if is_close {
            DeletionSchedule::TooLate
        } else {
            DeletionSchedule::InTime
        })
    }
}

/// A folder that fails to write the second count of attempts until it is healed.
#[derive(Clone)]
pub(crate) struct FailsSecondAttemptCount(FolderArchive, Arc<AtomicBool>, Arc<AtomicBool>);

impl FailsSecondAttemptCount {
    pub(crate) fn new(folder: FolderArchive) -> Self {
        Self(folder, Arc::default(), Arc::default())
    }

    pub(crate) fn heal(&self) {
        self.2.store(true, Ordering::SeqCst);
    }
}

impl Archive for FailsSecondAttemptCount {
    delegate! {
        put_if_absent(key: &Key, body: Bytes) -> PutOutcome;
        get(key: &Key) -> Option<Bytes>;
        contains(key: &Key) -> bool;
        delete(key: &Key) -> ();
        list(prefix: &str) -> Vec<Key>;
        delete_by(key: &Key, until: Timestamp, now: Timestamp) -> DeletionSchedule;
    }

    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        let is_second = key.as_str().contains(".attempts") && self.1.swap(true, Ordering::SeqCst);
        if is_second && !self.2.load(Ordering::SeqCst) {
            return Err(ArchiveError::Unavailable("the disk is full".to_owned()));
        }
        self.0.put(key, body).await
    }
}

/// A folder that fails to write records until it is healed, as if the process died before.
#[derive(Clone)]
pub(crate) struct FailsRecordWrite(FolderArchive, Arc<AtomicBool>);

impl FailsRecordWrite {
    pub(crate) fn new(folder: FolderArchive) -> Self {
        Self(folder, Arc::default())
    }

    pub(crate) fn heal(&self) {
        self.1.store(true, Ordering::SeqCst);
    }
}

impl Archive for FailsRecordWrite {
    delegate! {
        put(key: &Key, body: Bytes) -> ();
        get(key: &Key) -> Option<Bytes>;
        contains(key: &Key) -> bool;
        delete(key: &Key) -> ();
        list(prefix: &str) -> Vec<Key>;
        delete_by(key: &Key, until: Timestamp, now: Timestamp) -> DeletionSchedule;
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        if self.1.load(Ordering::SeqCst) {
            return self.0.put_if_absent(key, body).await;
        }
        Err(ArchiveError::Unavailable("the disk is full".to_owned()))
    }
}
