//! The archive of calls behind one type, whatever it is: a folder or a bucket.

use std::sync::Arc;

use bytes::Bytes;
use common::archive::{
    Archive, ArchiveError, DeletionSchedule, Key, ObjectListing, PutOutcome, StoredObject,
};
use futures_util::future::BoxFuture;
use jiff::Timestamp;

type Outcome<'a, T> = BoxFuture<'a, Result<T, ArchiveError>>;

/// Any archive; cheap to clone.
#[derive(Clone)]
pub struct SharedArchive(Arc<dyn DynArchive>);

impl SharedArchive {
    /// Wraps an archive.
    #[must_use]
    pub fn new(archive: impl ObjectListing) -> Self {
        Self(Arc::new(archive))
    }
}

/// The operations of an archive, with boxed futures.
trait DynArchive: Send + Sync {
    fn dyn_put<'a>(&'a self, key: &'a Key, body: Bytes) -> Outcome<'a, ()>;
    fn dyn_put_if_absent<'a>(&'a self, key: &'a Key, body: Bytes) -> Outcome<'a, PutOutcome>;
    fn dyn_get<'a>(&'a self, key: &'a Key) -> Outcome<'a, Option<Bytes>>;
    fn dyn_contains<'a>(&'a self, key: &'a Key) -> Outcome<'a, bool>;
    fn dyn_delete<'a>(&'a self, key: &'a Key) -> Outcome<'a, ()>;
    fn dyn_delete_by<'a>(
        &'a self,
        key: &'a Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Outcome<'a, DeletionSchedule>;
    fn dyn_list<'a>(&'a self, prefix: &'a str) -> Outcome<'a, Vec<Key>>;
    fn dyn_list_objects<'a>(&'a self, prefix: &'a str) -> Outcome<'a, Vec<StoredObject>>;
}

impl<A: ObjectListing> DynArchive for A {
    fn dyn_put<'a>(&'a self, key: &'a Key, body: Bytes) -> Outcome<'a, ()> {
        Box::pin(self.put(key, body))
    }

    fn dyn_put_if_absent<'a>(&'a self, key: &'a Key, body: Bytes) -> Outcome<'a, PutOutcome> {
        Box::pin(self.put_if_absent(key, body))
    }

    fn dyn_get<'a>(&'a self, key: &'a Key) -> Outcome<'a, Option<Bytes>> {
        Box::pin(self.get(key))
    }

    fn dyn_contains<'a>(&'a self, key: &'a Key) -> Outcome<'a, bool> {
        Box::pin(self.contains(key))
    }

    fn dyn_delete<'a>(&'a self, key: &'a Key) -> Outcome<'a, ()> {
        Box::pin(self.delete(key))
    }

    fn dyn_delete_by<'a>(
        &'a self,
        key: &'a Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Outcome<'a, DeletionSchedule> {
        Box::pin(self.delete_by(key, until, now))
    }

    fn dyn_list<'a>(&'a self, prefix: &'a str) -> Outcome<'a, Vec<Key>> {
        Box::pin(self.list(prefix))
    }

    fn dyn_list_objects<'a>(&'a self, prefix: &'a str) -> Outcome<'a, Vec<StoredObject>> {
        Box::pin(self.list_objects(prefix))
    }
}

impl Archive for SharedArchive {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.0.dyn_put(key, body).await
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        self.0.dyn_put_if_absent(key, body).await
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        self.0.dyn_get(key).await
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        self.0.dyn_contains(key).await
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        self.0.dyn_delete(key).await
    }

    async fn delete_by(
        &self,
        key: &Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<DeletionSchedule, ArchiveError> {
        self.0.dyn_delete_by(key, until, now).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        self.0.dyn_list(prefix).await
    }
}

impl ObjectListing for SharedArchive {
    async fn list_objects(&self, prefix: &str) -> Result<Vec<StoredObject>, ArchiveError> {
        self.0.dyn_list_objects(prefix).await
    }
}
