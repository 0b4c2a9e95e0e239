//! Whether the clock here agrees with that of ElevenLabs. Signatures are refused when they are
//! older than half an hour, or more than five minutes ahead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::DATE;
use url::Url;

use super::finding::Finding;
use crate::context::Context;

const LIMIT: Duration = Duration::from_secs(15);
/// A clock that is kept by the network is never this far off.
const NOTABLE: SignedDuration = SignedDuration::from_secs(30);
/// From here on signatures of ElevenLabs may be refused.
const HARMFUL: SignedDuration = SignedDuration::from_mins(5);
const ADVICE: &str = "let the clock be kept by the network, as systemd-timesyncd and chrony do";

/// Compares with the `Date` of any answer.
pub(super) async fn check(context: &Context, elevenlabs: &Url) -> Finding {
    let answer = context
        .http
        .get(elevenlabs.clone())
        .timeout(LIMIT)
        .send()
        .await;
    let date = answer
        .ok()
        .and_then(|answer| there(answer.headers().get(DATE)?.to_str().ok()?));
    let Some(date) = date else {
        return Finding::skipped("clock", "ElevenLabs gave no time to compare with");
    };
    judged(context.now().duration_since(date))
}

fn there(date: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(date)
        .ok()
}

fn judged(off: SignedDuration) -> Finding {
    let told = format!("{} seconds off ElevenLabs' clock", off.as_secs());
    match off.abs() {
        off if off < NOTABLE => Finding::fine("clock", "agrees with ElevenLabs'"),
        off if off < HARMFUL => Finding::warning("clock", told, ADVICE),
        _ => Finding::fault("clock", format!("{told}: signatures are refused"), ADVICE),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_date_of_http_is_read() {
        assert_eq!(
            there("Thu, 01 Jan 1970 00:01:00 GMT").unwrap().as_second(),
            60
        );
    }

    #[test]
    fn a_clock_is_judged_whichever_way_it_is_off() {
        for (seconds, state) in [
            (2, State::Fine),
            (-60, State::Warning),
            (301, State::Fault),
            (-4000, State::Fault),
        ] {
            assert_eq!(
                judged(SignedDuration::from_secs(seconds)).state,
                state,
                "{seconds}"
            );
        }
    }
}
