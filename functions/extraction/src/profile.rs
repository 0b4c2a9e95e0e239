//! The agent's own profile: fetched from ElevenLabs after a call, when nobody waits, and kept in
//! the memory store for the moment the phone rings.

use std::sync::Arc;

use common::call::AgentId;
use common::elevenlabs::agents::{AgentsApi, AgentsApiError};
use common::memory::{AgentProfile, ByAgent};
use common::openmemory::{OpenMemory, OpenMemoryError};
use jiff::{SignedDuration, Timestamp};
use tracing::{debug, warn};

/// How long a profile is kept beyond the time at which it should be fetched again: a quiet month
/// does not lose it.
const SERVED_STALE_HOURS: u32 = 24 * 30;
/// How soon ElevenLabs is asked again after it could not say.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(10);

/// The profiles of agents, remembered by this process as long as they are fresh.
#[derive(Clone)]
pub(crate) struct Profiles {
    openmemory: OpenMemory,
    agents: AgentsApi,
    ttl_hours: u32,
    remembered: Arc<ByAgent<StoreOutcome>>,
}

#[derive(Clone)]
struct StoreOutcome {
    profile: Option<AgentProfile>,
    until: Timestamp,
}

impl Profiles {
    pub(crate) fn new(openmemory: OpenMemory, agents: AgentsApi, ttl_hours: u32) -> Self {
        Self {
            openmemory,
            agents,
            ttl_hours,
            remembered: Arc::default(),
        }
    }

    /// The profile as kept, fetched again when its time has come. ElevenLabs being away costs
    /// nothing but freshness.
    pub(crate) async fn of(
        &self,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<Option<AgentProfile>, OpenMemoryError> {
        if let Some(remembered) = self
            .remembered
            .get(agent)
            .filter(|remembered| now < remembered.until)
        {
            return Ok(remembered.profile);
        }
        let current = self.current(agent, now).await?;
        self.remembered.insert(agent, current.clone());
        Ok(current.profile)
    }

    async fn current(
        &self,
        agent: &AgentId,
        now: Timestamp,
    ) -> Result<StoreOutcome, OpenMemoryError> {
        let kept = self.openmemory.agent_profile(agent).await?;
        let refresh_after = kept.as_ref().and_then(|profile| profile.refresh_after);
        if let Some(until) = refresh_after.filter(|refresh_after| now < *refresh_after) {
            return Ok(StoreOutcome {
                profile: kept,
                until,
            });
        }
        match self.agents.profile(agent).await {
            Ok(profile) => self.keep(agent, profile, now).await,
            Err(error) => {
                explain(agent, &error);
                Ok(StoreOutcome {
                    profile: kept,
                    until: now.saturating_add(AFTER_FAILURE).unwrap_or(now),
                })
            }
        }
    }

    async fn keep(
        &self,
        agent: &AgentId,
        profile: AgentProfile,
        now: Timestamp,
    ) -> Result<StoreOutcome, OpenMemoryError> {
        let until = now
            .saturating_add(SignedDuration::from_hours(i64::from(self.ttl_hours)))
            .unwrap_or(now);
        let profile = AgentProfile {
            refresh_after: Some(until),
            ..profile
        };
        self.openmemory
            .put_agent_profile(agent, &profile, self.ttl_hours + SERVED_STALE_HOURS)
            .await?;
        Ok(StoreOutcome {
            profile: Some(profile),
            until,
        })
    }
}

fn explain(agent: &AgentId, error: &AgentsApiError) {
    match error {
        AgentsApiError::NoKey => {
            debug!("no ELEVENLABS_API_KEY: agents' first messages are not known")
        }
        error => {
            warn!(agent_id = %agent, reason = %error, "an agent's profile could not be fetched")
        }
    }
}
