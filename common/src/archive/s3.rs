//! The archive as an S3 bucket.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, Object, ObjectIdentifier, Tag, Tagging};
use bytes::Bytes;
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use super::{
    Archive, ArchiveError, DeletionSchedule, Key, ObjectListing, PutOutcome, StoredObject,
};
use crate::aws::AwsError;

/// Most versions that S3 deletes with one request.
const MAX_VERSIONS_PER_DELETE: usize = 1000;
/// Pauses of a conditional write after each conflict with another write. After the last one the
/// write fails, and ElevenLabs or the queue delivers again.
const CONFLICT_PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(60),
    Duration::from_millis(180),
    Duration::from_millis(540),
];
/// Tag that makes the bucket's lifecycle delete an object this many days after it was written.
const RETENTION_TAG: &str = "keep-days";
/// Values of the tag. Each has a lifecycle rule in `template.yaml`.
const RETENTION_CLASSES: [i64; 10] = [1, 3, 7, 14, 30, 60, 90, 180, 365, 730];
/// How many days late a lifecycle rule may be. It waits for the next midnight, keeps the deleted
/// object as an earlier version for a day, and waits for midnight once more.
const LIFECYCLE_DELAY: i64 = 3;

/// An archive in one bucket. Cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Archive {
    client: Client,
    bucket: String,
}

impl S3Archive {
    /// Returns the archive in `bucket`.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        // Use path-style addresses with a custom endpoint: S3-compatible servers have no host name
        // per bucket.
        let client = aws_sdk_s3::config::Builder::from(config)
            .force_path_style(config.endpoint_url().is_some());
        Self {
            client: Client::from_conf(client.build()),
            bucket: bucket.into(),
        }
    }
}

impl Archive for S3Archive {
    async fn put(&self, key: &Key, body: Bytes) -> Result<(), ArchiveError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .body(ByteStream::from(body))
            .send()
            .await
            .map(|_| ())
            .map_err(|error| failure(&error))
    }

    async fn put_if_absent(&self, key: &Key, body: Bytes) -> Result<PutOutcome, ArchiveError> {
        let mut pauses = CONFLICT_PAUSES.into_iter();
        loop {
            let put = self
                .client
                .put_object()
                .bucket(&self.bucket)
                .key(key.as_str());
            match put
                .body(ByteStream::from(body.clone()))
                .if_none_match("*")
                .send()
                .await
            {
                Ok(_) => return Ok(PutOutcome::Stored),
                Err(error) if has_status(&error, &[StatusCode::PRECONDITION_FAILED]) => {
                    return Ok(PutOutcome::AlreadyExists);
                }
                // Another write or delete is in progress and may fail, so 409 does not prove that
                // the object exists.
                Err(error) if has_status(&error, &[StatusCode::CONFLICT]) => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => {
                        return Err(ArchiveError::Unavailable(
                            "S3: the object is being written".to_owned(),
                        ));
                    }
                },
                Err(error) => return Err(failure(&error)),
            }
        }
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>, ArchiveError> {
        match self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .send()
            .await
        {
            Ok(object) => match object.body.collect().await {
                Ok(body) => Ok(Some(body.into_bytes())),
                Err(_) => Err(ArchiveError::Unavailable(
                    "S3: the response body was interrupted".to_owned(),
                )),
            },
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn contains(&self, key: &Key) -> Result<bool, ArchiveError> {
        match self
            .client
            .head_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .send()
            .await
        {
            Ok(_) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(failure(&error)),
        }
    }

    async fn delete(&self, key: &Key) -> Result<(), ArchiveError> {
        let versions = self.versions(key.as_str()).await?;
        let own_versions: Vec<_> = versions
            .into_iter()
            .filter(|version| version.key() == key.as_str())
            .collect();
        for chunk in own_versions.chunks(MAX_VERSIONS_PER_DELETE) {
            self.delete_versions(chunk.to_vec()).await?;
        }
        Ok(())
    }

    async fn delete_by(
        &self,
        key: &Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<DeletionSchedule, ArchiveError> {
        let class = retention_class(until.duration_since(now));
        // If no class fits, the object must be deleted explicitly. The shortest class makes sure
        // that it goes even if that never happens.
        let tag = Tag::builder()
            .key(RETENTION_TAG)
            .value(class.unwrap_or(RETENTION_CLASSES[0]).to_string())
            .build();
        let tags = tag.and_then(|tag| Tagging::builder().tag_set(tag).build());
        let tags =
            tags.map_err(|_| ArchiveError::Refused("S3: the retention tag is invalid".to_owned()))?;
        let tagging = self
            .client
            .put_object_tagging()
            .bucket(&self.bucket)
            .key(key.as_str())
            .tagging(tags);
        match tagging.send().await {
            Err(error) if !is_absent(&error) => Err(failure(&error)),
            // Success, or the object is already deleted.
            _ if class.is_some() => Ok(DeletionSchedule::InTime),
            _ => Ok(DeletionSchedule::TooLate),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Key>, ArchiveError> {
        let versions = self.versions(prefix).await?;
        let keys: BTreeSet<Key> = versions
            .into_iter()
            .filter_map(|version| Key::try_from(version.key).ok())
            .collect();
        Ok(keys.into_iter().collect())
    }
}

impl S3Archive {
    /// Lists every version and every delete marker of the keys that begin with `prefix`.
    async fn versions(&self, prefix: &str) -> Result<Vec<ObjectIdentifier>, ArchiveError> {
        let mut versions = Vec::new();
        let mut from = None;
        loop {
            let list = self
                .client
                .list_object_versions()
                .bucket(&self.bucket)
                .prefix(prefix);
            let (key, version) = from.unwrap_or_default();
            let page = list
                .set_key_marker(key)
                .set_version_id_marker(version)
                .send()
                .await;
            let page = page.map_err(|error| failure(&error))?;
            let objects = page
                .versions()
                .iter()
                .map(|version| (version.key(), version.version_id()));
            let delete_markers = page
                .delete_markers()
                .iter()
                .map(|marker| (marker.key(), marker.version_id()));
            versions.extend(
                objects
                    .chain(delete_markers)
                    .filter_map(|(key, version)| identifier(key?, version)),
            );
            if page.is_truncated() != Some(true) {
                return Ok(versions);
            }
            from = Some((page.next_key_marker, page.next_version_id_marker));
        }
    }

    async fn delete_versions(&self, versions: Vec<ObjectIdentifier>) -> Result<(), ArchiveError> {
        let delete = Delete::builder()
            .set_objects(Some(versions))
            .quiet(true)
            .build();
        let delete =
            delete.map_err(|_| ArchiveError::Refused("S3: nothing to delete".to_owned()))?;
        let deleted = self
            .client
            .delete_objects()
            .bucket(&self.bucket)
            .delete(delete)
            .send()
            .await;
        // S3 answers 200 even if some objects could not be deleted, and lists an error for each.
        match deleted.map_err(|error| failure(&error))?.errors().first() {
            None => Ok(()),
            Some(error) => Err(not_deleted(error.code())),
        }
    }
}

/// Returns the longest class whose rule deletes the object within `left`.
fn retention_class(left: SignedDuration) -> Option<i64> {
    let days = left.as_hours() / 24 - LIFECYCLE_DELAY;
    RETENTION_CLASSES
        .into_iter()
        .rev()
        .find(|class| *class <= days)
}

fn identifier(key: &str, version: Option<&str>) -> Option<ObjectIdentifier> {
    ObjectIdentifier::builder()
        .key(key)
        .set_version_id(version.map(str::to_owned))
        .build()
        .ok()
}

/// Classifies a per-object error. Only a missing permission is permanent.
fn not_deleted(code: Option<&str>) -> ArchiveError {
    let message = format!("S3: {}", code.unwrap_or("no error code"));
    if code == Some("AccessDenied") {
        ArchiveError::Refused(message)
    } else {
        ArchiveError::Unavailable(message)
    }
}

impl ObjectListing for S3Archive {
    async fn list_objects(&self, prefix: &str) -> Result<Vec<StoredObject>, ArchiveError> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(&error))?;
            objects.extend(page.contents().iter().filter_map(stored_object));
        }
        Ok(objects)
    }
}

/// Converts a listed object. Returns `None` if its name is not a valid key.
fn stored_object(object: &Object) -> Option<StoredObject> {
    let at = object
        .last_modified()
        .and_then(|at| Timestamp::new(at.secs(), 0).ok());
    Some(StoredObject {
        key: Key::try_from(object.key()?.to_owned()).ok()?,
        bytes: object
            .size()
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or_default(),
        at: at.unwrap_or_default(),
    })
}

/// Returns whether the object does not exist. A 404 for a missing bucket is a deployment error and
/// must not look like a missing object, or calls would be lost.
fn is_absent<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    has_status(error, &[StatusCode::NOT_FOUND])
        && error
            .as_service_error()
            .and_then(ProvideErrorMetadata::code)
            != Some("NoSuchBucket")
}

fn has_status<E>(error: &SdkError<E>, statuses: &[StatusCode]) -> bool {
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    statuses
        .iter()
        .any(|wanted| status == Some(wanted.as_u16()))
}

fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> ArchiveError {
    match AwsError::new("S3", error) {
        AwsError::Transient(reason) => ArchiveError::Unavailable(reason),
        AwsError::Permanent(reason) => ArchiveError::Refused(reason),
    }
}

#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
mod tests;
