//! Tombstones: records of what a deployment and its backups have erased. Each erased call has one.
//! Each forgotten caller has one too, under the pseudonym. It covers memories that name no call and
//! calls that were not known at the time of the erasure.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use common::archive::{Archive, CallerTombstone, Key, ObjectListing, is_erased, is_forgotten};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;

use crate::deployment::{CallStore, Deployment, Place};
use crate::error::Failure;

/// Prefix of the id of a caller's tombstone.
const CALLER_PREFIX: &str = "caller-";

/// Returns the pseudonyms of a caller: of the current spelling and of older ones.
pub(crate) fn pseudonyms(caller: &CallerId, pepper: &SecretString) -> Vec<CallerHash> {
    caller.pseudonyms(pepper)
}

/// Returns the caller in the current spelling and in those of earlier versions.
pub(crate) fn spellings(caller: &CallerId) -> Vec<CallerId> {
    std::iter::once(caller.clone())
        .chain(caller.older_spellings())
        .collect()
}

/// Returns the id of a forgotten caller's tombstone.
pub(crate) fn caller_tombstone_id(pseudonym: &str) -> Option<ConversationId> {
    ConversationId::parse(format!("{CALLER_PREFIX}{pseudonym}")).ok()
}

/// Returns the pseudonym of a caller whom an export names by number, `user:` id or pseudonym.
pub(crate) fn pseudonym_of(named: &str, pepper: Option<&SecretString>) -> String {
    let caller = serde_json::from_value::<CallerId>(named.into())
        .ok()
        .filter(|_| CallerHash::parse(named).is_none());
    match caller.zip(pepper) {
        Some((caller, pepper)) => caller.hash(pepper).as_str().to_owned(),
        None => named.to_owned(),
    }
}

/// Returns the id of the tombstone of a single erased memory.
pub(crate) fn memory_tombstone_id(memory: &str) -> Option<ConversationId> {
    Key::erased_memory(memory).conversation()
}

/// The tombstones of a deployment or a backup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Erasures {
    /// The ids of the tombstones. The tombstone of a call has the call's id; those of callers,
    /// memories and unreadable payloads have ids of their own.
    pub(crate) ids: BTreeSet<ConversationId>,
    /// The tombstone of each caller, by pseudonym.
    callers: BTreeMap<String, CallerTombstone>,
}

impl Erasures {
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Adds a tombstone that was written at `at`. A caller's tombstone from an earlier version is
    /// empty; `at` then counts as the time when the caller was forgotten.
    pub(crate) fn add(&mut self, key: &Key, body: &[u8], at: Timestamp) {
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
    pub(crate) fn pending(&self) -> impl Iterator<Item = (&str, &CallerTombstone)> {
        let callers = self.callers.iter();
        callers
            .filter(|(_, tombstone)| tombstone.is_pending())
            .map(|(pseudonym, tombstone)| (pseudonym.as_str(), tombstone))
    }

    /// Returns the union of both sets of tombstones.
    pub(crate) fn merged(mut self, other: &Self) -> Self {
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
    pub(crate) fn forgotten_at(&self, pseudonym: &str) -> Option<Timestamp> {
        let tombstone = self.callers.get(pseudonym);
        tombstone.map(|tombstone| tombstone.forgotten_at)
    }

    /// Returns whether data of this caller from time `at` was erased with the caller.
    pub(crate) fn forgets(&self, pseudonym: &str, at: Timestamp) -> bool {
        self.forgotten_at(pseudonym)
            .is_some_and(|forgotten_at| at <= forgotten_at)
    }

    /// Returns whether nothing of this caller from time `at` may be remembered: it was erased, or
    /// the caller opted out.
    pub(crate) fn covers(&self, pseudonym: &str, at: Timestamp) -> bool {
        let tombstone = self.callers.get(pseudonym);
        tombstone.is_some_and(|tombstone| tombstone.covers(at))
    }

    /// Returns the body of a tombstone file.
    pub(crate) fn body_of(&self, id: &ConversationId) -> Bytes {
        let tombstone = id
            .as_str()
            .strip_prefix(CALLER_PREFIX)
            .and_then(|pseudonym| self.callers.get(pseudonym));
        tombstone.map(CallerTombstone::to_bytes).unwrap_or_default()
    }
}

/// Reads the tombstones of a deployment.
pub(crate) async fn read_deployment(deployment: &Deployment) -> Result<Erasures, Failure> {
    // A machine has no data folder before its first start, so it has erased nothing.
    if let Place::Machine(machine) = &deployment.place
        && !machine.data_dir.exists()
    {
        return Ok(Erasures::default());
    }
    read_archive(&deployment.calls()?).await
}

/// Reads the tombstones of an archive. Earlier versions wrote them where they expire with the
/// calls; this copies them to their permanent place.
pub(crate) async fn read_archive(calls: &CallStore) -> Result<Erasures, Failure> {
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

/// Returns whether the call of a webhook was erased here, alone or with its caller.
pub(crate) async fn is_call_erased(
    deployment: &Deployment,
    webhook: &Value,
) -> Result<bool, Failure> {
    // Without access to the archive, this cannot tell. The deployment still checks when it receives
    // the webhook.
    let Ok(calls) = deployment.calls() else {
        return Ok(false);
    };
    let Event::Transcription(call) = Event::read(webhook.to_string().as_bytes()) else {
        return Ok(false);
    };
    if is_erased(&calls, &call.conversation_id).await? {
        return Ok(true);
    }
    let Some(pepper) = deployment.get("CALLER_ID_PEPPER").map(SecretString::from) else {
        return Ok(false);
    };
    let began_at = call.began_at(deployment.context.now());
    // Web sessions may have been trusted earlier, even if they are not trusted now.
    for caller in [false, true]
        .iter()
        .filter_map(|trusts| call.caller(*trusts))
    {
        if is_forgotten(&calls, &caller.hash(&pepper), began_at).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
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
        let calls = CallStore::folder(folder.path(), None).unwrap();
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
