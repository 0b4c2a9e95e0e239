//! The input of an extraction.

use common::elevenlabs::transcription::Transcription;
use common::memory::MemoryId;
use common::settings::MemorySettings;
use jiff::Timestamp;

use crate::PriorKnowledge;
use crate::extract::language::call_time;
use crate::extract::language::wording::Wording;
use crate::extract::redaction::private::PrivatePolicy;
use crate::extract::redaction::{secrets, transcript_masking};

/// The input of an extraction.
pub(crate) struct Task<'a> {
    pub(crate) call: &'a Transcription,
    pub(crate) known: &'a PriorKnowledge,
    pub(crate) settings: &'a MemorySettings,
    /// Set when the call is extracted again: the version of the redo.
    pub(crate) redo: Option<u64>,
    pub(crate) now: Timestamp,
}

impl Task<'_> {
    /// Returns the start of the call.
    pub(crate) fn call_at(&self) -> Timestamp {
        self.call.started_at(self.now)
    }

    /// Returns which private facts the agent of this call may store.
    pub(crate) fn private_policy(&self) -> PrivatePolicy<'_> {
        PrivatePolicy {
            rules: &self.settings.store_sensitive,
            agent: &self.call.agent_id,
        }
    }

    /// Masks the secrets of a text, including what the caller typed on the keypad.
    pub(crate) fn mask(&self, text: &str) -> String {
        transcript_masking::keypad_secrets(self.call, self.settings).mask(&secrets::mask(text))
    }

    /// Returns the rules that texts of this call are rewritten by.
    pub(crate) fn wording(&self) -> Wording {
        let at = call_time::local_time(self.call, self.call_at());
        Wording {
            at: at.datetime(),
            language: self.call.language().map(str::to_owned),
        }
    }

    /// Returns whether a known memory comes from a later call. Calls are extracted out of order or
    /// again, and an earlier call must not supersede a later statement.
    pub(crate) fn is_later(&self, memory: Option<&MemoryId>) -> bool {
        let known = self
            .known
            .memories
            .iter()
            .find(|known| Some(&known.id) == memory);
        known
            .and_then(|known| known.timestamp)
            .is_some_and(|said_at| said_at > self.call_at())
    }
}
