//! The keys of items. Callers, agents and idempotency keys appear only as pseudonyms.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::memory::{AgentId, CallerId, IdempotencyKey, MemoryId};

pub(super) type Item = HashMap<String, AttributeValue>;

pub(super) const PK: &str = "PK";
pub(super) const SK: &str = "SK";
/// The sort key of the only or most important item of a partition.
pub(super) const HEAD: &str = "@";
pub(super) const MEMORIES: &str = "M#";
pub(super) const PROFILES: &str = "P#";
pub(super) const RECEIPTS: &str = "R#";

/// Bytes of a pseudonym. 128 bits tell all callers of the world apart.
const PSEUDONYM_BYTES: usize = 16;

/// Computes pseudonyms under the pepper. `Debug` hides it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Keys(Arc<SecretString>);

/// The partition key of a caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Partition(String);

impl Keys {
    pub(super) fn new(pepper: SecretString) -> Self {
        Self(Arc::new(pepper))
    }

    /// The partition of a caller.
    pub(super) fn partition(&self, caller: &CallerId) -> Partition {
        Partition(format!("C#{}", self.pseudonym("caller", caller.as_str())))
    }

    /// The pseudonym of an agent. It has a fixed length, whereas an id may exceed a sort key.
    pub(super) fn agent(&self, agent: &AgentId) -> String {
        self.pseudonym("agent", agent.as_str())
    }

    /// The sort key of an agent's profile.
    pub(super) fn profile(&self, agent: &AgentId) -> String {
        format!("{PROFILES}{}", self.agent(agent))
    }

    /// The sort key of a receipt.
    pub(super) fn receipt(&self, key: &IdempotencyKey) -> String {
        let name = self.pseudonym("key", &key.key);
        format!("{RECEIPTS}{name}#{}", key.position)
    }

    /// A value that shows whether a table was written with this pepper.
    pub(super) fn check_value(&self) -> String {
        self.pseudonym("table", "")
    }

    #[expect(clippy::expect_used, reason = "HMAC accepts keys of any length")]
    fn pseudonym(&self, kind: &str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret().as_bytes())
            .expect("HMAC accepts keys of any length");
        mac.update(kind.as_bytes());
        mac.update(b"\0");
        mac.update(text.as_bytes());
        let digest = mac.finalize().into_bytes();
        digest
            .iter()
            .take(PSEUDONYM_BYTES)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl Partition {
    /// A partition key that was read from an item.
    pub(super) fn stored(key: String) -> Self {
        Self(key)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of an item in this partition.
    pub(super) fn key(&self, sort_key: &str) -> Item {
        key(&self.0, sort_key)
    }
}

/// The sort key of a memory. Keys sort like sequence numbers.
pub(super) fn memory(seq: i64) -> String {
    format!("{MEMORIES}{seq:019}")
}

/// The sequence number in the sort key of a memory.
pub(super) fn sequence_number(sort_key: &str) -> Option<i64> {
    sort_key.strip_prefix(MEMORIES)?.parse().ok()
}

/// The key of the pointer to a memory.
pub(super) fn pointer(id: &MemoryId) -> Item {
    key(&format!("ID#{}", id.as_str()), HEAD)
}

/// The key of the item that describes the table.
pub(super) fn table_info() -> Item {
    key("TABLE", HEAD)
}

fn key(partition: &str, sort_key: &str) -> Item {
    Item::from([
        (PK.to_owned(), AttributeValue::S(partition.to_owned())),
        (SK.to_owned(), AttributeValue::S(sort_key.to_owned())),
    ])
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(pepper: &str) -> Keys {
        Keys::new(SecretString::from(pepper.to_owned()))
    }

    #[test]
    fn a_caller_has_another_partition_under_another_pepper() {
        let caller = CallerId::parse("+12025550142").unwrap();
        let partition = keys("one").partition(&caller);
        assert_eq!(partition, keys("one").partition(&caller));
        assert_ne!(partition, keys("two").partition(&caller));
        assert!(!partition.as_str().contains("2025550142"));
        assert_eq!(partition.as_str().len(), 2 + 2 * PSEUDONYM_BYTES);
    }

    #[test]
    fn an_agent_and_a_caller_of_one_name_have_different_pseudonyms() {
        let keys = keys("pepper");
        let caller = keys.partition(&CallerId::parse("same").unwrap());
        let agent = keys.agent(&AgentId::parse("same").unwrap());
        assert_ne!(caller.as_str(), format!("C#{agent}"));
    }

    #[test]
    fn memories_sort_by_their_sequence_numbers() {
        assert!(memory(9) < memory(10));
        assert!(memory(10) < memory(i64::MAX));
        assert_eq!(sequence_number(&memory(1_785_000_000)), Some(1_785_000_000));
        assert_eq!(sequence_number("P#1"), None);
    }
}
