//! Until when ElevenLabs allows a conversation to be kept.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Until when a conversation may be kept. `None` leaves it to our own retention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// Payload, extraction records and parts.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub call: Option<Timestamp>,
    /// The recording.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub audio: Option<Timestamp>,
}

impl Deadlines {
    /// The same without the times that come later than `limit`, when our own retention deletes the
    /// call anyway.
    #[must_use]
    pub fn before(self, limit: Option<Timestamp>) -> Self {
        let before =
            |time: Option<Timestamp>| time.filter(|time| limit.is_none_or(|limit| *time < limit));
        Self {
            call: before(self.call),
            audio: before(self.audio),
        }
    }

    /// Whether neither part has a deadline.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_after_our_own_retention_is_left_out() {
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
