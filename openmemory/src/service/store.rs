//! Stores memories and profiles, and deletes them.

use jiff::Timestamp;

use super::list::use_requested_id;
use super::{MemoryService, log_failure};
use crate::memory::{AgentId, Callers, Draft, Edit, Memory, MemoryId, Plan, Profile, Vector};
use crate::storage::{ForgetSummary, StorageError};

impl MemoryService {
    /// Stores all drafts in one transaction, or none. If the embedding fails now, a background
    /// worker adds the vectors later.
    pub(crate) async fn store(
        &self,
        mut drafts: Vec<Draft>,
        now: Timestamp,
    ) -> Result<Plan, StorageError> {
        let vectors = self.embed(&drafts).await;
        let is_embedded = vectors.is_some();
        for (draft, vector) in drafts.iter_mut().zip(vectors.into_iter().flatten()) {
            draft.vector = Some(vector);
        }
        let plan = self.engine.remember(drafts, self.rules, now).await?;
        if !is_embedded {
            self.wake_worker();
        }
        Ok(plan)
    }

    /// Deletes a memory. Returns whether it existed.
    pub(crate) async fn delete(&self, id: &MemoryId) -> Result<bool, StorageError> {
        self.engine.delete(id).await
    }

    /// Edits a memory. Returns it, or `None` if it does not exist or has expired.
    pub(crate) async fn edit(
        &self,
        id: &MemoryId,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Option<Memory>, StorageError> {
        self.engine.edit(id, edit, now).await
    }

    /// Edits a memory for a caller. The returned memory names the requested id if the memory
    /// belongs to the person.
    pub(crate) async fn edit_for(
        &self,
        callers: &Callers,
        id: &MemoryId,
        edit: &Edit,
        now: Timestamp,
    ) -> Result<Option<Memory>, StorageError> {
        let person = self.engine.identities(callers).await?;
        let edited = self.engine.edit(id, edit, now).await?;
        Ok(edited.map(|mut memory| {
            if memory.caller_id == person.main {
                use_requested_id(&mut memory, callers);
            }
            memory
        }))
    }

    /// Deletes everything that is stored about a caller.
    pub(crate) async fn forget(&self, callers: &Callers) -> Result<ForgetSummary, StorageError> {
        self.engine.forget(callers).await
    }

    /// Creates or replaces a profile.
    pub(crate) async fn put_profile(
        &self,
        profile: Profile,
        callers: Callers,
    ) -> Result<Profile, StorageError> {
        let requested = profile.caller_id.clone();
        let stored = self.engine.put_profile(profile, callers).await?;
        Ok(Profile {
            caller_id: requested,
            ..stored
        })
    }

    /// Returns a profile that has not expired, and the number of memories of its agent and caller.
    pub(crate) async fn profile(
        &self,
        agent: &AgentId,
        callers: &Callers,
        now: Timestamp,
    ) -> Result<Option<(Profile, u64)>, StorageError> {
        self.engine.profile(agent, callers, now).await
    }

    async fn embed(&self, drafts: &[Draft]) -> Option<Vec<Vector>> {
        let embedder = self.embedder.as_ref()?;
        let contents: Vec<&str> = drafts.iter().map(|draft| draft.content.as_str()).collect();
        log_failure(embedder.passages(&contents).await)
    }
}
