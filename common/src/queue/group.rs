//! The groups of the queue.

use crate::call::CallerHash;
use crate::events::EventTarget;

/// A group of jobs that run one at a time, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageGroup(String);

impl MessageGroup {
    /// Returns the group of the events about a caller. It is not the caller's own: while the
    /// receiver of events is down, the caller's calls are processed.
    pub(super) fn of_events(target: EventTarget, caller: &CallerHash) -> Self {
        Self(format!("events-{}-{}", target.as_str(), caller.as_str()))
    }

    /// Returns the name of the group.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The group of a caller's calls.
impl From<CallerHash> for MessageGroup {
    fn from(caller: CallerHash) -> Self {
        Self(caller.as_str().to_owned())
    }
}
