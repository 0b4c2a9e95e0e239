//! The archive in memory. A folder would flush a hundred thousand files to the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use common::archive::{Archive, ArchiveError, Key, PutOutcome};

/// An archive in memory; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryArchive(Arc<Mutex<BTreeMap<Key, Bytes>>>);

impl MemoryArchive {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<Key, Bytes>> {
        self.0.lock().unwrap()
    }
}

impl Archive for MemoryArchive {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.objects().insert(key.clone(), body);
        Ok(())
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        let mut objects = self.objects();
        if objects.contains_key(key) {
            return Ok(PutOutcome::AlreadyExists);
        }
        objects.insert(key.clone(), body);
        Ok(PutOutcome::Stored)
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        Ok(self.objects().get(key).cloned())
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        Ok(self.objects().contains_key(key))
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        self.objects().remove(key);
        Ok(())
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        let objects = self.objects();
        let keys = objects.keys();
        Ok(keys
            .filter(|key| key.as_str().starts_with(prefix))
            .cloned()
            .collect())
    }
}
