//! Stores calls byte for byte: in a folder on one machine, in S3 on AWS.

mod erasure;
#[cfg(feature = "folder-archive")]
pub mod folder;
mod key;
mod opt_out;
#[cfg(feature = "s3")]
pub mod s3;

pub use erasure::{CallerTombstone, caller_tombstone, is_erased, is_forgotten, mark_forgotten};
pub use key::{Key, PayloadKind};
pub use opt_out::{OptOut, Requester, opt_in, opt_out};

use std::future::Future;

use bytes::Bytes;
use jiff::Timestamp;

/// Why an archive operation failed. Messages may name a key, never the content of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The archive is unreachable, full or failing. A later attempt may succeed.
    #[error("the archive is unavailable ({0})")]
    Unavailable(String),
    /// The archive rejected the operation, for example because a permission or the bucket is
    /// missing. Retrying does not help.
    #[error("the archive rejected the request ({0})")]
    Refused(String),
}

/// Outcome of [`Archive::put_if_absent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// The key was free and the body is stored.
    Stored,
    /// The key exists already. Its body is unchanged.
    AlreadyExists,
}

/// Whether the archive itself deletes an object in time. See [`Archive::delete_by`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionSchedule {
    /// The object will be gone by the deadline.
    InTime,
    /// The archive deletes the object some days after the deadline. Delete it explicitly before.
    TooLate,
}

/// The current object under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The key.
    pub key: Key,
    /// Length of the body.
    pub bytes: u64,
    /// When the object was written. S3 reports whole seconds.
    pub at: Timestamp,
}

/// Lists the current objects of an archive, for replays and backups.
pub trait ObjectListing: Archive {
    /// Lists the objects whose keys begin with `prefix`, in no particular order. Unlike
    /// [`Archive::list`] it omits keys of which only earlier versions exist.
    fn list_objects(
        &self,
        prefix: &str,
    ) -> impl Future<Output = Result<Vec<StoredObject>, ArchiveError>> + Send;

    /// Lists the keys of the payloads written at or after `since`, in no particular order.
    fn payloads(
        &self,
        since: Option<Timestamp>,
    ) -> impl Future<Output = Result<Vec<Key>, ArchiveError>> + Send {
        async move {
            let objects = self.list_objects("payloads/").await?.into_iter();
            Ok(objects
                .filter(|object| since.is_none_or(|since| object.at >= since))
                .map(|object| object.key)
                .collect())
        }
    }
}

/// Durable key-value storage. A write that succeeded survives a crash.
pub trait Archive: Clone + Send + Sync + 'static {
    /// Stores `body` under `key` and replaces an existing object.
    fn put(&self, key: &Key, body: Bytes) -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// Stores `body` under `key` unless an object exists. One of several concurrent writers wins.
    fn put_if_absent(
        &self,
        key: &Key,
        body: Bytes,
    ) -> impl Future<Output = Result<PutOutcome, ArchiveError>> + Send;

    /// Returns the object under `key`, or `None` if there is none.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Bytes>, ArchiveError>> + Send;

    /// Returns whether an object exists under `key`.
    fn contains(&self, key: &Key) -> impl Future<Output = Result<bool, ArchiveError>> + Send;

    /// Permanently deletes the object under `key` and all its earlier versions. Succeeds if there
    /// is none.
    fn delete(&self, key: &Key) -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// Schedules the deletion of the object under `key` by `until`.
    ///
    /// The default does nothing. A folder needs no schedule per object: its sweep reads the
    /// deadlines from [`Key::deadline`].
    fn delete_by(
        &self,
        _key: &Key,
        _until: Timestamp,
        _now: Timestamp,
    ) -> impl Future<Output = Result<DeletionSchedule, ArchiveError>> + Send {
        std::future::ready(Ok(DeletionSchedule::InTime))
    }

    /// Lists the keys that begin with `prefix`, such as `callers/{hash}/`, in order. Includes keys
    /// of which only earlier versions exist, so that deleting every listed key leaves nothing
    /// behind.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<Key>, ArchiveError>> + Send;
}
