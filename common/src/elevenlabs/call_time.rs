//! Determines when a call began and rejects implausible times. The newest call writes the caller
//! card, so a wrong clock must not make a call look newer or older than it is.

use jiff::{SignedDuration, Timestamp};

/// How far the sender's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// 2020-01-01. No call is older.
const EARLIEST: i64 = 1_577_836_800;
/// A number from here on is in milliseconds: as seconds it would be the year 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// Returns the start of the call, or else the time of its webhook, or else `now`. Both times are in
/// seconds since the epoch and must be plausible. A start after its own webhook is not.
pub(super) fn began_at(start: Option<f64>, reported: Option<f64>, now: Timestamp) -> Timestamp {
    let reported = reported.and_then(|seconds| plausible(seconds, now));
    let start = start.and_then(|seconds| plausible(seconds, reported.unwrap_or(now)));
    start
        .or(reported)
        .or_else(|| Timestamp::from_second(now.as_second()).ok())
        .unwrap_or(now)
}

fn plausible(seconds: f64, latest: Timestamp) -> Option<Timestamp> {
    let seconds = if seconds >= MILLISECONDS_FROM {
        seconds / 1000.0
    } else {
        seconds
    };
    let at = Timestamp::from_second(seconds as i64)
        .ok()
        .filter(|_| seconds.is_finite())?;
    (at.as_second() >= EARLIEST && at.duration_since(latest) <= MAX_AHEAD).then_some(at)
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
