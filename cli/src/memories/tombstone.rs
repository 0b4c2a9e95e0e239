//! What was erased, by the tombstones that a deployment and its backups keep. Besides those of
//! calls there is one for each caller who was forgotten, under the pseudonym: memories that name no
//! call, and calls that nobody knew of, are known by it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use common::archive::{Archive, CallerTombstone, Key, ObjectListing, is_erased, is_forgotten};
use common::call::{CallerHash, CallerId, ConversationId};
use common::elevenlabs::event::Event;
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::deployment::{CallStore, Deployment, Place};
use crate::failure::Failure;

/// What the id of a caller's tombstone begins with.
const CALLER: &str = "caller-";

/// The pseudonyms of a caller, of the spelling in use and of older ones.
pub(crate) fn pseudonyms(caller: &CallerId, pepper: &SecretString) -> Vec<CallerHash> {
    spellings(caller)
        .iter()
        .map(|caller| caller.hash(pepper))
        .collect()
}

/// A caller as earlier versions wrote the number, too.
pub(crate) fn spellings(caller: &CallerId) -> Vec<CallerId> {
    std::iter::once(caller.clone())
        .chain(caller.older_spellings())
        .collect()
}

/// The id under which a forgotten caller is written down.
pub(crate) fn of_caller(pseudonym: &str) -> Option<ConversationId> {
    ConversationId::parse(format!("{CALLER}{pseudonym}")).ok()
}

/// Under which pseudonym somebody goes whom an export names by number, `user:` id or pseudonym.
pub(crate) fn pseudonym_of(named: &str, pepper: Option<&SecretString>) -> String {
    let is_pseudonym = named.len() == 64
        && named
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let caller = serde_json::from_value::<CallerId>(named.into())
        .ok()
        .filter(|_| !is_pseudonym);
    match caller.zip(pepper) {
        Some((caller, pepper)) => caller.hash(pepper).as_str().to_owned(),
        None => named.to_owned(),
    }
}

/// The id under which a memory that was erased by itself is written down.
pub(crate) fn of_memory(memory: &str) -> Option<ConversationId> {
    ConversationId::parse(format!("memory-{}", hex::encode(Sha256::digest(memory)))).ok()
}

/// What a deployment or a backup has erased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Erasures {
    /// The ids of tombstones: erased calls, and under ids of their own callers, memories and bodies
    /// that nobody could read.
    pub(crate) ids: BTreeSet<ConversationId>,
    /// When callers were forgotten, by pseudonym.
    forgotten: BTreeMap<String, Timestamp>,
}

impl Erasures {
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Takes in a tombstone that was written at `at`. An empty one of a caller, from an earlier
    /// version, is as old as its file.
    pub(crate) fn add(&mut self, key: &Key, body: &[u8], at: Timestamp) {
        let Some(id) = key.conversation().filter(|_| key.is_tombstone()) else {
            return;
        };
        if let Some(pseudonym) = id.as_str().strip_prefix(CALLER) {
            let at = CallerTombstone::read(body).map_or(at, |tombstone| tombstone.forgotten_at);
            let last = self.forgotten.entry(pseudonym.to_owned()).or_insert(at);
            *last = at.max(*last);
        }
        self.ids.insert(id);
    }

    /// What either has erased.
    pub(crate) fn merged(mut self, other: &Self) -> Self {
        self.ids.extend(other.ids.iter().cloned());
        for (pseudonym, at) in &other.forgotten {
            let last = self.forgotten.entry(pseudonym.clone()).or_insert(*at);
            *last = (*at).max(*last);
        }
        self
    }

    /// When this caller was forgotten.
    pub(crate) fn forgotten_at(&self, pseudonym: &str) -> Option<Timestamp> {
        self.forgotten.get(pseudonym).copied()
    }

    /// Whether what this caller said or did at that time was erased with the caller.
    pub(crate) fn forgets(&self, pseudonym: &str, at: Timestamp) -> bool {
        self.forgotten_at(pseudonym)
            .is_some_and(|forgotten_at| at <= forgotten_at)
    }

    /// What a tombstone holds.
    pub(crate) fn body_of(&self, id: &ConversationId) -> Bytes {
        let at = id
            .as_str()
            .strip_prefix(CALLER)
            .and_then(|pseudonym| self.forgotten_at(pseudonym));
        at.map(|forgotten_at| CallerTombstone { forgotten_at }.to_bytes())
            .unwrap_or_default()
    }
}

/// What a deployment has erased.
pub(crate) async fn all(deployment: &Deployment) -> Result<Erasures, Failure> {
    // Before its first start a machine has no folder, and so erased nothing.
    if let Place::Machine(machine) = &deployment.place
        && !machine.data_dir.exists()
    {
        return Ok(Erasures::default());
    }
    of(&deployment.calls()?).await
}

/// What was erased in this archive. A tombstone in the place of earlier versions, where it would
/// expire with the calls, is written to its lasting place.
pub(crate) async fn of(calls: &CallStore) -> Result<Erasures, Failure> {
    let mut erasures = Erasures::default();
    let mut tombstones = calls.list_objects("erased/").await?;
    tombstones.extend(
        calls
            .list_objects("extractions/")
            .await?
            .into_iter()
            .filter(|kept| kept.key.is_tombstone()),
    );
    for kept in &tombstones {
        let is_of_caller = kept
            .key
            .conversation()
            .is_some_and(|id| id.as_str().starts_with(CALLER));
        let body = if is_of_caller {
            calls.get(&kept.key).await?.unwrap_or_default()
        } else {
            Bytes::new()
        };
        erasures.add(&kept.key, &body, kept.at);
    }
    let lasting: BTreeSet<Key> = tombstones.into_iter().map(|kept| kept.key).collect();
    for id in &erasures.ids {
        let key = Key::erased(id);
        if !lasting.contains(&key) {
            calls.put_if_absent(&key, erasures.body_of(id)).await?;
        }
    }
    Ok(erasures)
}

/// Whether a call of ElevenLabs was erased here, by itself or with its caller.
pub(crate) async fn covers(deployment: &Deployment, webhook: &Value) -> Result<bool, Failure> {
    // Without a data folder nothing is known of what was erased; the deployment itself still looks.
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
    // Whether or not web sessions are trusted now, they may have been.
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
    fn a_caller_is_forgotten_until_the_last_erasure_and_not_after_it() {
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
    async fn tombstones_of_earlier_versions_are_read_and_written_to_where_they_last() {
        let folder = tempfile::tempdir().unwrap();
        let calls = CallStore::folder(folder.path(), None).unwrap();
        let call = ConversationId::parse("conv_1").unwrap();
        let caller = of_caller("0a1b").unwrap();
        for id in [&call, &caller] {
            calls
                .put(&Key::erased_by_earlier_versions(id), Bytes::new())
                .await
                .unwrap();
        }
        let erasures = of(&calls).await.unwrap();
        assert_eq!(erasures.ids, BTreeSet::from([call.clone(), caller.clone()]));
        assert!(calls.contains(&Key::erased(&call)).await.unwrap());
        let lasting = calls.get(&Key::erased(&caller)).await.unwrap().unwrap();
        assert_eq!(
            CallerTombstone::read(&lasting).map(|it| it.forgotten_at),
            erasures.forgotten_at("0a1b")
        );
        assert_eq!(of(&calls).await.unwrap(), erasures);
    }
}
