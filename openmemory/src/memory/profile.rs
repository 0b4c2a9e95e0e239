//! Profiles: documents that an agent stores about a caller and reads as a whole.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{AgentId, CallerId};

/// The profile of one agent and caller, or of the agent itself (caller `*`). `Debug` hides data and
/// caller.
#[derive(Clone, PartialEq)]
pub(crate) struct Profile {
    pub(crate) agent_id: AgentId,
    pub(crate) caller_id: CallerId,
    pub(crate) data: Map<String, Value>,
    /// When it was first written. A profile that replaces an expired one gets a new time.
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// From this time on the profile is treated as deleted.
    pub(crate) expires_at: Timestamp,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("agent_id", &self.agent_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
