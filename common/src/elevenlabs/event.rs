//! The envelope of post-call webhooks: `{"type", "event_timestamp", "data"}`.
//!
//! Reading never fails: a body that ElevenLabs signed is kept whatever is in it, so what cannot be
//! read is an event too.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::conversation::NotAConversation;
use super::retention::{Retention, RetentionFacts, in_seconds, retention};
use super::transcription::{Party, Transcription};
use super::{call_time, lenient};
use crate::call::{CallerId, ConversationId, Deadlines};
use crate::json;

/// What a post-call webhook reports.
#[derive(Debug)]
pub enum Event {
    /// `post_call_transcription`: a conversation is over.
    Transcription(TranscriptionEvent),
    /// `post_call_audio`: the recording of a conversation, in base64 inside the body.
    Audio(ConversationId),
    /// `call_initiation_failure`: an outbound call that did not come about.
    InitiationFailure(ConversationId),
    /// A type that this version does not know, about a conversation.
    Other {
        /// The type as sent, if it is fit to be part of a key.
        kind: String,
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Signed, but not to be understood: no JSON, no envelope, or no usable conversation id.
    Unreadable,
    /// A recording that may not be kept. It says nothing about its conversation.
    ErasedAudio(ConversationId),
    /// Nothing of this conversation may be kept, as its deletion settings say
    /// ([`Retention::Erased`]).
    Erased {
        /// The type as sent.
        kind: String,
        /// The conversation and whose it was, where it can be read.
        call: Option<TranscriptionEvent>,
    },
}

/// What post-call needs to know of a transcription.
pub struct TranscriptionEvent {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Turns as sent, spoken or not.
    pub transcript_items: usize,
    /// Until when the conversation may be kept.
    pub deadlines: Deadlines,
    times: CallTimes,
    party: Box<Party>,
}

impl fmt::Debug for TranscriptionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriptionEvent")
            .field("conversation_id", &self.conversation_id)
            .finish_non_exhaustive()
    }
}

/// When a call began and when its webhook was made, in seconds since the epoch, by their own word.
#[derive(Clone, Copy)]
struct CallTimes {
    began: Option<f64>,
    reported: Option<f64>,
}

const TRANSCRIPTION: &str = "post_call_transcription";
/// Longest event type that becomes part of a key.
const MAX_KIND: usize = 64;

impl Event {
    /// Reads a body that was proven authentic.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let body = json::repaired(body);
        let Some(envelope) = envelope(&body) else {
            return Self::Unreadable;
        };
        let data = envelope.data.map_or("null", RawValue::get);
        let about: About = serde_json::from_str(data).unwrap_or_default();
        let kind = envelope.kind.unwrap_or_default();
        let reported = envelope.event_timestamp.and_then(EventTime::seconds);
        let reported_at = moment(reported);
        let facts: RetentionFacts = serde_json::from_str(data).unwrap_or_default();
        let times = CallTimes {
            began: facts.began_at(reported_at).map(|second| second as f64),
            reported,
        };
        let deadlines = match (
            retention(&kind, &facts, reported_at),
            about.conversation_id.clone(),
        ) {
            (Retention::Kept(deadlines), _) => deadlines,
            (Retention::Erased, Some(id)) if kind == "post_call_audio" => {
                return Self::ErasedAudio(id);
            }
            (Retention::Erased, id) => {
                let call =
                    id.map(|id| TranscriptionEvent::read(id, data, Deadlines::default(), times));
                return Self::Erased { kind, call };
            }
        };
        let Some(conversation_id) = about.conversation_id else {
            return Self::Unreadable;
        };
        match kind.as_str() {
            "post_call_transcription" => Self::Transcription(TranscriptionEvent::read(
                conversation_id,
                data,
                deadlines,
                times,
            )),
            "post_call_audio" => Self::Audio(conversation_id),
            "call_initiation_failure" => Self::InitiationFailure(conversation_id),
            kind if is_fit_for_a_key(kind) => Self::Other {
                kind: kind.to_owned(),
                conversation_id,
            },
            _ => Self::Unreadable,
        }
    }

    /// The type as sent, for the answer and the log.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Transcription(_) => "post_call_transcription",
            Self::Audio(_) | Self::ErasedAudio(_) => "post_call_audio",
            Self::InitiationFailure(_) => "call_initiation_failure",
            Self::Other { kind, .. } | Self::Erased { kind, .. } => kind,
            Self::Unreadable => "unrecognised",
        }
    }

    /// The conversation it is about.
    #[must_use]
    pub fn conversation_id(&self) -> Option<&ConversationId> {
        match self {
            Self::Transcription(event) => Some(&event.conversation_id),
            Self::Audio(id)
            | Self::ErasedAudio(id)
            | Self::InitiationFailure(id)
            | Self::Other {
                conversation_id: id,
                ..
            } => Some(id),
            Self::Erased { call, .. } => call.as_ref().map(|call| &call.conversation_id),
            Self::Unreadable => None,
        }
    }
}

impl TranscriptionEvent {
    /// Whom to remember, or `None` when nobody is there to remember or no agent can be read.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.party.caller(trust_user_id)
    }

    /// Why nothing of it will be remembered, as far as the metadata tells.
    #[must_use]
    pub fn not_a_conversation(&self) -> Option<NotAConversation> {
        self.party.not_a_conversation()
    }

    /// When the call began; where that is missing or cannot be, when its webhook was made; failing
    /// that, `now`.
    #[must_use]
    pub fn began_at(&self, now: Timestamp) -> Timestamp {
        call_time::began_at(self.times.began, self.times.reported, now)
    }

    fn read(
        conversation_id: ConversationId,
        data: &str,
        deadlines: Deadlines,
        times: CallTimes,
    ) -> Self {
        let party: Party = serde_json::from_str(data).unwrap_or_default();
        Self {
            conversation_id,
            transcript_items: party.transcript_items,
            deadlines,
            times,
            party: Box::new(party),
        }
    }
}

/// The whole conversation in a kept `post_call_transcription`, or `None` when the body holds none
/// that can be read.
#[must_use]
pub fn read_transcription(body: &[u8]) -> Option<Transcription> {
    let body = json::repaired(body);
    let envelope = envelope(&body)?;
    let data = envelope.data?.get();
    let mut call: Transcription = serde_json::from_str(data).ok()?;
    let facts: RetentionFacts = serde_json::from_str(data).unwrap_or_default();
    let reported_at = envelope.event_timestamp.and_then(EventTime::seconds);
    if let Retention::Kept(deadlines) = retention(TRANSCRIPTION, &facts, moment(reported_at)) {
        call.deadlines = deadlines;
    }
    Some(call.reported_at(reported_at))
}

/// The recording in a `post_call_audio` body, in the base64 as sent.
#[must_use]
pub fn read_audio(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Audio {
        full_audio: String,
    }
    let body = json::repaired(body);
    let envelope = envelope(&body)?;
    let audio: Audio = serde_json::from_str(envelope.data?.get()).ok()?;
    Some(audio.full_audio)
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", default, deserialize_with = "lenient::option")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    event_timestamp: Option<EventTime>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

/// Seconds since the epoch: a number on one page of ElevenLabs' documentation, a text on another.
#[derive(Deserialize)]
#[serde(untagged)]
enum EventTime {
    Number(f64),
    Text(String),
}

impl EventTime {
    fn seconds(self) -> Option<f64> {
        match self {
            Self::Number(seconds) => Some(seconds),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }
}

/// A time of the envelope, also in a finer unit than seconds.
fn moment(time: Option<f64>) -> Option<Timestamp> {
    let seconds = time.filter(|seconds| seconds.is_finite() && *seconds > 0.0)?;
    Timestamp::from_second(in_seconds(seconds) as i64).ok()
}

/// The envelope, also as the single element of an array: some senders wrap it.
fn envelope(body: &[u8]) -> Option<Envelope<'_>> {
    serde_json::from_slice(body).ok().or_else(|| {
        serde_json::from_slice::<[Envelope<'_>; 1]>(body)
            .ok()
            .map(|[only]| only)
    })
}

/// The part of `data` that every event type shares.
#[derive(Default, Deserialize)]
struct About {
    #[serde(default, deserialize_with = "lenient::option")]
    conversation_id: Option<ConversationId>,
}

fn is_fit_for_a_key(kind: &str) -> bool {
    (1..=MAX_KIND).contains(&kind.len())
        && kind
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(body: &serde_json::Value) -> Event {
        Event::read(body.to_string().as_bytes())
    }

    #[test]
    fn a_transcription_tells_whom_to_remember() {
        let event = read(
            &json!({"type": "post_call_transcription", "event_timestamp": "1762966268", "data": {
            "conversation_id": "conv_1", "agent_id": "agent_1", "transcript": [{"role": "agent", "message": "Hi"}, null],
            "dynamic_variables": {"system__caller_id": "+15551234567"}}}),
        );
        let Event::Transcription(event) = event else {
            panic!("{event:?}")
        };
        assert_eq!(event.transcript_items, 2);
        assert_eq!(event.caller(false).unwrap().as_str(), "+15551234567");
    }

    #[test]
    fn an_envelope_in_a_list_of_one_is_read_and_a_longer_list_is_not() {
        let one = json!({"type": "post_call_audio", "data": {"conversation_id": "conv_1"}});
        assert!(matches!(read(&json!([one])), Event::Audio(_)));
        assert!(matches!(read(&json!([one, one])), Event::Unreadable));
        assert!(matches!(read(&json!([])), Event::Unreadable));
    }

    #[test]
    fn an_unknown_type_keeps_its_name() {
        let event = read(
            &json!({"type": "answering_machine_detection", "data": {"conversation_id": "conv_1", "new": {"a": 1}}}),
        );
        assert_eq!(event.kind(), "answering_machine_detection");
        assert!(matches!(
            read(&json!({"type": "../x", "data": {"conversation_id": "conv_1"}})),
            Event::Unreadable
        ));
    }

    #[test]
    fn a_retention_of_zero_is_seen_whatever_else_is_wrong() {
        let settings =
            json!({"deletion_time_unix_secs": 1_767_261_600, "delete_transcript_and_pii": true});
        let metadata = json!({"start_time_unix_secs": 1_767_261_600, "deletion_settings": settings, "phone_call": 7});
        for data in [
            json!({"conversation_id": "conv_1", "metadata": metadata, "transcript": 3}),
            json!({"conversation_id": "a/b", "metadata": metadata}),
        ] {
            assert!(matches!(
                read(&json!({"type": "post_call_transcription", "data": data})),
                Event::Erased { .. }
            ));
        }
    }

    #[test]
    fn a_transcription_without_a_usable_agent_is_about_nobody() {
        let event = read(
            &json!({"type": "post_call_transcription", "data": {"conversation_id": "conv_1", "dynamic_variables": {"system__caller_id": "+15551234567"}}}),
        );
        let Event::Transcription(event) = event else {
            panic!("{event:?}")
        };
        assert_eq!(event.caller(false), None);
    }

    #[test]
    fn what_cannot_be_read_is_an_event_too() {
        let deep = "[".repeat(100_000);
        let bodies: [&[u8]; 8] = [
            b"",
            b"{",
            b"null",
            b"[1]",
            b"\xff\xfe",
            b"{\"type\":\"post_call_transcription\"}",
            br#"{"type":"post_call_audio","data":{"conversation_id":"a/../b"}}"#,
            deep.as_bytes(),
        ];
        for body in bodies {
            assert!(matches!(Event::read(body), Event::Unreadable));
        }
    }

    #[test]
    fn deep_nesting_inside_the_data_is_passed_over() {
        let deep = format!(
            r#"{{"type":"post_call_transcription","data":{{"conversation_id":"conv_1","agent_id":"a","x":{}{}}}}}"#,
            "[".repeat(50_000),
            "]".repeat(50_000)
        );
        assert!(matches!(
            Event::read(deep.as_bytes()),
            Event::Transcription(_)
        ));
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body: Vec<u8>) {
            let _ = Event::read(&body);
        }
    }
}
