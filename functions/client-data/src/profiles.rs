//! Agents' profiles as this process read them last: they change when somebody edits an agent, not
//! from call to call.

use std::time::{Duration, Instant};

use common::call::AgentId;
use common::memory::{AgentProfile, ByAgent};

/// How long a profile is taken from here before the store is asked again.
const FRESH_FOR: Duration = Duration::from_secs(60);

/// The profiles. What no longer counts as fresh is still kept, for when the store does not answer.
#[derive(Debug, Default)]
pub(crate) struct Profiles(ByAgent<Kept>);

#[derive(Debug, Clone)]
struct Kept {
    at: Instant,
    profile: AgentProfile,
}

impl Profiles {
    /// A profile that need not be asked for.
    pub(crate) fn fresh(&self, agent: &AgentId, now: Instant) -> Option<AgentProfile> {
        self.0
            .get(agent)
            .filter(|kept| now.duration_since(kept.at) < FRESH_FOR)
            .map(|kept| kept.profile)
    }

    /// A profile of whatever age: an agent's first words of an hour ago are better than none.
    pub(crate) fn stale(&self, agent: &AgentId) -> Option<AgentProfile> {
        self.0.get(agent).map(|kept| kept.profile)
    }

    /// Keeps what the store said. That it knows nothing is not kept: the first profile of an agent
    /// counts at once.
    pub(crate) fn keep(&self, agent: &AgentId, profile: &AgentProfile, now: Instant) {
        self.0.insert(
            agent,
            Kept {
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
    fn a_profile_is_taken_from_here_for_a_minute_and_kept_for_outages() {
        let (profiles, start) = (Profiles::default(), Instant::now());
        profiles.keep(&agent("agent_1"), &saying("Hello"), start);
        let later =
            |seconds| profiles.fresh(&agent("agent_1"), start + Duration::from_secs(seconds));
        assert_eq!(later(59), Some(saying("Hello")));
        assert_eq!(later(60), None);
        assert_eq!(profiles.stale(&agent("agent_1")), Some(saying("Hello")));
        assert_eq!(
            profiles.stale(&agent("agent_2")),
            None,
            "of another agent nothing is known"
        );
    }
}
