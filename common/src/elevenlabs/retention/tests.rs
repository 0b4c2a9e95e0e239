//! The cases in `tests/cases/retention.json`: real and odd settings and what they mean.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::elevenlabs::event::Event;

#[derive(Deserialize)]
struct Case {
    name: String,
    event: Value,
    expected: Expected,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    /// Nothing of the conversation may be kept.
    Erased,
    /// The recording may not be kept. The conversation is not affected.
    ErasedAudio,
    /// The event is kept until these times.
    Kept {
        call: Option<i64>,
        audio: Option<i64>,
    },
    /// The event is kept. Only transcriptions have deadlines.
    KeptOther,
}

fn outcome(event: &Event) -> Expected {
    match event {
        Event::Erased { .. } => Expected::Erased,
        Event::ErasedAudio(_) => Expected::ErasedAudio,
        Event::Transcription(call) => {
            let seconds = |time: Option<Timestamp>| time.map(Timestamp::as_second);
            Expected::Kept {
                call: seconds(call.deadlines.call),
                audio: seconds(call.deadlines.audio),
            }
        }
        _ => Expected::KeptOther,
    }
}

#[test]
fn deletion_settings_mean_what_the_table_says() {
    let file = include_str!("../../../../tests/cases/retention.json");
    let cases: Vec<Case> = serde_json::from_str(file).unwrap();
    let wrong: Vec<_> = cases
        .into_iter()
        .map(|case| {
            (
                outcome(&Event::read(case.event.to_string().as_bytes())),
                case,
            )
        })
        .filter(|(outcome, case)| *outcome != case.expected)
        .map(|(outcome, case)| format!("{}: {outcome:?}, expected {:?}", case.name, case.expected))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

proptest! {
    /// For any retention in days and any call length, only zero days erase the call.
    #[test]
    fn only_a_retention_of_zero_erases(start in 1_500_000_000_i64..4_000_000_000, duration in 0_i64..80_000, days in 0_i64..4000) {
        let deletion = start + days * DAY;
        let event = json!({"type": "post_call_transcription", "event_timestamp": start + duration + 3, "data": {
            "conversation_id": "conv_1", "agent_id": "agent_1", "transcript": [{"role": "user", "message": "Hello"}],
            "metadata": {"start_time_unix_secs": start, "call_duration_secs": duration,
                "deletion_settings": {"delete_transcript_and_pii": true, "deletion_time_unix_secs": deletion}}}});
        let expected = if days == 0 { Expected::Erased } else { Expected::Kept { call: Some(deletion), audio: None } };
        prop_assert_eq!(outcome(&Event::read(event.to_string().as_bytes())), expected);
    }
}
