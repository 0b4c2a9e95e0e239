//! Caller cards and agents' profiles, with the expiry that the server keeps.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::OpenMemoryError;
use super::super::key::CallerKey;
use super::{V1, is_not_found, name_aliases};
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
        name_aliases(&mut url, key);
        let answer = self.server.ask(self.server.get(url)).await?;
        if is_not_found(&answer) {
            return Ok(None);
        }
        let profile: Profile<T> = answer.success()?.json()?;
        let asked_for = profile.agent_id == agent.as_str() && key.is(&profile.caller_id);
        if asked_for {
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
        let (caller_id, caller_aliases) = (&*key.id, &*key.aliases);
        let body = Profile {
            agent_id: agent,
            caller_id,
            caller_aliases,
            profile_data,
            ttl_hours,
        };
        Ok(self.post(&["agents"], &body).await?.success().map(|_| ())?)
    }
}
