//! What ElevenLabs is told.

use common::call::ConversationId;
use common::elevenlabs::event::Event;
use common::webhook_error::request_id;
use serde::Serialize;

/// What becomes of a call's memories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extraction {
    /// They will be extracted.
    Queued,
    /// They were extracted before: the webhook came again.
    AlreadyDone,
    /// Nobody is there to remember.
    NoCaller,
    /// No caller took part: a voicemail, a busy line, a test.
    NotAConversation,
    /// The event is no conversation.
    NotApplicable,
    /// Nothing may be kept of the event: it was erased, or its retention period is zero, over, or
    /// too short.
    NothingKept,
}

impl Extraction {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::AlreadyDone => "already_done",
            Self::NoCaller => "no_caller",
            Self::NotAConversation => "not_a_conversation",
            Self::NotApplicable => "not_applicable",
            Self::NothingKept => "nothing_kept",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::Queued => "The call is kept and its memories will be extracted.",
            Self::AlreadyDone => {
                "The call was received before: its memories were extracted then, and nothing is remembered twice."
            }
            Self::NoCaller => {
                "The call is kept. It has no caller to remember, so nothing is extracted."
            }
            Self::NotAConversation => {
                "The call is kept. No caller took part in it, so nothing is extracted."
            }
            Self::NotApplicable => "The event is kept. There is nothing to extract from it.",
            Self::NothingKept => {
                "It was erased, or its retention period is over or too short: nothing is kept and nothing is extracted."
            }
        }
    }
}

/// The answer to a webhook that was taken.
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
    pub(crate) fn new(event: &Event, extraction: Extraction) -> Self {
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
                memory_extraction_queued: extraction == Extraction::Queued,
            },
        }
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }
}
