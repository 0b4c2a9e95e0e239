//! "Do not remember this caller": a state in the caller's tombstone. It stands under every
//! pseudonym of the caller, as the tombstone does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Archive, ArchiveError, CallerTombstone, Key, caller_tombstone};
use crate::call::{AgentId, CallerHash, ConversationId};

/// The wish of a caller not to be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// When it was recorded.
    pub since: Timestamp,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who recorded it.
    pub requested_by: Requester,
    /// The agent that recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// The call in which an agent recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// All pseudonyms of the person, if more than one id was linked then. An erasure also erases the
    /// links, so nothing else says who opted out together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pseudonyms: Vec<CallerHash>,
}

/// Who recorded that a caller must not be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Requester {
    /// An agent, during a call. The caller's number can be forged.
    Agent,
    /// An operator. Also stands for what a later version writes: the wish itself must be read.
    #[serde(other)]
    Operator,
}

impl OptOut {
    /// The wish that an operator records.
    #[must_use]
    pub fn by_operator(since: Timestamp) -> Self {
        Self {
            since,
            until: None,
            requested_by: Requester::Operator,
            agent_id: None,
            conversation_id: None,
            pseudonyms: Vec::new(),
        }
    }

    /// Returns whether the wish was not taken back.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.until.is_none()
    }

    /// Returns whether nothing of a call that began at this time may be stored. While the wish
    /// holds, that is any call: one that began earlier may still be running.
    pub(super) fn covers(&self, began_at: Timestamp) -> bool {
        self.until
            .is_none_or(|until| self.since <= began_at && began_at <= until)
    }

    /// Returns when the wish was recorded or taken back.
    pub(super) fn changed_at(&self) -> Timestamp {
        self.until.unwrap_or(self.since)
    }

    fn names_all(&self, pseudonyms: &[CallerHash]) -> bool {
        pseudonyms
            .iter()
            .all(|pseudonym| self.pseudonyms.contains(pseudonym))
    }

    /// Adds the pseudonyms that the wish does not name yet.
    pub fn add(&mut self, pseudonyms: &[CallerHash]) {
        for pseudonym in pseudonyms {
            if !self.pseudonyms.contains(pseudonym) {
                self.pseudonyms.push(pseudonym.clone());
            }
        }
    }

    /// Returns whether an agent recorded the wish.
    #[must_use]
    pub fn is_by_agent(&self) -> bool {
        self.requested_by == Requester::Agent
    }
}

/// Records that a caller with these pseudonyms must not be remembered. A wish that holds stays as
/// it is, except that it gets the pseudonyms that it lacks.
///
/// # Errors
/// [`ArchiveError`]. A retry completes it.
pub async fn opt_out<A: Archive>(
    archive: &A,
    caller: &[CallerHash],
    wish: &OptOut,
) -> Result<(), ArchiveError> {
    for hash in caller {
        let earlier = caller_tombstone(archive, hash).await?;
        let holding = earlier.as_ref().and_then(CallerTombstone::opted_out);
        if holding.is_some_and(|holding| holding.names_all(&wish.pseudonyms)) {
            continue;
        }
        let mut recorded = holding.unwrap_or(wish).clone();
        recorded.add(&wish.pseudonyms);
        let tombstone = CallerTombstone {
            forgotten_at: earlier.map_or(Timestamp::UNIX_EPOCH, |earlier| earlier.forgotten_at),
            do_not_remember: Some(recorded),
        };
        archive
            .put(&Key::forgotten(hash), tombstone.to_bytes())
            .await?;
    }
    Ok(())
}

/// Lets a caller with these pseudonyms be remembered again, from `now` on. Returns whether the
/// caller had opted out.
///
/// # Errors
/// [`ArchiveError`]. A retry completes it.
pub async fn opt_in<A: Archive>(
    archive: &A,
    caller: &[CallerHash],
    now: Timestamp,
) -> Result<bool, ArchiveError> {
    let mut had_opted_out = false;
    for hash in caller {
        let Some(mut tombstone) = caller_tombstone(archive, hash).await? else {
            continue;
        };
        let Some(wish) = tombstone
            .do_not_remember
            .as_mut()
            .filter(|wish| wish.holds())
        else {
            continue;
        };
        wish.until = Some(now);
        had_opted_out = true;
        archive
            .put(&Key::forgotten(hash), tombstone.to_bytes())
            .await?;
    }
    Ok(had_opted_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn tombstone(forgotten_at: i64, requested_by: Requester) -> CallerTombstone {
        let wish = OptOut {
            requested_by,
            ..OptOut::by_operator(at(100))
        };
        CallerTombstone {
            forgotten_at: at(forgotten_at),
            do_not_remember: Some(wish),
        }
    }

    #[test]
    fn a_caller_who_opted_out_is_covered_at_any_time() {
        let opted_out = tombstone(100, Requester::Operator);
        let read = CallerTombstone::read(&opted_out.to_bytes());
        assert_eq!(read.as_ref(), Some(&opted_out));
        assert!(opted_out.covers(at(99)) && opted_out.covers(at(9000)));
        let forgotten = CallerTombstone::new(at(100));
        assert!(forgotten.covers(at(100)) && !forgotten.covers(at(101)));
    }

    #[test]
    fn calls_between_opting_out_and_in_again_stay_covered() {
        let mut opted_in = tombstone(50, Requester::Agent);
        opted_in.do_not_remember.as_mut().unwrap().until = Some(at(200));
        let covered = [50, 51, 99, 100, 200, 201].map(|second| opted_in.covers(at(second)));
        assert_eq!(covered, [true, false, false, true, true, false]);
        assert_eq!(opted_in.opted_out(), None);
        assert_eq!(opted_in.changed_at(), at(200));
    }

    #[test]
    fn a_tombstone_of_an_earlier_version_says_nothing_of_an_opt_out() {
        let read = CallerTombstone::read(br#"{"forgotten_at": "1970-01-01T00:05:00Z"}"#);
        assert_eq!(read, Some(CallerTombstone::new(at(300))));
    }

    #[test]
    fn an_unknown_requester_does_not_hide_the_opt_out() {
        let body = br#"{"forgotten_at": "1970-01-01T00:05:00Z",
            "do_not_remember": {"since": "1970-01-01T00:05:00Z", "requested_by": "website"}}"#;
        let read = CallerTombstone::read(body).unwrap();
        assert!(read.covers(at(9000)) && !read.is_pending());
    }

    #[test]
    fn only_an_agents_request_is_pending_until_the_calls_are_erased() {
        assert!(tombstone(100, Requester::Agent).is_pending());
        assert!(!tombstone(101, Requester::Agent).is_pending());
        assert!(!tombstone(100, Requester::Operator).is_pending());
    }
}
