//! How often the model is asked: for one caller within a day, and for one call. One caller, who may
//! call as often and talk as long as they like, must not use up what the operator pays for. Beyond
//! the budget a call is extracted without the model.
//!
//! What is counted for a day is approximate: it is read before a call is worked on and written
//! afterwards, so a process that dies in between forgets its requests (`LLM_MAX_ATTEMPTS` bounds
//! those). Calls of one caller are worked on one after the other, so no two counts meet. An outage
//! of the provider counts nothing.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use common::archive::{Archive, ArchiveError, Key};
use common::call::CallerHash;
use common::llm::{Llm, LlmError};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::warn;

/// Why a call whose caller used up the day's requests is extracted without the model.
pub(crate) const USED_UP: &str = "daily_budget";
/// How long the count of a day is of use to anybody, on the safe side of all clocks.
const KEPT: SignedDuration = SignedDuration::from_hours(72);

/// What is kept for a caller.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Used {
    /// The day in UTC, such as `2026-11-27`.
    day: String,
    /// The answers of the model on that day.
    requests: u32,
}

/// The requests that are left for one call.
pub(crate) struct Budget<'a, A> {
    archive: &'a A,
    /// Where the day is counted; nothing without a limit, or without a pseudonym for the caller.
    key: Option<Key>,
    now: Timestamp,
    before: u32,
    /// What this call may still ask.
    left: AtomicU32,
    answered: AtomicU32,
    /// The turns about which nothing was asked.
    left_out: Mutex<Vec<Range<usize>>>,
}

impl<'a, A: Archive> Budget<'a, A> {
    /// The budget of a call that is worked on now. `caller` gives the caller's pseudonym.
    pub(crate) async fn open(
        archive: &'a A,
        llm: Option<&Llm>,
        caller: Option<&CallerHash>,
        now: Timestamp,
    ) -> Result<Self, ArchiveError> {
        let per_call = llm.map_or(u32::MAX, Llm::max_requests_per_call);
        let per_day = llm.and_then(Llm::daily_requests_per_caller);
        let key = caller.filter(|_| per_day.is_some()).map(Key::model_budget);
        let kept = match &key {
            Some(key) => archive.get(key).await?,
            None => None,
        };
        let used: Used = kept
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let before = if used.day == day(now) {
            used.requests
        } else {
            0
        };
        let of_day = per_day
            .filter(|_| key.is_some())
            .map_or(u32::MAX, |most| most.saturating_sub(before));
        let left = AtomicU32::new(per_call.min(of_day));
        Ok(Self {
            archive,
            key,
            now,
            before,
            left,
            answered: AtomicU32::new(0),
            left_out: Mutex::default(),
        })
    }

    /// Whether nothing may be asked any more.
    pub(crate) fn is_used_up(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    /// How many requests are left.
    pub(crate) fn left(&self) -> usize {
        usize::try_from(self.left.load(Ordering::SeqCst)).unwrap_or(usize::MAX)
    }

    /// Takes one request, if there is one.
    pub(crate) fn take(&self) -> bool {
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    /// Notes that these turns of the call are left out.
    pub(crate) fn leave_out(&self, turns: Range<usize>) {
        self.left_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(turns);
    }

    /// The turns about which nothing was asked.
    pub(crate) fn left_out(&self) -> Vec<Range<usize>> {
        self.left_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts a request by how it ended: one that never reached a model costs nothing.
    pub(crate) fn count<T>(&self, answer: &Result<T, LlmError>) {
        if answer
            .as_ref()
            .err()
            .is_none_or(|error| error.is_final() || error.is_timeout())
        {
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Writes down what was asked. A count that cannot be written is lost, and the call is not.
    pub(crate) async fn settle(&self) {
        let (answered, Some(key)) = (self.answered.load(Ordering::SeqCst), &self.key) else {
            return;
        };
        if answered == 0 {
            return;
        }
        let used = Used {
            day: day(self.now),
            requests: self.before.saturating_add(answered),
        };
        if let Err(error) = self.write(key, &used).await {
            warn!(reason = %error, "the requests of a caller to the model could not be counted");
        }
    }

    async fn write(&self, key: &Key, used: &Used) -> Result<(), ArchiveError> {
        self.archive
            .put(
                key,
                Bytes::from(serde_json::to_vec(used).unwrap_or_default()),
            )
            .await?;
        let until = self.now.saturating_add(KEPT).unwrap_or(self.now);
        self.archive
            .delete_by(key, until, self.now)
            .await
            .map(|_| ())
    }
}

fn day(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).date().to_string()
}
