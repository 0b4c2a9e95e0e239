//! The messages of the queue.

use serde::{Deserialize, Serialize};

use super::ExtractionJob;
use crate::archive::Key;
use crate::call::ConversationId;
use crate::events::EventJob;

/// A job of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Job {
    /// Events to deliver. First, because no extraction has its field.
    Events(EventJob),
    /// A conversation to extract.
    Extraction(ExtractionJob),
}

impl Job {
    /// Returns the extraction, if it is one.
    #[must_use]
    pub fn extraction(&self) -> Option<&ExtractionJob> {
        match self {
            Self::Extraction(job) => Some(job),
            Self::Events(_) => None,
        }
    }

    /// Returns the conversation of an extraction.
    #[must_use]
    pub fn conversation_id(&self) -> Option<&ConversationId> {
        self.extraction().map(|job| &job.conversation_id)
    }

    /// Returns what the job is, in a few words for an operator.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Extraction(job) => job.conversation_id.to_string(),
            Self::Events(job) => format!(
                "({} events for the {})",
                job.events.list.len(),
                job.events.target.as_str()
            ),
        }
    }

    /// Returns the kind of the job, for logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Extraction(_) => "extraction",
            Self::Events(_) => "events",
        }
    }

    /// Returns the name of the job if its queue did not keep one.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Extraction(job) => job.conversation_id.as_str(),
            Self::Events(job) => job.name(),
        }
    }

    /// Returns the key of the failure count for a message of a queue that does not count failures
    /// itself.
    #[must_use]
    pub fn failures(&self, message: &str) -> Key {
        match self {
            Self::Extraction(job) => job.failures(message),
            Self::Events(_) => Key::event_failures(message),
        }
    }
}

impl From<ExtractionJob> for Job {
    fn from(job: ExtractionJob) -> Self {
        Self::Extraction(job)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::archive::PayloadKind;
    use crate::call::CallerHash;
    use crate::events::{
        ContentSource, Event, EventBatch, EventData, EventId, EventTarget, ForgottenCaller,
    };

    fn extraction() -> ExtractionJob {
        let conversation_id = ConversationId::parse("conv_1").unwrap();
        let payload = Key::payload(&conversation_id, &PayloadKind::Transcription);
        ExtractionJob::new(conversation_id, payload)
    }

    fn events() -> EventJob {
        let caller = CallerHash::parse(&"0a".repeat(32)).unwrap();
        let event = Event {
            id: EventId::derived_from(&["example"]),
            timestamp: Timestamp::UNIX_EPOCH,
            data: EventData::CallerForgotten(ForgottenCaller { caller }),
        };
        let job = extraction();
        let source = ContentSource {
            record: job.record(),
            payload: job.payload,
        };
        EventJob {
            events: EventBatch {
                target: EventTarget::Webhook,
                source: Some(source),
                list: vec![event],
            },
        }
    }

    #[test]
    fn both_kinds_are_read_as_they_were_written() {
        for job in [Job::Extraction(extraction()), Job::Events(events())] {
            let text = serde_json::to_string(&job).unwrap();
            assert_eq!(serde_json::from_str::<Job>(&text).unwrap(), job);
        }
    }

    #[test]
    fn a_message_of_an_earlier_version_is_an_extraction_and_stays_unchanged() {
        let text =
            r#"{"conversation_id":"conv_1","payload":"payloads/conv_1/conv_1_transcription.json"}"#;
        let job: Job = serde_json::from_str(text).unwrap();
        assert_eq!(job, Job::Extraction(extraction()));
        assert_eq!(serde_json::to_string(&job).unwrap(), text);
    }

    #[test]
    fn an_earlier_version_cannot_take_events_for_a_finished_extraction() {
        let text = serde_json::to_string(&Job::Events(events())).unwrap();
        assert!(serde_json::from_str::<ExtractionJob>(&text).is_err());
    }

    #[test]
    fn broken_events_are_no_job() {
        let broken = json!({"events": {"target": "pigeon", "list": []}}).to_string();
        assert!(serde_json::from_str::<Job>(&broken).is_err());
    }
}
