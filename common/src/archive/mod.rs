//! Where calls are kept byte for byte: a folder on one machine, S3 on AWS.

mod erasure;
#[cfg(feature = "folder-archive")]
pub mod folder;
mod key;
#[cfg(feature = "s3")]
pub mod s3;

pub use erasure::{CallerTombstone, is_erased, is_forgotten};
pub use key::{Key, PayloadKind};

use std::future::Future;

use bytes::Bytes;
use jiff::Timestamp;

/// Why the archive did not do what it was asked. Names the key at most, never what is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be reached, is full, or failed: it may work later.
    #[error("the archive is unavailable ({0})")]
    Unavailable(String),
    /// It refuses for good: a missing permission, a missing bucket.
    #[error("the archive refuses ({0})")]
    Refused(String),
}

/// Outcome of [`Archive::put_if_absent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// The key was free; the body is stored now.
    Stored,
    /// The key exists already; its body is unchanged.
    AlreadyExists,
}

/// Whether the archive can delete something in time by itself, as [`Archive::limit`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// It will be gone by then.
    Met,
    /// It will be gone some days later, unless it is deleted before.
    TooClose,
}

/// What is kept under a key now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// The key.
    pub key: Key,
    /// How long the body is.
    pub bytes: u64,
    /// When it was written; to the second on S3.
    pub at: Timestamp,
}

/// What an archive holds now, for whoever puts calls back or copies them.
pub trait Payloads: Archive {
    /// What is kept under keys that begin with `prefix`, in no order. Unlike [`Archive::list`] it
    /// names nothing of which only earlier versions are left.
    fn kept(
        &self,
        prefix: &str,
    ) -> impl Future<Output = Result<Vec<StoredObject>, ArchiveError>> + Send;

    /// The keys of the payloads that were kept since then, in no order.
    fn payloads(
        &self,
        since: Option<Timestamp>,
    ) -> impl Future<Output = Result<Vec<Key>, ArchiveError>> + Send {
        async move {
            let kept = self.kept("payloads/").await?;
            let kept = kept
                .into_iter()
                .filter(|kept| since.is_none_or(|since| kept.at >= since));
            Ok(kept.map(|kept| kept.key).collect())
        }
    }
}

/// Durable storage under keys. What is acknowledged survives a crash.
pub trait Archive: Clone + Send + Sync + 'static {
    /// Keeps `body` under `key`, in place of what was there.
    fn put(&self, key: &Key, body: Bytes) -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// Keeps `body` under `key` unless something is there; of several at once, one wins.
    fn put_if_absent(
        &self,
        key: &Key,
        body: Bytes,
    ) -> impl Future<Output = Result<PutOutcome, ArchiveError>> + Send;

    /// What is kept under `key`, if anything.
    fn get(&self, key: &Key) -> impl Future<Output = Result<Option<Bytes>, ArchiveError>> + Send;

    /// Whether anything is kept under `key`.
    fn contains(&self, key: &Key) -> impl Future<Output = Result<bool, ArchiveError>> + Send;

    /// Removes what is kept under `key` with every earlier version of it, for good. What is not
    /// there is removed already.
    fn delete(&self, key: &Key) -> impl Future<Output = Result<(), ArchiveError>> + Send;

    /// Has the archive delete what is under `key` by `until`. An archive that looks after deadlines
    /// in another way does nothing here: a folder reads them from [`Key::deadline`].
    fn limit(
        &self,
        _key: &Key,
        _until: Timestamp,
        _now: Timestamp,
    ) -> impl Future<Output = Result<Limit, ArchiveError>> + Send {
        std::future::ready(Ok(Limit::Met))
    }

    /// The keys that begin with `prefix`, such as `callers/{hash}/`, in order. A key of which only
    /// earlier versions are left is among them, so that whoever deletes what is listed leaves
    /// nothing behind.
    fn list(&self, prefix: &str) -> impl Future<Output = Result<Vec<Key>, ArchiveError>> + Send;
}
