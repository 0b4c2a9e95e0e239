//! Reads from `metadata.deletion_settings` what we may keep of a conversation, and until when.
//!
//! `delete_transcript_and_pii: true` is an ordinary setting of an agent. It selects what ElevenLabs
//! deletes when the retention period ends. Nothing may be kept only if that period was zero or the
//! transcript is already deleted.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::call_time::in_seconds;
use super::lenient;
use crate::call::Deadlines;

/// What we may keep of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Nothing: the retention period was zero, or it has ended and ElevenLabs has deleted its data.
    Erased,
    /// Everything, but no longer than these deadlines.
    Kept(Deadlines),
}

/// The shortest retention period above zero, in seconds.
const DAY: i64 = 24 * 60 * 60;

/// The fields of an event's `data` that determine its retention.
#[derive(Default, Deserialize)]
pub(super) struct RetentionFields {
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Metadata,
    /// Number of turns. An absent or null transcript has none.
    #[serde(rename = "transcript", default, deserialize_with = "lenient::count")]
    turns: usize,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "lenient::or_default")]
    start_time_unix_secs: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    accepted_time_unix_secs: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    call_duration_secs: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    deletion_settings: DeletionSettings,
}

#[derive(Default, Deserialize)]
struct DeletionSettings {
    #[serde(default, deserialize_with = "lenient::or_default")]
    delete_transcript_and_pii: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    delete_audio: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    deletion_time_unix_secs: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    deleted_transcript_at_time_unix_secs: Value,
    #[serde(default, deserialize_with = "lenient::or_default")]
    deleted_audio_at_time_unix_secs: Value,
}

/// Returns what may be kept of an event of type `kind` whose webhook was created at `reported_at`.
pub(super) fn retention(
    kind: &str,
    fields: &RetentionFields,
    reported_at: Option<Timestamp>,
) -> Retention {
    let settings = &fields.metadata.deletion_settings;
    let end = fields.metadata.end(reported_at);
    let call = settings.transcript().retention(end);
    let audio = settings.audio().retention(end);
    let own = if is_audio(kind) { &audio } else { &call };
    let is_missing =
        is_transcript(kind) && fields.turns == 0 && settings.transcript().is_over(reported_at);
    match own {
        PartRetention::Erased => Retention::Erased,
        _ if is_missing => Retention::Erased,
        // The deadline of the other part applies from now on.
        _ => Retention::Kept(Deadlines {
            call: call.deadline(),
            audio: audio.deadline(),
        }),
    }
}

fn is_audio(kind: &str) -> bool {
    matches!(kind, "post_call_audio" | "unredacted_audio")
}

fn is_transcript(kind: &str) -> bool {
    matches!(kind, "post_call_transcription" | "unredacted_transcript")
}

/// The deletion settings of one part of a conversation: transcript or recording.
struct PartSettings {
    is_deleted: bool,
    /// When ElevenLabs deletes the part, in seconds since the epoch.
    deletion: Option<i64>,
}

/// What the settings mean for one part.
enum PartRetention {
    Erased,
    Kept(Option<Timestamp>),
}

impl DeletionSettings {
    fn transcript(&self) -> PartSettings {
        self.part(
            &self.delete_transcript_and_pii,
            &self.deleted_transcript_at_time_unix_secs,
        )
    }

    fn audio(&self) -> PartSettings {
        self.part(&self.delete_audio, &self.deleted_audio_at_time_unix_secs)
    }

    fn part(&self, flag: &Value, deleted_at: &Value) -> PartSettings {
        let deletion =
            seconds(&self.deletion_time_unix_secs).filter(|time| *time >= 0 && is_true(flag));
        PartSettings {
            is_deleted: seconds(deleted_at).is_some_and(|time| time > 0),
            deletion,
        }
    }
}

impl PartSettings {
    /// Returns what the settings mean for a call that ended at `end`, in seconds since the epoch.
    fn retention(&self, end: Option<i64>) -> PartRetention {
        match self.deletion {
            _ if self.is_deleted => PartRetention::Erased,
            // Without a known end, assume the epoch: every call ends later.
            Some(time) if time <= end.unwrap_or(0) => PartRetention::Erased,
            Some(time) => PartRetention::Kept(Timestamp::from_second(time).ok()),
            None => PartRetention::Kept(None),
        }
    }

    /// Returns whether ElevenLabs has deleted the part by `then`.
    fn is_over(&self, then: Option<Timestamp>) -> bool {
        self.deletion
            .zip(then)
            .is_some_and(|(deletion, then)| deletion <= then.as_second())
    }
}

impl PartRetention {
    fn deadline(&self) -> Option<Timestamp> {
        match self {
            // Nothing of a part with zero retention is kept, whenever it arrives.
            Self::Erased => Some(Timestamp::UNIX_EPOCH),
            Self::Kept(until) => *until,
        }
    }
}

impl RetentionFields {
    /// Returns when the call began according to its metadata, in seconds since the epoch.
    pub(super) fn began_at(&self, reported_at: Option<Timestamp>) -> Option<i64> {
        self.metadata.start(reported_at.map(Timestamp::as_second))
    }
}

impl Metadata {
    /// Returns when the call ended, as far as the metadata tell. Without a duration, the call is
    /// assumed to be shorter than the shortest retention.
    fn end(&self, reported_at: Option<Timestamp>) -> Option<i64> {
        let reported = reported_at.map(Timestamp::as_second);
        let Some(start) = self.start(reported) else {
            return reported;
        };
        let longest = reported
            .filter(|reported| *reported >= start)
            .map_or(i64::MAX, |reported| reported - start + DAY);
        match seconds(&self.call_duration_secs).filter(|duration| (0..=longest).contains(duration))
        {
            Some(duration) => Some(start.saturating_add(duration)),
            None => Some(
                reported
                    .unwrap_or(start)
                    .clamp(start, start.saturating_add(DAY - 1)),
            ),
        }
    }

    /// Returns the start of the call. A start after the webhook and long after the deletion is
    /// wrong.
    fn start(&self, reported: Option<i64>) -> Option<i64> {
        let deletion =
            seconds(&self.deletion_settings.deletion_time_unix_secs).unwrap_or(i64::MAX - DAY);
        let starts = [&self.start_time_unix_secs, &self.accepted_time_unix_secs];
        starts
            .into_iter()
            .filter_map(positive_seconds)
            .find(|start| {
                let is_after_webhook = reported.is_some_and(|reported| *start > reported);
                !(is_after_webhook && *start > deletion + DAY)
            })
    }
}

fn positive_seconds(value: &Value) -> Option<i64> {
    seconds(value).filter(|time| *time > 0)
}

/// Reads seconds since the epoch. Accepts numbers, numeric strings, fractions, finer units and
/// dates.
fn seconds(value: &Value) -> Option<i64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) => number,
            Err(_) => {
                return text
                    .trim()
                    .parse::<Timestamp>()
                    .ok()
                    .map(Timestamp::as_second);
            }
        },
        _ => return None,
    };
    in_seconds(number)
}

fn is_true(flag: &Value) -> bool {
    match flag {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() == Some(1.0),
        Value::String(text) => ["true", "1"]
            .iter()
            .any(|yes| text.trim().eq_ignore_ascii_case(yes)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
