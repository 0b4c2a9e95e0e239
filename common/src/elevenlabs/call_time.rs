//! When a call began, as far as its webhook can be believed. A wrong clock must not make a call
//! older or newer than all others: the newest call writes the caller card.

use jiff::{SignedDuration, Timestamp};

/// How far a sender's clock may be ahead of ours.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// Before this time (2020-01-01) there were no such calls.
const EARLIEST: i64 = 1_577_836_800;
/// From this number on a time is in milliseconds: as seconds it would be the year 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// The first of the call's start and its webhook's time that can be, in seconds since the epoch;
/// failing both, `now`. A start after its own webhook cannot be either.
pub(super) fn began_at(start: Option<f64>, reported: Option<f64>, now: Timestamp) -> Timestamp {
    let reported = reported.and_then(|seconds| believable(seconds, now));
    let start = start.and_then(|seconds| believable(seconds, reported.unwrap_or(now)));
    start
        .or(reported)
        .or_else(|| Timestamp::from_second(now.as_second()).ok())
        .unwrap_or(now)
}

fn believable(seconds: f64, latest: Timestamp) -> Option<Timestamp> {
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
    fn a_time_that_cannot_be_is_not_believed() {
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
