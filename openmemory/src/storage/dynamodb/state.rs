//! The item `@` of a caller.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::StorageError;
use super::counts::ActiveCounts;
use super::fields::{EXPIRES, Fields, bytes, expiry, number, text};
use super::keys::{HEAD, Item, Keys, Partition};
use super::link_item::Links;
use crate::memory::{AgentId, Memory};

pub(super) const VERSION: &str = "version";
pub(super) const ERASING: &str = "erasing";
const SEQ: &str = "seq";
const COUNTS: &str = "counts";

/// What every write to a caller depends on and changes.
#[derive(Clone, Debug, Default)]
pub(super) struct CallerState {
    /// Changes with every write; `None` if nothing is stored.
    pub(super) version: Option<String>,
    /// The last sequence number.
    pub(super) seq: i64,
    /// Whether the caller is being forgotten.
    pub(super) is_erasing: bool,
    /// Active memories by the pseudonym of their agent; `None` if a query has to count.
    counts: HashMap<String, Option<ActiveCounts>>,
    /// The links of the person. They are in this item because most requests read it anyway.
    pub(super) links: Links,
}

impl CallerState {
    /// Reads the state from the item `@`, if there is one.
    pub(super) fn from_item(item: Option<&Item>) -> Result<Self, StorageError> {
        let Some(item) = item else {
            return Ok(Self::default());
        };
        let fields = Fields::new(item, "caller");
        let counts = item.get(COUNTS).and_then(|counts| counts.as_m().ok());
        let decode = |(agent, counts): (&String, &AttributeValue)| {
            let bytes = counts.as_b().ok().map(AsRef::as_ref).unwrap_or_default();
            (agent.clone(), ActiveCounts::decode(bytes))
        };
        Ok(Self {
            version: Some(fields.text(VERSION)?.to_owned()),
            seq: fields.optional_number(SEQ).unwrap_or_default(),
            is_erasing: item.contains_key(ERASING),
            counts: counts.into_iter().flatten().map(decode).collect(),
            links: Links::from_item(item)?,
        })
    }

    /// The number of active memories of an agent; `None` if a query has to count.
    pub(super) fn active(&self, agent: &AgentId, keys: &Keys, now: Timestamp) -> Option<u64> {
        match self.counts.get(&keys.agent(agent)) {
            Some(counts) => counts.as_ref().map(|counts| counts.at(now)),
            None => Some(0),
        }
    }
}

/// The next item `@`: with a new version, the links and last sequence number of the state, and counts of the memories that the caller will have.
pub(super) fn next_item<'a>(
    partition: &Partition,
    state: &CallerState,
    memories: impl Iterator<Item = &'a Memory> + Clone,
    keys: &Keys,
) -> Result<Item, StorageError> {
    let mut item = partition.key(HEAD);
    item.insert(VERSION.to_owned(), text(new_version()));
    item.insert(SEQ.to_owned(), number(state.seq));
    let counts = count(memories.clone(), keys);
    item.insert(COUNTS.to_owned(), AttributeValue::M(counts));
    if let Some(expires_at) = last_expiry(memories) {
        item.insert(EXPIRES.to_owned(), expiry(expires_at));
    }
    state.links.add_to(&mut item)?;
    Ok(item)
}

/// A version that no caller had before.
pub(super) fn new_version() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn count<'a>(memories: impl Iterator<Item = &'a Memory>, keys: &Keys) -> Item {
    let mut by_agent: HashMap<&AgentId, ActiveCounts> = HashMap::new();
    for memory in memories.filter(|memory| memory.superseded.is_none()) {
        by_agent.entry(&memory.agent_id).or_default().add(memory);
    }
    by_agent
        .into_iter()
        .map(|(agent, counts)| (keys.agent(agent), bytes(counts.encode())))
        .collect()
}

/// The expiry of the memory that expires last; `None` if one does not expire or there is none.
fn last_expiry<'a>(memories: impl Iterator<Item = &'a Memory>) -> Option<Timestamp> {
    let expiries: Option<Vec<Timestamp>> = memories.map(|memory| memory.expires_at).collect();
    expiries?.into_iter().max()
}
