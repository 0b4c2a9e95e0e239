//! Profiles as items.

use super::StorageError;
use super::fields::{EXPIRES, Fields, expiry, json, text, time};
use super::keys::{Item, Keys};
use super::memory_item::{AGENT, CALLER, EXPIRES_AT, UPDATED_AT};
use crate::memory::{AgentId, CallerId, Profile};

pub(super) const CREATED_AT: &str = "created_at";
pub(super) const DATA: &str = "data";

pub(super) fn key(profile: &Profile, keys: &Keys) -> Item {
    keys.partition(&profile.caller_id)
        .key(&keys.profile(&profile.agent_id))
}

pub(super) fn to_item(profile: &Profile, keys: &Keys) -> Result<Item, StorageError> {
    let mut item = key(profile, keys);
    item.extend(
        [
            (AGENT, text(profile.agent_id.as_str())),
            (CALLER, text(profile.caller_id.as_str())),
            (DATA, json(&profile.data)?),
            (CREATED_AT, time(profile.created_at)),
            (UPDATED_AT, time(profile.updated_at)),
            (EXPIRES_AT, time(profile.expires_at)),
            (EXPIRES, expiry(profile.expires_at)),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    Ok(item)
}

impl TryFrom<&Item> for Profile {
    type Error = StorageError;

    fn try_from(item: &Item) -> Result<Self, StorageError> {
        let fields = Fields::new(item, "profile");
        Ok(Self {
            agent_id: AgentId::stored(fields.text(AGENT)?.to_owned()),
            caller_id: CallerId::stored(fields.text(CALLER)?.to_owned()),
            data: fields.json(DATA)?,
            created_at: fields.time(CREATED_AT)?,
            updated_at: fields.time(UPDATED_AT)?,
            expires_at: fields.time(EXPIRES_AT)?,
        })
    }
}
