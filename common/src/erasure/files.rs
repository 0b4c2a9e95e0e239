//! The files of an erased call, and the order in which they are deleted.

use futures_util::future::try_join;
use tracing::warn;

use crate::archive::{Archive, ArchiveError, Key};
use crate::call::ConversationId;

/// The files of a call that an erasure deletes: all of them except its tombstone. The entry in the
/// caller index is not among them, because only the caller's pseudonym names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFiles {
    /// Below `payloads/`.
    pub payloads: Vec<Key>,
    /// Below `extractions/`.
    pub extractions: Vec<Key>,
}

impl CallFiles {
    /// Lists the files of a conversation.
    ///
    /// # Errors
    /// [`ArchiveError`]
    pub async fn list<A: Archive>(
        archive: &A,
        conversation: &ConversationId,
    ) -> Result<Self, ArchiveError> {
        let payload_prefix = Key::payloads_of(conversation);
        let extraction_prefix = Key::extractions_of(conversation);
        let (payloads, mut extractions) = try_join(
            archive.list(&payload_prefix),
            archive.list(&extraction_prefix),
        )
        .await?;
        extractions.retain(|key| !key.is_tombstone());
        Ok(Self {
            payloads,
            extractions,
        })
    }

    /// Returns whether memories of the call may exist. An extraction writes a file before its first
    /// memory; counters and deadlines do not come from an extraction.
    #[must_use]
    pub fn may_have_memories(&self) -> bool {
        self.extractions
            .iter()
            .any(|key| !key.is_counter() && !key.is_deadline())
    }

    /// Warns if memories of the call may exist. Call it for a call without a payload, because
    /// nothing else says whose memories they are.
    pub fn warn_of_memories_without_payload(&self, conversation: &ConversationId) {
        if self.may_have_memories() {
            warn!(
                conversation_id = %conversation,
                "call erased without its payload; delete its memories with `elaaoms memories`"
            );
        }
    }

    /// Deletes the files in the order of [`sort_for_deletion`].
    ///
    /// # Errors
    /// [`ArchiveError`]. The files that were not deleted yet are left.
    pub async fn delete<A: Archive>(&self, archive: &A) -> Result<(), ArchiveError> {
        let mut keys: Vec<&Key> = self.payloads.iter().chain(&self.extractions).collect();
        sort_for_deletion(&mut keys);
        for key in keys {
            archive.delete(key).await?;
        }
        Ok(())
    }
}

/// Sorts the files of erased calls into the order of their deletion: what extractions wrote, then
/// payloads, then transcriptions, then entries of the caller index.
///
/// An erasure that stops midway needs the transcription when it is repeated: nothing else says
/// whose memories the call left.
pub fn sort_for_deletion(keys: &mut [&Key]) {
    keys.sort_by_key(|key| match key.as_str().split_once('/') {
        Some(("extractions", _)) => 0,
        Some(("payloads", _)) if key.is_transcription() => 2,
        Some(("payloads", _)) => 1,
        _ => 3,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::PayloadKind;
    use crate::call::CallerId;

    #[test]
    fn a_transcription_is_deleted_after_the_other_files_of_its_call() {
        let conversation = ConversationId::parse("conv_1").unwrap();
        let caller = CallerId::from_phone("+12025550142").unwrap();
        let index = Key::caller_index(&caller.hash(&"pepper".into()), &conversation);
        let transcription = Key::payload(&conversation, &PayloadKind::Transcription);
        let unredacted = Key::payload(&conversation, &PayloadKind::Other("unredacted_transcript"));
        let done = Key::done(&conversation);
        let mut keys = [&index, &transcription, &unredacted, &done];
        sort_for_deletion(&mut keys);
        assert_eq!(keys, [&done, &unredacted, &transcription, &index]);
    }

    #[test]
    fn only_files_of_an_extraction_say_that_memories_may_exist() {
        let conversation = ConversationId::parse("conv_1").unwrap();
        for (key, may_have_memories) in [
            (Key::extraction(&conversation), true),
            (Key::done(&conversation), true),
            (Key::attempts(&conversation, None), false),
            (Key::failures(&conversation, "m1"), false),
            (Key::deadline(&conversation), false),
        ] {
            let files = CallFiles {
                payloads: Vec::new(),
                extractions: vec![key],
            };
            assert_eq!(files.may_have_memories(), may_have_memories, "{files:?}");
        }
    }
}
