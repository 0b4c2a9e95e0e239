//! The key and the form in which each event is stored.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use common::archive::{Key, PayloadKind};
use common::elevenlabs::event::{Event, read_audio};

/// Returns the key and the body to store. A recording is decoded to audio; everything else is
/// stored byte for byte.
pub(crate) fn key_and_body(event: &Event, raw: Bytes) -> (Key, Bytes) {
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
        Event::Audio(id) | Event::ErasedAudio(id) => match decode_audio(&raw) {
            Some(audio) => (Key::payload(id, &PayloadKind::Audio), audio),
            None => (Key::payload(id, &PayloadKind::RawAudio), raw),
        },
        Event::Unreadable | Event::Erased { .. } => (Key::unrecognised(&raw), raw),
    }
}

/// Decodes the recording; `None` if it is missing, empty or not valid Base64.
fn decode_audio(raw: &[u8]) -> Option<Bytes> {
    let audio = BASE64_STANDARD.decode(read_audio(raw)?).ok()?;
    (!audio.is_empty()).then(|| audio.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(body: &str) -> (String, Vec<u8>) {
        let (key, body) = key_and_body(
            &Event::read(body.as_bytes()),
            Bytes::copy_from_slice(body.as_bytes()),
        );
        (key.to_string(), body.to_vec())
    }

    #[test]
    fn a_recording_is_stored_as_audio() {
        let (key, body) = stored(
            r#"{"type":"post_call_audio","data":{"conversation_id":"conv_1","full_audio":"SUQzBA=="}}"#,
        );
        assert_eq!(
            (key.as_str(), body.as_slice()),
            ("payloads/conv_1/conv_1_audio.mp3", &b"ID3\x04"[..])
        );
    }

    #[test]
    fn a_recording_that_does_not_decode_is_stored_unchanged() {
        for audio in [r#""not base64!""#, r#""""#, "null", "7"] {
            let body = format!(
                r#"{{"type":"post_call_audio","data":{{"conversation_id":"conv_1","full_audio":{audio}}}}}"#
            );
            assert_eq!(
                stored(&body),
                (
                    "payloads/conv_1/conv_1_audio.json".to_owned(),
                    body.into_bytes()
                )
            );
        }
    }

    #[test]
    fn an_unrecognised_body_is_stored_under_its_hash() {
        let (key, body) = stored("not json");
        assert!(
            key.starts_with("payloads/unrecognised/") && key.ends_with(".json"),
            "{key}"
        );
        assert_eq!(body, b"not json");
        assert_eq!(key, stored("not json").0, "a redelivery is stored once");
    }
}
