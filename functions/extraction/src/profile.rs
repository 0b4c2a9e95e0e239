//! Agent profiles: fetched from ElevenLabs after a call, when no caller is waiting, and kept in the
//! memory store for client-data to read when the phone rings.

use std::sync::Arc;

use common::call::AgentId;
use common::elevenlabs::agents::{AgentsApi, AgentsApiError};
use common::memory::{AgentCache, AgentProfile};
use common::openmemory::{OpenMemory, OpenMemoryError};
use jiff::{SignedDuration, Timestamp};
use tracing::{debug, warn};

/// How long the store keeps a profile after it should have been refreshed, in hours. An agent
/// without calls for a month does not lose its profile.
const STALE_HOURS: u32 = 24 * 30;
/// How long to wait after a failed fetch before ElevenLabs is asked again.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_mins(10);

/// The agent profiles, cached by this process while they are fresh.
#[derive(Clone)]
pub(crate) struct Profiles {
    openmemory: OpenMemory,
    agents: AgentsApi,
    ttl_hours: u32,
    cache: Arc<AgentCache<CachedProfile>>,
}

#[derive(Clone)]
struct CachedProfile {
    profile: Option<AgentProfile>,
    until: Timestamp,
}

impl Profiles {
    pub(crate) fn new(openmemory: OpenMemory, agents: AgentsApi, ttl_hours: u32) -> Self {
        Self {
            openmemory,
            agents,
            ttl_hours,
            cache: Arc::default(),
        }
    }

    /// Returns the agent's profile and refreshes it if it is due. If ElevenLabs is unavailable, the
    /// stored profile is used.
    pub(crate) async fn get(
        &self,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<Option<AgentProfile>, OpenMemoryError> {
        if let Some(cached) = self.cache.get(agent).filter(|cached| now < cached.until) {
            return Ok(cached.profile);
        }
        let current = self.current(agent, now).await?;
        self.cache.insert(agent, current.clone());
        Ok(current.profile)
    }

    async fn current(
        &self,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<CachedProfile, OpenMemoryError> {
        let stored = self.openmemory.agent_profile(agent).await?;
        let refresh_after = stored.as_ref().and_then(|profile| profile.refresh_after);
        if let Some(until) = refresh_after.filter(|refresh_after| now < *refresh_after) {
            return Ok(CachedProfile {
                profile: stored,
                until,
            });
        }
        match self.agents.profile(agent).await {
            Ok(profile) => self.store(agent, profile, now).await,
            Err(error) => {
                log_failure(agent, &error);
                Ok(CachedProfile {
                    profile: stored,
                    until: now.saturating_add(RETRY_INTERVAL).unwrap_or(now),
                })
            }
        }
    }

    async fn store(
        &self,
        agent: &AgentId,
        profile: AgentProfile,
        now: Timestamp,
    ) -> Result<CachedProfile, OpenMemoryError> {
        let until = now
            .saturating_add(SignedDuration::from_hours(i64::from(self.ttl_hours)))
            .unwrap_or(now);
        let profile = AgentProfile {
            refresh_after: Some(until),
            ..profile
        };
        self.openmemory
            .put_agent_profile(agent, &profile, self.ttl_hours + STALE_HOURS)
            .await?;
        Ok(CachedProfile {
            profile: Some(profile),
            until,
        })
    }
}

fn log_failure(agent: &AgentId, error: &AgentsApiError) {
    match error {
        AgentsApiError::NoKey => {
            debug!("agent profile not fetched: ELEVENLABS_API_KEY is not set")
        }
        error => {
            warn!(agent_id = %agent, reason = %error, "agent profile could not be fetched")
        }
    }
}
