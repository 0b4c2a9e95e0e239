//! The archive of a deployment's calls: a folder or an S3 bucket behind one type.

use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use bytes::Bytes;
use common::archive::folder::FolderArchive;
use common::archive::s3::S3Archive;
use common::archive::{
    Archive, ArchiveError, DeletionSchedule, Key, ObjectListing, PutOutcome, StoredObject,
};
use jiff::Timestamp;

use super::error::DeploymentError;
use crate::error::Failure;
use crate::files::FileError;

/// The archive of a deployment's calls. Cheap to clone.
#[derive(Clone)]
pub(crate) enum CallStore {
    Folder(FolderArchive),
    Bucket(S3Archive),
}

impl CallStore {
    /// Opens the archive in a data folder.
    ///
    /// # Errors
    /// [`DeploymentError::NoCallData`] if the folder does not exist: an operator who mistypes it must not
    /// be told that there are no calls.
    pub(crate) fn folder(data_dir: &Path, payloads: Option<PathBuf>) -> Result<Self, Failure> {
        if !data_dir.is_dir() {
            return Err(DeploymentError::NoCallData(data_dir.to_owned()).into());
        }
        let archive = FolderArchive::open(data_dir, payloads);
        Ok(Self::Folder(archive.map_err(FileError::read(data_dir))?))
    }

    pub(crate) fn bucket(config: &SdkConfig, name: &str) -> Self {
        Self::Bucket(S3Archive::new(config, name))
    }
}

impl Archive for CallStore {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        match self {
            Self::Folder(archive) => archive.put(key, body).await,
            Self::Bucket(archive) => archive.put(key, body).await,
        }
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        match self {
            Self::Folder(archive) => archive.put_if_absent(key, body).await,
            Self::Bucket(archive) => archive.put_if_absent(key, body).await,
        }
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        match self {
            Self::Folder(archive) => archive.get(key).await,
            Self::Bucket(archive) => archive.get(key).await,
        }
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        match self {
            Self::Folder(archive) => archive.contains(key).await,
            Self::Bucket(archive) => archive.contains(key).await,
        }
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        match self {
            Self::Folder(archive) => archive.delete(key).await,
            Self::Bucket(archive) => archive.delete(key).await,
        }
    }

    async fn delete_by(
        &self,
        key: &Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<DeletionSchedule, ArchiveError> {
        match self {
            Self::Folder(archive) => archive.delete_by(key, until, now).await,
            Self::Bucket(archive) => archive.delete_by(key, until, now).await,
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        match self {
            Self::Folder(archive) => archive.list(prefix).await,
            Self::Bucket(archive) => archive.list(prefix).await,
        }
    }
}

impl ObjectListing for CallStore {
    async fn list_objects(&self, prefix: &str) -> Result<Vec<StoredObject>, ArchiveError> {
        match self {
            Self::Folder(archive) => archive.list_objects(prefix).await,
            Self::Bucket(archive) => archive.list_objects(prefix).await,
        }
    }
}
