//! Under which name, and in which form, each event is kept.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use common::archive::{Key, PayloadKind};
use common::elevenlabs::event::{Event, read_audio};

/// The key and the body of an event. A recording is kept as sound, everything else byte for byte.
pub(crate) fn payload(event: &Event, raw: Bytes) -> (Key, Bytes) {
    match event {
        Event::Transcription(call) => (
            Key::payload(&call.conversation_id, &PayloadKind::Transcription),
            raw,
        ),
        Event::InitiationFailure(id) => (Key::payload(id, &PayloadKind::InitiationFailure), raw),
        Event::Other {
            kind,
            conversation_id,
        } => (
            Key::payload(conversation_id, &PayloadKind::Other(kind)),
            raw,
        ),
        Event::Audio(id) | Event::ErasedAudio(id) => match sound(&raw) {
            Some(sound) => (Key::payload(id, &PayloadKind::Audio), sound),
            None => (Key::payload(id, &PayloadKind::RawAudio), raw),
        },
        Event::Unreadable | Event::Erased { .. } => (Key::unrecognised(&raw), raw),
    }
}

fn sound(raw: &[u8]) -> Option<Bytes> {
    let sound = BASE64_STANDARD.decode(read_audio(raw)?).ok()?;
    (!sound.is_empty()).then(|| sound.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(body: &str) -> (String, Vec<u8>) {
        let (key, kept) = payload(
            &Event::read(body.as_bytes()),
            Bytes::copy_from_slice(body.as_bytes()),
        );
        (key.to_string(), kept.to_vec())
    }

    #[test]
    fn a_recording_is_kept_as_sound() {
        let (key, kept) = kept(
            r#"{"type":"post_call_audio","data":{"conversation_id":"conv_1","full_audio":"SUQzBA=="}}"#,
        );
        assert_eq!(
            (key.as_str(), kept.as_slice()),
            ("payloads/conv_1/conv_1_audio.mp3", &b"ID3\x04"[..])
        );
    }

    #[test]
    fn a_recording_that_does_not_decode_is_kept_as_it_came() {
        for audio in [r#""not base64!""#, r#""""#, "null", "7"] {
            let body = format!(
                r#"{{"type":"post_call_audio","data":{{"conversation_id":"conv_1","full_audio":{audio}}}}}"#
            );
            assert_eq!(
                kept(&body),
                (
                    "payloads/conv_1/conv_1_audio.json".to_owned(),
                    body.into_bytes()
                )
            );
        }
    }

    #[test]
    fn what_cannot_be_understood_is_kept_under_the_name_of_its_bytes() {
        let (key, kept_body) = kept("not json");
        assert!(
            key.starts_with("payloads/unrecognised/") && key.ends_with(".json"),
            "{key}"
        );
        assert_eq!(kept_body, b"not json");
        assert_eq!(key, kept("not json").0, "a redelivery is kept once");
    }
}
