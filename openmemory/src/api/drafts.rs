//! Reads and validates a memory from a request.

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use text::without_controls;

use super::ApiError;
use super::callers::callers;
use super::fields::Fields;
use super::times;
use crate::limits::{
    DEFAULT_IMPORTANCE, MAX_CONTENT_CHARS, MAX_KEY_CHARS, MAX_TAG_CHARS, MAX_TAGS,
};
use crate::memory::{
    AgentId, CallerId, Draft, Fingerprint, IdempotencyKey, MemoryId, Relation, clean, is_visible,
};

/// Maximum numbers in an embedding.
const MAX_DIMENSIONS: usize = 8_192;

/// An idempotency key, and the fingerprint of the body it came with.
type KeyedBody = (IdempotencyKey, Fingerprint);

/// Reads one memory. `path` is its path in the request; `header` is the key from the request's
/// header.
pub(super) fn draft(
    item: &Map<String, Value>,
    path: &str,
    header: Option<KeyedBody>,
) -> Result<Draft, ApiError> {
    let fields = Fields::new(item, path);
    check_embedding(fields)?;
    let callers = callers(fields, CallerId::parse)?;
    let metadata = fields.object("metadata")?.map(clean).unwrap_or_default();
    let metadata_path = format!("{path}metadata.");
    let metadata_fields = Fields::new(&metadata, &metadata_path);
    check_labels(metadata_fields)?;
    let importance = importance(fields, metadata_fields)?;
    Ok(Draft {
        id: MemoryId::random(),
        agent_id: fields.id("agent_id", AgentId::parse)?,
        caller_id: callers.current().clone(),
        aliases: callers.aliases().to_vec(),
        told_as: None,
        content: content(fields)?,
        importance: importance.unwrap_or(DEFAULT_IMPORTANCE),
        happened_at: time(metadata_fields, "timestamp")?,
        expires_at: time(fields, "expires_at")?,
        key: key(fields)?
            .map(|key| (key, Fingerprint::from_body(item)))
            .or(header),
        older_fingerprints: callers
            .aliases()
            .iter()
            .map(|alias| Fingerprint::with_caller(item, alias))
            .collect(),
        relation: relation(fields)?,
        vector: None,
        metadata,
    })
}

/// Reads the `Idempotency-Key` header. `position` is -1 for a single memory.
pub(super) fn header_key(
    headers: &HeaderMap,
    position: i64,
) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .map_err(|_| ApiError::field("Idempotency-Key", "must be printable"))?;
    checked_key(key, position)
        .map(Some)
        .map_err(|reason| ApiError::field("Idempotency-Key", reason))
}

/// Reads the importance from the body or, if it is not there, from the metadata.
pub(super) fn importance(fields: Fields<'_>, metadata: Fields<'_>) -> Result<Option<u8>, ApiError> {
    let importance = match fields.whole("importance", 1, 10)? {
        Some(importance) => Some(importance),
        None => metadata.whole("importance", 1, 10)?,
    };
    Ok(importance.and_then(|value| u8::try_from(value).ok()))
}

/// Checks the keys of the metadata that the service reads.
pub(super) fn check_labels(metadata: Fields<'_>) -> Result<(), ApiError> {
    metadata.text("category")?;
    metadata.text("conversation_id")?;
    let tags = metadata.list("tags")?.unwrap_or_default();
    if tags.len() > MAX_TAGS {
        return Err(metadata.invalid("tags", "must be at most 64"));
    }
    let is_tag = |tag: &Value| {
        tag.as_str()
            .is_some_and(|tag| tag.chars().count() <= MAX_TAG_CHARS)
    };
    if !tags.iter().all(is_tag) {
        return Err(metadata.invalid("tags", "must be strings of at most 256 characters"));
    }
    Ok(())
}

/// Reads an RFC 3339 time.
pub(super) fn time(fields: Fields<'_>, name: &str) -> Result<Option<jiff::Timestamp>, ApiError> {
    let Some(text) = fields.text(name)? else {
        return Ok(None);
    };
    times::parse(text)
        .map(Some)
        .ok_or_else(|| fields.invalid(name, "must be an RFC 3339 time"))
}

fn key(fields: Fields<'_>) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(key) = fields.text("idempotency_key")? else {
        return Ok(None);
    };
    checked_key(key, -1)
        .map(Some)
        .map_err(|reason| fields.invalid("idempotency_key", reason))
}

fn checked_key(key: &str, position: i64) -> Result<IdempotencyKey, &'static str> {
    if !is_visible(key) || key.chars().count() > MAX_KEY_CHARS {
        return Err("must have 1 to 256 characters");
    }
    if key.chars().any(char::is_control) {
        return Err("must be printable");
    }
    Ok(IdempotencyKey {
        key: key.to_owned(),
        position,
    })
}

fn content(fields: Fields<'_>) -> Result<String, ApiError> {
    let content = fields.required_text("content")?;
    if !is_visible(content) {
        return Err(fields.invalid("content", "must not be empty"));
    }
    let content = without_controls(content);
    if content.chars().count() > MAX_CONTENT_CHARS {
        return Err(fields.invalid("content", "must have at most 8000 characters"));
    }
    Ok(content.into_owned())
}

fn relation(fields: Fields<'_>) -> Result<Option<Relation>, ApiError> {
    let supersedes = fields.optional_id("supersedes", MemoryId::parse)?;
    let reinforces = fields.optional_id("reinforces", MemoryId::parse)?;
    match (supersedes, reinforces) {
        (Some(_), Some(_)) => {
            Err(fields.invalid("supersedes", "cannot be combined with reinforces"))
        }
        (Some(id), None) => Ok(Some(Relation::Supersedes(id))),
        (None, Some(id)) => Ok(Some(Relation::Reinforces(id))),
        (None, None) => Ok(None),
    }
}

/// Validates the `embedding` field. The service accepts it but computes its own vectors.
fn check_embedding(fields: Fields<'_>) -> Result<(), ApiError> {
    let numbers = fields.list("embedding")?.unwrap_or_default();
    if numbers.len() <= MAX_DIMENSIONS && numbers.iter().all(Value::is_number) {
        Ok(())
    } else {
        Err(fields.invalid("embedding", "must be a list of at most 8192 numbers"))
    }
}
