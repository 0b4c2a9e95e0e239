//! The ids of one person: linking and unlinking them. Servers support this by an extension of the
//! documented contract.

use std::fmt;

use jiff::Timestamp;

use super::{Adapter, OpenMemory, OpenMemoryError, timed};
use crate::call::CallerId;

/// The extension for linked ids.
pub(super) const LINK_CALLERS: &str = "link-callers";

/// The ids of one person in the store. Every id stands for the same caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identities {
    /// All ids, the main one first. A caller that is not linked has one.
    pub ids: Vec<Identity>,
}

/// One id of a person. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The id in the store: a pseudonym with `PSEUDONYMOUS_CALLERS`.
    pub id: String,
    /// When it was linked. `None` for the main id.
    pub linked_at: Option<Timestamp>,
    /// Who or what linked it.
    pub linked_by: Option<String>,
}

impl Identity {
    /// Returns the id as a caller. A pseudonym stays a pseudonym.
    #[must_use]
    pub fn caller(&self) -> CallerId {
        CallerId::stored(&self.id)
    }
}

impl OpenMemory {
    /// Returns the ids of the person to whom a caller belongs.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::MissingExtension`]
    pub async fn identities(&self, caller: &CallerId) -> Result<Identities, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let listed = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.identities(&key).await,
                Adapter::Cavira(_) => Err(OpenMemoryError::MissingExtension(LINK_CALLERS)),
            }
        };
        timed("identities", listed).await
    }

    /// Returns the ids of the person to whom a caller belongs, also the caller's own. Returns none if
    /// the store does not support links.
    ///
    /// # Errors
    /// [`OpenMemoryError`]
    pub async fn linked_ids(&self, caller: &CallerId) -> Result<Vec<CallerId>, OpenMemoryError> {
        match self.identities(caller).await {
            Ok(identities) => Ok(identities.ids.iter().map(Identity::caller).collect()),
            Err(OpenMemoryError::MissingExtension(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes one person of two callers. Succeeds if they are one already. `by` says who or what
    /// links them.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::MissingExtension`], and
    /// [`OpenMemoryError::CannotLink`] if both are linked to others or have too many ids
    pub async fn link(
        &self,
        caller: &CallerId,
        other: &CallerId,
        by: &str,
    ) -> Result<Identities, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let other = self.caller_key(other).await?;
        let linked = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.link(&key, &other, by).await,
                Adapter::Cavira(_) => Err(OpenMemoryError::MissingExtension(LINK_CALLERS)),
            }
        };
        timed("link", linked).await
    }

    /// Unlinks an id from the person to whom a caller belongs. What was told under it moves back,
    /// and the cards of the person are deleted. Returns the person without the id, or `None` if
    /// the id does not belong to this person.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::MissingExtension`], and
    /// [`OpenMemoryError::CannotLink`] if other ids are linked to this one
    pub async fn unlink(
        &self,
        caller: &CallerId,
        other: &CallerId,
    ) -> Result<Option<Identities>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let other = self.caller_key(other).await?;
        let unlinked = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.unlink(&key, &other).await,
                Adapter::Cavira(_) => Err(OpenMemoryError::MissingExtension(LINK_CALLERS)),
            }
        };
        timed("unlink", unlinked).await
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("linked_at", &self.linked_at)
            .field("linked_by", &self.linked_by)
            .finish_non_exhaustive()
    }
}
