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

use super::{Archive, ArchiveError, Key, Limit, Payloads, PutOutcome, StoredObject};

/// S3 deletes no more versions than this with one request.
const MOST_DELETED_AT_ONCE: usize = 1000;
/// How long a conditional write waits after each conflict with another write. Then it fails, and
/// the call or the job comes again.
const CONFLICT_PAUSES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(60),
    Duration::from_millis(180),
    Duration::from_millis(540),
];
/// The tag by which the bucket's lifecycle deletes an object so many days after it was written.
const KEEP_DAYS: &str = "keep-days";
/// Its values, each with a rule in `template.yaml`.
const CLASSES: [i64; 10] = [1, 3, 7, 14, 30, 60, 90, 180, 365, 730];
/// How much later than that a lifecycle may be, in days: it waits for the next midnight, keeps what
/// it has deleted as an earlier version for a day, and waits for midnight once more.
const SLACK: i64 = 3;

/// An archive in one bucket; cheap to clone.
#[derive(Debug, Clone)]
pub struct S3Archive {
    client: Client,
    bucket: String,
}

impl S3Archive {
    /// The archive in `bucket`.
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        // Path style where an endpoint is set: a stand-in has no names for buckets.
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
        let put = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .body(ByteStream::from(body));
        put.send()
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
                // Another write or a delete is under way, and may fail: 409 does not say that the
                // object is there.
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
                    "S3: the body broke off".to_owned(),
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
        let of_this_key = versions
            .into_iter()
            .filter(|version| version.key() == key.as_str());
        for at_once in of_this_key.collect::<Vec<_>>().chunks(MOST_DELETED_AT_ONCE) {
            self.delete_versions(at_once.to_vec()).await?;
        }
        Ok(())
    }

    async fn limit(
        &self,
        key: &Key,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Limit, ArchiveError> {
        let class = class(until.duration_since(now));
        // What is too close is deleted by whoever asked, and by the lifecycle if that never
        // happens.
        let tag = Tag::builder()
            .key(KEEP_DAYS)
            .value(class.unwrap_or(CLASSES[0]).to_string())
            .build();
        let tags = tag.and_then(|tag| Tagging::builder().tag_set(tag).build());
        let tags = tags.map_err(|_| ArchiveError::Refused("S3: no tag".to_owned()))?;
        let tagging = self
            .client
            .put_object_tagging()
            .bucket(&self.bucket)
            .key(key.as_str())
            .tagging(tags);
        match tagging.send().await {
            // Gone already.
            Err(error) if !is_absent(&error) => Err(failure(&error)),
            _ => Ok(if class.is_some() {
                Limit::Met
            } else {
                Limit::TooClose
            }),
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
    /// Every version of every key that begins with `prefix`, and the marks of those that were
    /// deleted.
    async fn versions(&self, prefix: &str) -> Result<Vec<ObjectIdentifier>, ArchiveError> {
        let (mut versions, mut from) = (Vec::new(), None);
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
            let kept = page
                .versions()
                .iter()
                .map(|version| (version.key(), version.version_id()));
            let marks = page
                .delete_markers()
                .iter()
                .map(|mark| (mark.key(), mark.version_id()));
            versions.extend(
                kept.chain(marks)
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
        // S3 answers 200 and says for each object that it could not be deleted.
        match deleted.map_err(|error| failure(&error))?.errors().first() {
            None => Ok(()),
            Some(error) => Err(not_deleted(error.code())),
        }
    }
}

/// The longest class that is over in time.
fn class(left: SignedDuration) -> Option<i64> {
    let days = left.as_hours() / 24 - SLACK;
    CLASSES.into_iter().rev().find(|class| *class <= days)
}

fn identifier(key: &str, version: Option<&str>) -> Option<ObjectIdentifier> {
    ObjectIdentifier::builder()
        .key(key)
        .set_version_id(version.map(str::to_owned))
        .build()
        .ok()
}

/// A missing permission heals by no waiting; everything else may.
fn not_deleted(code: Option<&str>) -> ArchiveError {
    let described = format!("S3: {}", code.unwrap_or("without a reason"));
    if code == Some("AccessDenied") {
        ArchiveError::Refused(described)
    } else {
        ArchiveError::Unavailable(described)
    }
}

impl Payloads for S3Archive {
    async fn kept(&self, prefix: &str) -> Result<Vec<StoredObject>, ArchiveError> {
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .into_paginator()
            .send();
        let mut kept = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failure(&error))?;
            kept.extend(page.contents().iter().filter_map(object));
        }
        Ok(kept)
    }
}

/// `None` for what is no key of an archive.
fn object(object: &Object) -> Option<StoredObject> {
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

/// 404 for a key is absence; for the bucket it is a mistake of the deployment, and no call may be
/// lost to it.
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

/// Names S3's error code at most. A missing permission heals by no waiting; everything else may.
fn failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> ArchiveError {
    let code = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code);
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match (code, status) {
        (_, None) => ArchiveError::Unavailable("S3 cannot be reached".to_owned()),
        (Some("SlowDown" | "RequestTimeout" | "OperationAborted"), _) | (_, Some(429 | 500..)) => {
            ArchiveError::Unavailable(described(code, status))
        }
        _ => ArchiveError::Refused(described(code, status)),
    }
}

fn described(code: Option<&str>, status: Option<u16>) -> String {
    format!(
        "S3: {} {}",
        status.unwrap_or_default(),
        code.unwrap_or("without a reason")
    )
}

#[cfg(test)]
#[cfg(all(feature = "s3", feature = "sqs"))]
mod tests;
