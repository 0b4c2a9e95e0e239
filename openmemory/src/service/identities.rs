//! Links and unlinks the ids of one person.

use super::MemoryService;
use crate::memory::{CallerId, Callers, LinkError, Person, UnlinkError};
use crate::storage::StorageError;

impl MemoryService {
    /// Returns the ids of the person to whom a caller belongs.
    pub(crate) async fn identities(&self, callers: &Callers) -> Result<Person, StorageError> {
        self.engine.identities(callers).await
    }

    /// Makes one person of two.
    pub(crate) async fn link(
        &self,
        one: &Callers,
        other: &Callers,
        by: Option<&str>,
    ) -> Result<Result<Person, LinkError>, StorageError> {
        self.engine.link(one, other, by, self.now()).await
    }

    /// Unlinks an id from the person to whom a caller belongs.
    pub(crate) async fn unlink(
        &self,
        callers: &Callers,
        id: &CallerId,
    ) -> Result<Result<Person, UnlinkError>, StorageError> {
        self.engine.unlink(callers, id).await
    }
}
