//! A caller as the console names them.

use common::call::{CallerHash, CallerId};
use common::openmemory::OpenMemory;

use crate::Backend;

/// A caller. URLs, titles and audit entries contain only the pseudonym.
pub(crate) struct Person {
    pseudonym: CallerHash,
    /// The caller id; with [`Self::is_listed`] the pseudonym, under which the store knows them.
    id: CallerId,
    /// Whether only the pseudonym is known: the store has pseudonyms, and no call is archived.
    is_listed: bool,
}

impl Person {
    /// A caller whose id is known.
    pub(super) fn known(pseudonym: CallerHash, id: CallerId) -> Self {
        Self {
            pseudonym,
            id,
            is_listed: false,
        }
    }

    /// A caller whom the store lists by pseudonym, and of whom nothing else is known.
    pub(super) fn listed(pseudonym: CallerHash) -> Self {
        Self {
            id: pseudonym.as_caller_id(),
            pseudonym,
            is_listed: true,
        }
    }

    /// The pseudonym: 64 characters of hex.
    pub(crate) fn pseudonym(&self) -> &str {
        self.pseudonym.as_str()
    }

    /// The pseudonym as a key of the archive.
    pub(crate) fn hash(&self) -> &CallerHash {
        &self.pseudonym
    }

    /// The id under which `store` knows the caller.
    pub(crate) fn id(&self) -> &CallerId {
        &self.id
    }

    /// The caller id, if it is known.
    pub(crate) fn known_id(&self) -> Option<&CallerId> {
        (!self.is_listed).then_some(&self.id)
    }

    /// The client of the memory store that finds [`Self::id`].
    pub(crate) fn store<'a>(&self, backend: &'a Backend) -> &'a OpenMemory {
        if self.is_listed {
            &backend.openmemory_by_id
        } else {
            &backend.openmemory
        }
    }

    /// The caller as pages show them: masked, or the beginning of the pseudonym.
    pub(crate) fn label(&self) -> String {
        match self.known_id() {
            Some(caller) => caller.masked(),
            None => format!("caller {}", &self.pseudonym()[..8]),
        }
    }
}
