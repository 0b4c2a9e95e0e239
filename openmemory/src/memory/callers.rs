//! A caller's current id and older ids under which the same caller may be stored.

use std::fmt;

use super::{CallerId, Draft, InvalidId};
use crate::limits::MAX_CALLER_ALIASES;

/// The ids of one caller: the current one and its older spellings (aliases). `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Callers {
    current: CallerId,
    aliases: Vec<CallerId>,
}

/// How many caller ids an SQL statement takes.
const SLOTS: usize = MAX_CALLER_ALIASES + 1;

/// Why a list of aliases is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAliases {
    /// There are more than [`MAX_CALLER_ALIASES`].
    #[error("must be at most 4")]
    TooMany,
    /// One of them is not a valid caller id.
    #[error("{0}")]
    Id(#[from] InvalidId),
    /// The caller is `*`, an agent's own profile, which cannot have aliases.
    #[error("cannot be used with the caller \"*\"")]
    Wildcard,
}

impl Callers {
    /// Combines a caller's current id with its older ids. Ignores duplicates and aliases that equal
    /// the current id.
    pub(crate) fn new<'a>(
        current: CallerId,
        aliases: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidAliases> {
        let mut callers = Self {
            current,
            aliases: Vec::new(),
        };
        for (number, text) in aliases.into_iter().enumerate() {
            if number >= MAX_CALLER_ALIASES {
                return Err(InvalidAliases::TooMany);
            }
            if callers.current.as_str() == "*" {
                return Err(InvalidAliases::Wildcard);
            }
            callers.add(CallerId::parse(text)?);
        }
        Ok(callers)
    }

    fn add(&mut self, alias: CallerId) {
        if alias != self.current && !self.aliases.contains(&alias) {
            self.aliases.push(alias);
        }
    }

    /// The id used in responses and for everything that is stored from now on.
    pub(crate) fn current(&self) -> &CallerId {
        &self.current
    }

    /// The older ids.
    pub(crate) fn aliases(&self) -> &[CallerId] {
        &self.aliases
    }

    /// The current id, then the older ones.
    pub(crate) fn all(&self) -> impl Iterator<Item = &CallerId> {
        std::iter::once(&self.current).chain(&self.aliases)
    }

    /// All ids for an SQL statement with a fixed number of parameters. Unused parameters repeat the
    /// current id.
    pub(crate) fn slots(&self) -> [&str; SLOTS] {
        std::array::from_fn(|slot| {
            slot.checked_sub(1)
                .and_then(|at| self.aliases.get(at))
                .unwrap_or(&self.current)
                .as_str()
        })
    }
}

/// Lists each caller of a request once, with all aliases that any of its memories names.
pub(crate) fn callers_of(drafts: &[Draft]) -> Vec<Callers> {
    let mut all: Vec<Callers> = Vec::new();
    for draft in drafts {
        let at = all
            .iter()
            .position(|callers| callers.current == draft.caller_id)
            .unwrap_or_else(|| {
                all.push(draft.caller_id.clone().into());
                all.len() - 1
            });
        draft
            .aliases
            .iter()
            .for_each(|alias| all[at].add(alias.clone()));
    }
    all
}

impl From<CallerId> for Callers {
    fn from(current: CallerId) -> Self {
        Self {
            current,
            aliases: Vec::new(),
        }
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers")
            .field("aliases", &self.aliases.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers(current: &str, aliases: &[&str]) -> Result<Callers, InvalidAliases> {
        Callers::new(
            CallerId::parse_or_any(current).unwrap(),
            aliases.iter().copied(),
        )
    }

    #[test]
    fn duplicate_aliases_and_the_current_id_are_ignored() {
        let callers = callers("+44", &["+44", "44", "44", "0044"]).unwrap();
        assert_eq!(callers.slots(), ["+44", "44", "0044", "+44", "+44"]);
    }

    #[test]
    fn too_many_or_invalid_aliases_are_rejected() {
        assert_eq!(
            callers("+44", &["1", "2", "3", "4", "5"]),
            Err(InvalidAliases::TooMany)
        );
        assert_eq!(
            callers("+44", &["*"]),
            Err(InvalidAliases::Id(InvalidId::Wildcard))
        );
        assert_eq!(
            callers("+44", &[" "]),
            Err(InvalidAliases::Id(InvalidId::Empty))
        );
        assert_eq!(callers("*", &["44"]), Err(InvalidAliases::Wildcard));
        assert!(callers("*", &[]).is_ok());
    }

    #[test]
    fn debug_hides_the_caller_ids() {
        assert!(
            !format!("{:?}", callers("+442071838750", &["442071838750"]).unwrap())
                .contains("2071838750")
        );
    }
}
