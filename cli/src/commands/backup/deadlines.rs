//! The deletion deadlines that ElevenLabs gave the calls of a backup. Files past their deadline
//! leave the backup and are not restored.

use std::collections::HashMap;

use common::archive::Key;
use common::call::{ConversationId, Deadlines};
use jiff::Timestamp;

use super::folder::BackupFolder;
use super::manifest::Entries;
use crate::error::Failure;

/// The deadlines by conversation.
#[derive(Default)]
pub(super) struct CallDeadlines(HashMap<ConversationId, Deadlines>);

impl CallDeadlines {
    /// Reads the deadlines that the backup holds.
    pub(super) async fn load(folder: &BackupFolder, entries: &Entries) -> Result<Self, Failure> {
        let mut all = HashMap::new();
        for (key, entry) in entries.iter().filter(|(key, _)| key.is_deadline()) {
            let deadlines = serde_json::from_slice(&folder.get(entry).await?);
            if let (Some(conversation), Ok(deadlines)) = (key.conversation(), deadlines) {
                all.insert(conversation, deadlines);
            }
        }
        Ok(Self(all))
    }

    /// Returns until when this file may be kept, if a deadline is known.
    pub(super) fn until(&self, key: &Key) -> Option<Timestamp> {
        key.expires_at(self.0.get(&key.conversation()?)?)
    }

    /// Whether the deadline of this file has passed.
    pub(super) fn has_passed(&self, key: &Key, now: Timestamp) -> bool {
        self.until(key).is_some_and(|until| until <= now)
    }
}
