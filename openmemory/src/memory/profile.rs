//! What an agent keeps ready about a caller.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{AgentId, CallerId};

/// A profile of one agent and caller, or of the agent itself (`*`). `Debug` shows neither data nor
/// caller.
#[derive(Clone, PartialEq)]
pub(crate) struct Profile {
    pub(crate) agent_id: AgentId,
    pub(crate) caller_id: CallerId,
    pub(crate) data: Map<String, Value>,
    /// When it was first written; a profile that had expired starts anew.
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// From this moment on it is as if it were not there.
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
