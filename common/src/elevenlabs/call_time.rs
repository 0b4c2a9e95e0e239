//! Determines when a call began and rejects implausible times. The newest call writes the caller
//! card, so a wrong clock must not make a call look newer or older than it is.

use jiff::{SignedDuration, Timestamp};

/// How far the sender's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// 2020-01-01. No call is older.
const EARLIEST: i64 = 1_577_836_800;
/// A number from here on is in a finer unit than seconds: as seconds it would be the year 5138.
const FINER_UNIT_FROM: f64 = 1e11;

/// Returns the start of the call, or else the time of its webhook, or else `now`. Both times are
/// since the epoch, in a unit of [`in_seconds`], and must be plausible. A start after its own
/// webhook is not.
pub(super) fn began_at(start: Option<f64>, reported: Option<f64>, now: Timestamp) -> Timestamp {
    let reported = reported.and_then(|seconds| plausible(seconds, now));
    let start = start.and_then(|seconds| plausible(seconds, reported.unwrap_or(now)));
    start
        .or(reported)
        .or_else(|| Timestamp::from_second(now.as_second()).ok())
        .unwrap_or(now)
}

fn plausible(seconds: f64, latest: Timestamp) -> Option<Timestamp> {
    let at = Timestamp::from_second(in_seconds(seconds)?).ok()?;
    (at.as_second() >= EARLIEST && at.duration_since(latest) <= MAX_AHEAD).then_some(at)
}

/// Converts a time since the epoch in seconds, milliseconds, microseconds or nanoseconds to
/// seconds. Returns `None` if it is not finite.
pub(super) fn in_seconds(mut number: f64) -> Option<i64> {
    if !number.is_finite() {
        return None;
    }
    while number.abs() >= FINER_UNIT_FROM {
        number /= 1000.0;
    }
    Some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn implausible_times_are_ignored() {
        let cases: Value =
            serde_json::from_str(include_str!("../../../tests/cases/call-times.json")).unwrap();
        let now: Timestamp = cases["now"].as_str().unwrap().parse().unwrap();
        for case in cases["cases"].as_array().unwrap() {
            let began = began_at(case["start"].as_f64(), case["event"].as_f64(), now);
            assert_eq!(
                began.to_string(),
                case["began"].as_str().unwrap(),
                "{}",
                case["name"]
            );
        }
    }
}
