//! Caller cards and agent profiles. They are rows of separate users, so that no search finds them.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::super::OpenMemoryError;
use super::super::clock::now;
use super::super::key::CallerKey;
use super::Cavira;
use super::row::Row;
use crate::call::AgentId;
use crate::http_client::CallError;

/// Returns the user that owns a caller's cards, one for each agent. No caller id has this form.
pub(super) fn cards_of(key: &str) -> String {
    format!("elaaoms:cards:{key}")
}

fn owner(agent: &AgentId, key: &str) -> String {
    if key == CallerKey::AGENT_PROFILE.id {
        format!("elaaoms:agent:{agent}")
    } else {
        cards_of(key)
    }
}

impl Cavira {
    pub(in super::super) async fn get_profile<T: DeserializeOwned>(
        &self,
        agent: &AgentId,
        key: &str,
    ) -> Result<Option<T>, OpenMemoryError> {
        let rows = self.profiles(agent, key).await?;
        let Some(newest) = rows
            .first()
            .filter(|row| row.expires_at().is_some_and(|expiry| expiry > now()))
        else {
            return Ok(None);
        };
        let data = newest
            .metadata
            .get("profile_data")
            .cloned()
            .unwrap_or_default();
        Ok(Some(
            serde_json::from_value(data).map_err(|_| CallError::Unreadable)?,
        ))
    }

    pub(in super::super) async fn put_profile<T: Serialize + Sync>(
        &self,
        agent: &AgentId,
        key: &str,
        profile: &T,
        ttl_hours: u32,
    ) -> Result<(), OpenMemoryError> {
        let data = serde_json::to_value(profile).map_err(|_| CallError::Unreadable)?;
        let metadata = metadata(agent, key, data, ttl_hours);
        let user = owner(agent, key);
        let rows = self.profiles(agent, key).await?;
        let Some((newest, older)) = rows.split_first() else {
            return self
                .store(&user, &format!("profile of {agent}"), &metadata)
                .await
                .map(|_| ());
        };
        self.patch(&newest.id, &user, None, &metadata).await?;
        self.delete_all(older).await
    }

    /// Returns the profiles of an agent and caller, newest first. There is more than one only after
    /// two concurrent writes.
    async fn profiles(&self, agent: &AgentId, key: &str) -> Result<Vec<Row>, OpenMemoryError> {
        let mut rows = self.rows(&owner(agent, key)).await?;
        rows.retain(|row| row.is_profile_of(agent, key));
        rows.sort_by_key(|row| {
            std::cmp::Reverse(
                row.text("written_at")
                    .and_then(|at| at.parse::<Timestamp>().ok()),
            )
        });
        Ok(rows)
    }
}

fn metadata(agent: &AgentId, key: &str, data: Value, ttl_hours: u32) -> Map<String, Value> {
    let now = now();
    let expires_at = now
        .saturating_add(SignedDuration::from_hours(i64::from(ttl_hours)))
        .unwrap_or(Timestamp::MAX);
    let fields = [
        ("kind", json!("profile")),
        ("agent_id", json!(agent)),
        ("caller_id", json!(key)),
        ("profile_data", data),
        ("written_at", json!(now)),
        ("expires_at", json!(expires_at)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
