//! One turn of a transcript as ElevenLabs sends it.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use text::without_controls;

use super::lenient;
use crate::call::{Role, Turn};

/// Replacement for keypad input, which may be a PIN or a card number.
pub const KEYPAD_MASK: &str = "[keypad input]";
/// Longest plausible call. A turn later than this has a wrong clock.
const LONGEST_CALL: SignedDuration = SignedDuration::from_hours(24);
/// Tool call with which an agent reports that it reached voicemail.
const VOICEMAIL_TOOL: &str = "voicemail_detection";

/// A turn as sent. Reasoning and tool results are not read, because they are not the caller's
/// words.
#[derive(Deserialize)]
pub(super) struct RawTurn {
    #[serde(default, deserialize_with = "lenient::option")]
    role: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    message: Option<String>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    multivoice_message: MultivoiceMessage,
    #[serde(default, deserialize_with = "lenient::or_default")]
    ignored_as_backchannel: bool,
    #[serde(default, deserialize_with = "lenient::option")]
    source_medium: Option<String>,
    /// Set if the message comes from the platform itself. Its format varies.
    #[serde(default, deserialize_with = "lenient::option")]
    platform_event: Option<NotNull>,
    #[serde(default, deserialize_with = "lenient::option")]
    time_in_call_secs: Option<f64>,
    #[serde(default, deserialize_with = "lenient::option")]
    created_at_unix_ms: Option<i64>,
    #[serde(default, deserialize_with = "lenient::list")]
    tool_calls: Vec<ToolCall>,
}

/// Any value but null.
struct NotNull;

impl<'de> Deserialize<'de> for NotNull {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Option::<IgnoredAny>::deserialize(deserializer)? {
            Some(_) => Ok(Self),
            None => Err(serde::de::Error::custom("null")),
        }
    }
}

#[derive(Default, Deserialize)]
struct MultivoiceMessage {
    #[serde(default, deserialize_with = "lenient::list")]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default, deserialize_with = "lenient::option")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct ToolCall {
    #[serde(default, deserialize_with = "lenient::option")]
    tool_name: Option<String>,
    #[serde(default, deserialize_with = "lenient::option")]
    tool_has_been_called: Option<Value>,
}

impl RawTurn {
    /// Returns the spoken words without control characters, or `None` if nobody spoke.
    pub(super) fn spoken(&self, store_keypad_input: bool) -> Option<Turn> {
        let role = match self.role.as_deref()? {
            "user" => Role::Caller,
            "agent" => Role::Agent,
            _ => return None,
        };
        let message = self
            .message
            .as_deref()
            .map(|message| without_controls(message).into_owned())
            .filter(|message| !message.trim().is_empty());
        let text = message
            .unwrap_or_else(|| without_controls(&self.multivoice_message.text()).into_owned());
        if self.ignored_as_backchannel || self.platform_event.is_some() || text.trim().is_empty() {
            return None;
        }
        let is_masked = self.is_keypad_input() && !store_keypad_input;
        Some(Turn {
            role,
            text: if is_masked {
                KEYPAD_MASK.to_owned()
            } else {
                text
            },
        })
    }

    /// Returns whether the caller typed this on the keypad.
    pub(super) fn is_keypad_input(&self) -> bool {
        self.source_medium
            .as_deref()
            .is_some_and(|medium| medium.trim().eq_ignore_ascii_case("dtmf"))
    }

    /// Returns whether the caller said something. Noise without letters or digits, such as "...",
    /// does not count.
    pub(super) fn has_words_of_the_caller(&self) -> bool {
        let spoken = self.spoken(true).filter(|turn| turn.role == Role::Caller);
        spoken.is_some_and(|turn| turn.text.chars().any(char::is_alphanumeric))
    }

    /// Returns whether the agent reported here that it reached voicemail.
    pub(super) fn detects_voicemail(&self) -> bool {
        self.tool_calls.iter().any(|call| {
            call.tool_name.as_deref() == Some(VOICEMAIL_TOOL)
                && call.tool_has_been_called != Some(Value::Bool(false))
        })
    }

    /// Returns when the turn was spoken in a call that began at `start`: its own timestamp if that
    /// lies within the call, else its offset from the start.
    pub(super) fn said_at(&self, start: Timestamp) -> Option<Timestamp> {
        let latest = start.checked_add(LONGEST_CALL).ok()?;
        let is_in_call = |at: &Timestamp| (start..=latest).contains(at);
        let own = self
            .created_at_unix_ms
            .and_then(|at| Timestamp::from_millisecond(at).ok())
            .filter(is_in_call);
        own.or_else(|| {
            let into_call = SignedDuration::try_from_secs_f64(self.time_in_call_secs?).ok()?;
            start.checked_add(into_call).ok().filter(is_in_call)
        })
    }
}

impl MultivoiceMessage {
    fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| part.text.as_deref())
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn turn(turn: &Value) -> RawTurn {
        serde_json::from_str(&turn.to_string()).unwrap()
    }

    #[test]
    fn keypad_input_is_masked_unless_the_operator_allows_it() {
        let typed = turn(&json!({"role": "user", "message": "4711#", "source_medium": "dtmf"}));
        assert_eq!(typed.spoken(false).unwrap().text, KEYPAD_MASK);
        assert_eq!(typed.spoken(true).unwrap().text, "4711#");
        let said = turn(&json!({"role": "user", "message": "4711", "source_medium": "audio"}));
        assert_eq!(said.spoken(false).unwrap().text, "4711");
    }

    #[test]
    fn platform_events_are_not_spoken_turns() {
        for event in [
            json!({"type": "handoff"}),
            json!("silence"),
            json!(true),
            json!([]),
        ] {
            let event = turn(
                &json!({"role": "user", "message": "The user is silent", "platform_event": event}),
            );
            assert!(event.spoken(false).is_none());
            assert!(!event.has_words_of_the_caller());
        }
        let said = turn(&json!({"role": "user", "message": "I am here", "platform_event": null}));
        assert!(said.has_words_of_the_caller());
    }

    #[test]
    fn a_turns_time_is_its_own_timestamp_or_its_offset_from_the_start() {
        let start = Timestamp::from_second(1_000).unwrap();
        let said_at = |raw: Value| turn(&raw).said_at(start).map(Timestamp::as_second);
        assert_eq!(said_at(json!({"time_in_call_secs": 30})), Some(1_030));
        assert_eq!(
            said_at(json!({"time_in_call_secs": 30, "created_at_unix_ms": 1_045_000})),
            Some(1_045)
        );
        assert_eq!(
            said_at(json!({"time_in_call_secs": 30, "created_at_unix_ms": 9_999_999_999_000_i64})),
            Some(1_030)
        );
        assert_eq!(said_at(json!({"time_in_call_secs": -5})), None);
        assert_eq!(said_at(json!({"time_in_call_secs": 1e300})), None);
        assert_eq!(said_at(json!({})), None);
    }
}
