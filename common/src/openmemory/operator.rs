//! The operations that only an operator's tools use: editing a memory, listing callers, and
//! explaining a search. Servers support them by extensions of the documented contract.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::{Adapter, OpenMemory, OpenMemoryError, Search, timed};
use crate::call::CallerId;
use crate::memory::{Category, Importance, Memory, MemoryId};

/// The extension for [`OpenMemory::edit`].
pub(super) const EDIT_MEMORY: &str = "edit-memory";
/// The extension for [`OpenMemory::callers`].
pub(super) const LIST_CALLERS: &str = "list-callers";

/// The extension for [`OpenMemory::explain`].
pub(super) const EXPLAIN: &str = "explain";

/// A memory that a search found, with what its ranking score consists of.
#[derive(Debug, Clone)]
pub struct ExplainedMemory {
    /// The memory.
    pub memory: Memory,
    /// What each signal adds to the score, by the server's name of the signal; `total` is the sum.
    /// Empty for an empty query.
    pub score: BTreeMap<String, f64>,
}

/// A change of what is stored beside the content of a memory. What is `None` stays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MemoryEdit {
    /// The importance.
    pub importance: Option<Importance>,
    /// The category.
    pub category: Option<Category>,
    /// Whether agents receive it at the start of every call.
    pub is_pinned: Option<bool>,
}

/// Which callers to list. `Debug` does not show the text.
#[derive(Clone, Copy)]
pub struct CallerQuery<'a> {
    /// The beginning of a caller's id in the store, or a part of a name. An empty text matches
    /// every caller.
    pub text: &'a str,
    /// [`CallerPage::next`] of the page before. `None` for the first page.
    pub after: Option<&'a str>,
    /// Maximum number of callers, at most 1000.
    pub limit: usize,
}

/// A page of callers. `Debug` does not show where the next page begins, because that may be an id.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CallerPage {
    /// The callers. There may be fewer than the limit, or none, before the last page.
    pub callers: Vec<CallerSummary>,
    /// Where the next page begins. `None` on the last page.
    pub next: Option<String>,
}

/// What the store holds about one caller. `Debug` does not show who it is.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerSummary {
    /// The caller's id in the store: a pseudonym with `PSEUDONYMOUS_CALLERS`.
    pub id: String,
    /// Number of active memories.
    pub memories: u64,
    /// When the newest memory was stored, or the last call began if that was later.
    pub last_seen: Option<Timestamp>,
    /// The names on the caller's cards.
    pub names: Vec<String>,
    /// The channels on the caller's cards. Cards of earlier versions name none.
    pub channels: Vec<String>,
}

impl OpenMemory {
    /// Changes what is stored beside the content of a caller's memory. Returns the memory, or
    /// `None` if it does not exist.
    ///
    /// The server finds the memory by its id alone. Pass only ids of memories of this caller.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::MissingExtension`]
    pub async fn edit(
        &self,
        caller: &CallerId,
        memory: &MemoryId,
        edit: &MemoryEdit,
    ) -> Result<Option<Memory>, OpenMemoryError> {
        let key = self.caller_key(caller).await?;
        let edited = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.edit(&key, memory, edit).await,
                Adapter::Cavira(_) => Err(OpenMemoryError::MissingExtension(EDIT_MEMORY)),
            }
        };
        timed("edit", edited).await
    }

    /// Searches as [`recall`](Self::recall) does, and returns what the score of each memory consists
    /// of. Scores compare the memories of one search and have no absolute scale.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::MissingExtension`]
    pub async fn explain(
        &self,
        search: Search<'_>,
    ) -> Result<Vec<ExplainedMemory>, OpenMemoryError> {
        let key = self.caller_key(search.caller).await?;
        let explained = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.explain(&search, &key).await,
                Adapter::Cavira(_) => Err(OpenMemoryError::MissingExtension(EXPLAIN)),
            }
        };
        timed("explain", explained).await
    }

    /// Returns a page of the callers about whom the store holds active memories or cards.
    ///
    /// # Errors
    /// [`OpenMemoryError`], in particular [`OpenMemoryError::MissingExtension`]
    pub async fn callers(&self, query: CallerQuery<'_>) -> Result<CallerPage, OpenMemoryError> {
        let listed = async {
            match self.adapter().await? {
                Adapter::V1(v1) => v1.callers(query).await,
                Adapter::Cavira(_) => Err(OpenMemoryError::MissingExtension(LIST_CALLERS)),
            }
        };
        timed("callers", listed).await
    }
}

impl fmt::Debug for CallerQuery<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerQuery")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CallerPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerPage")
            .field("callers", &self.callers)
            .field("has_next", &self.next.is_some())
            .finish()
    }
}

impl fmt::Debug for CallerSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerSummary")
            .field("memories", &self.memories)
            .field("last_seen", &self.last_seen)
            .finish_non_exhaustive()
    }
}
