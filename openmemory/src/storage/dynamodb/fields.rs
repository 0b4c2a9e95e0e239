//! Reads and writes the attributes of items.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::StorageError;
use super::keys::Item;

/// The attribute by which DynamoDB deletes expired items, in seconds.
pub(super) const EXPIRES: &str = "expires";

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn bytes(bytes: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// An exact time, in microseconds.
pub(super) fn time(time: Timestamp) -> AttributeValue {
    number(time.as_microsecond())
}

/// The second in which DynamoDB may delete an item: not before `expires_at`.
pub(super) fn expiry(expires_at: Timestamp) -> AttributeValue {
    number(expires_at.as_second().saturating_add(1))
}

/// A JSON object as text.
pub(super) fn json(object: &Map<String, Value>) -> Result<AttributeValue, StorageError> {
    serde_json::to_string(object)
        .map(AttributeValue::S)
        .map_err(|_| StorageError::Unreadable("object"))
}

/// Reads the attributes of one kind of item.
pub(super) struct Fields<'a> {
    item: &'a Item,
    kind: &'static str,
}

impl<'a> Fields<'a> {
    pub(super) fn new(item: &'a Item, kind: &'static str) -> Self {
        Self { item, kind }
    }

    pub(super) fn error(&self) -> StorageError {
        StorageError::Unreadable(self.kind)
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<&'a str> {
        self.item.get(name)?.as_s().ok().map(String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Result<&'a str, StorageError> {
        self.optional_text(name).ok_or_else(|| self.error())
    }

    pub(super) fn optional_number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.item.get(name)?.as_n().ok()?.parse().ok()
    }

    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Result<N, StorageError> {
        self.optional_number(name).ok_or_else(|| self.error())
    }

    pub(super) fn optional_bytes(&self, name: &str) -> Option<&'a [u8]> {
        self.item.get(name)?.as_b().ok().map(Blob::as_ref)
    }

    pub(super) fn optional_time(&self, name: &str) -> Result<Option<Timestamp>, StorageError> {
        self.item
            .contains_key(name)
            .then(|| self.time(name))
            .transpose()
    }

    pub(super) fn time(&self, name: &str) -> Result<Timestamp, StorageError> {
        Timestamp::from_microsecond(self.number(name)?).map_err(|_| self.error())
    }

    pub(super) fn json(&self, name: &str) -> Result<Map<String, Value>, StorageError> {
        serde_json::from_str(self.text(name)?).map_err(|_| self.error())
    }
}

/// The size of an item by DynamoDB's rules: names and values. Numbers are counted generously.
pub(super) fn size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value_size(value))
        .sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::M(map) => 3 + size(map) + map.len(),
        _ => 1,
    }
}
