//! A caller and the ids under which the same caller was stored before.

use std::fmt;

use super::{CallerId, Draft, InvalidId};
use crate::limits::MAX_CALLER_ALIASES;

/// The ids of one person: the current one, and older spellings of it. `Debug` shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Callers {
    current: CallerId,
    aliases: Vec<CallerId>,
}

/// How many ids a statement about a caller takes.
const SLOTS: usize = MAX_CALLER_ALIASES + 1;

/// Why a list of aliases is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAliases {
    /// More of them than are looked for at once.
    #[error("must be at most 4")]
    TooMany,
    /// One of them is not the id of a caller.
    #[error("{0}")]
    Id(#[from] InvalidId),
    /// An agent's own profile has no other names.
    #[error("cannot come together with the caller \"*\"")]
    Wildcard,
}

impl Callers {
    /// A caller and its older ids. One that equals the current id, or comes twice, counts once.
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

    /// The id that answers carry and under which everything is stored.
    pub(crate) fn current(&self) -> &CallerId {
        &self.current
    }

    /// The older ids.
    pub(crate) fn aliases(&self) -> &[CallerId] {
        &self.aliases
    }

    /// All ids.
    pub(crate) fn all(&self) -> impl Iterator<Item = &CallerId> {
        std::iter::once(&self.current).chain(&self.aliases)
    }

    /// All ids for a statement that takes a fixed number of them: the current one fills up what is
    /// left.
    pub(crate) fn slots(&self) -> [&str; SLOTS] {
        std::array::from_fn(|slot| {
            slot.checked_sub(1)
                .and_then(|at| self.aliases.get(at))
                .unwrap_or(&self.current)
                .as_str()
        })
    }
}

/// Every caller of a request once, with all older ids that any of its memories names.
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
    fn an_alias_that_is_the_caller_or_comes_twice_counts_once() {
        let callers = callers("+44", &["+44", "44", "44", "0044"]).unwrap();
        assert_eq!(callers.slots(), ["+44", "44", "0044", "+44", "+44"]);
    }

    #[test]
    fn aliases_are_few_and_each_names_one_caller() {
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
    fn debug_does_not_show_a_caller() {
        assert!(
            !format!("{:?}", callers("+442071838750", &["442071838750"]).unwrap())
                .contains("2071838750")
        );
    }
}
