//! The response to ElevenLabs.

use common::call::ConversationId;
use common::elevenlabs::event::Event;
use common::trace::request_id;
use serde::Serialize;

/// What happens to the memories of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtractionStatus {
    /// The extraction is queued.
    Queued,
    /// The webhook was delivered again after the extraction.
    AlreadyDone,
    /// The caller is anonymous.
    NoCaller,
    /// No caller took part, for example in a voicemail, a busy line or a test.
    NotAConversation,
    /// The event is not a call.
    NotApplicable,
    /// Nothing may be stored: the conversation was erased, or its retention period is zero, over or
    /// too short.
    NothingKept,
    /// The caller does not want to be remembered.
    OptedOut,
}

impl ExtractionStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::AlreadyDone => "already_done",
            Self::NoCaller => "no_caller",
            Self::NotAConversation => "not_a_conversation",
            Self::NotApplicable => "not_applicable",
            Self::NothingKept => "nothing_kept",
            Self::OptedOut => "opted_out",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Queued => "Call stored; its memories will be extracted.",
            Self::AlreadyDone => {
                "Call already received. Its memories are extracted; nothing is stored twice."
            }
            Self::NoCaller => {
                "Call stored. The caller is anonymous, so no memories will be extracted."
            }
            Self::NotAConversation => {
                "Call stored. No caller took part, so no memories will be extracted."
            }
            Self::NotApplicable => {
                "Event stored. It is not a call, so there is nothing to extract."
            }
            Self::NothingKept => {
                "Nothing stored: the conversation was erased, or its retention period is over or \
                 too short."
            }
            Self::OptedOut => "Nothing stored: the caller does not want to be remembered.",
        }
    }
}

/// The response to an accepted webhook.
#[derive(Debug, Serialize)]
pub struct Receipt {
    status: &'static str,
    message: &'static str,
    request_id: String,
    data: Data,
}

#[derive(Debug, Serialize)]
struct Data {
    webhook_type: String,
    conversation_id: Option<ConversationId>,
    transcript_items: usize,
    memory_extraction_queued: bool,
}

impl Receipt {
    pub(crate) fn new(event: &Event, extraction: ExtractionStatus) -> Self {
        let transcript_items = match event {
            Event::Transcription(call) => call.transcript_items,
            _ => 0,
        };
        Self {
            status: "success",
            message: extraction.message(),
            request_id: request_id(),
            data: Data {
                webhook_type: event.kind().to_owned(),
                conversation_id: event.conversation_id().cloned(),
                transcript_items,
                memory_extraction_queued: extraction == ExtractionStatus::Queued,
            },
        }
    }
}
