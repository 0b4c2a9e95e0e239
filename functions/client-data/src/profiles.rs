//! A cache of agent profiles, which change when somebody edits an agent and not from call to call.

use std::time::{Duration, Instant};

use common::call::AgentId;
use common::memory::{AgentCache, AgentProfile};

/// How long a cached profile is used before the store is asked again.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// The cached profiles. Profiles that are no longer fresh stay for when the store is unavailable.
#[derive(Debug, Default)]
pub(crate) struct Profiles(AgentCache<CachedProfile>);

#[derive(Debug, Clone)]
struct CachedProfile {
    at: Instant,
    profile: AgentProfile,
}

impl Profiles {
    /// Returns the cached profile if it is still fresh.
    pub(crate) fn fresh(&self, agent: &AgentId, now: Instant) -> Option<AgentProfile> {
        self.0
            .get(agent)
            .filter(|cached| now.duration_since(cached.at) < FRESH_FOR)
            .map(|cached| cached.profile)
    }

    /// Returns the cached profile whatever its age: an outdated first message is better than none.
    pub(crate) fn stale(&self, agent: &AgentId) -> Option<AgentProfile> {
        self.0.get(agent).map(|cached| cached.profile)
    }

    /// Caches a profile that the store returned. A missing profile is never cached, so that the
    /// first profile of an agent is used at once.
    pub(crate) fn insert(&self, agent: &AgentId, profile: &AgentProfile, now: Instant) {
        self.0.insert(
            agent,
            CachedProfile {
                at: now,
                profile: profile.clone(),
            },
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(id: &str) -> AgentId {
        AgentId::parse(id).unwrap()
    }

    fn saying(words: &str) -> AgentProfile {
        AgentProfile {
            first_message: Some(words.to_owned()),
            ..AgentProfile::default()
        }
    }

    #[test]
    fn a_profile_is_fresh_for_a_minute_and_stays_for_outages() {
        let profiles = Profiles::default();
        let start = Instant::now();
        profiles.insert(&agent("agent_1"), &saying("Hello"), start);
        let later =
            |seconds| profiles.fresh(&agent("agent_1"), start + Duration::from_secs(seconds));
        assert_eq!(later(59), Some(saying("Hello")));
        assert_eq!(later(60), None);
        assert_eq!(profiles.stale(&agent("agent_1")), Some(saying("Hello")));
        assert_eq!(
            profiles.stale(&agent("agent_2")),
            None,
            "the other agent has no cached profile"
        );
    }
}
