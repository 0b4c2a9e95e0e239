//! Checks whether the local clock agrees with ElevenLabs'. Signatures are refused when they are
//! older than half an hour or more than five minutes ahead.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::DATE;
use url::Url;

use super::finding::Finding;
use crate::context::Context;

const TIMEOUT: Duration = Duration::from_secs(15);
/// Clock offset from which there is a warning. A clock synchronised over the network is never this
/// far off.
const WARNING_OFFSET: SignedDuration = SignedDuration::from_secs(30);
/// Clock offset from which ElevenLabs' signatures may be refused.
const FAULT_OFFSET: SignedDuration = SignedDuration::from_mins(5);
const ADVICE: &str =
    "synchronise the clock over the network, for example with systemd-timesyncd or chrony";

/// Compares the clock with the `Date` header of any response.
pub(super) async fn check(context: &Context, elevenlabs: &Url) -> Finding {
    let response = context
        .http
        .get(elevenlabs.clone())
        .timeout(TIMEOUT)
        .send()
        .await;
    let date = response
        .ok()
        .and_then(|response| parse_http_date(response.headers().get(DATE)?.to_str().ok()?));
    let Some(date) = date else {
        return Finding::skipped("clock", "ElevenLabs sent no date to compare with");
    };
    assess(context.now().duration_since(date))
}

fn parse_http_date(date: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(date)
        .ok()
}

fn assess(offset: SignedDuration) -> Finding {
    let message = format!("{} seconds off ElevenLabs' clock", offset.as_secs());
    match offset.abs() {
        offset if offset < WARNING_OFFSET => {
            Finding::fine("clock", "in sync with ElevenLabs' clock")
        }
        offset if offset < FAULT_OFFSET => Finding::warning("clock", message, ADVICE),
        _ => Finding::fault(
            "clock",
            format!("{message}: signatures are refused"),
            ADVICE,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn an_http_date_is_parsed() {
        assert_eq!(
            parse_http_date("Thu, 01 Jan 1970 00:01:00 GMT")
                .unwrap()
                .as_second(),
            60
        );
    }

    #[test]
    fn a_clock_offset_is_assessed_in_both_directions() {
        for (seconds, state) in [
            (2, State::Fine),
            (-60, State::Warning),
            (301, State::Fault),
            (-4000, State::Fault),
        ] {
            assert_eq!(
                assess(SignedDuration::from_secs(seconds)).state,
                state,
                "{seconds}"
            );
        }
    }
}
