//! A caller as the store knows it.

use std::borrow::Cow;

/// Older ids that are named in one request; a store takes no more.
pub(super) const MOST_ALIASES: usize = 4;

/// The id under which the store keeps a caller, and those under which earlier versions kept the
/// same caller.
#[derive(Clone)]
pub(super) struct CallerKey {
    pub(super) id: Cow<'static, str>,
    pub(super) aliases: Vec<String>,
}

impl CallerKey {
    /// In the place of a caller: the agent's own profile. No caller has this id.
    pub(super) const AGENT_ITSELF: Self = Self {
        id: Cow::Borrowed("*"),
        aliases: Vec::new(),
    };

    /// Whether a row of that caller is of this one.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id == id || self.aliases.iter().any(|alias| alias == id)
    }

    /// All ids.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.id).chain(self.aliases.iter().map(String::as_str))
    }
}
