//! Limits the requests to the model per call, and per caller and day. A single caller who calls
//! often or talks for long must not consume the operator's budget. Beyond the budget, a call is
//! extracted without the model.
//!
//! The daily count is approximate. It is read before an extraction and written afterwards, so a
//! process that dies in between loses its requests (`LLM_MAX_ATTEMPTS` limits those). Calls of one
//! caller are processed one after the other, so two counts never collide. Requests that failed
//! because of an outage of the provider do not count.

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

/// The reason in the record of a call whose caller has no requests left today.
pub(crate) const DAILY_BUDGET_EXHAUSTED: &str = "daily_budget";
/// How long the count of a day is stored. One day would do; the rest allows for wrong clocks.
const RETENTION: SignedDuration = SignedDuration::from_hours(72);

/// The stored count of a caller.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct DailyCount {
    /// The day in UTC, such as `2026-11-27`.
    day: String,
    /// The model's answers on that day.
    requests: u32,
}

/// The remaining requests of one call.
pub(crate) struct Budget<'a, A> {
    archive: &'a A,
    /// The key of the daily count; `None` without a limit or without a pseudonym for the caller.
    key: Option<Key>,
    now: Timestamp,
    /// The day's requests before this call.
    before: u32,
    /// How many requests this call may still send.
    left: AtomicU32,
    answered: AtomicU32,
    /// The turns that were not sent to the model.
    skipped: Mutex<Vec<Range<usize>>>,
}

impl<'a, A: Archive> Budget<'a, A> {
    /// Reads the budget of a call. `caller` is the caller's pseudonym.
    pub(crate) async fn open(
        archive: &'a A,
        llm: Option<&Llm>,
        caller: Option<&CallerHash>,
        now: Timestamp,
    ) -> Result<Self, ArchiveError> {
        let per_call = llm.map_or(u32::MAX, Llm::max_requests_per_call);
        let per_day = llm.and_then(Llm::daily_requests_per_caller);
        let key = caller.filter(|_| per_day.is_some()).map(Key::model_budget);
        let stored = match &key {
            Some(key) => archive.get(key).await?,
            None => None,
        };
        let count: DailyCount = stored
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let before = if count.day == day(now) {
            count.requests
        } else {
            0
        };
        let left_today = per_day
            .filter(|_| key.is_some())
            .map_or(u32::MAX, |limit| limit.saturating_sub(before));
        let left = AtomicU32::new(per_call.min(left_today));
        Ok(Self {
            archive,
            key,
            now,
            before,
            left,
            answered: AtomicU32::new(0),
            skipped: Mutex::default(),
        })
    }

    /// Whether no requests are left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    /// Returns the number of requests left.
    pub(crate) fn left(&self) -> usize {
        usize::try_from(self.left.load(Ordering::SeqCst)).unwrap_or(usize::MAX)
    }

    /// Takes one request; returns `false` if none is left.
    pub(crate) fn take(&self) -> bool {
        self.left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }

    /// Notes that these turns are not sent to the model.
    pub(crate) fn skip_turns(&self, turns: Range<usize>) {
        self.skipped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(turns);
    }

    /// Returns the turns that were not sent to the model.
    pub(crate) fn skipped_turns(&self) -> Vec<Range<usize>> {
        self.skipped
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts a request unless it never reached a model, because that costs nothing.
    pub(crate) fn count<T>(&self, result: &Result<T, LlmError>) {
        if result
            .as_ref()
            .err()
            .is_none_or(|error| error.is_permanent() || error.is_timeout())
        {
            self.answered.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Stores the daily count. If this fails, the count is lost but the call is still extracted.
    pub(crate) async fn settle(&self) {
        let Some(key) = &self.key else {
            return;
        };
        let answered = self.answered.load(Ordering::SeqCst);
        if answered == 0 {
            return;
        }
        let count = DailyCount {
            day: day(self.now),
            requests: self.before.saturating_add(answered),
        };
        if let Err(error) = self.write(key, &count).await {
            warn!(reason = %error, "model requests of the caller could not be counted");
        }
    }

    async fn write(&self, key: &Key, count: &DailyCount) -> Result<(), ArchiveError> {
        self.archive
            .put(
                key,
                Bytes::from(serde_json::to_vec(count).unwrap_or_default()),
            )
            .await?;
        let until = self.now.saturating_add(RETENTION).unwrap_or(self.now);
        self.archive
            .delete_by(key, until, self.now)
            .await
            .map(|_| ())
    }
}

fn day(now: Timestamp) -> String {
    now.to_zoned(TimeZone::UTC).date().to_string()
}
