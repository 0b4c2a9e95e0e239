//! The envelope of post-call webhooks: `{"type", "event_timestamp", "data"}`.
//!
//! Parsing never fails. Every signed body is stored, so an unreadable body is an event too.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::conversation::NotAConversation;
use super::retention::{Retention, RetentionFields, retention};
use super::transcription::{CallOverview, Transcription};
use super::{call_time, lenient};
use crate::call::{CallerId, ConversationId, Deadlines};
use crate::json;

/// The event that a post-call webhook reports.
#[derive(Debug)]
pub enum Event {
    /// `post_call_transcription`: a conversation has ended.
    Transcription(TranscriptionEvent),
    /// `post_call_audio`: the recording of a conversation, in base64 inside the body.
    Audio(ConversationId),
    /// `call_initiation_failure`: an outbound call could not be started.
    InitiationFailure(ConversationId),
    /// An unknown event type about a conversation.
    Other {
        /// The type as sent. It is safe as part of a key.
        kind: String,
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// A signed body that cannot be parsed: not JSON, no envelope, or no usable conversation id.
    Unreadable,
    /// A recording that may not be kept. The conversation is not affected.
    ErasedAudio(ConversationId),
    /// Nothing of this conversation may be kept, according to its deletion settings
    /// ([`Retention::Erased`]).
    Erased {
        /// The type as sent.
        kind: String,
        /// The conversation and its caller, if readable.
        call: Option<TranscriptionEvent>,
    },
}

/// The fields of a transcription that post-call needs.
pub struct TranscriptionEvent {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Number of turns as sent, spoken or not.
    pub transcript_items: usize,
    /// Until when the conversation may be kept.
    pub deadlines: Deadlines,
    times: CallTimes,
    overview: Box<CallOverview>,
}

impl fmt::Debug for TranscriptionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriptionEvent")
            .field("conversation_id", &self.conversation_id)
            .finish_non_exhaustive()
    }
}

/// When a call began and when its webhook was created, according to the sender, in seconds since
/// the epoch.
#[derive(Clone, Copy)]
struct CallTimes {
    began: Option<f64>,
    reported: Option<f64>,
}

const TRANSCRIPTION: &str = "post_call_transcription";
/// Longest event type that becomes part of a key.
const MAX_KIND: usize = 64;

impl Event {
    /// Parses an authenticated body.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let body = json::repaired(body);
        let Some(envelope) = envelope(&body) else {
            return Self::Unreadable;
        };
        let data = envelope.data.map_or("null", RawValue::get);
        let kind = envelope.kind.unwrap_or_default();
        let reported = envelope.event_timestamp.and_then(EventTime::seconds);
        let reported_at = to_timestamp(reported);
        let fields: RetentionFields = serde_json::from_str(data).unwrap_or_default();
        let times = CallTimes {
            began: fields.began_at(reported_at).map(|second| second as f64),
            reported,
        };
        let EventData { conversation_id } = serde_json::from_str(data).unwrap_or_default();
        match (retention(&kind, &fields, reported_at), conversation_id) {
            (Retention::Kept(deadlines), Some(id)) => Self::kept(&kind, id, data, deadlines, times),
            (Retention::Kept(_), None) => Self::Unreadable,
            (Retention::Erased, Some(id)) if kind == "post_call_audio" => Self::ErasedAudio(id),
            (Retention::Erased, id) => {
                let call =
                    id.map(|id| TranscriptionEvent::read(id, data, Deadlines::default(), times));
                Self::Erased { kind, call }
            }
        }
    }

    /// Returns the event of this type, for a conversation that may be kept.
    fn kept(
        kind: &str,
        conversation_id: ConversationId,
        data: &str,
        deadlines: Deadlines,
        times: CallTimes,
    ) -> Self {
        match kind {
            TRANSCRIPTION => Self::Transcription(TranscriptionEvent::read(
                conversation_id,
                data,
                deadlines,
                times,
            )),
            "post_call_audio" => Self::Audio(conversation_id),
            "call_initiation_failure" => Self::InitiationFailure(conversation_id),
            kind if is_safe_in_a_key(kind) => Self::Other {
                kind: kind.to_owned(),
                conversation_id,
            },
            _ => Self::Unreadable,
        }
    }

    /// Returns the type as sent, for the response and the log.
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

    /// Returns the conversation of the event.
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
    /// Returns the caller, or `None` for an anonymous caller or an unreadable agent.
    #[must_use]
    pub fn caller(&self, trust_user_id: bool) -> Option<CallerId> {
        self.overview.caller(trust_user_id)
    }

    /// Returns why this is not a conversation with a caller, as far as the metadata tell.
    #[must_use]
    pub fn not_a_conversation(&self) -> Option<NotAConversation> {
        self.overview.not_a_conversation()
    }

    /// Returns when the call began. If that is missing or implausible, returns when its webhook was
    /// created, or else `now`.
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
        let overview: CallOverview = serde_json::from_str(data).unwrap_or_default();
        Self {
            conversation_id,
            transcript_items: overview.transcript_items,
            deadlines,
            times,
            overview: Box::new(overview),
        }
    }
}

/// Parses the conversation in a stored `post_call_transcription`. Returns `None` if the body holds
/// no readable one.
#[must_use]
pub fn read_transcription(body: &[u8]) -> Option<Transcription> {
    let body = json::repaired(body);
    let envelope = envelope(&body)?;
    let data = envelope.data?.get();
    let mut call: Transcription = serde_json::from_str(data).ok()?;
    let fields: RetentionFields = serde_json::from_str(data).unwrap_or_default();
    let reported_at = envelope.event_timestamp.and_then(EventTime::seconds);
    if let Retention::Kept(deadlines) = retention(TRANSCRIPTION, &fields, to_timestamp(reported_at))
    {
        call.deadlines = deadlines;
    }
    Some(call.with_reported_at(reported_at))
}

/// Returns the base64 of the recording in a `post_call_audio` body.
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

/// Seconds since the epoch. ElevenLabs' documentation shows a number on one page and a string on
/// another.
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

/// Converts a time of the envelope, which may be in a finer unit than seconds.
fn to_timestamp(time: Option<f64>) -> Option<Timestamp> {
    let seconds = time.filter(|seconds| *seconds > 0.0)?;
    Timestamp::from_second(call_time::in_seconds(seconds)?).ok()
}

/// Parses the envelope. Some senders wrap it in an array of one element.
fn envelope(body: &[u8]) -> Option<Envelope<'_>> {
    serde_json::from_slice(body).ok().or_else(|| {
        serde_json::from_slice::<[Envelope<'_>; 1]>(body)
            .ok()
            .map(|[only]| only)
    })
}

/// The field of `data` that all event types share.
#[derive(Default, Deserialize)]
struct EventData {
    #[serde(default, deserialize_with = "lenient::option")]
    conversation_id: Option<ConversationId>,
}

fn is_safe_in_a_key(kind: &str) -> bool {
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
    fn a_transcription_identifies_its_caller() {
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
    fn an_envelope_in_a_list_of_one_is_accepted_and_a_longer_list_is_not() {
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
    fn zero_retention_is_recognised_whatever_else_is_wrong() {
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
    fn a_transcription_without_a_usable_agent_has_no_caller() {
        let event = read(
            &json!({"type": "post_call_transcription", "data": {"conversation_id": "conv_1", "dynamic_variables": {"system__caller_id": "+15551234567"}}}),
        );
        let Event::Transcription(event) = event else {
            panic!("{event:?}")
        };
        assert_eq!(event.caller(false), None);
    }

    #[test]
    fn an_unreadable_body_is_an_event() {
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
    fn deep_nesting_inside_the_data_is_skipped() {
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
        fn no_body_panics(body: Vec<u8>) {
            let _ = Event::read(&body);
        }
    }
}
