//! The deadlines that ElevenLabs gave the calls of a backup: what is past them is not copied back,
//! and leaves the backup.

use std::collections::HashMap;

use common::archive::Key;
use common::call::{ConversationId, Deadlines};
use jiff::Timestamp;

use super::folder::BackupFolder;
use super::manifest::Entries;
use crate::failure::Failure;

/// Until when the conversations of a backup may be kept.
#[derive(Default)]
pub(super) struct CallDeadlines(HashMap<ConversationId, Deadlines>);

impl CallDeadlines {
    pub(super) async fn of(folder: &BackupFolder, entries: &Entries) -> Result<Self, Failure> {
        let mut all = HashMap::new();
        for (key, entry) in entries.iter().filter(|(key, _)| key.is_deadline()) {
            let deadlines = serde_json::from_slice(&folder.get(entry).await?);
            if let (Some(conversation), Ok(deadlines)) = (key.conversation(), deadlines) {
                all.insert(conversation, deadlines);
            }
        }
        Ok(Self(all))
    }

    /// Until when this may be kept, if that is said.
    pub(super) fn until(&self, key: &Key) -> Option<Timestamp> {
        key.expires_at(self.0.get(&key.conversation()?)?)
    }

    pub(super) fn is_over(&self, key: &Key, now: Timestamp) -> bool {
        self.until(key).is_some_and(|until| until <= now)
    }
}
