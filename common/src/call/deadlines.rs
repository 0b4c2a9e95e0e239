//! The deadlines by which ElevenLabs requires a conversation to be deleted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The times until which a conversation may be kept. `None` means that only our own retention
/// applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// Deadline of the payload, the extraction records and their parts.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub call: Option<Timestamp>,
    /// Deadline of the recording.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub audio: Option<Timestamp>,
}

impl Deadlines {
    /// Drops the deadlines that are not earlier than `limit`, the time at which our own retention
    /// deletes the call anyway.
    #[must_use]
    pub fn before(self, limit: Option<Timestamp>) -> Self {
        let before =
            |time: Option<Timestamp>| time.filter(|time| limit.is_none_or(|limit| *time < limit));
        Self {
            call: before(self.call),
            audio: before(self.audio),
        }
    }

    /// Returns whether there is no deadline at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_after_our_own_retention_is_dropped() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let deadlines = Deadlines {
            call: at(1000),
            audio: at(3000),
        };
        assert_eq!(deadlines.before(None), deadlines);
        assert_eq!(
            deadlines.before(at(2000)),
            Deadlines {
                call: at(1000),
                audio: None
            }
        );
        assert!(deadlines.before(at(1000)).is_none());
    }
}
