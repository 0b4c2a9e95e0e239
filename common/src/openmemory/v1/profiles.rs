//! Caller cards and agent profiles. The server expires them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::OpenMemoryError;
use super::super::key::CallerKey;
use super::{V1, append_aliases, is_not_found};
use crate::call::AgentId;
use crate::http_client::CallError;

impl V1 {
    pub(in super::super) async fn get_profile<T: DeserializeOwned>(
        &self,
        agent: &AgentId,
        key: &CallerKey,
    ) -> Result<Option<T>, OpenMemoryError> {
        #[derive(Deserialize)]
        struct Profile<T> {
            agent_id: String,
            caller_id: String,
            profile_data: T,
        }
        let mut url = self
            .server
            .url(&["api", "v1", "agents", agent.as_str(), "callers", &key.id]);
        append_aliases(&mut url, key);
        let response = self.server.send(self.server.get(url)).await?;
        if is_not_found(&response) {
            return Ok(None);
        }
        let profile: Profile<T> = response.success()?.json()?;
        let is_requested = profile.agent_id == agent.as_str() && key.matches(&profile.caller_id);
        if is_requested {
            Ok(Some(profile.profile_data))
        } else {
            Err(CallError::Unreadable.into())
        }
    }

    pub(in super::super) async fn put_profile<T: Serialize + Sync>(
        &self,
        agent: &AgentId,
        key: &CallerKey,
        profile_data: &T,
        ttl_hours: u32,
    ) -> Result<(), OpenMemoryError> {
        #[derive(Serialize)]
        struct Profile<'a, T> {
            agent_id: &'a AgentId,
            caller_id: &'a str,
            #[serde(skip_serializing_if = "<[String]>::is_empty")]
            caller_aliases: &'a [String],
            profile_data: &'a T,
            ttl_hours: u32,
        }
        let body = Profile {
            agent_id: agent,
            caller_id: &key.id,
            caller_aliases: &key.aliases,
            profile_data,
            ttl_hours,
        };
        Ok(self.post(&["agents"], &body).await?.success().map(|_| ())?)
    }
}
