//! The memory store of a deployment, by number and by pseudonym.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::time::Duration;

use common::call::{CallerId, ConversationId};
use common::openmemory::{ForgetSummary, OpenMemory};

use crate::{OperatorError, Origins, Report};

/// Timeout of a request. An export may take long; the timeout only ends dead connections.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(3600);

/// The memory store of a deployment. Cheap to clone.
#[derive(Clone)]
pub struct MemoryStores {
    /// The store without pseudonyms.
    pub by_number: OpenMemory,
    /// Set if there is a pepper: the store may then know callers by pseudonym, now or from earlier.
    pub by_pseudonym: Option<OpenMemory>,
}

/// Returns the caller in the current spelling and in those of earlier versions.
#[must_use]
pub fn spellings(caller: &CallerId) -> Vec<CallerId> {
    std::iter::once(caller.clone())
        .chain(caller.older_spellings())
        .collect()
}

impl MemoryStores {
    /// Returns the clients: each names callers in another way.
    pub fn iter(&self) -> impl Iterator<Item = &OpenMemory> {
        std::iter::once(&self.by_number).chain(&self.by_pseudonym)
    }

    /// Forgets a caller under every name, with and without pseudonyms: `PSEUDONYMOUS_CALLERS` may
    /// have been set differently before.
    ///
    /// # Errors
    /// [`OperatorError::Store`]
    pub async fn forget(&self, caller: &CallerId) -> Result<ForgetSummary, OperatorError> {
        let mut removed = ForgetSummary::default();
        for caller in spellings(caller) {
            for store in self.iter() {
                let one = store.forget_caller(&caller).await?;
                removed.memories += one.memories;
                removed.cards += one.cards;
            }
        }
        Ok(removed)
    }

    /// Returns the ids that are linked to a caller, with and without pseudonyms, also the caller's
    /// own. Returns none if the store does not support links.
    ///
    /// # Errors
    /// [`OperatorError::Store`]
    pub async fn linked_ids(&self, caller: &CallerId) -> Result<Vec<CallerId>, OperatorError> {
        let mut ids = Vec::new();
        for store in self.iter() {
            ids.extend(store.linked_ids(caller).await?);
        }
        Ok(ids)
    }

    /// Writes the store's export to `out` as it arrives. Returns the number of bytes.
    ///
    /// # Errors
    /// [`OperatorError::Store`] and [`OperatorError::Output`]
    pub async fn export(&self, out: &mut impl Write) -> Result<u64, OperatorError> {
        let mut export = self.by_number.export().await?;
        let mut bytes = 0;
        while let Some(chunk) = export.next().await? {
            out.write_all(&chunk).map_err(OperatorError::Output)?;
            bytes += chunk.len() as u64;
        }
        Ok(bytes)
    }

    /// Writes the store's export to an unnamed temporary file, which disappears with the process.
    ///
    /// # Errors
    /// [`OperatorError::Store`] and [`OperatorError::Output`]
    pub async fn export_to_file(&self) -> Result<File, OperatorError> {
        let mut file = tempfile::tempfile().map_err(OperatorError::Output)?;
        let mut out = BufWriter::new(&file);
        self.export(&mut out).await?;
        out.flush().map_err(OperatorError::Output)?;
        drop(out);
        file.rewind().map_err(OperatorError::Output)?;
        Ok(file)
    }

    /// Returns which calls the memories and cards come from. Includes superseded memories.
    ///
    /// # Errors
    /// [`OperatorError::Store`], [`OperatorError::Export`] and [`OperatorError::Output`]
    pub async fn origins(&self) -> Result<Origins, OperatorError> {
        Ok(Origins::read(self.export_to_file().await?)?)
    }

    /// Returns the calls that a caller's memories and cards come from, under every name.
    ///
    /// If the store cannot export (a Lambda function's response may be too short, for example),
    /// returns the calls of active memories only, so that the caller can still be forgotten.
    pub(crate) async fn calls_of(
        &self,
        caller: &CallerId,
        names: &[String],
        report: &dyn Report,
    ) -> Result<BTreeSet<ConversationId>, OperatorError> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        match self.origins().await {
            Ok(origins) => Ok(origins.calls_of(&names)),
            Err(error) => {
                report.note(format!(
                    "The memory store cannot export its data ({error}): only active memories are considered."
                ));
                self.calls_of_active_memories(caller).await
            }
        }
    }

    async fn calls_of_active_memories(
        &self,
        caller: &CallerId,
    ) -> Result<BTreeSet<ConversationId>, OperatorError> {
        let mut calls = BTreeSet::new();
        for store in self.iter() {
            let memories = store.all_memories(None, caller).await?;
            calls.extend(
                memories
                    .into_iter()
                    .filter_map(|memory| memory.conversation_id),
            );
        }
        Ok(calls)
    }
}
