//! Fuzzes the transcript parser: it reads what it can of any conversation, and every turn has text.
#![no_main]

use common::elevenlabs::event::read_transcription;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let whole = [
        br#"{"type":"post_call_transcription","event_timestamp":1767261633,"data":"#,
        data,
        b"}",
    ]
    .concat();
    for body in [data, whole.as_slice()] {
        let Some(call) = read_transcription(body) else {
            continue;
        };
        assert!(
            call.transcript(false)
                .turns()
                .iter()
                .all(|turn| !turn.text.trim().is_empty())
        );
        assert!(
            call.caller(false)
                .is_none_or(|caller| !caller.as_str().starts_with("user:"))
        );
        let _ = (
            call.caller(true),
            call.started_at(jiff::Timestamp::UNIX_EPOCH),
            call.channel(),
            call.language(),
        );
        let _ = (
            call.analysis.collected().count(),
            call.analysis.failed_criteria().count(),
        );
    }
});
