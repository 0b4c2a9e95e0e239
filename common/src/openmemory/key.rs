//! The ids under which the memory store knows a caller.

use std::borrow::Cow;

/// Maximum number of older ids in one request, which is also the store's limit.
pub(super) const MAX_ALIASES: usize = 4;

/// The caller's id in the store, and the ids that earlier versions used for the same caller.
#[derive(Clone)]
pub(super) struct CallerKey {
    pub(super) id: Cow<'static, str>,
    pub(super) aliases: Vec<String>,
}

impl CallerKey {
    /// The key of an agent's own profile, in place of a caller. No caller has this id.
    pub(super) const AGENT_PROFILE: Self = Self {
        id: Cow::Borrowed("*"),
        aliases: Vec::new(),
    };

    /// Returns whether `id` is one of this caller's ids.
    pub(super) fn matches(&self, id: &str) -> bool {
        self.id == id || self.aliases.iter().any(|alias| alias == id)
    }

    /// Returns all ids, the current one first.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.id).chain(self.aliases.iter().map(String::as_str))
    }
}
