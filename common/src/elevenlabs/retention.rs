//! What `metadata.deletion_settings` allow us to keep of a conversation, and until when.
//!
//! `delete_transcript_and_pii: true` is an ordinary setting of an agent: it names what ElevenLabs
//! deletes when the retention period ends. Nothing may be kept only where that period was zero, or
//! where the transcript is already deleted.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::lenient;
use crate::call::Deadlines;

/// What may be kept of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// Nothing: the period was zero, or it is over and ElevenLabs has deleted its part.
    Erased,
    /// Everything, at most until these times.
    Kept(Deadlines),
}

/// The shortest retention that is not zero, in seconds.
const DAY: i64 = 24 * 60 * 60;

/// The part of an event's `data` that decides about its retention.
#[derive(Default, Deserialize)]
pub(super) struct RetentionFacts {
    #[serde(default, deserialize_with = "lenient::or_default")]
    metadata: Metadata,
    /// Absent and null are an empty transcript too.
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

/// What may be kept of an event of type `kind`, whose webhook was made at `reported_at`.
pub(super) fn retention(
    kind: &str,
    facts: &RetentionFacts,
    reported_at: Option<Timestamp>,
) -> Retention {
    let settings = &facts.metadata.deletion_settings;
    let end = facts.metadata.end(reported_at);
    let call = settings.transcript().at(end);
    let audio = settings.audio().at(end);
    let own = if is_audio(kind) { &audio } else { &call };
    let is_missing =
        is_transcript(kind) && facts.turns == 0 && settings.transcript().is_over(reported_at);
    match own {
        Fate::Erased => Retention::Erased,
        _ if is_missing => Retention::Erased,
        // What is said of the other part holds from now on.
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

/// One part of a conversation, as its settings describe it.
struct Part {
    is_deleted: bool,
    /// When it will be deleted, in seconds.
    deletion: Option<i64>,
}

/// What its settings mean for a part.
enum Fate {
    Erased,
    Kept(Option<Timestamp>),
}

impl DeletionSettings {
    fn transcript(&self) -> Part {
        self.part(
            &self.delete_transcript_and_pii,
            &self.deleted_transcript_at_time_unix_secs,
        )
    }

    fn audio(&self) -> Part {
        self.part(&self.delete_audio, &self.deleted_audio_at_time_unix_secs)
    }

    fn part(&self, flag: &Value, deleted_at: &Value) -> Part {
        let deletion =
            seconds(&self.deletion_time_unix_secs).filter(|time| *time >= 0 && is_true(flag));
        Part {
            is_deleted: seconds(deleted_at).is_some_and(|time| time > 0),
            deletion,
        }
    }
}

impl Part {
    fn at(&self, end: Option<i64>) -> Fate {
        match self.deletion {
            _ if self.is_deleted => Fate::Erased,
            // No call ends at the epoch or before.
            Some(time) if time <= end.unwrap_or(0) => Fate::Erased,
            Some(time) => Fate::Kept(Timestamp::from_second(time).ok()),
            None => Fate::Kept(None),
        }
    }

    /// Whether ElevenLabs has deleted it by then.
    fn is_over(&self, then: Option<Timestamp>) -> bool {
        self.deletion
            .zip(then)
            .is_some_and(|(deletion, then)| deletion <= then.as_second())
    }
}

impl Fate {
    fn deadline(&self) -> Option<Timestamp> {
        match self {
            // Of a part whose retention is zero nothing is kept, whenever it comes.
            Self::Erased => Some(Timestamp::UNIX_EPOCH),
            Self::Kept(until) => *until,
        }
    }
}

impl RetentionFacts {
    /// When the call began by its own word, in seconds since the epoch.
    pub(super) fn began_at(&self, reported_at: Option<Timestamp>) -> Option<i64> {
        self.metadata.start(reported_at.map(Timestamp::as_second))
    }
}

impl Metadata {
    /// When the call was over, as far as anything says so. Without a duration it is not later than
    /// the shortest retention.
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

    /// A start after the webhook and long after the deletion is wrong.
    fn start(&self, reported: Option<i64>) -> Option<i64> {
        let deletion =
            seconds(&self.deletion_settings.deletion_time_unix_secs).unwrap_or(i64::MAX - DAY);
        let is_wrong = |start: &i64| {
            reported.is_some_and(|reported| *start > reported) && *start > deletion + DAY
        };
        let starts = [&self.start_time_unix_secs, &self.accepted_time_unix_secs];
        starts
            .into_iter()
            .filter_map(moment)
            .find(|start| !is_wrong(start))
    }
}

fn moment(value: &Value) -> Option<i64> {
    seconds(value).filter(|time| *time > 0)
}

/// A number of seconds: also as a text, with a fraction, in a finer unit, or as a written date.
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
    number.is_finite().then(|| in_seconds(number) as i64)
}

/// Milliseconds, microseconds and nanoseconds of our century are beyond any time in seconds.
/// `number` is finite.
pub(super) fn in_seconds(mut number: f64) -> f64 {
    const YEAR_5138: f64 = 1e11;
    while number.abs() >= YEAR_5138 {
        number /= 1000.0;
    }
    number
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
