//! The ids of one person, and the rules for linking and unlinking them.

use std::fmt;

use jiff::Timestamp;

use super::CallerId;
use crate::limits::MAX_IDENTITIES;

/// A link from an id to the main id of the person. `Debug` hides both.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) caller_id: CallerId,
    pub(crate) main_id: CallerId,
    pub(crate) linked_at: Timestamp,
    /// Who or what linked it, as the request says.
    pub(crate) linked_by: Option<String>,
}

/// The ids of one person. Everything is stored under the main id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) main: CallerId,
    /// The linked ids, in the order in which they were linked.
    pub(crate) links: Vec<Link>,
}

/// Why two ids cannot be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// Both are linked to other ids.
    #[error("Both ids are linked to other ids; unlink one of them first")]
    BothLinked,
    /// The person has [`MAX_IDENTITIES`] ids.
    #[error("A person has at most 8 ids")]
    TooMany,
}

/// Why an id cannot be unlinked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnlinkError {
    /// It is not linked to this person.
    #[error("This id is not linked to the caller")]
    NotLinked,
    /// It is the main id of several others.
    #[error("This is the main id of the person; unlink the other ids first")]
    IsMain,
}

/// What linking two persons changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Union {
    pub(crate) main: CallerId,
    /// The id that gets a link to the main id.
    pub(crate) added: CallerId,
}

impl Person {
    /// All ids, the main one first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &CallerId> {
        std::iter::once(&self.main).chain(self.links.iter().map(|link| &link.caller_id))
    }

    /// Decides how to link another person. Returns `None` if both are one person already.
    ///
    /// If only the other person has linked ids, its main id stays the main id.
    pub(crate) fn union(&self, other: &Self) -> Result<Option<Union>, LinkError> {
        if self.main == other.main {
            return Ok(None);
        }
        let is_reversed = self.links.is_empty() && !other.links.is_empty();
        let kept = if is_reversed { other } else { self };
        let added = if is_reversed { self } else { other };
        if !added.links.is_empty() {
            return Err(LinkError::BothLinked);
        }
        if kept.links.len() + 2 > MAX_IDENTITIES {
            return Err(LinkError::TooMany);
        }
        Ok(Some(Union {
            main: kept.main.clone(),
            added: added.main.clone(),
        }))
    }

    /// Decides which link to remove so that `id` no longer belongs to this person. To unlink the
    /// main id from its only other one is to unlink that one.
    pub(crate) fn link_to_remove(&self, id: &CallerId) -> Result<CallerId, UnlinkError> {
        if self.links.iter().any(|link| link.caller_id == *id) {
            return Ok(id.clone());
        }
        match self.links.as_slice() {
            [only] if *id == self.main => Ok(only.caller_id.clone()),
            [_, _, ..] if *id == self.main => Err(UnlinkError::IsMain),
            _ => Err(UnlinkError::NotLinked),
        }
    }
}

impl From<CallerId> for Person {
    fn from(main: CallerId) -> Self {
        Self {
            main,
            links: Vec::new(),
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("linked_at", &self.linked_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CallerId {
        CallerId::parse(text).unwrap()
    }

    fn person(main: &str, linked: &[&str]) -> Person {
        let link = |linked: &&str| Link {
            caller_id: id(linked),
            main_id: id(main),
            linked_at: Timestamp::UNIX_EPOCH,
            linked_by: None,
        };
        Person {
            main: id(main),
            links: linked.iter().map(link).collect(),
        }
    }

    #[test]
    fn the_person_that_has_linked_ids_keeps_its_main_id() {
        let single = person("a", &[]);
        let linked = person("b", &["c"]);
        let union = |main: &str, added: &str| {
            Ok(Some(Union {
                main: id(main),
                added: id(added),
            }))
        };
        assert_eq!(single.union(&person("d", &[])), union("a", "d"));
        assert_eq!(linked.union(&single), union("b", "a"));
        assert_eq!(single.union(&linked), union("b", "a"));
        assert_eq!(linked.union(&linked), Ok(None));
    }

    #[test]
    fn two_persons_with_linked_ids_and_a_ninth_id_are_refused() {
        let linked = person("b", &["c"]);
        let full = person("1", &["2", "3", "4", "5", "6", "7", "8"]);
        assert_eq!(
            linked.union(&person("d", &["e"])),
            Err(LinkError::BothLinked)
        );
        assert_eq!(full.union(&person("9", &[])), Err(LinkError::TooMany));
    }

    #[test]
    fn the_main_id_is_unlinked_only_from_its_only_other_id() {
        let pair = person("a", &["b"]);
        let three = person("a", &["b", "c"]);
        assert_eq!(pair.link_to_remove(&id("b")), Ok(id("b")));
        assert_eq!(pair.link_to_remove(&id("a")), Ok(id("b")));
        assert_eq!(three.link_to_remove(&id("a")), Err(UnlinkError::IsMain));
        assert_eq!(three.link_to_remove(&id("d")), Err(UnlinkError::NotLinked));
        assert_eq!(
            person("a", &[]).link_to_remove(&id("a")),
            Err(UnlinkError::NotLinked)
        );
    }

    #[test]
    fn debug_hides_the_ids() {
        assert!(!format!("{:?}", person("+12025550142", &["+12025550188"])).contains("20255501"));
    }
}
