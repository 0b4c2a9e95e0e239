//! Tombstones: records of what a deployment and its backups have erased. Each erased call has one.
//! Each forgotten caller has one too, under the pseudonym. It covers memories that name no call and
//! calls that were not known at the time of the erasure.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use common::archive::{ArchiveError, CallerTombstone, Key, ObjectListing};
use common::call::ConversationId;
use jiff::Timestamp;

/// Prefix of the id of a caller's tombstone.
pub(crate) const CALLER_PREFIX: &str = "caller-";

/// Returns the id of a forgotten caller's tombstone.
#[must_use]
pub fn caller_tombstone_id(pseudonym: &str) -> Option<ConversationId> {
    ConversationId::parse(format!("{CALLER_PREFIX}{pseudonym}")).ok()
}

/// The tombstones of a deployment or a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasures {
    /// The ids of the tombstones. The tombstone of a call has the call's id; those of callers,
    /// memories and unreadable payloads have ids of their own.
    pub ids: BTreeSet<ConversationId>,
    /// The tombstone of each caller, by pseudonym.
    callers: BTreeMap<String, CallerTombstone>,
}

impl Erasures {
    /// Returns whether nothing was erased.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds a tombstone that was written at `at`. A caller's tombstone from an earlier version is
    /// empty; `at` then counts as the time when the caller was forgotten.
    pub fn add(&mut self, key: &Key, body: &[u8], at: Timestamp) {
        let Some(id) = key.conversation().filter(|_| key.is_tombstone()) else {
            return;
        };
        if let Some(pseudonym) = id.as_str().strip_prefix(CALLER_PREFIX) {
            let tombstone = CallerTombstone::read(body).unwrap_or(CallerTombstone::new(at));
            self.add_caller(pseudonym, &tombstone);
        }
        self.ids.insert(id);
    }

    /// Returns the pseudonyms of callers who opted out through an agent and whose archived calls no
    /// operator has erased yet, with their tombstones.
    pub fn pending(&self) -> impl Iterator<Item = (&str, &CallerTombstone)> {
        let callers = self.callers.iter();
        callers
            .filter(|(_, tombstone)| tombstone.is_pending())
            .map(|(pseudonym, tombstone)| (pseudonym.as_str(), tombstone))
    }

    /// Returns the union of both sets of tombstones.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        self.ids.extend(other.ids.iter().cloned());
        for (pseudonym, tombstone) in &other.callers {
            self.add_caller(pseudonym, tombstone);
        }
        self
    }

    /// Adds a caller's tombstone. Of two, the later one is valid, with the later erasure.
    fn add_caller(&mut self, pseudonym: &str, tombstone: &CallerTombstone) {
        let last = self.callers.entry(pseudonym.to_owned());
        let last = last.or_insert_with(|| tombstone.clone());
        let forgotten_at = last.forgotten_at.max(tombstone.forgotten_at);
        if last.changed_at() < tombstone.changed_at() {
            *last = tombstone.clone();
        }
        last.forgotten_at = forgotten_at;
    }

    /// Returns when this caller was last forgotten.
    #[must_use]
    pub fn forgotten_at(&self, pseudonym: &str) -> Option<Timestamp> {
        let tombstone = self.callers.get(pseudonym);
        tombstone.map(|tombstone| tombstone.forgotten_at)
    }

    /// Returns whether data of this caller from time `at` was erased with the caller.
    #[must_use]
    pub fn forgets(&self, pseudonym: &str, at: Timestamp) -> bool {
        self.forgotten_at(pseudonym)
            .is_some_and(|forgotten_at| at <= forgotten_at)
    }

    /// Returns whether nothing of this caller from time `at` may be remembered: it was erased, or
    /// the caller opted out.
    #[must_use]
    pub fn covers(&self, pseudonym: &str, at: Timestamp) -> bool {
        let tombstone = self.callers.get(pseudonym);
        tombstone.is_some_and(|tombstone| tombstone.covers(at))
    }

    /// Returns the body of a tombstone file.
    #[must_use]
    pub fn body_of(&self, id: &ConversationId) -> Bytes {
        let tombstone = id
            .as_str()
            .strip_prefix(CALLER_PREFIX)
            .and_then(|pseudonym| self.callers.get(pseudonym));
        tombstone.map(CallerTombstone::to_bytes).unwrap_or_default()
    }
}

/// Reads the tombstones of an archive. Earlier versions wrote them where they expire with the
/// calls; this copies them to their permanent place.
///
/// # Errors
/// [`ArchiveError`]
pub async fn read_archive<A: ObjectListing>(calls: &A) -> Result<Erasures, ArchiveError> {
    let mut erasures = Erasures::default();
    let mut tombstones = calls.list_objects("erased/").await?;
    tombstones.extend(
        calls
            .list_objects("extractions/")
            .await?
            .into_iter()
            .filter(|object| object.key.is_tombstone()),
    );
    for object in &tombstones {
        let is_of_caller = object
            .key
            .conversation()
            .is_some_and(|id| id.as_str().starts_with(CALLER_PREFIX));
        let body = if is_of_caller {
            calls.get(&object.key).await?.unwrap_or_default()
        } else {
            Bytes::new()
        };
        erasures.add(&object.key, &body, object.at);
    }
    let existing: BTreeSet<Key> = tombstones.into_iter().map(|object| object.key).collect();
    for id in &erasures.ids {
        let key = Key::erased(id);
        if !existing.contains(&key) {
            calls.put_if_absent(&key, erasures.body_of(id)).await?;
        }
    }
    Ok(erasures)
}

#[cfg(test)]
mod tests {
    use common::archive::Archive;
    use common::archive::folder::FolderArchive;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_callers_data_counts_as_erased_up_to_the_last_erasure() {
        let key = Key::try_from("erased/caller-0a1b".to_owned()).unwrap();
        let mut erasures = Erasures::default();
        erasures.add(
            &key,
            br#"{"forgotten_at": "1970-01-01T00:05:00Z"}"#,
            at(9000),
        );
        erasures.add(
            &Key::try_from("extractions/caller-0a1b.erased".to_owned()).unwrap(),
            b"",
            at(200),
        );
        assert!(
            erasures.forgets("0a1b", at(300))
                && !erasures.forgets("0a1b", at(301))
                && !erasures.forgets("0a1c", at(1))
        );
        let mut other = Erasures::default();
        other.add(&key, b"", at(400));
        assert!(other.merged(&erasures).forgets("0a1b", at(400)));
        assert_eq!(
            erasures.body_of(&key.conversation().unwrap()),
            r#"{"forgotten_at":"1970-01-01T00:05:00Z"}"#
        );
    }

    #[tokio::test]
    async fn tombstones_of_earlier_versions_are_read_and_copied_to_their_permanent_place() {
        let folder = tempfile::tempdir().unwrap();
        let calls = FolderArchive::open(folder.path(), None).unwrap();
        let call = ConversationId::parse("conv_1").unwrap();
        let caller = caller_tombstone_id("0a1b").unwrap();
        for id in [&call, &caller] {
            calls
                .put(&Key::erased_by_earlier_versions(id), Bytes::new())
                .await
                .unwrap();
        }
        let erasures = read_archive(&calls).await.unwrap();
        assert_eq!(erasures.ids, BTreeSet::from([call.clone(), caller.clone()]));
        assert!(calls.contains(&Key::erased(&call)).await.unwrap());
        let copied = calls.get(&Key::erased(&caller)).await.unwrap().unwrap();
        assert_eq!(
            CallerTombstone::read(&copied).map(|tombstone| tombstone.forgotten_at),
            erasures.forgotten_at("0a1b")
        );
        assert_eq!(read_archive(&calls).await.unwrap(), erasures);
    }
}
