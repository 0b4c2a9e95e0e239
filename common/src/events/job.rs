//! The job that delivers events.

use serde::{Deserialize, Serialize};

use super::Event;
use crate::archive::Key;

/// Events to deliver. This is a queue message of the second kind.
///
/// It has none of the fields of an extraction job. A version that knows no events therefore cannot
/// read it and moves it to the dead letters, instead of taking it for a finished extraction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventJob {
    /// The events and where they go.
    pub events: EventBatch,
}

/// Events of one caller for one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventBatch {
    /// Where they go. Each target has jobs of its own, so that an outage of one does not repeat
    /// deliveries to the other.
    pub target: EventTarget,
    /// Where the content of the events' memories is. `None` for events without a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ContentSource>,
    /// The events, in the order in which they are delivered.
    pub list: Vec<Event>,
}

/// Where events are delivered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventTarget {
    /// `EVENTS_URL`.
    Webhook,
    /// `EVENTS_BUS`.
    Bus,
}

/// The archived files that hold the content of a call's events. The message itself holds none, so
/// an erased call leaves nothing in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentSource {
    /// The call.
    pub payload: Key,
    /// Its extraction record.
    pub record: Key,
}

impl EventJob {
    /// Returns a name that only the same events for the same target have. It fits into the 128
    /// characters of an SQS deduplication id.
    pub(crate) fn deduplication_id(&self) -> String {
        format!("events-{}-{}", self.events.target.as_str(), self.name())
    }

    /// Returns the id of the first event.
    pub(crate) fn name(&self) -> &str {
        self.events
            .list
            .first()
            .map_or("none", |event| event.id.as_str())
    }
}

impl EventTarget {
    /// Returns the name of the target in metrics, logs and queue groups.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Bus => "bus",
        }
    }
}
