//! The agent's own profile: fetched from ElevenLabs after a call, when nobody waits, and kept in the memory store for the
//! moment the phone rings.

use common::call::AgentId;
use common::elevenlabs::agents::{AgentsApi, AgentsApiError};
use common::memory::AgentProfile;
use common::openmemory::{OpenMemory, OpenMemoryError};
use jiff::{SignedDuration, Timestamp};
use tracing::{debug, warn};

/// How long a profile is kept beyond the time at which it should be fetched again: a quiet month does not lose it.
const SERVED_STALE_HOURS: u32 = 24 * 30;

/// The profile as kept, fetched again when its time has come. ElevenLabs being away costs nothing but freshness.
pub(crate) async fn current(
    openmemory: &OpenMemory,
    agents: &AgentsApi,
    agent: &AgentId,
    ttl_hours: u32,
    now: Timestamp,
) -> Result<Option<AgentProfile>, OpenMemoryError> {
    let kept = openmemory.agent_profile(agent).await?;
    let fresh =
        kept.as_ref().and_then(|profile| profile.refresh_after).is_some_and(|refresh_after| now < refresh_after);
    if fresh {
        return Ok(kept);
    }
    match agents.profile(agent).await {
        Ok(profile) => {
            let refresh_after = now.checked_add(SignedDuration::from_hours(i64::from(ttl_hours))).ok();
            let profile = AgentProfile { refresh_after, ..profile };
            openmemory.put_agent_profile(agent, &profile, ttl_hours + SERVED_STALE_HOURS).await?;
            Ok(Some(profile))
        }
        Err(AgentsApiError::NoKey) => {
            debug!("no ELEVENLABS_API_KEY: agents' first messages are not known");
            Ok(kept)
        }
        Err(error) => {
            warn!(agent_id = %agent, reason = %error, "an agent's profile could not be fetched");
            Ok(kept)
        }
    }
}
